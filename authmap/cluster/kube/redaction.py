"""Remove secrets from texts of API servers and plugins."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from authmap.linting.run import brief

if TYPE_CHECKING:
    from collections.abc import Mapping

_SECRETS = re.compile(
    r"k8s-aws-v1\.[\w-]+=*"  # an EKS token: a URL signed by STS
    r"|eyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?"  # a JSON web token, of OIDC or a service account
    r"|(?<=bearer )[^\s\"']+"
    r"|(?<=x-amz-signature=)[^\s&\"']+|(?<=x-amz-security-token=)[^\s&\"']+",
    re.IGNORECASE,
)


def masked(words: str, own: Mapping[str, str]) -> str:
    """A text without its secrets, shortened if it is very long.

    Args:
        words: the text from a server or a plugin.
        own: secrets sent to it, by the names that replace them as `$NAME`.
    """
    for name, value in sorted(own.items(), key=lambda pair: -len(pair[1])):
        if len(value) > 3:  # a shorter value may occur by chance
            words = words.replace(value, f"${name}")
    return brief(_SECRETS.sub("***", words).strip())
