"""The end of a section is ignored: it comes after the end of the YAML document.

## Why it matters

The authenticator reads a section as one YAML document. It ignores everything after a line `---` or
`...`, and everything from a line that is indented less than the first entry. It reports no error:
these entries simply do not exist (`Unmarshal` in
https://github.com/yaml/go-yaml/blob/v2/yaml.go, its YAML reader, reads the first document).

## Bad

    data:
      mapRoles: |
        - rolearn: arn:aws:iam::111111111111:role/staff
          username: staff:{{SessionName}}
        ---
        - rolearn: arn:aws:iam::111111111111:role/ops
          username: ops:{{SessionName}}

## Good

    data:
      mapRoles: |
        ---
        - rolearn: arn:aws:iam::111111111111:role/staff
          username: staff:{{SessionName}}
        - rolearn: arn:aws:iam::111111111111:role/ops
          username: ops:{{SessionName}}

## How to fix

Remove the `---` or `...`, and start all entries in the same column. There is no automatic fix. The
correction gives access to everyone who is mapped in the ignored part and has no access today, so
check those entries first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.model.finding import Finding
from authmap.model.rule import About
from authmap.model.severity import Severity
from authmap.rules.registry import rule
from authmap.syntax.layer import At

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.model.auth_map import AuthMap
    from authmap.model.options import RunOptions


@rule("AM012", "ignored-document", Severity.ERROR, about=About.UNREAD_TEXT)
def ignored_document(auth_map: AuthMap, options: RunOptions) -> Iterator[Finding]:
    """Text after the end of a section's first YAML document."""
    for name, section in auth_map.sections.items():
        start = section.ignored
        if start is None:
            continue
        text = section.text
        line = text[start:].split("\n", 1)[0].rstrip()
        marker = _marker(line) or _marker(*reversed(text[:start].splitlines()))
        if marker:
            message = f"everything after `{marker}` in `{name}` is ignored"
            remedy = f"remove the `{marker}`"
        else:
            message = (
                f"`{name}` is ignored from here on: this line is indented less than the first one"
            )
            remedy = "start all entries in the same column"
        yield Finding(
            At(section, start, start + len(line)),
            message,
            "the authenticator stops here without reporting an error, so the rest of the section "
            f"matches nobody; {remedy}",
        )


def _marker(*lines: str) -> str | None:
    """The document marker at the start of the first line that is not empty or a comment."""
    first = next((line for line in lines if line.strip() and line.strip()[0] != "#"), "")
    return first[:3] if first[:3] in ("---", "...") else None
