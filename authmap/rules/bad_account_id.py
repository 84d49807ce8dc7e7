"""An item of mapAccounts is not an account ID: it matches nobody.

## Why it matters

The authenticator compares each item, as text, with the twelve digits of the caller's account
(`AWSAccount` in pkg/mapper/configmap/configmap.go of
https://github.com/kubernetes-sigs/aws-iam-authenticator). An item in any other form shuts the whole
account out: digits with dashes, an ARN, or a number whose leading zero was lost in a spreadsheet or
a template. Quotes are not needed: the authenticator reads the digits as they are written, even
where YAML would read them as a number.

## Bad

    data:
      mapAccounts: |
        - 1111-2222-3333
        - arn:aws:iam::444455556666:root

## Good

    data:
      mapAccounts: |
        - "111122223333"
        - 044455556666

## How to fix

Write the twelve digits that `aws sts get-caller-identity --query Account` prints. There is no
automatic fix. Once the item is correct, every user and role in that account can log in, with their
ARN as username: check that you want this before you correct it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.authenticator.foreign_template import templates
from authmap.model.finding import Finding
from authmap.model.places import at_node
from authmap.model.severity import Severity
from authmap.rules.registry import rule
from authmap.syntax.nodes import Scalar, resolve_alias

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.model.auth_map import AuthMap
    from authmap.model.options import RunOptions


@rule("AM207", "bad-account-id", Severity.ERROR)
def bad_account_id(auth_map: AuthMap, options: RunOptions) -> Iterator[Finding]:
    """Items of mapAccounts that are not twelve digits."""
    for text, node in auth_map.account_items:
        if _is_id(text) or templates(text):
            continue
        target = resolve_alias(node)
        if " - " in text or (isinstance(target, Scalar) and _is_id(target.value)):
            continue  # AM009 reports joined items, and AM002 values that are read differently
        yield Finding(
            at_node(auth_map.sections["mapAccounts"], node),
            f"`{text}` is not an AWS account ID" if text else "an item of mapAccounts is empty",
            f"an account ID has twelve digits; {_reason(text)}",
        )


def _is_id(text: str) -> bool:
    return len(text) == 12 and text.isdecimal() and text.isascii()


def _reason(text: str) -> str:
    digits = "".join(filter("0123456789".__contains__, text))
    if text.startswith(("<", "$", "{")):
        return "this placeholder was never filled in"
    if digits == text and 9 < len(text) < 12:
        return f"this one has {len(text)}, and leading zeros count: did you mean `{text:0>12}`?"
    if digits == text and text:
        return f"this one has {len(text)}"
    if "e+" in text.lower() and digits:
        return "a template wrote this one in scientific notation: quote the number in its source"
    if text != text.strip():
        return "spaces and line breaks count: remove them"
    if len(digits) == 12:
        return f"write only the digits: `{digits}`"
    return "this item matches nobody"
