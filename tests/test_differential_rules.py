"""On random maps: what the authenticator drops or hides is told, and fixes do what they say."""

from __future__ import annotations

import json
from copy import deepcopy
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import maps
import pytest
from hypothesis import given
from test_differential import EXAMPLES, agree, lasting

from authmap.api import fix
from authmap.authenticator.consumer import is_null, text_of
from authmap.authenticator.entry import Entry
from authmap.authenticator.foreign_template import templates
from authmap.authenticator.placeholder import misspelled_placeholders
from authmap.authenticator.section import SECTIONS, Section
from authmap.documents.read import read
from authmap.explain.reasons import why_inactive
from authmap.linting.engine import check
from authmap.model.options import RunOptions
from authmap.syntax.nodes import Mapping, Sequence, resolve_alias

if TYPE_CHECKING:
    import oracle

    from authmap.model.auth_map import AuthMap
    from authmap.model.finding import Finding
    from authmap.syntax.nodes import Node

    View = dict[tuple[str, int], dict[str, Any]]


def manifest(data: dict[str, str]) -> bytes:
    """A ConfigMap of this data, in JSON: every text can be written in it."""
    metadata = {"name": "aws-auth", "namespace": "kube-system"}
    return json.dumps(
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}
    ).encode()


def load(document: bytes) -> AuthMap:
    [found] = read(document).maps
    return found


def data_of(document: bytes) -> dict[str, str]:
    found: dict[str, str] = json.loads(document)["data"]
    return found


def kept(found: AuthMap) -> list[Entry]:
    return [entry for entry in found.entries if entry.dropped is None]


def place(entry: Entry) -> tuple[str, int]:
    return entry.section.name, entry.index


# what is told

SERVICES = ("emr-containers", "aws-batch", "aps-collector-user", "fis-experiment", "mwaa-service")
SERVICE_ROLES = (
    "AWSServiceRoleForBatch",
    "AWSServiceRoleForAmazonEMRContainers",
    "AWSServiceRoleForAmazonPrometheusScraper_",
)


def is_protected(role: dict[str, Any]) -> bool:
    """Whether a mapping that the authenticator keeps is a node's or a service's."""
    nodes = {"system:nodes", "system:bootstrappers"}
    name = role["rolearn"].rpartition("/")[2].lower()
    return (
        role["username"].startswith("system:node:")
        or role["username"] in SERVICES
        or name.startswith(tuple(map(str.lower, SERVICE_ROLES)))
        or not nodes.isdisjoint(role["groups"])
    )


def share(one: Entry | None, other: object) -> bool:
    """Whether they are one entry, or have a value in common, of which things are said once."""
    if one is None or not isinstance(other, Entry):
        return False
    values = {id(resolve_alias(field.value)) for field in one.fields}
    return one is other or any(id(resolve_alias(field.value)) in values for field in other.fields)


def is_read(name: str, value: Node) -> bool:
    """Whether a field's value is of the type that the field has, or null."""
    fits = {"groups": Sequence, "sso": Mapping}.get(name)
    return is_null(value) or (
        isinstance(resolve_alias(value), fits) if fits else text_of(value) is not None
    )


@pytest.mark.long
@lasting(EXAMPLES // 2)
@given(maps.data())
def test_what_is_lost_or_hidden_is_told(real: oracle.Oracle, data: dict[str, str]) -> None:
    is_told(real, data)


def is_told(real: oracle.Oracle, data: dict[str, str]) -> None:
    """Assert that a finding speaks of all that the authenticator loses, drops, overrides, hides."""
    theirs = agree(real, data)  # from here on, what authmap reads is what the authenticator reads
    found = load(manifest(data))
    findings = check([found], RunOptions())

    def codes(what: object) -> set[str]:
        """What is said of a section, or of an entry and those it shares something with."""
        return {f.rule.code for f in findings if f.at.layer is what or share(f.entry, what)}

    for name in theirs["lost"]:
        assert codes(found.sections[name]) & {"AM001", "AM002", "AM003", "AM009", "AM011"}, name
    for name in data.keys() - set(SECTIONS):
        assert any(f.rule.code == "AM007" for f in findings), name
    held = dict(zip(map(place, kept(found)), theirs["roles"] + theirs["users"], strict=True))
    for entry in found.entries:
        told = codes(entry)
        about_reading = {code for code in told if code < "AM1" or code.startswith("AM2")}
        mapping = held.get(place(entry))
        if templates(entry.arn) or (mapping and templates(mapping["username"])):
            # said once a map, and not judged further
            assert any(f.rule.code == "AM011" for f in findings)
        elif mapping is None or entry.winner:
            assert about_reading, entry.dropped
        elif why_inactive(entry):
            assert about_reading or "AM110" in told, why_inactive(entry)
        elif "rolearn" in mapping and "{{SessionName" not in mapping["username"]:
            assert "AM101" in told or is_protected(mapping), mapping
        elif ":user/" in entry.arn:
            named = any(f"{{{{SessionName{raw}}}}}" in mapping["username"] for raw in ("", "Raw"))
            assert ("AM111" in told) == named, mapping
        if not entry.winner:
            _unread_fields_are_told(entry, about_reading)
    for item in theirs["accounts"]:
        if not (len(item) == 12 and item.isdecimal()):
            assert codes(found.sections["mapAccounts"]) & {"AM002", "AM011", "AM207"}, item


def _unread_fields_are_told(entry: Entry, told: set[str]) -> None:
    for field in entry.fields:
        if not (field.name and is_read(field.name, field.value)):
            assert told, field.key.value


# what fixes do


def same_but_for_quotes(before: str, after: str) -> bool:
    table = dict.fromkeys(map(ord, "\"'\\"))
    return before.translate(table) == after.translate(table)


def quoted(text: str, name: str, applied: list[Finding]) -> str:
    """What a section's text is to be after fixes that put values in quotes, but for the quotes."""
    changes = [change for f in applied if f.fix for change in f.fix.changes]
    within = ((change.layer, change) for change in changes if isinstance(change.layer, Section))
    of_section = ((layer, change) for layer, change in within if layer.name == name)
    for layer, of_round in groupby(of_section, key=itemgetter(0)):
        assert same_but_for_quotes(text, layer.text)
        text = layer.text
        for _, change in sorted(of_round, key=lambda pair: pair[1].node.start, reverse=True):
            text = text[: change.node.start] + change.value + text[change.node.end :]
    return text


def view(answer: dict[str, Any], found: AuthMap) -> View:
    """What the real authenticator keeps, by the place of the entry."""
    mappings = answer["roles"] + answer["users"]
    return dict(zip(map(place, kept(found)), mappings, strict=True))


def foretold(before: View, applied: list[Finding]) -> View:
    """The view that there is to be after fixes, by what they say."""
    expected = deepcopy(before)
    for finding in applied:
        entry = finding.entry
        assert entry, finding.rule.code
        assert finding.fix
        arn = "userarn" if entry.section.name == "mapUsers" else "rolearn"
        mapping = expected.setdefault(
            place(entry),
            {arn: entry.arn, "username": entry.username, "groups": entry.groups,
             "userid": entry.userid} | ({"sso": entry.sso} if arn == "rolearn" else {}),
        )  # fmt: skip
        for change in finding.fix.changes:
            assert _set(mapping, entry, change.node, change.value), finding.rule.code
    return {
        place: mapping
        for place, mapping in expected.items()
        if place in before or (_arn(mapping) and not mapping.get("sso"))
    }


def _arn(mapping: dict[str, Any]) -> Any:
    return mapping.get("rolearn") or mapping.get("userarn")


def _set(mapping: dict[str, Any], entry: Entry, node: Node, value: str) -> bool:
    """Do to a mapping what a change does to the entry; whether it does anything."""
    for number, group in enumerate(entry.group_items):
        if group.node is node:
            mapping["groups"][number] = value
            return True
    for field in entry.fields:
        if field.key is node:
            mapping[value] = _as_read(value, field.value)
            return True
        if field.value is node:
            if field.name == "groups":
                mapping["groups"] = [*mapping["groups"], value]
            else:
                mapping[field.name] = value
            return True
    return False


def _as_read(name: str, node: Node) -> Any:
    target = resolve_alias(node)
    if name == "groups" and isinstance(target, Sequence):
        return [text_of(item) or "" for item in target.items]
    return text_of(node) or ""


@pytest.mark.long
@lasting(EXAMPLES // 2)
@given(maps.data())
def test_fixes_change_what_they_say(real: oracle.Oracle, data: dict[str, str]) -> None:
    is_fixed_as_told(real, data)


def is_fixed_as_told(real: oracle.Oracle, data: dict[str, str]) -> None:
    """Assert that after a fix the authenticator keeps what it kept, but for what the fix says."""
    document = manifest(data)
    agreed: dict[bytes, dict[str, Any]] = {}  # often nothing is fixed, and the question is the same

    def held(document: bytes) -> dict[str, Any]:
        if document not in agreed:
            agreed[document] = agree(real, data_of(document))
        return agreed[document]

    for unsafe in (False, True):
        everything = RunOptions(unsafe_fixes=unsafe)
        # A section comes back as a whole when its key is spelt as it must be, …
        renamed = fix(document, options=RunOptions(select=("AM007",), unsafe_fixes=unsafe)).output
        assert list(data_of(renamed).values()) == list(data.values())
        assert unsafe or renamed == document
        # … or when what made it something else is put in quotes.
        whole = fix(renamed, options=RunOptions(select=("AM002", "AM003"), unsafe_fixes=unsafe))
        old, new = load(renamed), load(whole.output)
        for name, text in data_of(renamed).items():
            told = quoted(text, name, whole.applied)
            assert same_but_for_quotes(told, data_of(whole.output)[name])
        before = held(whole.output)
        assert set(before["lost"]) <= {
            name for name, section in old.sections.items() if section.problem
        }
        assert {place(e) for e in kept(old)} <= {place(e) for e in kept(new)}

        result = fix(whole.output, options=everything)
        after = held(result.output)
        expected = foretold(view(before, new), result.applied)
        assert view(after, load(result.output)) == expected
        for what in ("lost", "accounts"):
            assert after[what] == before[what]
        for role in before["roles"] if not unsafe else ():
            healed = misspelled_placeholders(role["username"])  # a placeholder that is misspelt
            assert not is_protected(role) or role in after["roles"] or healed, role
        again = result if result.output == whole.output else fix(result.output, options=everything)
        assert again.output == result.output
        at_once = result if whole.output == document else fix(document, options=everything)
        assert held(at_once.output) == after or unsafe
