"""Check that plain values have the shape that the code reading them relies on.

A shape is `str` or `bool`; a list with one shape, that of its items; or a mapping of keys to
shapes. Every key may be missing or null. Keys that a shape does not name may have any value.
"""

from __future__ import annotations

from typing import Any

ANY = "*"
"""Stands for every key of a mapping."""

_NAMES = {str: "text", bool: "true or false", list: "a list", dict: "a mapping"}


def misfit(value: Any, shape: Any, where: str = "") -> str | None:
    """The first mismatch with a shape, in words; None if there is none.

    Args:
        value: the value, in the types of JSON.
        shape: the expected shape.
        where: path to the value, for the message.
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
