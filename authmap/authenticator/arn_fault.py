"""What is wrong with a text that should be an IAM ARN."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from authmap.authenticator.arn import PARTITIONS
from authmap.authenticator.foreign_template import templates


def wildcard(arn: str) -> int | None:
    """Where the first wildcard stands, if there is one outside the name of a session."""
    if "*" not in arn and "?" not in arn:
        return None
    parts = arn.split("/", 2)
    session = len(parts) == 3 and parts[0].lower().endswith(":assumed-role")
    text = "/".join(parts[:2]) if session else arn
    return next((at for at, character in enumerate(text) if character in "*?"), None)


def is_sound(arn: str) -> bool:
    """Whether a caller may have this ARN, if a role's path or a session is taken out of it."""
    if _sound().fullmatch(arn):  # most are
        return True
    return wildcard(arn) is None and fault(arn) is None and not templates(arn)


class Fault(NamedTuple):
    """Why no caller can ever have an ARN.

    Attributes:
        start: offset of the wrong part.
        end: offset behind it.
        problem: what is wrong, said of the ARN: `has an account id of 11 digits instead of 12`.
        remedy: what to do.
    """

    start: int
    end: int
    problem: str
    remedy: str


def fault(arn: str) -> Fault | None:
    """Why no caller can have this ARN, if that can be seen in it.

    A role's path, a session's ARN and wildcards are no faults here: what is meant is clear. Case
    does not matter, as the authenticator compares without regard to it.
    """
    if _sound().fullmatch(arn):  # most are
        return None
    if not arn.isascii():  # these two match a letter of ASCII (strings.EqualFold)
        arn = arn.replace("\u017f", "s").replace("\u212a", "k")
    parts = arn.split(":", 5)
    if not arn.isprintable() or " " in arn:
        return _blank(arn)
    if parts[0].lower() != "arn" or len(parts) == 1:
        return _no_arn(arn)
    if len(parts) < 6 or (parts[4] == "" and _is_account(parts[5].split(":")[0])):
        return _colons(arn, parts)
    _, partition, service, region, account, resource = parts
    at = len(partition) + 5
    if partition.lower() not in PARTITIONS:
        return _partition(partition)
    if service.lower() not in ("iam", "sts"):
        named = f"the service `{service}`" if service else "no service"
        remedy = "the service of roles and users is `iam`"
        return Fault(at, at + len(service), f"names {named}", remedy)
    at += len(service) + 1
    if region:
        remedy = f"IAM has no regions, leave that part empty: `arn:{partition}:{service}::`"
        return Fault(at, at + len(region), f"names a region, `{region}`", remedy)
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


def _blank(arn: str) -> Fault | None:
    def odd(character: str) -> bool:
        return character == " " or not character.isprintable()

    start = next(at for at, character in enumerate(arn) if odd(character))
    end = start + 1
    while end < len(arn) and odd(arn[end]):
        end += 1
    first = arn[start]
    what = "a tab" if first == "\t" else "a blank"
    if first in "\r\n\x85\u2028\u2029":
        what = "a line break"
    if not (first.isspace() or first == "\0"):
        what = f"an invisible character (U+{ord(first):04X})"
    verb = "begins with" if start == 0 else "ends in" if end == len(arn) else "holds"
    return Fault(start, end, f"{verb} {what}", "ARNs are compared letter by letter: take it out")


def _no_arn(arn: str) -> Fault:
    remedy = "write the whole ARN: arn:aws:iam::ACCOUNT:role/NAME"
    problem = "does not begin with `arn:`"
    end = len(arn)
    if not arn:
        problem = "is empty"
    elif _is_account(arn):
        problem = "is an account id, not an ARN"
        remedy += "; a whole account is let in by mapAccounts"
    elif arn[0] in "\"'`":
        problem, end = "begins with a quotation mark", 1
        remedy = "the value is quoted twice: take the inner quotation marks out"
    elif ":" not in arn:
        problem = "is a name, not an ARN"
    elif arn.lower().startswith("aws"):
        problem, remedy = "lacks `arn:` at its beginning", f"write `arn:{arn}`"
    return Fault(0, end, problem, remedy)


def _colons(arn: str, parts: list[str]) -> Fault:
    rest = ":".join(parts[2:]).lstrip(":")
    service, _, behind = rest.partition(":")
    if service.lower() in ("iam", "sts"):
        whole = f"arn:{parts[1]}:{service}::"
        start = len(f"arn:{parts[1]}:{service}")
        account = behind.lstrip(":")
        colons = len(behind) - len(account) + 1
        if _is_account(account[:12]) and account[12:13] == ":" and colons != 2:
            count = "one colon" if colons == 1 else f"{colons} colons"
            problem = f"has {count} between `{service}` and the account instead of two"
            return Fault(start, start + colons, problem, f"write `{whole}{account}`")
        if _is_account(account[:12]) and account[12:13] == "/":
            at = len(arn) - len(account) + 12
            problem = "has a slash behind the account where a colon belongs"
            return Fault(at, at + 1, problem, f"write `{whole}{account[:12]}:{account[13:]}`")
    if parts[1].lower() in ("iam", "sts"):
        problem = f"lacks the partition in front of `{parts[1]}`"
        return Fault(4, 4 + len(parts[1]), problem, f"write `arn:aws:{arn[4:]}`")
    problem = f"has {len(parts)} of the six parts of an ARN"
    return Fault(0, len(arn), problem, "it reads arn:aws:iam::ACCOUNT:role/NAME")


def _partition(partition: str) -> Fault:
    names = f"a partition that does not exist, `{partition}`" if partition else "no partition"
    remedy = f"the authenticator knows {', '.join(sorted(PARTITIONS))}"
    return Fault(4, 4 + len(partition), f"names {names}", remedy)


def _account(account: str, at: int) -> Fault:
    digits = "".join(filter(str.isdecimal, account))
    remedy = "write the twelve digits of the account's id"
    if not account:
        problem = "names no account"
    elif account.startswith("{{"):
        problem = f"holds `{account}`"
        remedy = f"placeholders are filled in in usernames and groups, never in ARNs; {remedy}"
    elif account.startswith(("<", "$")):
        problem, remedy = f"still holds `{account}`", f"fill it in: {remedy}"
    elif digits == account and digits.isascii():
        count = "one digit" if len(digits) == 1 else f"{len(digits)} digits"
        problem = f"has an account id of {count} instead of 12"
        if len(digits) < 12:
            remedy += ": were zeros at the front lost?"
    elif len(digits) == 12 and digits.isascii():
        problem = f"has the account id `{account}`, which is not digits alone"
        remedy = f"write `{digits}`"
    else:
        problem = f"has `{account}` where the account id belongs"
    return Fault(at, at + len(account), problem, remedy)


_MISTAKEN = {
    "instance-profile": (
        "is the ARN of an instance profile, not of a role",
        "map the role in it: `aws iam get-instance-profile --instance-profile-name {}` names it",
    ),
    "group": (
        "is the ARN of an IAM group",
        "nobody logs in as a group: map a role that its users assume, or each user",
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
        problem = f"has the service `{service}` in front of `{kind}`"
        remedy = f"write `{':'.join((*parts[:2], _KINDS[low], *parts[3:]))}`"
        start = len(parts[1]) + 5
        return Fault(start, start + len(service), problem, remedy)
    if low == "root":
        remedy = "the ARN of an account's root user ends in `:root`"
        return Fault(at + 4, at + len(resource), "goes on behind `root`", remedy) if slash else None
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
        return Fault(end - 1, end, "ends in a slash", remedy)
    if not last:
        return Fault(at, end, f"names no {what}", f"write the {what}'s name behind `{kind}/`")
    if len(last) > 64:
        problem = f"names a {what} of {len(last)} characters"
        return Fault(start, end, problem, "names in IAM end at 64 characters")
    return _name(last, start)


def _kind(parts: list[str], kind: str, name: str, at: int) -> Fault:
    whole = ":".join(parts[:5])
    word, colon, rest = kind.partition(":")
    singular = kind.lower().removesuffix("s")
    if kind.lower() in _MISTAKEN:
        problem, remedy = _MISTAKEN[kind.lower()]
        return Fault(at, at + len(kind), problem, remedy.format(name.rsplit("/", 1)[-1]))
    if colon and word.lower() in _KINDS:
        problem = f"has a colon behind `{word}` where a slash belongs"
        remedy = f"write `{whole}:{word}/{rest}{'/' * bool(name)}{name}`"
        return Fault(at + len(word), at + len(word) + 1, problem, remedy)
    if singular in ("role", "user"):
        problem = f"has `{kind}` where `{singular}` belongs"
        return Fault(at, at + len(kind), problem, f"write `{whole}:{singular}/{name}`")
    problem = f"is of `{kind}`, neither role nor user" if kind else "names neither role nor user"
    last = name or kind or "NAME"
    remedy = f"write `{whole}:role/{last}` or `{whole}:user/{last}`"
    return Fault(at, at + len(kind), problem, remedy)


def _name(name: str, at: int) -> Fault | None:
    """A name in IAM: letters and digits of ASCII and a few marks, or wildcards for one."""
    if not name.strip(_NAME_CHARACTERS):
        return None
    start = next(i for i, character in enumerate(name) if character not in _NAME_CHARACTERS)
    if name.startswith("{{", start):
        end = name.find("}}", start) + 2
        end = end if end > 1 else len(name)
        remedy = "placeholders are filled in in usernames and groups, never in ARNs"
        return Fault(at + start, at + end, f"holds `{name[start:end]}`", remedy)
    problem = f"has `{name[start]}` in the name"
    return Fault(at + start, at + start + 1, problem, f"names in IAM hold {_NAME_SHOWN}")


_NAME_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+=,.@-*?"
_NAME_SHOWN = "letters and digits of ASCII and `_+=,.@-`"
