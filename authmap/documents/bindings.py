"""Reads RBAC bindings from manifests and from an API server's answers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from authmap.authenticator import diagnosis
from authmap.authenticator.foreign_template import templates
from authmap.model.bindings import KINDS, Binding, Subject
from authmap.model.places import at_node
from authmap.syntax.layer import At
from authmap.syntax.nodes import Mapping, Node, Scalar, Sequence, TreeError, resolve_alias
from authmap.syntax.problem import ProblemKind
from authmap.syntax.source import Source
from authmap.syntax.yaml.merge_keys import is_merge
from authmap.syntax.yaml.parser import parse

if TYPE_CHECKING:
    from collections.abc import Iterator


def concerns_bindings(data: bytes) -> bool:
    """A cheap test: False for a file that cannot contain a binding."""
    return b"RoleBinding" in data


def read_bindings(data: bytes, path: str) -> list[Binding]:
    """The bindings in a file of manifests.

    Args:
        data: its bytes: YAML or JSON with any number of documents, lists included.
        path: its name in findings.

    Raises:
        ValueError: it is not UTF-8, not YAML, or an unrendered template; the message says where.
    """
    try:
        source = Source(data, path)
    except UnicodeDecodeError as error:
        where = f"byte {error.start + 1} of the file (0x{data[error.start]:02x})"
        raise ValueError(f"{where} is not UTF-8; save the file as UTF-8") from None
    found: list[Binding] = []
    try:
        for tree in parse(source.text):
            found += bindings_in(tree.root, source)
    except TreeError as error:
        why = diagnosis.cause(source.text, error)
        line, column = source.place(why.start)
        problem = why.message
        if why.kind is ProblemKind.TEMPLATE:
            shown = source.text[why.start : why.end].split("\n")[0]
            problem = f"`{shown}` is a template that is not rendered yet: render it first"
        raise ValueError(f"line {line}, column {column}: {problem}") from None
    return found


def bindings_in(root: Node, source: Source) -> Iterator[Binding]:
    """The bindings in a document: the document itself, or its items."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if not isinstance(node, Mapping):
            continue
        kind = _text(node.get("kind"))
        items = resolve_alias(node.get("items"))
        if kind in KINDS:
            yield _binding(kind, node, source)
        elif kind.endswith("List") and isinstance(items, Sequence):
            # the items of a RoleBindingList may have no kind
            for item in reversed(items.items):
                target = resolve_alias(item)
                if isinstance(target, Mapping) and kind[:-4] in KINDS and not target.get("kind"):
                    yield _binding(kind[:-4], target, source)
                elif target is not None:
                    waiting.append(target)


def _binding(kind: str, node: Mapping, source: Source) -> Binding:
    metadata, role = resolve_alias(node.get("metadata")), resolve_alias(node.get("roleRef"))
    name = namespace = role_kind = role_name = ""
    if isinstance(metadata, Mapping):
        name, namespace = _text(metadata.get("name")), _text(metadata.get("namespace"))
    if isinstance(role, Mapping):
        role_kind, role_name = _text(role.get("kind")), _text(role.get("name"))
    if kind == "ClusterRoleBinding":
        namespace = ""
    subjects = resolve_alias(node.get("subjects"))
    listed = subjects.items if isinstance(subjects, Sequence) else [subjects]
    found = tuple(subject for item in listed for subject in _subject(resolve_alias(item), source))
    return Binding(kind, namespace, name, f"{role_kind}/{role_name}", found)


def _subject(node: Node | None, source: Source) -> Iterator[Subject]:
    """The user or group in a node, or a template that may become one.

    A service account is a user like any other, for whoever has its name.
    """
    if node is None:
        return
    named, who, namespace = None, "", ""
    if isinstance(node, Mapping):
        merged = [resolve_alias(value) for key, value in node.pairs if is_merge(key)]
        sources = [node, *(each for each in merged if isinstance(each, Mapping))]
        who = next(filter(None, (_text(each.get("kind")) for each in sources)), "")
        named = next(filter(None, (resolve_alias(each.get("name")) for each in sources)), None)
        namespace = next(filter(None, (_text(each.get("namespace")) for each in sources)), "")
    if who in ("User", "Group") and isinstance(named, Scalar):
        yield Subject(who, named.value, at_node(source, named))
    elif who == "ServiceAccount" and isinstance(named, Scalar):
        if _is_name(namespace) and _is_name(named.value):
            yield Subject("User", _service_account(namespace, named.value), at_node(source, named))
    elif who != "ServiceAccount":
        found = templates(source.text[node.start : node.end])
        if found:  # an unquoted template instead of one subject or of all subjects
            start = node.start + found[0].start()
            at = At(source, start, start + len(found[0][0]))
            yield Subject("User", found[0][0], at)


def binding_of(kind: str, item: dict[str, object], path: str) -> Binding:
    """Create a binding from an object in an API server's answer.

    Args:
        kind: `ClusterRoleBinding` or `RoleBinding`.
        item: the object.
        path: the cluster's name in findings.
    """
    metadata, role = _mapping(item.get("metadata")), _mapping(item.get("roleRef"))
    name, namespace = str(metadata.get("name", "")), str(metadata.get("namespace") or "")
    place = f"{path} {kind.lower()}s/{namespace + '/' if namespace else ''}{name}"
    subjects = item.get("subjects")
    found = []
    for each in subjects if isinstance(subjects, list) else ():
        subject = _mapping(each)
        who, text = str(subject.get("kind")), str(subject.get("name", ""))
        if who == "ServiceAccount":
            who, text = "User", _service_account(str(subject.get("namespace") or ""), text)
        if who in ("User", "Group"):
            found.append(Subject(who, text, _live_place(text, place)))
    return Binding(kind, namespace, name, f"{role.get('kind')}/{role.get('name')}", tuple(found))


def _service_account(namespace: str, name: str) -> str:
    """The username of a service account.

    Source: `MakeUsername` in staging/src/k8s.io/apiserver/pkg/authentication/serviceaccount/util.go
    of https://github.com/kubernetes/kubernetes; the RBAC authorizer compares usernames only.
    """
    return f"system:serviceaccount:{namespace}:{name}"


def _is_name(text: str) -> bool:
    """Whether a text can be the name of an object, and is no template."""
    return bool(re.fullmatch(r"[a-z0-9.-]+", text))


def _live_place(name: str, path: str) -> At:
    """A place in a made-up line that shows the subject as a manifest would."""
    shown = re.sub(r"\s", " ", name)
    source = Source(f"- name: {shown}".encode(errors="replace"), path)
    return At(source, len("- name: "), len(source.text))


def _mapping(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _text(node: Node | None) -> str:
    target = resolve_alias(node)
    return target.value if isinstance(target, Scalar) else ""
