"""Words of API servers and of plugins, without the secrets that may be in them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from authmap.linting.run import brief

if TYPE_CHECKING:
    from collections.abc import Mapping

_SECRETS = re.compile(
    r"k8s-aws-v1\.[\w-]+=*"  # a token of EKS: a URL that STS has signed
    r"|eyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?"  # of OIDC and of service accounts: a JSON web token
    r"|(?<=bearer )[^\s\"']+"
    r"|(?<=x-amz-signature=)[^\s&\"']+|(?<=x-amz-security-token=)[^\s&\"']+",
    re.IGNORECASE,
)


def masked(words: str, own: Mapping[str, str]) -> str:
    """Words as they may be shown, cut where they are longer than anybody reads.

    Args:
        words: what somebody else said.
        own: what we told them: secrets, by the names that stand for them in the result.
    """
    for name, value in sorted(own.items(), key=lambda pair: -len(pair[1])):
        if len(value) > 3:  # a shorter one may stand for itself
            words = words.replace(value, f"${name}")
    return brief(_SECRETS.sub("***", words).strip())
