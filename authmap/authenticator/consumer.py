"""The program that reads a list of entries, and how it interprets their values."""

from __future__ import annotations

from contextlib import suppress
from typing import ClassVar, NamedTuple

from authmap.authenticator.arn import ArnError, canonicalize
from authmap.syntax.nodes import Node, Scalar, resolve_alias
from authmap.syntax.yaml import go_types
from authmap.syntax.yaml.go_types import Kind


def fold(key: str) -> str:
    """Fold a key as encoding/json does to compare keys (fold.go, foldName): simple case folding."""
    lowered = key.lower()
    return lowered if key.isascii() else lowered.replace("\u017f", "s")


def text_of(node: Node) -> str | None:
    """The value that a string field gets; None if the field stays unset (null, other types)."""
    target = resolve_alias(node)
    if not isinstance(target, Scalar):
        return None
    if target.tag is None and (target.style or go_types.is_word(target.value)):
        return target.value
    kind, text = go_types.resolve(target.value, target.tag, not target.style)
    return text if kind is Kind.STRING or kind is Kind.MERGE else None


def is_null(node: Node) -> bool:
    """Whether a value is null."""
    target = resolve_alias(node)
    if not isinstance(target, Scalar) or (target.style and target.tag is None):
        return False
    return go_types.resolve(target.value, target.tag, not target.style)[0] is Kind.NULL


class MissingField(NamedTuple):
    """How an entry lacks a field.

    Attributes:
        is_empty: whether the field is present but empty.
        has_groups: whether the entry has groups.
    """

    is_empty: bool
    has_groups: bool


class Consumer:
    """The program that reads the entries.

    This class describes the authenticator reading the ConfigMap's texts. A recogniser of documents
    in which another program reads the entries derives a class from it.

    Attributes:
        called: the name of the list of entries; empty if it has the name of its section.
        keys: for each section, the keys of an entry and the fields they set; the ARN's key first.
        canonical: whether it reads a session's ARN as its role's, and ignores case in users' ARNs.
        weak: whether it reads numbers as text and a text as a list (mapstructure's weak decoding);
            either of two spellings of a key can then win.
        random: whether a random one of several entries for the same ARN wins.
        on_eks: whether the entries are for EKS's own authenticator.
        unknown: what happens to an unknown key, as messages put it.
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
        """How the program rejects the whole input because of one bad value, as messages put it.

        Args:
            what: the bad value: an entry's field, a section's name, `item`, `group`, `account`,
                `arn` for an invalid ARN, or `key` for a duplicate key; empty if the text cannot be
                read at all.
            missing: how the entry lacks the field; None if the field has the wrong type.

        Returns:
            The effect, or an empty string if only that entry is affected.
        """
        return ""

    @staticmethod
    def fold(key: str) -> str:
        """Fold a key for comparison."""
        return fold(key)

    @staticmethod
    def text_of(node: Node) -> str | None:
        """The value that a string field gets; None if the field stays unset."""
        return text_of(node)

    @staticmethod
    def account(node: Scalar) -> str:
        """The value that an item of mapAccounts gets.

        Raises:
            GoYamlError: its tag does not fit its text.
        """
        kind, text = go_types.resolve(node.value, node.tag, not node.style)
        return "" if kind is Kind.NULL else text

    def match(self, arn: str) -> str:
        """Normalise a configured ARN for comparison with a caller's ARN."""
        if self.canonical:
            with suppress(ArnError):
                return canonicalize(arn)
        return arn


CONFIG_MAP = Consumer()
