"""The program that reads a list of entries, and what it makes of their values."""

from __future__ import annotations

from contextlib import suppress
from typing import ClassVar, NamedTuple

from authmap.authenticator.arn import ArnError, canonicalize
from authmap.syntax.nodes import Node, Scalar, resolve_alias
from authmap.syntax.yaml import go_types
from authmap.syntax.yaml.go_types import Kind


def fold(key: str) -> str:
    """A key as encoding/json compares it: foldName in its fold.go, simple case folding."""
    lowered = key.lower()
    return lowered if key.isascii() else lowered.replace("\u017f", "s")


def text_of(node: Node) -> str | None:
    """What a field of type string is set to, or None where it is left alone (null, other types)."""
    target = resolve_alias(node)
    if not isinstance(target, Scalar):
        return None
    if target.tag is None and (target.style or go_types.is_word(target.value)):
        return target.value
    kind, text = go_types.resolve(target.value, target.tag, not target.style)
    return text if kind is Kind.STRING or kind is Kind.MERGE else None


def is_null(node: Node) -> bool:
    """Whether the value is null."""
    target = resolve_alias(node)
    if not isinstance(target, Scalar) or (target.style and target.tag is None):
        return False
    return go_types.resolve(target.value, target.tag, not target.style)[0] is Kind.NULL


class MissingField(NamedTuple):
    """How an entry lacks a field.

    Attributes:
        is_empty: whether the field is there, and empty.
        has_groups: whether the entry has groups.
    """

    is_empty: bool
    has_groups: bool


class Consumer:
    """What reads the entries: here the authenticator, the texts in the ConfigMap.

    Entries are written in other places too, and for other readers. The recogniser of such a place
    derives one of its own from this one.

    Attributes:
        called: what the list of entries is called, if not as its section is.
        keys: the keys of an entry in each section, the ARN's first, and what each is read into.
        canonical: whether a session's ARN is read as that of its role, and a user's in any case.
        weak: whether numbers are read as text and a text as a list (mapstructure's weak decoding);
            of two spellings of a key either may hold then.
        random: whether it is random which of several entries of one ARN holds.
        on_eks: whether it is EKS that asks.
        unknown: what becomes of a key that is none of these.
    """

    called = ""
    keys: ClassVar[dict[str, dict[str, str]]] = {
        name: {key: key for key in keys}
        for name, keys in (
            ("mapRoles", ("rolearn", "sso", "username", "groups", "userid")),
            ("mapUsers", ("userarn", "username", "groups", "userid")),
        )
    }
    canonical = False
    weak = False
    random = False
    on_eks = True
    unknown = "nothing reads it"

    def refusal(self, what: str = "", *, missing: MissingField | None = None) -> str:  # noqa: ARG002
        """What becomes of the whole because of one value; empty where that entry alone suffers.

        Args:
            what: the field of an entry, a section's name, `item`, `group`, `account`; `arn` for an
                ARN that is none, `key` for one that is given twice; empty where the text cannot be
                read at all.
            missing: how an entry lacks the field; None where it has one of the wrong type.
        """
        return ""

    @staticmethod
    def fold(key: str) -> str:
        """A key as it is compared."""
        return fold(key)

    @staticmethod
    def text_of(node: Node) -> str | None:
        """What a field of type string is set to, or None where it is left alone."""
        return text_of(node)

    @staticmethod
    def account(node: Scalar) -> str:
        """What an item of mapAccounts is set to.

        Raises:
            GoYamlError: its tag does not fit.
        """
        kind, text = go_types.resolve(node.value, node.tag, not node.style)
        return "" if kind is Kind.NULL else text

    def match(self, arn: str) -> str:
        """The ARN that a caller's is compared with, for the one that is written."""
        if self.canonical:
            with suppress(ArnError):
                return canonicalize(arn)
        return arn


CONFIG_MAP = Consumer()
