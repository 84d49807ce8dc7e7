"""What a finding is known by from run to run: by what it says, never by the line it stands on."""

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
"""Hexadecimal digits of a fingerprint: 128 bits, far more than findings can collide in."""


def fingerprints(findings: Iterable[Finding], root: str = "") -> list[str]:
    """One fingerprint a finding, in their order, all of them different.

    It is made of the rule's code, the file, the section, the entry's ARN, and the text that the
    finding points at. So it stays when lines or entries are put above, when the file is indented
    anew or gets other line ends, and when a message is worded anew. Findings that have all of
    that in common are told apart by their order, whatever stands between them.

    Args:
        findings: all of a run, in its order.
        root: the folder to which paths are relative, as `relative` takes it.

    Returns:
        Hexadecimal digits, `LENGTH` each.
    """
    met: Counter[str] = Counter()
    prints = []
    for finding in findings:
        same = _digest(_identity(finding, root))
        prints.append(_digest([same, met[same]]))
        met[same] += 1
    return prints


def relative(path: str, root: str = "") -> str:
    """A path with slashes and without `./`.

    Args:
        path: absolute, or from the current folder.
        root: the folder to which it is made relative where it is below it, else it is made
            absolute; without one it stays what it is.
    """
    if not root:
        return PurePath(os.path.normpath(path)).as_posix()
    plain = PurePath(os.path.abspath(path))  # noqa: PTH100 - without a look at what is there
    return (plain.relative_to(root) if plain.is_relative_to(root) else plain).as_posix()


def _identity(finding: Finding, root: str) -> list[str]:
    layer, entry = finding.at.layer, finding.entry
    section = entry.section.name if entry else layer.name if isinstance(layer, Section) else ""
    start, end = finding.span
    text = " ".join(finding.source.text[start:end].split())
    path = relative(finding.source.path, root)
    return [finding.rule.code, path, section, entry.arn if entry else "", text]


def _digest(parts: Sequence[str | int]) -> str:
    return sha256(json.dumps(parts).encode()).hexdigest()[:LENGTH]
