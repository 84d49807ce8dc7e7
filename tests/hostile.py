"""Findings about what somebody with bad intentions, or bad luck, wrote into a map."""

from __future__ import annotations

import json
from functools import cache

from styles import HEAD, literal

from authmap.api import lint
from authmap.linting.run import Run
from authmap.rules.registry import all_rules

ROLE = "arn:aws:iam::111111111111:role/"

TEXTS = {
    "lines": "a\nb\r\nc\rd\u2028e\x85f",
    "workflow command": "::error::a",
    "old workflow command": "##[error]a",
    "escaped": "a%0A::error::%3A%2C,:b",
    "CDATA": "a]]><![CDATA[b",
    "markup": "<script>&amp;\"'</script>",
    "terminal": "\x1b[31m\x1b]8;;http://a\x07\x9b2J\x08a",
    "control": "a\x01\x7fb\x00c",
    "surrogate": "a\ud800b\udfff",
    "not for XML": "a\ufffe\uffffb\ufdd0",
    "direction": "a\u202eb\u200f",
    "link": "[a](http://b) [c](1)",
    "placeholders": "{0} {{0}} %s",
    "beyond": "a\U0001f600e\u0301",
    "megabyte": "a" * 1_000_000,
    "megabyte of lines": "a\n" * 500_000,
}

PATHS = {
    "path": "aws-auth.yaml",
    "path with lines": "a\nb/::error::/x,y%0A.yaml",
    "path with blanks": "a b/[c]#?&'\".yaml",
    "path that is no UTF-8": "a\udcff.yaml",
    "path that looks like a scheme": "a:b.yaml",
}


def manifest(text: str) -> bytes:
    """A ConfigMap with the text as username, group, ARN and key."""
    quoted = json.dumps(text)
    entries = (
        f"- rolearn: {ROLE}staff\n  username: {quoted}\n  groups: [{quoted}]\n"
        f"- rolearn: {quoted}\n  username: staff\n"
        f"- rolearn: {ROLE}staff\n  {quoted if len(quoted) < 999 else 'key'}: a\n"
        "- username: system:a\n"
    )
    users = json.dumps([{"userarn": "arn:aws:iam::1:user/a", "username": text, "groups": [text]}])
    return f"{HEAD}{literal(entries)}  mapUsers: {literal(users)}".encode()


def run_of(data: bytes, path: str = "aws-auth.yaml", root: str = "") -> Run:
    """A run over one file."""
    report = lint(data, path=path)
    checked = {path: list(all_rules().values())}
    missing = (f"{path}.none", f"does not exist: {path}")
    other = (f"{path}.other", f"a Service {path}")
    return Run(
        report.findings, [other], [missing], 1, report.maps, None, checked=checked, root=root
    )


CASES = {
    **{name: (manifest(text), "aws-auth.yaml") for name, text in TEXTS.items()},
    **{name: (manifest("a"), path) for name, path in PATHS.items()},
    "lost": (f"{HEAD}{literal('- {')}".encode(), "aws-auth.yaml"),
    "no YAML": (b"\xff\xfe", "aws-auth.yaml"),
    "nothing": (b"", "aws-auth.yaml"),
}
"""Inputs and their paths; about most of them there is something to be found."""


@cache
def run(case: str) -> Run:
    """A run over one of the inputs."""
    return run_of(*CASES[case])
