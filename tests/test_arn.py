"""ARNs: taken apart and made canonical as upstream does it, and no fault found in a real one."""

from __future__ import annotations

import string
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authmap.authenticator import resolve
from authmap.authenticator.arn import PARTITIONS, ArnError, canonicalize, meant, parse
from authmap.authenticator.arn_fault import fault, is_sound, wildcard

if TYPE_CHECKING:
    import oracle

A = "123456789012"

CANONICAL = {
    f"arn:aws:iam::{A}:user/Alice": f"arn:aws:iam::{A}:user/Alice",
    f"arn:aws:iam::{A}:user/a/b/Alice": f"arn:aws:iam::{A}:user/a/b/Alice",
    f"arn:aws:iam::{A}:role/Users": f"arn:aws:iam::{A}:role/Users",
    f"arn:aws:iam::{A}:root": f"arn:aws:iam::{A}:root",
    f"arn:aws:sts::{A}:assumed-role/Admin/Session": f"arn:aws:iam::{A}:role/Admin",
    f"arn:aws:sts::{A}:assumed-role/Org/Team/Admin/S": f"arn:aws:iam::{A}:role/Org/Team/Admin",
    f"arn:aws-cn:sts::{A}:assumed-role/Admin/a@b": f"arn:aws-cn:iam::{A}:role/Admin",
    f"arn:aws:sts::{A}:federated-user/Bob": f"arn:aws:sts::{A}:federated-user/Bob",
    f"arn:aws-iso-e:iam::{A}:user/Chris": f"arn:aws-iso-e:iam::{A}:user/Chris",
}
REFUSED = [
    "",
    "NOT AN ARN",
    "arn:aws:iam::1",
    f"arn:awz:iam::{A}:role/x",
    f"ARN:aws:iam::{A}:role/x",
    f"arn:aws:iam::{A}:group/x",
    f"arn:aws:iam::{A}:assumed-role/x/y",
    f"arn:aws:sts::{A}:assumed-role/x",
    f"arn:aws:sts::{A}:role/x",
    f"arn:aws:s3::{A}:role/x",
]


@pytest.mark.parametrize(("arn", "wanted"), CANONICAL.items())
def test_canonical(arn: str, wanted: str) -> None:
    assert canonicalize(arn) == wanted


@pytest.mark.parametrize("arn", REFUSED)
def test_refused(arn: str) -> None:
    with pytest.raises(ArnError):
        canonicalize(arn)


def test_canonical_as_the_real_one(real: oracle.Oracle) -> None:
    asked = [*CANONICAL, *REFUSED[1:]]
    answers = real.ask({}, [{"arn": arn, "sessionName": "s"} for arn in asked])["callers"]
    for arn, answer in zip(asked, answers, strict=True):
        assert answer["canonicalArn"] == CANONICAL.get(arn, ""), arn


def test_parts() -> None:
    arn = parse(f"arn:aws:iam::{A}:role/a/b/c:d")
    assert arn == ("aws", "iam", "", A, "role/a/b/c:d")
    assert (arn.kind, arn.path, arn.name) == ("role", "a/b/", "c:d")
    assert parse(f"arn:aws:iam::{A}:role/x").path == ""


MEANT = {
    f"arn:aws:iam::{A}:role/a/b/x": f"arn:aws:iam::{A}:role/x",
    f"arn:aws:iam::{A}:role//x": f"arn:aws:iam::{A}:role/x",
    f"ARN:aws:iam::{A}:Role/a/x": f"ARN:aws:iam::{A}:Role/x",
    f"arn:aws:sts::{A}:assumed-role/x/s": f"arn:aws:iam::{A}:role/x",
    f"arn:aws:sts::{A}:assumed-role/x": f"arn:aws:iam::{A}:role/x",
    f"arn:aws-cn:iam::{A}:assumed-role/x/*": f"arn:aws-cn:iam::{A}:role/x",
    f"arn:aws:sts::{A}:assumed-role/a/AWSReservedSSO_x_0/s": (
        f"arn:aws:iam::{A}:role/AWSReservedSSO_x_0"
    ),
}


@pytest.mark.parametrize(("arn", "wanted"), MEANT.items())
def test_meant(arn: str, wanted: str) -> None:
    assert meant(arn) == wanted
    assert meant(wanted) == wanted
    assert is_sound(arn)


@pytest.mark.parametrize(
    "arn",
    ["", "x", f"arn:aws:iam::{A}:user/a/b", f"arn:aws:sts::{A}:assumed-role/a/b/c/d"],
)
def test_nobody_else_is_meant(arn: str) -> None:
    assert meant(arn) == arn


def test_wildcards() -> None:
    assert wildcard("arn:aws:iam::*:role/x") == 13
    assert wildcard(f"arn:aws:iam::{A}:role/x?") == 32
    assert wildcard(f"arn:aws:sts::{A}:assumed-role/x/*") is None
    assert wildcard(f"arn:aws:sts::{A}:assumed-role/*/*") == 39
    assert wildcard(f"arn:aws:iam::{A}:role/a/*") is not None


FAULTS = {
    f"arn:aws:iam:{A}:role/x": (":", f"`arn:aws:iam::{A}:role/x`"),
    f"arn:aws:iam:::{A}:role/x": (":::", f"`arn:aws:iam::{A}:role/x`"),
    f"arn:aws:iam::{A}/role/x": ("/", f"`arn:aws:iam::{A}:role/x`"),
    f"arn:aws:iam:{A}/role/x": ("/", f"`arn:aws:iam::{A}:role/x`"),
    f"arn:iam::{A}:role/x": ("iam", f"`arn:aws:iam::{A}:role/x`"),
    f"aws:iam::{A}:role/x": (f"aws:iam::{A}:role/x", f"`arn:aws:iam::{A}:role/x`"),
    f"arn:aws:sts::{A}:role/x": ("sts", f"`arn:aws:iam::{A}:role/x`"),
    f"arn:aws:iam::{A}:federated-user/x": ("iam", f"`arn:aws:sts::{A}:federated-user/x`"),
    f"arn:aws:iam::{A}:roles/x": ("roles", f"`arn:aws:iam::{A}:role/x`"),
    f"arn:aws:iam::{A}:role:x": (":", f"`arn:aws:iam::{A}:role/x`"),
    f"arn:aws:iam::{A}:role/x/": ("/", f"`arn:aws:iam::{A}:role/x`"),
    "arn:aws:iam::1234-5678-9012:role/x": ("1234-5678-9012", f"`{A}`"),
    "arn:aws:iam::12345678901:role/x": ("12345678901", "zeros"),
    "arn:aws:iam::\u0661\u0661:role/x": ("\u0661\u0661", "digits"),
    "arn:aws:iam::{{AccountID}}:role/x": ("{{AccountID}}", "placeholders"),
    f"arn:aws:iam::{A}:role/{{{{SessionName}}}}": ("{{SessionName}}", "placeholders"),
    f"arn:aws:iam::{A}:role/{{{{x": ("{{x", "placeholders"),
    f"arn:aws:iam::{A}:instance-profile/a/x": ("instance-profile", "--instance-profile-name x"),
    f"arn:aws:iam:eu-west-1:{A}:role/x": ("eu-west-1", "leave that part empty"),
    f"arn:aws:ec2:eu-west-1:{A}:instance/x": ("ec2", "iam"),
    f"arn:x:iam::{A}:role/x": ("x", "aws-us-gov"),
    f"arn:aws:iam::{A}:role/x\u200b": ("\u200b", "remove that character"),
    f"\t arn:aws:iam::{A}:role/x": ("\t ", "remove these characters"),
    f"arn:aws:iam::{A}:role/a b": (" ", "remove that character"),
    f"arn:aws:iam::{A}:role/\u00fc": ("\u00fc", "ASCII"),
    f"arn:aws:iam::{A}:role/{'x' * 65}": ("x" * 65, "64"),
    f"arn:aws:iam::{A}:root/x": ("/x", ":root"),
    f"arn:aws:sts::{A}:assumed-role//s": ("assumed-role/", "role's name"),
    f"arn:aws:iam::{A}:": ("", "role/NAME"),
    "arn:": ("arn:", "ACCOUNT"),
    "arn": ("arn", "ACCOUNT"),
    f"{A}": (A, "mapAccounts"),
    f"'arn:aws:iam::{A}:role/x'": ("'", "quoted twice"),
}


@pytest.mark.parametrize("arn", FAULTS)
def test_faults(arn: str) -> None:
    found = fault(arn)
    assert found
    wrong, remedy = FAULTS[arn]
    assert arn[found.start : found.end] == wrong
    assert remedy in found.remedy
    for written in found.remedy.split("`")[1::2]:
        assert not written.startswith("arn:") or not written.endswith("/x") or is_sound(written)


NAME = st.text(string.ascii_letters + string.digits + "_+=,.@-", min_size=1, max_size=64)
ACCOUNT = st.from_regex("[0-9]{12}", fullmatch=True)


@given(st.sampled_from(sorted(PARTITIONS)), ACCOUNT, NAME, NAME, st.data())
def test_no_fault_in_what_sts_reports(
    partition: str, account: str, name: str, other: str, data: st.DataObject
) -> None:
    """Whoever can log in can be mapped, in any case, without a finding."""
    kinds = [
        f"sts::{account}:assumed-role/{name}/{other}",
        f"iam::{account}:user/{name}",
        f"iam::{account}:user/{other}/{name}",
        f"sts::{account}:federated-user/{name}",
        f"iam::{account}:root",
    ]
    canonical = canonicalize(f"arn:{partition}:{data.draw(st.sampled_from(kinds))}")
    odd = canonical.replace("s", "\u017f").replace("k", "\u212a")
    for written in (canonical, canonical.upper(), canonical.lower(), odd):
        assert fault(written) is None
        assert wildcard(written) is None
        assert meant(written) == written
        assert resolve.fold(written) == resolve.fold(canonical)


@given(st.text("arn:awsimtu/role*?{}<>$0123456789-_ \n\t'\"\u200b\u00e9", max_size=60))
def test_anything_can_be_asked(text: str) -> None:
    if text:
        found = fault(text)
        assert found is None or 0 <= found.start <= found.end <= len(text)
    assert meant(meant(text)) == meant(text)
    at = wildcard(text)
    assert at is None or text[at] in "*?"


@given(st.lists(st.sampled_from(["arn", "aws", "iam", "sts", "", A, "role/x", "x", "1", "/"])))
def test_any_parts_can_be_asked(parts: list[str]) -> None:
    text = ":".join(parts)
    if text:
        found = fault(text)
        assert found is None or 0 <= found.start <= found.end <= len(text)
