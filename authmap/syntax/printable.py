"""Text that a terminal may show."""

from __future__ import annotations


def safe(text: str) -> str:
    r"""Text with every control character escaped, such as `\x1b`, so that a terminal ignores it."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _escaped(c) for c in text)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode()
