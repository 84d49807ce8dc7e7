"""Text that a terminal, or the log of a CI job, may show."""

from __future__ import annotations


def safe(text: str) -> str:
    r"""Text with every control character escaped, such as `\x1b`, so that a terminal ignores it."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _escaped(c) for c in text)


def without_commands(text: str) -> str:
    r"""Text in which the runner of GitHub Actions finds no command, unless a line starts with `::`.

    The runner takes `##[` for a command anywhere in a line (actions/runner `ActionCommand.cs`). It
    becomes `#\x23[`.
    """
    return text.replace("##[", r"#\x23[")


def _escaped(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode()
