"""Scalars as go-yaml types them: facts measured with go.yaml.in/yaml/v2 v2.4.4 and ToJSON."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authmap.syntax.yaml.go_types import GoYamlError, Kind, integer, resolve

YAML = "tag:yaml.org,2002:"


def words(text: str) -> list[str]:
    return text.split()


BOOLS = words("y Y yes Yes YES true True TRUE on On ON n N no No NO false False FALSE off Off OFF")
NULLS = ["", "~", "null", "Null", "NULL"]
INFINITE = words(".nan .NaN .NAN .inf .Inf .INF +.inf +.Inf +.INF -.inf -.Inf -.INF")
NOT_WORDS = words(
    """
    yES nO tRUE oN oFF nULL nan inf NaN Inf infinity -inf +inf .Nan .iNF -.nan +.nan +_.inf
    none nil None name off-line yesterday ~~ ~x = == é \uff59 \uff54rue ye\u017f
    """
)
INTEGERS = {
    "0": 0, "00": 0, "1": 1, "-1": -1, "+1": 1, "-0": 0, "42": 42, "111111111111": 111111111111,
    "0123": 83, "-0123": -83, "011111111111": 0o11111111111, "0o17": 15, "0O17": 15, "-0o17": -15,
    "0x1F": 31, "0X1f": 31, "+0x1F": 31, "0b11": 3, "0B11": 3, "-0b1": -1, "+0b1": 1,
    "1_000": 1000, "1__0": 10, "1_": 1, "-_1": -1, "+_1": 1, "0_1": 1, "0_x1F": 31, "0x_1F": 31,
    "0b-1": -1, "0b+1": 1, "0b_-1": -1, "0b-1" + "0" * 63: -(2**63), "0" * 5000 + "7": 7,
    "9223372036854775807": 2**63 - 1, "9223372036854775808": 2**63,
    "+9223372036854775807": 2**63 - 1, "-9223372036854775808": -(2**63),
    "18446744073709551615": 2**64 - 1, "0xffffffffffffffff": 2**64 - 1,
    "01777777777777777777777": 2**64 - 1, "-0x8000000000000000": -(2**63),
    "0b" + "1" * 64: 2**64 - 1, "0b+" + "1" * 63: 2**63 - 1,
}  # fmt: skip
FLOATS = [
    *words(
        """
        1.0 1. -1. .5 -.5 +.5 1e3 1E3 1e+3 1e-3 1.e3 .5e3 .5_0 .5e1_0 1_0.5_0 1._5 1_e3 08 09
        0789 089999999999 00.5 1e308 1e-400 0e999999999 1.7976931348623158e308
        18446744073709551616 +9223372036854775808 -9223372036854775809 +18446744073709551615
        02000000000000000000000
        """
    ),
    "1" * 300,
    "-" + "1" * 300,
]
NOT_NUMBERS = [
    *words(
        """
        -- + . -. +. .. +- --1 +-1 _1 _ 1.2.3 1.2.3.4 12:30:45 190:20:30.15 1,000 1e 1e+ .e3
        1e3.5 ._5 .5_ .5__0 .5_e1 .5e_1 0x 0b 0o 0o8 0xg 0b2 0x-1 0o-1 -0b-1 -0b+1 +0b-1 0B-1
        0b- 0b+ 0x1p4 0x1.8p1 .1p3 .0x1 1a -a 1e400 -1e400 1.7976931348623159e308 .1e400
        0x10000000000000000 0o2000000000000000000000 -0x8000000000000001 +0x8000000000000000
        \uff11\uff12 1\uff11 \u0663 1² ½
        """
    ),
    "1" * 400,
    "0b" + "1" * 65,
    "0b-" + "1" * 64,
    "0b+1" + "0" * 63,
    "1 000",
    "1\u00a0",
]
TIMES = [
    *words(
        """
        2019-01-01 2019-1-1 2020-02-29 2000-02-29 0000-01-01 0000-02-29 9999-12-31
        2019-01-01T00:00:00Z 2019-1-1t1:2:3Z 2019-01-01T00:00:00+01:00 2019-01-01T00:00:00.5Z
        2019-01-01T00:00:00,5Z 2019-01-01T00:00:00.1234567890123Z 2019-01-01T00:00:00-24:60
        """
    ),
    "2019-01-01 10:00:00",
    "2019-01-01    1:2:3.5",
    "2019-01-01 10:00:00,5",
]
NOT_TIMES = [
    *words(
        """
        2019-02-29 1900-02-29 2019-04-31 2019-13-01 2019-00-01 2019-01-00 2019-1-123 201-1-1
        20191-1-1 2019- 2019-1 2019-01-01Z 2019-01-01T00:00:00 2019-01-01T00:00:00z
        2019-01-01T00:00Z 2019-01-01T00:00:00+0100 2019-01-01T00:00:00+25:00
        2019-01-01T00:00:00+24:61 2019-01-01T24:00:00Z 2019-01-01T23:60:00Z 2019-01-01T23:59:60Z
        2019-01-01T00:00:00.Z
        """
    ),
    "2019-01-01 10:00:00Z",
    "2019-01-01 10:00",
    "2001-12-14 21:59:43.10 -5",
]
BINARY = {
    "": "", "aGk=": "hi", "aGk=\n": "hi", "aG\r\nk\n=\n": "hi", "aGl=": "hi", "4oKs": "€",
    "8J+YgA==": "😀", "AA==": "\0", "/w==": "\ufffd", "4oI=": "\ufffd\ufffd", "7aCA": "\ufffd" * 3,
    "YeKCYg==": "a\ufffd\ufffdb", "bnVsbA==": "null",
}  # fmt: skip
NOT_BINARY = ["aGk", "aGk==", "aG k=", "aGk=aGk=", "aaaa=", "A===", "=", "====", "a-_b", "é", "hi"]
IGNORED_TAGS = [
    "!foo", "!int", "!!int", "int", "!!python/object", f"{YAML}seq", f"{YAML}map", f"{YAML}set",
    f"{YAML}merge", f"{YAML}Int", f"{YAML}foo", YAML, f"{YAML}str",
]  # fmt: skip

PLAIN: list[tuple[str, Kind]] = [
    *((text, Kind.BOOL) for text in BOOLS),
    *((text, Kind.NULL) for text in NULLS),
    *((text, Kind.INFINITE) for text in INFINITE),
    *((text, Kind.INT) for text in INTEGERS),
    *((text, Kind.FLOAT) for text in FLOATS),
    *((text, Kind.STRING) for text in NOT_WORDS + NOT_NUMBERS + TIMES + NOT_TIMES),
    ("<<", Kind.MERGE),
    ("<<<", Kind.STRING),
]

FITS: list[tuple[str, str, Kind]] = [
    *((text, "null", Kind.NULL) for text in NULLS),
    *((text, "bool", Kind.BOOL) for text in BOOLS),
    *((text, "int", Kind.INT) for text in INTEGERS),
    *((text, "float", Kind.FLOAT) for text in FLOATS),
    *((text, "float", Kind.FLOAT) for text, value in INTEGERS.items() if value < 2**63),
    *((text, "float", Kind.INFINITE) for text in INFINITE),
    *((text, "timestamp", Kind.STRING) for text in TIMES),
    ("<<", "merge", Kind.MERGE),
    ("<<", "str", Kind.STRING),
    ("<<", "foo", Kind.STRING),
]

MISFITS: list[tuple[str, str]] = [
    *((text, "null") for text in ["x", "<<", "0", "no", "nULL", " ", "2019-01-01"]),
    *((text, "bool") for text in ["", "~", "x", "0", "1", "yES", "<<", "1.0"]),
    *((text, "int") for text in ["", "~", "x", "yes", "<<", "2019-01-01", "3 ", "3\n", "-"]),
    *((text, "int") for text in FLOATS + INFINITE + NOT_NUMBERS),
    *((text, "float") for text in ["", "~", "x", "yes", "<<", "2019-01-01", "1.0\n", "nan", "inf"]),
    *((text, "float") for text, value in INTEGERS.items() if value >= 2**63),
    *((text, "float") for text in NOT_NUMBERS),
    *((text, "timestamp") for text in ["", "~", "x", "yes", "1", "1.5", "<<", "2019-01-01\n"]),
    *((text, "timestamp") for text in NOT_TIMES),
]


@pytest.mark.parametrize(("text", "kind"), PLAIN)
def test_plain_text_without_a_tag(text: str, kind: Kind) -> None:
    assert resolve(text, None, True) == (kind, text)


@pytest.mark.parametrize(("text", "kind"), PLAIN)
def test_quoted_text_without_a_tag_is_text(text: str, kind: Kind) -> None:
    assert resolve(text, None, False) == (Kind.STRING, text), kind


@pytest.mark.parametrize("plain", [True, False])
@pytest.mark.parametrize(("text", "name", "kind"), FITS)
def test_tag_that_fits(text: str, name: str, kind: Kind, plain: bool) -> None:
    assert resolve(text, YAML + name, plain) == (kind, text)


@pytest.mark.parametrize("plain", [True, False])
@pytest.mark.parametrize(("text", "name"), MISFITS)
def test_tag_that_does_not_fit(text: str, name: str, plain: bool) -> None:
    with pytest.raises(GoYamlError) as caught:
        resolve(text, YAML + name, plain)
    assert str(caught.value).startswith(f"the tag !!{name} does not fit `{text[:57]}")
    assert len(str(caught.value)) < 100


@pytest.mark.parametrize("tag", IGNORED_TAGS)
@pytest.mark.parametrize("text", ["", "~", "yes", "0x1F", "1.5", ".inf", "2019-01-01", "a"])
def test_other_tags_make_text(text: str, tag: str) -> None:
    assert resolve(text, tag, True) == (Kind.STRING, text)
    assert resolve(text, tag, False) == (Kind.STRING, text)


def test_tag_that_says_nothing_makes_text_but_merges_even_quoted() -> None:
    for plain in (True, False):
        for text in ("", "~", "yes", "1", ".inf", "a"):
            assert resolve(text, "!", plain) == (Kind.STRING, text)
        assert resolve("<<", "!", plain) == (Kind.MERGE, "<<")


@pytest.mark.parametrize(("text", "decoded"), BINARY.items())
def test_binary_is_decoded(text: str, decoded: str) -> None:
    assert resolve(text, f"{YAML}binary", True) == (Kind.STRING, decoded)
    assert resolve(text, f"{YAML}binary", False) == (Kind.STRING, decoded)


@pytest.mark.parametrize("text", NOT_BINARY)
def test_binary_that_is_not_base64(text: str) -> None:
    with pytest.raises(GoYamlError, match="not base64"):
        resolve(text, f"{YAML}binary", True)


@pytest.mark.parametrize(("text", "value"), INTEGERS.items())
def test_integers_have_go_values(text: str, value: int) -> None:
    assert integer(text) == value


@pytest.mark.parametrize("text", [*FLOATS, *INFINITE, *NOT_NUMBERS, *NOT_TIMES, ""])
def test_what_is_no_integer(text: str) -> None:
    assert integer(text) is None


@pytest.mark.parametrize("text", ["1" * 10**6, "0." + "1" * 10**6, "1e" + "9" * 10**6])
def test_endless_numbers_raise_nothing(text: str) -> None:
    assert resolve(text, None, True)[0] in (Kind.STRING, Kind.FLOAT)


@given(st.text() | st.text("0123456789abcdefxoXOE+-._:~ =<\n\u0663"), st.booleans())
def test_a_tag_only_takes_or_refuses_what_the_text_is_anyway(text: str, plain: bool) -> None:
    kind, same = resolve(text, None, True)
    assert same == text
    for wanted in (Kind.NULL, Kind.BOOL, Kind.INT):
        try:
            assert resolve(text, YAML + wanted.value, plain) == (wanted, text)
        except GoYamlError:
            assert kind is not wanted
        else:
            assert kind is wanted
