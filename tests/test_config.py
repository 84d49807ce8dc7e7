"""The configuration: which file holds, what is wrong with it, what it does, `authmap config`."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from command import authmap
from jsonschema import Draft202012Validator

from authmap.cli.option_groups import SettingsOptions
from authmap.config.file import find, load, schema, toml
from authmap.config.settings import DEFAULTS, Settings, settings
from authmap.model.options import OptionError
from authmap.model.severity import Severity

ROOT = Path(__file__).parent.parent
MANIFEST = (ROOT / "fixtures" / "AM101" / "bad.yaml").read_bytes()


def codes(done: subprocess.CompletedProcess[str]) -> set[str]:
    return {finding["code"] for finding in json.loads(done.stdout)["findings"]}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder inside a repository, with one map in it."""
    (tmp_path / ".git").mkdir()
    folder = tmp_path / "team" / "maps"
    folder.mkdir(parents=True)
    (folder / "aws-auth.yaml").write_bytes(MANIFEST)
    monkeypatch.chdir(folder)
    return folder


def write(text: str, path: str = "authmap.toml") -> str:
    Path(path).write_text(text)
    return path


def problem(text: str, path: str = "authmap.toml") -> str:
    with pytest.raises(OptionError) as error:
        settings(load(write(text, path)), {})
    return str(error.value)


def meant(text: str) -> Settings:
    return settings(load(write(text)), {})


class TestFind:
    def test_none(self) -> None:
        assert find() is None

    @pytest.mark.parametrize("name", ["authmap.toml", ".authmap.toml"])
    def test_in_a_folder_above(self, name: str) -> None:
        write("", f"../{name}")
        assert find() == f"../{name}"

    def test_the_nearest_one(self) -> None:
        write("", "../../authmap.toml")
        write("", "authmap.toml")
        assert find() == "authmap.toml"

    def test_not_above_the_repository(self) -> None:
        Path("../.git").mkdir()
        write("", "../../authmap.toml")
        assert find() is None

    def test_outside_of_a_repository_only_here(self, tmp_path: Path) -> None:
        (tmp_path / ".git").rmdir()
        write("", "../authmap.toml")
        assert find() is None

    def test_pyproject_only_with_its_table(self) -> None:
        write('[project]\ndependencies = ["authmap"]\n', "pyproject.toml")
        write("[tool.authmap]\n", "../pyproject.toml")
        assert find() == "../pyproject.toml"

    def test_a_broken_pyproject_that_does_not_name_us(self) -> None:
        write("[tool.", "pyproject.toml")
        assert find() is None

    def test_two_of_one_folder(self) -> None:
        write("", ".authmap.toml")
        write("[tool.authmap]\n", "pyproject.toml")
        with pytest.raises(OptionError, match=r"\.authmap\.toml and pyproject\.toml both"):
            find()


class TestProblems:
    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ('\n\nselct = ["AM1"]', "3: unknown setting `selct`; did you mean select"),
            ('fail-on = "eror"', "1: `fail-on` is `eror`; did you mean error?"),
            ("fail-on = 2", "1: `fail-on` is a number; choose from error, warning, note, never"),
            ('select = "AM1"', '1: `select` must be a list, not `AM1`; for example: select = ["'),
            ("select = [1979-05-27]", "1: `select` contains a date or time where a string is"),
            ('ignore = [\n  "AM1",\n  "AM1O1",\n]', "3: no rule matches `AM1O1`; did"),
            ('[severity]\nAM101 = "bad"', "2: `severity.AM101` is `bad`; choose from error"),
            ('severity = {AM1 = "note"}', "1: `AM1` is not a complete rule code"),
            ('[severity]\nAM999 = "note"', "2: no rule matches `AM999`"),
            ('delimiters = ["<<", ">>"]', "1: `delimiters` contains `<<` where a list is exp"),
            ('delimiters = [["<<"]]', "1: `delimiters` must be pairs"),
            ("[[known-entries]]\nwhat = 'x'", "1: an entry in `known-entries` has no `role`"),
            (
                "[[known-entries]]\nwhat = 'x'\nrole = 'x'\n[[known-entries]]\nrole = 'x'",
                "4: an entry in `known-entries` has no `what`",
            ),
            (
                "[[known-entries]]\nwhat='x'\nrole='x'\nrolle='x'",
                "4: unknown key `rolle` in ",
            ),
            ('exclude = ["vendor/", "!"]', "1: `!` is not a valid .gitignore"),
            ('per-path-ignores = {"a/" = ["XX"]}', "1: no rule matches `XX`"),
            ('username-template = "{user}"', "1: username templates have no field `{user}`"),
            ('username-template = ""', "1: `username-template` contains an empty string"),
            ('extra-paths."*" = 1', "1: `extra-paths.*` must be a list, not a number"),
            ("#\n" * 5000 + "selct = 1", "5001: unknown setting `selct`"),
            ("select = [", "toml:1: invalid TOML: Invalid value (at end of document)"),
            ("# a\n\nselect = [\n\n", "toml:3: invalid TOML: Invalid value"),
            ("a = 1\na = 2\n", "2:6: invalid TOML: Cannot overwrite a value"),
        ],
    )
    def test_is_said_with_its_line(self, text: str, said: str) -> None:
        assert said in problem(text)
        assert problem(text).startswith("authmap.toml:")

    def test_all_at_once_in_the_order_of_the_lines(self) -> None:
        lines = problem("fail-on = 1\nrbac = 2\nselct = 3\n").splitlines()
        assert [line.split(":")[1] for line in lines] == ["1", "2", "3"]

    def test_so_many_as_anybody_reads(self) -> None:
        text = "".join(f"wrong-{number} = 1\n" for number in range(30_000))
        assert len(problem(text).splitlines()) == 20

    def test_in_pyproject(self) -> None:
        text = '[project]\nname = "x"\n\n[tool.authmap]\nselect = []\nfail-on = "x"\n'
        assert problem(text, "pyproject.toml").startswith("pyproject.toml:6: `fail-on` is `x`")

    def test_pyproject_without_the_table(self) -> None:
        assert "no table [tool.authmap]" in problem("[tool.ruff]\n", "pyproject.toml")

    def test_not_utf8(self) -> None:
        Path("authmap.toml").write_bytes(b'select = ["\xe9"]')
        with pytest.raises(OptionError, match="byte 12 is not UTF-8"):
            load("authmap.toml")

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["--config", "none.toml"], "none.toml: does not exist"),
            (["--config", "authmap.toml", "--no-config"], "cannot be used together"),
            ([], "authmap.toml:1: unknown setting `selct`"),
        ],
    )
    @pytest.mark.parametrize("command", ["lint", "fix", "show", "config"])
    def test_is_exit_code_2(self, command: str, arguments: list[str], said: str) -> None:
        write("selct = []")
        done = authmap(command, *arguments, cwd=Path())
        assert (done.returncode, done.stdout) == (2, "")
        assert said in done.stderr
        assert "Traceback" not in done.stderr


class TestHolds:
    def test_command_line_beats_file_beats_default(self) -> None:
        write('select = ["AM1"]\nfail-on = "never"\n')
        found = settings(load("authmap.toml"), {"select": ["AM2"], "fail-on": None})
        assert found.options.select == ("AM2",)
        assert found.fail_on is None
        assert found.options.ignore == ()
        origins = [found.origin(name) for name in ("select", "fail-on", "ignore")]
        assert origins == ["command line", "authmap.toml:2", "default"]

    def test_rules(self) -> None:
        write('ignore = ["am102"]\nextend-select = ["AM108"]\nseverity = {AM101 = "note"}\n')
        done = authmap("lint", "-f", "json", cwd=Path())
        assert "AM102" not in codes(done)
        [severity] = {f["severity"] for f in json.loads(done.stdout)["findings"]}
        assert (severity, done.returncode) == ("note", 0)
        assert "AM108" in codes(authmap("lint", "-f", "json", "fixed.yaml", cwd=self.fixed()))
        done = authmap("lint", "-f", "json", "--no-config", cwd=Path())
        assert ("AM102" in codes(done), done.returncode) == (True, 1)

    @staticmethod
    def fixed() -> Path:
        fixed = ROOT / "fixtures" / "AM101" / "fixed.yaml"
        Path("fixed.yaml").write_bytes(fixed.read_bytes())
        return Path()

    def test_severity_holds_for_all_findings_of_a_rule(self) -> None:
        assert meant('severity = {am301 = "error"}').options.severity == {"AM301": Severity.ERROR}

    def test_fail_on(self) -> None:
        write('fail-on = "never"')
        assert authmap("lint", cwd=Path()).returncode == 0
        assert authmap("lint", "--fail-on", "error", cwd=Path()).returncode == 1

    def test_template_and_known_entries_in_fixes(self) -> None:
        write(
            'username-template = "access-entry"\n'
            '[[known-entries]]\nwhat = "the operators"\nrole = "OPS*"\n'
        )
        done = authmap("fix", "--select", "AM101", "aws-auth.yaml", cwd=Path())
        assert "username: arn:aws:sts::{{AccountID}}:assumed-role/staff/{{SessionName}}" in (
            done.stdout
        )
        assert "username: 'ops'" in done.stdout

    def test_per_path_ignores(self) -> None:
        write(
            'per-path-ignores = {"maps/*.yaml" = ["AM101"], "other/" = ["AM"]}', "../authmap.toml"
        )
        assert "AM101" not in codes(authmap("lint", "-f", "json", "aws-auth.yaml", cwd=Path()))
        write('per-path-ignores = {"/aws-auth.yaml" = ["AM101"]}', "../authmap.toml")
        assert "AM101" in codes(authmap("lint", "-f", "json", "aws-auth.yaml", cwd=Path()))

    def test_per_path_ignores_hold_for_standard_input_by_its_name(self) -> None:
        found = meant('per-path-ignores = {"legacy/*" = ["AM101"]}')
        assert found.options_for("legacy/x.yaml").ignore == ("AM101",)
        assert found.options_for("<stdin>").ignore == ()
        assert found.options_for("../legacy/x.yaml").ignore == ()

    def test_exclude(self) -> None:
        write('exclude = ["maps/"]', "../authmap.toml")
        seen = {
            path: json.loads(authmap("lint", "-f", "json", *path, cwd=Path("..")).stdout)
            for path in ((), ("maps",), ("maps/aws-auth.yaml",))
        }
        # what is named is read all the same
        assert [report["summary"]["files"] for report in seen.values()] == [0, 1, 1]

    def test_paths_are_relative_to_the_file(self) -> None:
        write('rbac = ["rbac/", "/etc/rbac"]', "../authmap.toml")
        assert settings(load("../authmap.toml"), {}).rbac == ["../rbac", "/etc/rbac"]


class TestConfigCommand:
    TEXT = (
        'select = ["AM1"]\n# a comment\nseverity = {AM101 = "note"}\n'
        'per-path-ignores = {"a \\"b\\" é/" = ["AM2"]}\n'
        '[[known-entries]]\nwhat = "x\\u202e"\nusername = "x"\n'
    )

    def test_is_a_configuration_of_the_same_settings(self) -> None:
        write(self.TEXT)
        done = authmap("config", "--fail-on", "error", cwd=Path())
        assert done.returncode == 0
        shown = tomllib.loads(done.stdout)
        assert shown == DEFAULTS | tomllib.loads(self.TEXT) | {"fail-on": "error"}
        assert "\u202e" not in done.stdout
        Draft202012Validator(schema()).validate(shown)
        origins = [line.rpartition(" # ")[2] for line in done.stdout.splitlines()[1:]]
        assert origins == [
            "authmap.toml:1", "default", "default", "authmap.toml:4", "authmap.toml:3",
            "command line", "default", "default", "authmap.toml:5", "default", "default", "default",
        ]  # fmt: skip

    def test_json(self) -> None:
        write(self.TEXT)
        document = json.loads(authmap("config", "-f", "json", cwd=Path()).stdout)
        assert document["path"] == "authmap.toml"
        assert document["settings"]["select"] == {"value": ["AM1"], "origin": "authmap.toml:1"}
        assert list(document["settings"]) == list(DEFAULTS)

    def test_without_a_file(self) -> None:
        document = json.loads(authmap("config", "-f", "json", cwd=Path()).stdout)
        assert document["path"] is None
        assert {each["origin"] for each in document["settings"].values()} == {"default"}


def test_schema_says_the_defaults() -> None:
    properties = schema()["properties"]
    assert {name: each["default"] for name, each in properties.items()} == DEFAULTS


@pytest.mark.parametrize("name", DEFAULTS)
def test_examples_of_the_schema_can_be_set(name: str) -> None:
    for example in schema()["properties"][name]["examples"]:
        assert example != DEFAULTS[name]
        assert meant(f"{name} = {toml(example)}\n").values[name] == example


DOCS = (ROOT / "docs" / "configuration.md").read_text()


def test_documented_file_is_sound_and_sets_most() -> None:
    [block] = re.findall(r"^```toml\n(.*?)^```$", DOCS, re.M | re.S)
    path = ROOT / "fixtures" / "config" / "authmap.toml"
    assert block == path.read_text()
    found = settings(load(str(path)), {})
    assert {name for name in DEFAULTS if found.origins[name] == "default"} == {"select"}


@pytest.mark.parametrize("name", DEFAULTS)
def test_every_setting_is_documented(name: str) -> None:
    [section] = re.findall(rf"^### {name}\n(.*?)(?=^##|\Z)", DOCS, re.M | re.S)
    options = SettingsOptions._fields
    assert (f"`--{name}`" in section or f"`--{name} " in section) == (
        name.replace("-", "_") in options
    )


def test_documented_suppression_is_what_is_shown() -> None:
    shown = (ROOT / "fixtures" / "config" / "suppressed.yaml").read_text()
    _, _, data = shown.partition("\ndata:")
    assert f"```yaml\ndata:{data}```" in DOCS


def test_a_plain_lint_loads_no_parser_and_no_validator() -> None:
    program = (
        "import sys; sys.argv = ['authmap', 'lint', 'aws-auth.yaml']\n"
        "before = set(sys.modules)\n"  # what measures coverage has loaded some of them
        "from authmap.cli import main\n"
        "heavy = {'tomllib', 'jsonschema', 'pathspec'}\n"
        "try: main()\n"
        "except SystemExit: print(*heavy & (set(sys.modules) - before))\n"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True
    )
    assert "AM101" in done.stdout
    assert done.stdout.splitlines()[-1] == ""


def test_extra_paths_that_lead_nowhere_are_said(tmp_path: Path) -> None:
    values = "awsAuth:\n  roles:\n  - {rolearn: 'arn:aws:iam::111111111111:role/a', username: a}\n"
    (tmp_path / "values.yaml").write_text(values)
    settings_file = tmp_path / "authmap.toml"
    settings_file.write_text('[extra-paths]\n"values.yaml" = ["awsAuth.role"]\n')
    done = authmap("lint", cwd=tmp_path)
    assert "values.yaml: no aws-auth map found" in done.stderr
    settings_file.write_text('[extra-paths]\n"values.yaml" = ["awsAuth.roles"]\n')
    done = authmap("lint", cwd=tmp_path)
    assert "no aws-auth map found" not in done.stderr
    assert "AM101" in done.stdout
