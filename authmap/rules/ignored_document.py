"""The end of a section is never read: it stands behind the end of the YAML document.

## Why it matters

A section is one YAML document. Behind a line `---` or `...`, or behind a line that is indented less
than the first entry, begins what go-yaml, the authenticator's reader, does not look at. There is no
error: these entries simply do not exist (`Unmarshal` in
https://github.com/yaml/go-yaml/blob/v2/yaml.go reads the first document).

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

Take the `---` out, and begin all entries in one column. Mind that this lets in whoever is mapped
there, which was not so until now.
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
    from authmap.model.options import Options


@rule("AM012", "ignored-document", Severity.ERROR, about=About.UNREAD_TEXT)
def ignored_document(auth_map: AuthMap, options: Options) -> Iterator[Finding]:
    """Entries behind the end of a section's first document."""
    for name, section in auth_map.sections.items():
        start = section.ignored
        if start is None:
            continue
        text = section.text
        line = text[start:].split("\n", 1)[0].rstrip()
        mark = _mark(line) or _mark(*reversed(text[:start].splitlines()))
        if mark:
            message = f"what stands behind `{mark}` in `{name}` is not read"
            remedy = f"take the `{mark}` out"
        else:
            message = f"`{name}` is not read from here on: the line begins left of the first one"
            remedy = "begin all entries in one column"
        yield Finding(
            At(section, start, start + len(line)),
            message,
            f"the authenticator stops here without a word, so nobody comes in by it: {remedy}",
        )


def _mark(*lines: str) -> str | None:
    """The mark of a document's end that the first line begins with which is no comment."""
    first = next((line for line in lines if line.strip() and line.strip()[0] != "#"), "")
    return first[:3] if first[:3] in ("---", "...") else None
