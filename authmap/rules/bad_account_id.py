"""An item of mapAccounts is not an account id: nobody comes in by it.

## Why it matters

The authenticator compares each item with the twelve digits of the caller's account, as text
(`AWSAccount` in pkg/mapper/configmap/configmap.go of
https://github.com/kubernetes-sigs/aws-iam-authenticator). Quotes are not needed, whatever the
digits look like to YAML; but dashes, an ARN, or a zero that got lost at the front on the way
through a spreadsheet or a template shut the whole account out.

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

Write the twelve digits that `aws sts get-caller-identity --query Account` prints. Before you do,
mind what mapAccounts means: everybody in the account comes in, under the name of their ARN.
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
    from authmap.model.options import Options


@rule("AM207", "bad-account-id", Severity.ERROR)
def bad_account_id(auth_map: AuthMap, options: Options) -> Iterator[Finding]:
    """Items of mapAccounts that are not twelve digits."""
    for text, node in auth_map.account_items:
        if _is_id(text) or templates(text):
            continue
        target = resolve_alias(node)
        if " - " in text or (isinstance(target, Scalar) and _is_id(target.value)):
            continue  # AM009 says that two became one, and AM002 that it is read otherwise
        yield Finding(
            at_node(auth_map.sections["mapAccounts"], node),
            f"`{text}` is not an account id" if text else "an item of mapAccounts is empty",
            f"an account id is twelve digits; {_reason(text)}",
        )


def _is_id(text: str) -> bool:
    return len(text) == 12 and text.isdecimal() and text.isascii()


def _reason(text: str) -> str:
    digits = "".join(filter("0123456789".__contains__, text))
    if text.startswith(("<", "$", "{")):
        return "this one was never filled in"
    if digits == text and 9 < len(text) < 12:
        return f"this one has {len(text)}, and zeros at the front count: `{text:0>12}`?"
    if digits == text and text:
        return f"this one has {len(text)}"
    if "e+" in text.lower() and digits:
        return "a template wrote it in powers of ten: quote it where it comes from"
    if text != text.strip():
        return "blanks and line breaks count, take them out"
    if len(digits) == 12:
        return f"nothing else is allowed: write `{digits}`"
    return "nobody comes in by this item"
