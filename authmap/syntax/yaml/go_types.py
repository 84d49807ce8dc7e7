"""What type go-yaml, the authenticator's YAML reader, gives to a scalar.

A restatement of `resolve.go` and of `decoder.scalar` in `decode.go`, both of go.yaml.in/yaml/v2
v2.4.4 (gopkg.in/yaml.v2 v2.4.0, which reads mapAccounts, has the same two files), as far as it can
be seen behind the conversion to JSON in sigs.k8s.io/yaml v1.6.0. Go's own number and time readers
(`strconv`, `time`) are restated as of Go 1.26.
"""

from __future__ import annotations

import enum


class Kind(enum.Enum):
    """What a scalar is by the time it is JSON.

    Attributes:
        STRING: text; the only kind a Go field of type string takes.
        NULL: nothing.
        BOOL: true or false.
        INT: a whole number of 64 bits.
        FLOAT: any other number.
        INFINITE: an infinity or not a number. JSON cannot hold it as a value, so the whole section
            is lost; a key becomes text (``.inf``).
        MERGE: ``<<`` where a key of this spelling merges; as a value it is the text ``<<``.
    """

    STRING = "string"
    NULL = "null"
    BOOL = "bool"
    INT = "int"
    FLOAT = "float"
    INFINITE = "infinite"
    MERGE = "merge"


class GoYamlError(ValueError):
    """The reader gives up: the whole section is lost."""


_STRING, _INT, _FLOAT = Kind.STRING, Kind.INT, Kind.FLOAT
_PREFIX = "tag:yaml.org,2002:"
_HINTS = frozenset("+-.0123456789yYnNtTfFoO~")
"""First characters of whatever may be more than text (resolve.go, resolveTable)."""
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
"""Words that are not text (resolve.go, resolveMapList); the empty one is `resolve`'s business."""
_BASES = {
    "b": (2, "01"),
    "o": (8, "01234567"),
    "x": (16, "0123456789abcdefABCDEF"),
}


def is_word(value: str) -> bool:
    """Whether a plain scalar without a tag is text at first sight; most are."""
    return value != "" and value[0] not in _HINTS and value != "<<"


def resolve(value: str, tag: str | None, plain: bool) -> tuple[Kind, str]:
    """Give a scalar its type (resolve.go, resolve; decode.go, scalar and isMerge).

    Args:
        value: its text as scanned, without quotes, with escapes and folds undone.
        tag: its tag as libyaml hands it out: None, ``!``, ``!foo``, ``tag:yaml.org,2002:int``.
        plain: whether it is neither quoted nor a block scalar. It matters where there is no tag.

    Returns:
        The kind, and the text: for STRING the string that arrives in the JSON (timestamps keep
        their spelling, ``!!binary`` is decoded), otherwise the value as it was given.

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
    if tag == "!":  # never resolved, yet "implicit": it merges even with quotes around it
        return Kind.MERGE if value == "<<" else _STRING, value
    if not tag.startswith(_PREFIX):
        return _STRING, value
    return _tagged(value, tag[len(_PREFIX) :])


def true(text: str) -> bool:
    """Whether a scalar that is a BOOL says yes."""
    return text.lower() in ("y", "yes", "true", "on")


def integer(text: str) -> int | None:
    """The value of a scalar that is an INT (resolve.go, hints D and S; strconv, ParseInt).

    Go's base 0 once all underscores are gone: ``0x``, ``0o``, ``0b`` in either case, octal behind
    any other leading zero; and, by go-yaml's own doing, ``0b-1`` and ``0b+1``.

    Args:
        text: the scalar's text.

    Returns:
        The number; None if the text is not an integer or does not fit into 64 bits: from -2**63 to
        2**63 - 1, without a sign up to 2**64 - 1. (A key above 2**63 - 1 loses the whole section:
        the conversion to JSON knows no uint64 keys.)
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
    if len(digits) > 64:  # longer than any number of 64 bits; int() is slow or refuses
        return None
    number = int(digits or "0", base)
    if sign == "-":
        return -number if number <= 1 << 63 else None
    return number if number < 1 << (63 if sign else 64) else None


def _guess(value: str) -> Kind:
    """The kind of a text without regard to a tag, which is not empty and begins with a hint."""
    kind = _WORDS.get(value)
    if kind is not None:
        return kind
    first = value[0]
    if first == ".":  # strconv.ParseFloat on its own: underscores only between digits, as in Python
        return _FLOAT if _is_float(value, "0123456789.eE+-_") else _STRING
    if first > "9":  # a letter or a tilde
        return _STRING
    if integer(value) is not None:
        return _INT
    return _FLOAT if _is_float(value.replace("_", ""), "0123456789.eE+-") else _STRING


def _is_float(text: str, alphabet: str) -> bool:
    """Whether it is a decimal number that float64 can hold (resolve.go, yamlStyleFloat).

    Of these characters Python's float accepts what the pattern accepts. What overflows is text.
    """
    if text.strip(alphabet):
        return False
    try:
        return abs(float(text)) != float("inf")
    except ValueError:
        return False


def _tagged(value: str, name: str) -> tuple[Kind, str]:
    """`resolve` for the tag ``!!name``."""
    if name == "binary":
        return _STRING, _binary(value)
    if name == "merge" and value == "<<":
        return Kind.MERGE, value
    if name == "timestamp":
        fits, kind = _is_timestamp(value), _STRING
    elif name in ("null", "bool", "int", "float"):
        kind = Kind.NULL if not value else _guess(value) if value[0] in _HINTS else _STRING
        if name == "float":
            if kind is _INT and (integer(value) or 0) < 1 << 63:  # an uint64 is not converted
                kind = _FLOAT
            fits = kind is _FLOAT or kind is Kind.INFINITE
        else:
            fits = kind.value == name
    else:  # !!str, and what go-yaml does not know: the tag is ignored
        return _STRING, value
    if not fits:
        shown = value if len(value) <= 60 else value[:57] + "..."
        raise GoYamlError(f"the tag !!{name} does not fit `{shown}`")
    return kind, value


def _binary(value: str) -> str:
    """The text in base64 (decode.go, scalar; encoding/base64, StdEncoding).

    Line breaks are skipped, padding is required, left-over bits are ignored. Each byte that is not
    UTF-8 becomes U+FFFD, as encoding/json writes it.
    """
    from binascii import a2b_base64

    text = value.replace("\n", "").replace("\r", "")
    body = text.rstrip("=")
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    if len(text) % 4 or len(text) - len(body) > 2 or body.strip(letters):
        raise GoYamlError("the text under !!binary is not base64")
    decoded = a2b_base64(text).decode("utf-8", "surrogateescape")
    return "".join("\ufffd" if "\udc80" <= letter <= "\udcff" else letter for letter in decoded)


def _is_timestamp(value: str) -> bool:
    """Whether Go reads it as a time (resolve.go, parseTimestamp; time, Parse).

    Go allows a comma before the fraction, any run of blanks before the time, and zones to 24:60.
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
