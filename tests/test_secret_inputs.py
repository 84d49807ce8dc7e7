"""Kubeconfigs and Terraform states hold secrets: none is ever shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from command import authmap
from hypothesis import given
from hypothesis import strategies as st
from styles import (
    as_file,
)
from test_inputs import FOLDER, eksctl
from test_metamorphic import PAYLOAD, lenient
from test_rules import FIXTURES

from authmap.api import lint
from authmap.cli import console
from authmap.cli.options import FORMATS
from authmap.linting.run import Run
from authmap.render import sarif

if TYPE_CHECKING:
    from pathlib import Path

KUBECONFIG = (FIXTURES / "AM501" / "bad.yaml").read_bytes()


def shown(data: bytes) -> str:
    """Everything that any format says of a file."""
    report = lint(data, path="kubeconfig")
    run = Run(
        report.findings,
        [],
        [],
        1,
        report.maps,
        kubeconfigs=report.kubeconfigs,
        unread=report.unread,
    )
    others = [
        console.render(run, output_format) for output_format in FORMATS if output_format != "sarif"
    ]
    results = sarif.document(run)["runs"][0]["results"]  # the rules are there too
    return f"{''.join(others)}{results}{report.others}"


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"- [",  # and what could not be read is shown
        b"\nusers: {{ x }}\n",
        b"}",
    ],
)
def test_no_secret_of_a_kubeconfig_is_shown(broken: bytes) -> None:
    assert b"secret-" in KUBECONFIG
    for line in range(0, KUBECONFIG.count(b"\n"), 1 if broken else 10**6):
        lines = KUBECONFIG.splitlines(keepends=True)
        lines[line] = lines[line].rstrip(b"\n") + broken + b"\n"
        said = shown(b"".join(lines))
        assert "secret" not in said
        assert "LS0t" not in said
        assert broken or "AM501" in said


STATE = (FOLDER / "key_terraform_version" / "state.json").read_bytes()
MARKS = [
    "{",
    "}",
    "[",
    "]",
    ":",
    ": ",
    "- ",
    '"',
    "'",
    "\n",
    "  ",
    "#",
    "&a ",
    "*a",
    "|\n",
    "\t",
    "---",
]


@pytest.mark.long
@lenient
@given(st.sampled_from([KUBECONFIG, STATE]), st.data())
def test_no_secret_is_shown_whatever_is_broken(data: bytes, draw: st.DataObject) -> None:
    written = data.decode()
    for _ in range(draw.draw(st.integers(1, 3))):
        at = draw.draw(st.integers(0, len(written)))
        cut, mark = draw.draw(st.integers(0, 8)), draw.draw(st.sampled_from(["", *MARKS]))
        written = written[:at] + mark + written[at + cut :]
    assert "secret-" not in shown(written.encode())


def test_no_secret_of_a_kubeconfig_in_one_line_is_shown() -> None:
    plugin = {"command": "aws", "args": ["eks", "get-token", "--role", "arn:aws:iam::1:role/a"]}
    user = {"token": "secret", "password": "secret", "exec": plugin, "client-key-data": "secret"}
    config = {"kind": "Config", "apiVersion": "v1", "users": [{"name": "u", "user": user}]}
    said = shown(as_file(config))
    assert "AM501" in said
    assert "role/a" in said
    assert "secret" not in said


@pytest.mark.parametrize("options", [[], ["--diff"]])
def test_fix_shows_no_kubeconfig(tmp_path: Path, options: list[str]) -> None:
    path = tmp_path / "kubeconfig.yaml"
    path.write_bytes(KUBECONFIG + b"---\n" + eksctl(PAYLOAD).data)
    done = authmap("fix", *options, path)
    assert (done.returncode, done.stdout) == (1 if options else 2, "")
    assert "it may contain secrets" in done.stderr
    assert "secret-" not in done.stderr
    authmap("fix", "--write", path)
    assert path.read_bytes().startswith(KUBECONFIG)
    assert b"role:{{AccountID}}:staff:" in path.read_bytes()


def test_secrets_of_a_state_are_not_shown() -> None:
    for path in (FOLDER / "key_terraform_version").glob("*.json"):
        data = path.read_bytes()
        assert b"secret-" in data
        for broken in (data, data[:-9], data.replace(b"rolearn", b'"rolearn'), b"{" + data):
            said = shown(broken)
            assert "secret-" not in said
            assert "aws_auth" in said or "AM001" in said


def test_secrets_beside_the_entries_of_a_state_are_not_shown() -> None:
    """In the same text as the entries, in the same line as a finding, in what cannot be read."""
    entry = "  - rolearn: arn:aws:iam::111111111111:role/ci\n    username: ci # secret-1\n"
    chart = f"awsAuth:\n  mapRoles:\n{entry}    token: secret-2\n  password: secret-3 # secret-4\n"
    section = "[{username: s, rolearn: 'arn:aws:iam::1:role/s', sso: {x: secret-5}}, secret-6]"
    data = {"a": "secret-7", "mapRoles": section, "z": 5123, "mapAccounts": "[{secret-8: 1}]"}
    metadata = {"name": "aws-auth", "namespace": "default", "annotations": {"x": "secret-9"}}
    objects: list[tuple[str, str, object]] = [
        ("kubernetes_config_map", "metadata", [metadata]),
        *(
            ("helm_release", "values", [chart + more])
            for more in ("", "x: *secret-0\n", "a: b: secret-0\n", "a: secret\nsecret\n: x\n")
        ),
        ("helm_release", "values", [chart.replace("secret-3", '{{ "secret-3" }}')]),
    ]
    resources = [
        {"address": f"{kind}.x", "mode": "managed", "type": kind}
        | {"values": {"data": data, key: value, "password": "secret-0"}}
        for kind, key, value in objects
    ]
    state = {"terraform_version": "1", "values": {"root_module": {"resources": resources}}}
    said = shown(as_file(state))
    for code in ("AM001", "AM002", "AM007", "AM008", "AM101"):
        assert code in said
    assert '"username": "ci"' in said
    assert "username: ci" in said
    assert "secret-" not in said
    assert "`secret`" not in said
    assert "5123" not in said


def test_comment_in_a_kubeconfig() -> None:
    data = KUBECONFIG.replace(b"    exec:\n", b"    # authmap: ignore[AM501] a robot\n    exec:\n")
    assert len(lint(KUBECONFIG).findings) == 5
    (left,) = lint(data).findings  # of the login on one line
    assert "`flow`" in left.message
