"""The scalar map: every character of a value is found where it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_sizes import asked

from authmap.syntax import nodes
from authmap.syntax.yaml import parser
from authmap.syntax.yaml.scalars import read_scalar

if TYPE_CHECKING:
    from authmap.syntax.source_map import SourceMap

EXAMPLES = asked("AUTHMAP_EXAMPLES", 1000)


def scalars(text: str) -> list[nodes.Scalar]:
    try:
        return [
            node
            for document in parser.parse(text)
            for node in nodes.descend(document.root)
            if isinstance(node, nodes.Scalar)
        ]
    except nodes.TreeError:
        return []


CASES = [
    "a",
    "a: b c",
    "a: b\n  c\n\n  d\n",
    "a: 'b''c\n  d\n\n\n  e '\n",
    'a: "b\\n\\x41\\u00e9\\U0001F600\\"\\\\\\/\\_\\N\\L\\P\\e\\0 c"\n',
    'a: "b\\\n   c\n  d  \n\n   e\\\n\n  f"\n',
    "a: |\n  b\n   c\n\n  d\n",
    "a: |-\n  b\n\n",
    "a: |+\n  b\n\n\nc: d",
    "a: |2\n    b\n   c\n",
    "a: |\n\n\n  b\n",
    "a: |\n  b",
    "a: |\n",
    "a: >\n  b\n  c\n\n  d\n   e\n  f\n\n\n  g\n",
    "a: >-\n\n  b\n",
    "a: >+1\n   b\n  c\n\n",
    "a: |\r\n  b\r\n  c\r\n",
    "a: >\r\n  b\r\n  c\r\n\r\n  d\r\n",
    'a: "b\\\u2028\x85 c"',
    "- &x 'a'\n- !!str b\n- ! &y # why\n  c\n- !\n- &z\n",
    "é: 'ü\u2028 x'\n",
    "a: |\n  b\u2028  c\n  d\x85  e\n",
    "a: >\n  b\u2028  c\n  d\x85  e\n",
]


@pytest.mark.parametrize("text", CASES)
def test_reads_what_the_parser_reads(text: str) -> None:
    found = scalars(text)
    assert found
    for node in found:
        mapped = read_scalar(text, node)
        assert mapped is not None, node.value
        assert mapped.value == node.value


ALPHABET = st.sampled_from(list("ab:-#'\"\\|>+2 \n\r\t{}[],&*!%é\u2028\x85/xu0nN_"))


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.sampled_from(["a: ", "- ", "- |\n ", "a: >\n  ", 'a: "', "a: '"]), st.text(ALPHABET))
def test_any_scalar(head: str, body: str) -> None:
    text = head + body + {'"': '"', "'": "'"}.get(head[-1], "")
    for node in scalars(text):
        mapped = read_scalar(text, node)
        assert mapped is not None, (text, node.value, node.style)
        assert mapped.value == node.value
        check_places(text, mapped)


def check_places(text: str, mapped: SourceMap) -> None:
    behind = mapped.start
    for index, character in enumerate(mapped.value):
        start, end = mapped.span(index, index + 1)
        assert behind <= start < end <= mapped.end
        written = text[start:end]
        assert written == character or written[0] in "\\' \t\r\n\x85\u2028\u2029"
        behind = end
