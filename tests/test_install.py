"""What `pip install authmap` brings is enough for files; each extra brings what it is for."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import venv
from pathlib import Path

import need
import pytest

ROOT = Path(__file__).parent.parent
FIXTURE = ROOT / "fixtures" / "aws-auth.yaml"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

MODULES = {"cluster": ["authmap.cluster.change.apply", "authmap.cluster.reading"]}
"""What an extra is for: the modules that need it."""

MOST_MEGABYTES = 30

EVERY_RULE = """
import pathlib, sys
import authmap
from authmap.rules.registry import all_rules
found, texts = set(), sorted(pathlib.Path(sys.argv[1]).glob("AM*/*.*"))
for path in texts:
    if path.suffix in (".yaml", ".json"):
        options = authmap.Options(select=["AM"], unsafe_fixes=True)
        data = path.read_bytes()
        if b"RoleBinding" in data:
            options = options._replace(bindings=authmap.load_bindings(data))
        found |= {finding.code for finding in authmap.lint(data, options=options).findings}
        authmap.fix(data, options=options)
assert "kubernetes" not in sys.modules
missing = set(all_rules()) - found
assert not missing, missing
"""


def environment(folder: Path, what: str) -> Path:
    """A virtual environment with this version, and nothing but it and what it requires."""
    venv.create(folder, with_pip=True)
    python = str(folder / "bin" / "python")
    command = [python, "-m", "pip", "install", "--quiet", "--no-compile", f"{ROOT}{what}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        need.unavailable("install", f"pip cannot install this version: {done.stderr}")
    return folder / "bin"


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return environment(tmp_path_factory.mktemp("core"), "")


def authmap(core: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [str(core / "authmap"), *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.long
def test_every_rule_runs(core: Path) -> None:
    command = [str(core / "python"), "-c", EVERY_RULE, str(ROOT / "fixtures")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "output_format", ["text", "concise", "json", "sarif", "github", "gitlab", "junit"]
)
def test_every_format_is_rendered(core: Path, output_format: str) -> None:
    done = authmap(core, "lint", "-f", output_format, FIXTURE)
    assert done.returncode == 1
    assert "AM101" in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [("fix", "--diff", FIXTURE), ("show", FIXTURE), ("rule", "AM101"), ("config",), ("schema",)],
)
def test_every_command_for_files_runs(core: Path, arguments: tuple[str | Path, ...]) -> None:
    done = authmap(core, *arguments)
    assert done.returncode in (0, 1)
    assert done.stdout
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("lint", "--context", "prod"),
        ("fix", "--context", "prod", "--apply"),
        ("rollback", "--context", "prod"),
        ("show", "--context", "prod"),
        ("resolve", "arn:aws:iam::111111111111:user/jane", "--context", "prod"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_cluster_needs_its_extra(core: Path, arguments: tuple[str, ...]) -> None:
    done = authmap(core, *arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "pip install 'authmap[cluster]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_kubectl_finds_it_as_a_plug_in(core: Path) -> None:
    done = subprocess.run(
        [core / "kubectl-authmap", "lint", FIXTURE], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "AM101" in done.stdout


def test_the_core_is_light(core: Path) -> None:
    packages = next((core.parent / "lib").glob("python*/site-packages"))
    tools = ("pip", "setuptools", "pkg_resources", "_distutils_hack")
    files = [
        path
        for path in packages.rglob("*")
        if path.is_file() and not path.relative_to(packages).parts[0].startswith(tools)
    ]
    assert sum(path.stat().st_size for path in files) < MOST_MEGABYTES * 2**20


def test_every_extra_is_tried() -> None:
    extras = set(PROJECT["optional-dependencies"]) - {"all", "test", "dev"}
    assert extras == set(MODULES)
    assert set(PROJECT["optional-dependencies"]["all"]) == {f"authmap[{','.join(sorted(extras))}]"}


@pytest.mark.long
@pytest.mark.parametrize("extra", MODULES)
def test_an_extra_alone_is_enough(extra: str, tmp_path: Path) -> None:
    programs = environment(tmp_path / "extra", f"[{extra}]")
    script = "; ".join(f"import {module}" for module in MODULES[extra])
    done = subprocess.run(
        [str(programs / "python"), "-c", script], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_it_is_not_said_to_run_where_it_never_ran() -> None:
    versions = {
        each.rpartition(" ")[2] for each in PROJECT["classifiers"] if "Python :: 3." in each
    }
    assert f"{sys.version_info[0]}.{sys.version_info[1]}" in versions


def test_a_missing_parser_is_an_error_with_a_remedy() -> None:
    program = (
        "import sys; sys.modules['_ruamel_yaml'] = None; sys.argv = ['authmap', 'lint']\n"
        "from authmap.__main__ import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert "pip install ruamel.yaml.clib" in done.stderr
    assert "Traceback" not in done.stderr
