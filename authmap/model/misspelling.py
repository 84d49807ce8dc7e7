"""Guesses what a misspelled name was meant to be: a data key, an entry's key, or the object's name.

The authenticator does nothing like this: it reads exact names and ignores all others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.authenticator.consumer import text_of
from authmap.authenticator.foreign_template import templates
from authmap.authenticator.section import SECTIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from authmap.authenticator.entry import Entry, Field
    from authmap.model.auth_map import AuthMap
    from authmap.syntax.nodes import Scalar

NAME = "aws-auth"
NAMESPACE = "kube-system"

_FIELD_WORDS = {
    "user": "username", "name": "username", "kubernetesusername": "username",
    "k8susername": "username", "rbacuser": "username",
    "group": "groups", "usergroups": "groups", "kubernetesgroups": "groups",
    "k8sgroups": "groups", "rbacgroups": "groups",
}  # fmt: skip
_ARN_WORDS = ("arn", "role", "user", "rolearn", "userarn", "iamrole", "iamuser", "iamrolearn",
              "iamuserarn", "principal", "principalarn", "iamarn", "rolearns",
              "userarns")  # fmt: skip


def other_object(auth_map: AuthMap) -> Iterator[tuple[str, Scalar, str]]:
    """What makes a ConfigMap another object than kube-system/aws-auth: part, node, wanted value.

    A part that is missing, or a template, may become the right one.
    """
    for what, node, wanted in (
        ("name", auth_map.name, NAME),
        ("namespace", auth_map.namespace, NAMESPACE),
    ):
        if node is not None and node.value != wanted and not templates(node.value):
            yield what, node, wanted


def letters(name: str) -> str:
    """The letters and digits of a name, in lower case."""
    return "".join(filter(str.isalnum, name.lower()))


def _near(name: str, known: Iterable[str], cutoff: float) -> str | None:
    from difflib import get_close_matches

    return next(iter(get_close_matches(name, known, 1, cutoff)), None)


def field(entry: Entry, pair: Field) -> str | None:
    """The field that an ignored key of an entry was probably meant to be, or None."""
    key, value = letters(pair.key.value), (text_of(pair.value) or "").strip().lower()
    known, arn = entry.section.consumer.keys[entry.section.name], entry.section.arn_key
    other = elsewhere(entry, pair)
    if other:
        fits = ":role/" in value if arn == "rolearn" else ":user/" in value
        return arn if fits else None
    if key in _ARN_WORDS and value.startswith("arn:"):
        return arn
    spelt = {letters(name): name for name in known}
    return spelt.get(key) or _FIELD_WORDS.get(key) or spelt.get(_near(key, spelt, 0.8) or "")


def elsewhere(entry: Entry, pair: Field) -> str | None:
    """The other section (mapRoles or mapUsers) if the key is its ARN key, otherwise None."""
    other = "mapUsers" if entry.section.name == "mapRoles" else "mapRoles"
    arn = next(iter(entry.section.consumer.keys[other]))
    return other if letters(pair.key.value) == arn != entry.section.arn_key else None


def section(key: str) -> str | None:
    """The section that a data key names, exactly or misspelled, or None."""
    written = letters(key).removeprefix("aws").removeprefix("auth")
    for name in SECTIONS:
        low = name.lower()
        if written in (low, low[:-1], low[3:], low[:3] + "iam" + low[3:]):
            return name
    near = None
    if written[:2] in ("ma", "am", "mp"):
        near = _near(written, [name.lower() for name in SECTIONS], 0.85)
    return next((name for name in SECTIONS if name.lower() == near), None)


def is_section(key: str) -> bool:
    """Whether a data key is the name of a section, exactly or misspelled."""
    return "map" in key.lower() and section(key) is not None


def is_near_name(name: str) -> bool:
    """Whether a ConfigMap's name is probably a misspelling of aws-auth."""
    written = letters(name)
    for more in ("configmap", "config", "cm", "map"):
        written = written.removesuffix(more)
    wanted = letters(NAME)
    if name == NAME or not 5 < len(written) < 11:
        return False
    if sorted(written) == sorted(wanted) or written == "awsiamauth":
        return True
    return _near(written, [wanted], 0.85) is not None
