"""The type that go-yaml, the authenticator's YAML reader, gives a scalar.

Reimplements `resolve.go` and `decoder.scalar` (`decode.go`) of go.yaml.in/yaml/v2 v2.4.4, as far as
the result is visible after the conversion to JSON in sigs.k8s.io/yaml v1.6.0. gopkg.in/yaml.v2
v2.4.0, which reads mapAccounts, has the same two files. Go's number and time parsers (`strconv`,
`time`) are reimplemented as of Go 1.26.
"""

from __future__ import annotations

import enum


class Kind(enum.Enum):
    """The kind of a scalar after the conversion to JSON.

    Attributes:
        STRING: text; the only kind that a Go field of type string accepts.
        NULL: null.
        BOOL: true or false.
        INT: a 64-bit integer.
        FLOAT: any other finite number.
        INFINITE: an infinity or NaN. JSON cannot represent it: as a value it makes the whole
            section unreadable, as a key it becomes text (``.inf``).
        MERGE: ``<<``, which merges as a key; as a value it is the text ``<<``.
    """

    STRING = "string"
    NULL = "null"
    BOOL = "bool"
    INT = "int"
    FLOAT = "float"
    INFINITE = "infinite"
    MERGE = "merge"


class GoYamlError(ValueError):
    """go-yaml fails on a scalar, so the authenticator cannot read the section."""


_STRING, _INT, _FLOAT = Kind.STRING, Kind.INT, Kind.FLOAT
_PREFIX = "tag:yaml.org,2002:"
_HINTS = frozenset("+-.0123456789yYnNtTfFoO~")
"""First characters of scalars that may not be text (resolve.go, resolveTable)."""
_WORDS = {
    word: kind
    for kind, words in (
        (Kind.BOOL, "y Y yes Yes YES true True TRUE on On ON"),
        (Kind.BOOL, "n N no No NO false False FALSE off Off OFF"),
        (Kind.NULL, "~ null Null NULL"),
        (Kind.INFINITE, ".nan .NaN .NAN .inf .Inf .INF +.inf +.Inf +.INF -.inf -.Inf -.INF"),
    )
    for word in words.split()
}
"""Words that are not text (resolve.go, resolveMapList); `resolve` handles the empty scalar."""
_BASES = {
    "b": (2, "01"),
    "o": (8, "01234567"),
    "x": (16, "0123456789abcdefABCDEF"),
}


def is_word(value: str) -> bool:
    """Whether a plain scalar without a tag is certainly text: a cheap test that most pass."""
    return value != "" and value[0] not in _HINTS and value != "<<"


def resolve(value: str, tag: str | None, plain: bool) -> tuple[Kind, str]:
    """Determine a scalar's type (resolve.go, resolve; decode.go, scalar and isMerge).

    Args:
        value: the scanned text, without quotes, with escapes and folded lines decoded.
        tag: the tag as libyaml reports it: None, ``!``, ``!foo``, ``tag:yaml.org,2002:int``.
        plain: whether it is neither quoted nor a block scalar; matters only without a tag.

    Returns:
        The kind and the text. For STRING the text is the string in the JSON (timestamps keep
        their spelling, ``!!binary`` is decoded); for other kinds it is `value` unchanged.

    Raises:
        GoYamlError: the tag does not fit the text.
    """
    if tag is None:
        if not plain:
            return _STRING, value
        if not value:
            return Kind.NULL, value
        if value[0] in _HINTS:
            return _guess(value), value
        return Kind.MERGE if value == "<<" else _STRING, value
    if tag == "!":  # never resolved, but "implicit": it merges even if it is quoted
        return Kind.MERGE if value == "<<" else _STRING, value
    if not tag.startswith(_PREFIX):
        return _STRING, value
    return _tagged(value, tag[len(_PREFIX) :])


def true(text: str) -> bool:
    """The value of a scalar whose kind is BOOL."""
    return text.lower() in ("y", "yes", "true", "on")


def integer(text: str) -> int | None:
    """The value of a scalar whose kind is INT (resolve.go, hints D and S; strconv, ParseInt).

    Underscores are removed, then Go's base 0 applies: ``0x``, ``0o``, ``0b`` in either case, and
    octal after any other leading zero. go-yaml itself adds ``0b-1`` and ``0b+1``.

    Args:
        text: the scalar's text.

    Returns:
        The number, or None if the text is not an integer or does not fit into 64 bits. The range is
        -2**63 to 2**63 - 1, or up to 2**64 - 1 without a sign. (A key above 2**63 - 1 makes the
        whole section unreadable: the conversion to JSON does not support uint64 keys.)
    """
    if text[:1] == "_":
        return None
    digits = text.replace("_", "")
    sign = digits[:1]
    if sign == "+" or sign == "-":
        digits = digits[1:]
    else:
        sign = ""
    base, alphabet = 10, "0123456789"
    if digits[:1] == "0" and len(digits) > 1:
        base, alphabet = _BASES.get(digits[1].lower(), (0, ""))
        if not base:
            base, alphabet = _BASES["o"]
            digits = digits[1:]
        elif not sign and digits[:3] in ("0b-", "0b+"):
            sign, digits = digits[2], digits[3:]
        else:
            digits = digits[2:]
    if not digits or digits.strip(alphabet):
        return None
    digits = digits.lstrip("0")
    if len(digits) > 64:  # longer than any 64-bit number; int() would be slow or fail
        return None
    number = int(digits or "0", base)
    if sign == "-":
        return -number if number <= 1 << 63 else None
    return number if number < 1 << (63 if sign else 64) else None


def _guess(value: str) -> Kind:
    """The kind of a non-empty text that begins with one of `_HINTS`; its tag is ignored."""
    kind = _WORDS.get(value)
    if kind is not None:
        return kind
    first = value[0]
    if first == ".":  # only strconv.ParseFloat: underscores only between digits, as in Python
        return _FLOAT if _is_float(value, "0123456789.eE+-_") else _STRING
    if first > "9":  # a letter or a tilde
        return _STRING
    if integer(value) is not None:
        return _INT
    return _FLOAT if _is_float(value.replace("_", ""), "0123456789.eE+-") else _STRING


def _is_float(text: str, alphabet: str) -> bool:
    """Whether the text is a decimal number that fits into float64 (resolve.go, yamlStyleFloat).

    Limited to `alphabet`, Python's float accepts the same texts as Go's pattern. A number that
    overflows is text.
    """
    if text.strip(alphabet):
        return False
    try:
        return abs(float(text)) != float("inf")
    except ValueError:
        return False


def _tagged(value: str, name: str) -> tuple[Kind, str]:
    """The result of `resolve` for the tag ``!!name``."""
    if name == "binary":
        return _STRING, _binary(value)
    if name == "merge" and value == "<<":
        return Kind.MERGE, value
    if name == "timestamp":
        fits, kind = _is_timestamp(value), _STRING
    elif name in ("null", "bool", "int", "float"):
        kind = Kind.NULL if not value else _guess(value) if value[0] in _HINTS else _STRING
        if name == "float":
            if kind is _INT and (integer(value) or 0) < 1 << 63:  # a uint64 is not converted
                kind = _FLOAT
            fits = kind is _FLOAT or kind is Kind.INFINITE
        else:
            fits = kind.value == name
    else:  # !!str, or a tag unknown to go-yaml, which it ignores
        return _STRING, value
    if not fits:
        shown = value if len(value) <= 60 else value[:57] + "..."
        raise GoYamlError(f"the tag !!{name} does not fit `{shown}`")
    return kind, value


def _binary(value: str) -> str:
    """Decode base64 text (decode.go, scalar; encoding/base64, StdEncoding).

    Line breaks are skipped, padding is required, left-over bits are ignored. Each byte that is not
    UTF-8 becomes U+FFFD, as encoding/json writes it.

    Raises:
        GoYamlError: the text is not base64.
    """
    from binascii import a2b_base64

    text = value.replace("\n", "").replace("\r", "")
    body = text.rstrip("=")
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    if len(text) % 4 or len(text) - len(body) > 2 or body.strip(letters):
        raise GoYamlError("the text after !!binary is not base64")
    decoded = a2b_base64(text).decode("utf-8", "surrogateescape")
    return "".join("\ufffd" if "\udc80" <= letter <= "\udcff" else letter for letter in decoded)


def _is_timestamp(value: str) -> bool:
    """Whether Go parses the value as a time (resolve.go, parseTimestamp; time, Parse).

    Go accepts a comma before the fraction, any number of spaces before the time, and zone offsets
    up to 24:60.
    """
    import re
    from calendar import monthrange

    clock = r"([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:[.,][0-9]+)?"
    match = re.fullmatch(
        rf"([0-9]{{4}})-([0-9]{{1,2}})-([0-9]{{1,2}})"
        rf"(?:[Tt]{clock}(?:Z|[+-]([0-9]{{2}}):([0-9]{{2}}))| +{clock})?",
        value,
    )
    if not match:
        return False
    year, month, day, *rest = (int(part or 0) for part in match.groups())
    hour, minute, second, zone_hour, zone_minute, *spaced = rest
    return (
        1 <= month <= 12
        and 1 <= day <= monthrange(year or 2000, month)[1]
        and all(
            part < limit
            for part, limit in zip(
                (hour, minute, second, zone_hour, zone_minute, *spaced),
                (24, 60, 60, 25, 61, 24, 60, 60),
                strict=True,
            )
        )
    )
