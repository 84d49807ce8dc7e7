"""Whether plain values are of the shape that a reader counts on, before it makes anything of them.

A shape is `str` or `bool`; a list of one shape, that of its items; or a mapping of keys to shapes,
of which each may be missing or null. What it does not name may be anything.
"""

from __future__ import annotations

from typing import Any

ANY = "*"
"""Stands for every key of a mapping."""

_NAMES = {str: "text", bool: "true or false", list: "a list", dict: "a mapping"}


def misfit(value: Any, shape: Any, where: str = "") -> str | None:
    """What is not of a shape, in words; None where all is.

    Args:
        value: as JSON has it.
        shape: what it is to be.
        where: what leads to the value, for the words.
    """
    kind = shape if isinstance(shape, type) else type(shape)
    fits: bool = type(value) is kind
    if not fits:
        return f"`{where}` is not {_NAMES[kind]}" if where else f"it is not {_NAMES[kind]}"
    inside: list[tuple[Any, Any, str]] = []
    if isinstance(shape, list):
        inside = [(item, shape[0], f"{where}[{at}]") for at, item in enumerate(value)]
    elif isinstance(shape, dict):
        inside = [
            (value[name], each, f"{where}.{name}" if where else name)
            for key, each in shape.items()
            for name in (value if key == ANY else (key,))
            if value.get(name) is not None
        ]
    return next((wrong for each in inside if (wrong := misfit(*each))), None)
