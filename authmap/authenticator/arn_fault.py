"""Find out what is wrong with a text that should be an IAM ARN."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from authmap.authenticator.arn import PARTITIONS
from authmap.authenticator.foreign_template import templates


def wildcard(arn: str) -> int | None:
    """The offset of the first wildcard outside a session name, or None."""
    if "*" not in arn and "?" not in arn:
        return None
    parts = arn.split("/", 2)
    session = len(parts) == 3 and parts[0].lower().endswith(":assumed-role")
    text = "/".join(parts[:2]) if session else arn
    return next((at for at, character in enumerate(text) if character in "*?"), None)


def is_sound(arn: str) -> bool:
    """Whether a caller can have this ARN, leaving aside a role's path or a session."""
    if _sound().fullmatch(arn):  # most are
        return True
    return wildcard(arn) is None and fault(arn) is None and not templates(arn)


class Fault(NamedTuple):
    """Why no caller can ever have an ARN.

    Attributes:
        start: offset of the wrong part.
        end: offset after the wrong part.
        problem: what is wrong, as a verb phrase whose subject is the ARN: `has an account ID of
            11 digits instead of 12`.
        remedy: what to do.
    """

    start: int
    end: int
    problem: str
    remedy: str


def fault(arn: str) -> Fault | None:
    """Why no caller can have this ARN, or None if nothing in it rules that out.

    A role's path, a session's ARN and wildcards are not faults here: their meaning is clear. Case
    does not matter, because the authenticator ignores it.
    """
    if _sound().fullmatch(arn):  # most are
        return None
    if not arn.isascii():  # these two equal an ASCII letter in strings.EqualFold
        arn = arn.replace("\u017f", "s").replace("\u212a", "k")
    parts = arn.split(":", 5)
    if not arn.isprintable() or " " in arn:
        return _whitespace(arn)
    if parts[0].lower() != "arn" or len(parts) == 1:
        return _not_an_arn(arn)
    if len(parts) < 6 or (parts[4] == "" and _is_account(parts[5].split(":")[0])):
        return _colons(arn, parts)
    _, partition, service, region, account, resource = parts
    at = len(partition) + 5
    if partition.lower() not in PARTITIONS:
        return _partition(partition)
    if service.lower() not in ("iam", "sts"):
        problem = f"has the service `{service}`" if service else "has no service"
        remedy = "the service for roles and users is `iam`"
        return Fault(at, at + len(service), problem, remedy)
    at += len(service) + 1
    if region:
        remedy = f"IAM has no regions: leave that part empty, `arn:{partition}:{service}::`"
        return Fault(at, at + len(region), f"has a region, `{region}`", remedy)
    if not _is_account(account) and resource.split("/")[0].lower() not in _MISTAKEN:
        return _account(account, at + 1)
    return _resource(parts, len(arn) - len(resource))


@cache
def _sound() -> re.Pattern[str]:
    return re.compile(
        r"arn:aws(?:-cn|-us-gov)?:iam::[0-9]{12}:(?:role|user)/[A-Za-z0-9_+=,.@-]{1,64}"
    )


def _is_account(text: str) -> bool:
    return len(text) == 12 and text.isdecimal() and text.isascii()


def _whitespace(arn: str) -> Fault | None:
    def odd(character: str) -> bool:
        return character == " " or not character.isprintable()

    start = next(at for at, character in enumerate(arn) if odd(character))
    end = start + 1
    while end < len(arn) and odd(arn[end]):
        end += 1
    first = arn[start]
    what = "a tab" if first == "\t" else "a space"
    if first in "\r\n\x85\u2028\u2029":
        what = "a line break"
    if not first.isspace():
        what = f"an invisible character (U+{ord(first):04X})"
    verb = "begins with" if start == 0 else "ends with" if end == len(arn) else "contains"
    extra = "that character" if end - start == 1 else "these characters"
    remedy = f"remove {extra}: the authenticator compares ARNs exactly"
    return Fault(start, end, f"{verb} {what}", remedy)


def _not_an_arn(arn: str) -> Fault:
    remedy = "write the whole ARN: arn:aws:iam::ACCOUNT:role/NAME"
    problem = "does not begin with `arn:`"
    end = len(arn)
    if not arn:
        problem = "is empty"
    elif _is_account(arn):
        problem = "is an account ID, not an ARN"
        remedy += "; to map a whole account, use mapAccounts"
    elif arn[0] in "\"'`":
        problem, end = "begins with a quotation mark", 1
        remedy = "the value is quoted twice: remove the inner quotation marks"
    elif ":" not in arn:
        problem = "is a name, not an ARN"
    elif arn.lower().startswith("aws"):
        problem, remedy = "is missing `arn:` at the start", f"write `arn:{arn}`"
    return Fault(0, end, problem, remedy)


def _colons(arn: str, parts: list[str]) -> Fault:
    rest = ":".join(parts[2:]).lstrip(":")
    service, _, after = rest.partition(":")
    if service.lower() in ("iam", "sts"):
        whole = f"arn:{parts[1]}:{service}::"
        start = len(f"arn:{parts[1]}:{service}")
        account = after.lstrip(":")
        colons = len(after) - len(account) + 1
        if _is_account(account[:12]) and account[12:13] == ":" and colons != 2:
            count = "one colon" if colons == 1 else f"{colons} colons"
            problem = f"has {count} between `{service}` and the account instead of two"
            return Fault(start, start + colons, problem, f"write `{whole}{account}`")
        if _is_account(account[:12]) and account[12:13] == "/":
            at = len(arn) - len(account) + 12
            problem = "has a slash instead of a colon after the account"
            return Fault(at, at + 1, problem, f"write `{whole}{account[:12]}:{account[13:]}`")
    if parts[1].lower() in ("iam", "sts"):
        problem = f"is missing the partition before `{parts[1]}`"
        return Fault(4, 4 + len(parts[1]), problem, f"write `arn:aws:{arn[4:]}`")
    problem = "does not have the six parts of an ARN"
    return Fault(0, len(arn), problem, "write arn:aws:iam::ACCOUNT:role/NAME")


def _partition(partition: str) -> Fault:
    problem = "has no partition"
    if partition:
        problem = f"has the partition `{partition}`, which does not exist"
    remedy = f"the authenticator knows the partitions {', '.join(sorted(PARTITIONS))}"
    return Fault(4, 4 + len(partition), problem, remedy)


def _account(account: str, at: int) -> Fault:
    digits = "".join(filter(str.isdecimal, account))
    remedy = "write the account ID, twelve digits"
    if not account:
        problem = "has no account ID"
    elif account.startswith("{{"):
        problem = f"contains `{account}`"
        remedy = f"{_NO_PLACEHOLDERS}; {remedy}"
    elif account.startswith(("<", "$")):
        problem, remedy = f"still contains `{account}`", f"fill it in: {remedy}"
    elif digits == account and digits.isascii():
        count = "one digit" if len(digits) == 1 else f"{len(digits)} digits"
        problem = f"has an account ID of {count} instead of 12"
        if len(digits) < 12:
            remedy += " (are leading zeros missing?)"
    elif len(digits) == 12 and digits.isascii():
        problem = f"has the account ID `{account}`, which must be digits only"
        remedy = f"write `{digits}`"
    else:
        problem = f"has `{account}` instead of an account ID"
    return Fault(at, at + len(account), problem, remedy)


_MISTAKEN = {
    "instance-profile": (
        "is the ARN of an instance profile, not of a role",
        "map its role, which `aws iam get-instance-profile --instance-profile-name {}` shows",
    ),
    "group": (
        "is the ARN of an IAM group",
        "nobody can log in as a group: map a role that its users assume, or map each user",
    ),
    "policy": ("is the ARN of a policy", "map the role or user that the policy is attached to"),
    "saml-provider": ("is the ARN of an identity provider", "map the role that its users assume"),
    "oidc-provider": ("is the ARN of an identity provider", "map the role that its users assume"),
}
_KINDS = {"role": "iam", "user": "iam", "root": "iam", "federated-user": "sts"}


def _resource(parts: list[str], at: int) -> Fault | None:
    service, resource = parts[2], parts[5]
    kind, slash, name = resource.partition("/")
    low = kind.lower()
    if low in _KINDS and service.lower() != _KINDS[low]:
        problem = f"has the service `{service}`, but `{kind}` needs `{_KINDS[low]}`"
        remedy = f"write `{':'.join((*parts[:2], _KINDS[low], *parts[3:]))}`"
        start = len(parts[1]) + 5
        return Fault(start, start + len(service), problem, remedy)
    if low == "root":
        remedy = "the ARN of an account's root user ends with `:root`"
        end = at + len(resource)
        return Fault(at + 4, end, "continues after `root`", remedy) if slash else None
    if low not in _KINDS and low != "assumed-role":
        return _kind(parts, kind, name, at)
    start = at + len(kind) + len(slash)
    if low == "assumed-role":
        name = name.split("/")[0]
    last = name.rsplit("/", 1)[-1]
    end = start + len(name)
    start = end - len(last)
    what = "user" if low.endswith("user") else "role"
    if not last and name:
        remedy = f"write `{':'.join(parts).rstrip('/')}`"
        return Fault(end - 1, end, "ends with a slash", remedy)
    if not last:
        return Fault(at, end, f"does not name a {what}", f"write the {what}'s name after `{kind}/`")
    if len(last) > 64:
        problem = f"has a {what} name of {len(last)} characters"
        return Fault(start, end, problem, "IAM names have at most 64 characters")
    return _name(last, start)


def _kind(parts: list[str], kind: str, name: str, at: int) -> Fault:
    whole = ":".join(parts[:5])
    word, colon, rest = kind.partition(":")
    singular = kind.lower().removesuffix("s")
    if kind.lower() in _MISTAKEN:
        problem, remedy = _MISTAKEN[kind.lower()]
        return Fault(at, at + len(kind), problem, remedy.format(name.rsplit("/", 1)[-1]))
    if colon and word.lower() in _KINDS:
        problem = f"has a colon instead of a slash after `{word}`"
        remedy = f"write `{whole}:{word}/{rest}{'/' * bool(name)}{name}`"
        return Fault(at + len(word), at + len(word) + 1, problem, remedy)
    if singular in ("role", "user"):
        problem = f"has `{kind}` instead of `{singular}`"
        return Fault(at, at + len(kind), problem, f"write `{whole}:{singular}/{name}`")
    problem = f"names a `{kind}`, not a role or user" if kind else "names no role or user"
    last = name or kind or "NAME"
    remedy = f"write `{whole}:role/{last}` or `{whole}:user/{last}`"
    return Fault(at, at + len(kind), problem, remedy)


def _name(name: str, at: int) -> Fault | None:
    """What is wrong with an IAM name, if anything; wildcards are accepted."""
    if not name.strip(_NAME_CHARACTERS):
        return None
    start = next(i for i, character in enumerate(name) if character not in _NAME_CHARACTERS)
    if name.startswith("{{", start):
        end = name.find("}}", start) + 2
        end = end if end > 1 else len(name)
        return Fault(at + start, at + end, f"contains `{name[start:end]}`", _NO_PLACEHOLDERS)
    problem = f"has the character `{name[start]}` in its name"
    return Fault(at + start, at + start + 1, problem, f"IAM names may contain only {_NAME_SHOWN}")


_NAME_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+=,.@-*?"
_NAME_SHOWN = "ASCII letters, ASCII digits and `_+=,.@-`"
_NO_PLACEHOLDERS = "the authenticator fills in placeholders in usernames and groups, never in ARNs"
