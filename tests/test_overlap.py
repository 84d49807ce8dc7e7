"""Two username patterns overlap where one name fits both; finding all pairs takes no long time."""

from __future__ import annotations

from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authmap.authenticator.username_overlap import _CHARACTERS, WILD, overlap, pairs, pattern

S, R, K, D = list(WILD)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("admin", "admin", True),
        ("admin", "Admin", False),
        (f"dev:{S}", "dev:alice", True),
        (f"dev:{S}", "dev:a", False),
        (f"dev:{S}", "dev:a:b", False),
        (f"dev:{S}", "dev:jane@example.com", False),
        (f"dev:{R}", "dev:jane@example.com", True),
        (f"dev:{K}", "dev:alice", False),
        (f"dev:{K}", "dev:ASIA1234", True),
        (f"dev:{D}", "dev:ip-10-0-0-1.ec2.internal", True),
        (f"dev:{S}", f"dev:{S}", True),
        (f"dev:{S}", f"dev:team-{S}", True),
        (f"dev:{S}", f"dev:admin:{S}", False),
        (f"dev:{S}-red", f"dev:{S}-blue", False),
        (f"dev:{S}-red", f"dev:big-{S}", True),
        (f"{S}:red", f"blue:{S}", True),
        (f"{S}:red", "blue:red", True),
        (f"{S}:red", "blue:blue", False),
        (f"{S}", f"{S}-{S}", True),
        (f"a{S}b{S}c", "aXXbYYc", True),
        (f"a{S}b{S}c", "aXXbYc", False),
        ("", "", True),
        ("", S, False),
    ],
)
def test_overlap(one: str, other: str, expected: bool) -> None:
    assert overlap(one, other) is expected
    assert overlap(other, one) is expected


PATTERNS = st.lists(st.sampled_from(["a", "b", ":", "ab", "-", S, S, R, K]), max_size=5).map(
    "".join
)


@given(PATTERNS, st.data())
def test_a_name_that_a_pattern_becomes_overlaps_it(text: str, data: st.DataObject) -> None:
    name = ""
    for character in text:
        if character in WILD:
            allowed = "".join(sorted(_CHARACTERS[character] & set("ab-B1")))
            name += data.draw(st.text(allowed, min_size=2, max_size=4))
        else:
            name += character
    assert overlap(text, name)
    other = data.draw(PATTERNS)
    if overlap(other, name):
        assert overlap(text, other)


@given(st.lists(PATTERNS, unique=True, max_size=12))
def test_pairs_are_those_that_comparing_all_finds(patterns: list[str]) -> None:
    found = dict(pairs(patterns))
    for text, other in found.items():
        assert text != other
        assert overlap(text, other)
    for text in patterns:
        for other in patterns:
            if text != other and overlap(text, other):
                assert text in found or other in found


def test_pattern() -> None:
    assert pattern("a:{{AccountID}}:{{SessionName}}", "1", sessions=True) == f"a:1:{S}"
    assert pattern("a:{{SessionName}}{{SessionNameRaw}}", "1", sessions=False) == "a:"
    assert pattern("{{SessionNameRaw}}{{AccessKeyID}}", "1", sessions=True) == f"{R}{K}"
    assert pattern("{{ SessionName }}", "1", sessions=True) == "{{ SessionName }}"


@pytest.mark.parametrize(
    "names",
    [
        [f"role:1:r{i}:{S}" for i in range(5000)],
        [f"team{i}-{S}" for i in range(5000)],
        [f"{S}-team{i}" for i in range(5000)],
        [f"{S}:team{i}" if i % 2 else f"t{i}:{S}x{i}" for i in range(5000)],
        [f"{S}:a:b{i}" if i % 2 else f"x:y{i}:{S}" for i in range(5000)],
        [S + "a" * i for i in range(5000)],
        ["a" * i + S for i in range(5000)],
    ],
    ids=range(7),
)
def test_many_patterns_take_no_long_time(names: list[str]) -> None:
    start = perf_counter()
    list(pairs(names))
    assert perf_counter() - start < 10  # comparing all with all takes minutes
