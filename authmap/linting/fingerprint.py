"""Fingerprints that identify a finding across runs, whatever line it is on."""

from __future__ import annotations

import json
import os
from collections import Counter
from hashlib import sha256
from pathlib import PurePath
from typing import TYPE_CHECKING

from authmap.authenticator.section import Section

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from authmap.model.finding import Finding

LENGTH = 32
"""Hexadecimal digits of a fingerprint: 128 bits, enough to rule out collisions."""


def fingerprints(findings: Iterable[Finding], root: str = "") -> list[str]:
    """A unique fingerprint for each finding, in the order of the findings.

    It is made of the rule's code, the file, the section, the entry's ARN, and the text that the
    finding points at. So it does not change when lines or entries are added above, when the
    indentation or line ends of the file change, or when a message is reworded. Findings that agree
    in all of these are distinguished by their order.

    Args:
        findings: all findings of a run, in order.
        root: the folder that paths are made relative to, see `relative`.

    Returns:
        Strings of `LENGTH` hexadecimal digits.
    """
    seen: Counter[str] = Counter()
    prints = []
    for finding in findings:
        identity = _digest(_identity(finding, root))
        prints.append(_digest([identity, seen[identity]]))
        seen[identity] += 1
    return prints


def relative(path: str, root: str = "") -> str:
    """A path with slashes and without `./`.

    Args:
        path: absolute, or relative to the current directory.
        root: a path inside this folder is made relative to it, any other path absolute. If empty,
            the path stays relative or absolute as it is.
    """
    if not root:
        return PurePath(os.path.normpath(path)).as_posix()
    absolute = PurePath(os.path.abspath(path))  # noqa: PTH100 - does not resolve links
    inside = absolute.is_relative_to(root)
    return (absolute.relative_to(root) if inside else absolute).as_posix()


def _identity(finding: Finding, root: str) -> list[str]:
    layer, entry = finding.at.layer, finding.entry
    section = entry.section.name if entry else layer.name if isinstance(layer, Section) else ""
    start, end = finding.span
    text = " ".join(finding.source.text[start:end].split())
    path = relative(finding.source.path, root)
    return [finding.rule.code, path, section, entry.arn if entry else "", text]


def _digest(parts: Sequence[str | int]) -> str:
    return sha256(json.dumps(parts).encode()).hexdigest()[:LENGTH]
