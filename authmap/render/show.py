"""A map as the authenticator holds it: a table for people, a document for machines.

The document (`authmap show -f json`; lines are 1-based, indices 0-based):

    {
      "version": 1,
      "path": "aws-auth.yaml",
      "mappings": [{
        "section": "mapRoles", "index": 0, "line": 8,
        "arn": "…", "username": "role:{{AccountID}}:staff:{{SessionName}}", "groups": ["…"],
        "audit": {"scope": "each session", "username": "role:111111111111:staff:<session>"},
        "random_with": []
      }],
      "accounts": [{"section": "mapAccounts", "index": 0, "line": 30, "account": "111111111111"}],
      "dead": [{
        "section": "mapRoles", "index": 1, "line": 12,
        "arn": "…", "username": "…", "groups": ["…"],
        "kind": "overridden", "reason": "…", "overridden_by": 20
      }],
      "lost": [{"section": "mapUsers", "line": 25, "reason": "…"}],
      "ignored": [{"rule": "AM004", "line": 14, "reason": "…"}],
      "notes": ["…"]
    }

`audit.scope` is `each session`, `each instance`, `each access key`, `this user`, `everyone` or `not
rendered`; `random_with` are the lines of other entries for the same caller, of which one holds at
random; `kind` is one of `authmap.explain.Reason`, and `overridden_by` the line of the entry that
holds instead, null for other kinds. For a dead item of mapAccounts `arn` is what is written there.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from authmap.linting.run import brief, safe
from authmap.render.text import count

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from authmap.explain.map_view import ActiveEntry, MapView
    from authmap.explain.reasons import Spot

VERSION = 1
NONE, EMPTY = "<none>", "<empty>"


def place(spot: Spot) -> dict[str, Any]:
    """Where something stands, as plain values."""
    return {"section": spot.section, "index": spot.number, "line": spot.line}


def json(view: MapView) -> str:
    """The document as text."""
    from json import dumps

    return dumps(document(view), indent=2) + "\n"


def document(view: MapView) -> dict[str, Any]:
    """The view as plain values."""
    return {
        "version": VERSION,
        "path": view.path,
        "mappings": [
            {
                **place(live.spot),
                "arn": live.arn,
                "username": live.username,
                "groups": live.groups,
                "audit": live.audit._asdict(),
                "random_with": live.random_with,
            }
            for live in view.live
        ],
        "accounts": [{**place(each.spot), "account": each.account} for each in view.accounts],
        "dead": [
            {
                **place(dead.spot),
                "arn": dead.arn,
                "username": dead.username,
                "groups": dead.groups,
                "kind": dead.reason.kind,
                "reason": dead.reason.text,
                "overridden_by": dead.reason.by,
            }
            for dead in view.dead
        ],
        "lost": [
            {"section": e.what, "line": e.line, "reason": e.reason}
            for e in view.unreadable_sections
        ],
        "ignored": [{"rule": e.what, "line": e.line, "reason": e.reason} for e in view.ignored],
        "notes": view.notes,
    }


def render(view: MapView, *, width: int | None = None, colour: bool = False) -> str:
    """The view as tables.

    Args:
        view: the view.
        width: columns of the terminal; None where it is none, and a mapping is one line.
        colour: whether to colour it.
    """
    return "\n".join(_parts(view, width, colour))


def _parts(view: MapView, width: int | None, colour: bool) -> Iterator[str]:
    verb = "lets" if len(view.live) == 1 else "let"
    head = f"{safe(view.path)}: {count(len(view.live), 'mapping')} {verb} callers in"
    head += (
        f", {len(view.dead)} {'is' if len(view.dead) == 1 else 'are'} dead" * bool(view.dead) + "\n"
    )
    head += "".join(f"note: {brief(note)}\n" for note in view.notes)
    for each in view.unreadable_sections:
        why = f"line {each.line}: {brief(each.reason)}"
        head += f"all of {each.what} is lost, nobody comes in by it: {why}\n"
    yield head
    if view.live:
        names = ("line", "principal", "username", "groups", "audit log")
        yield _table(names, [_live(live) for live in view.live], width, colour)
    if view.accounts:
        accounts = [(str(each.spot.line), each.account) for each in view.accounts]
        title = "mapAccounts: every caller of these comes in as their own ARN, without groups\n"
        yield title + _table(("line", "account"), accounts, width, colour)
    if view.dead:
        dead = [
            (str(d.spot.line), f"{d.spot.section}[{d.spot.number}]", d.arn or NONE, d.reason.text)
            for d in view.dead
        ]
        title = "dead: nobody comes in by these\n"
        yield title + _table(("line", "entry", "principal", "reason"), dead, width, colour)
    if view.ignored:
        ignored = [(str(each.line), each.what, each.reason) for each in view.ignored]
        yield "written, and not read\n" + _table(("line", "rule", "reason"), ignored, width, colour)


def _live(live: ActiveEntry) -> tuple[str, ...]:
    scope, username = live.audit
    if live.random_with:
        others = " or ".join(map(str, live.random_with))
        scope = f"{scope}, or at random as in line {others}"
    groups = ",".join(group or EMPTY for group in live.groups) or NONE
    shown, said = live.username or EMPTY, f"{scope}: {username or EMPTY}"
    return str(live.spot.line), live.arn, shown, groups, said


def _table(
    names: Sequence[str], rows: Sequence[Sequence[str]], width: int | None, colour: bool
) -> str:
    """Aligned text; cells are never wrapped, but stacked where a terminal is too narrow."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    file = io.StringIO()
    console = Console(
        file=file,
        width=1_000_000,
        color_system="standard" if colour else None,
        force_terminal=colour,
        legacy_windows=False,
    )
    plain = None if width is None else box.SIMPLE_HEAD
    table = Table(box=plain, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in names:
        table.add_column(name.upper(), no_wrap=True)
    for row in rows:
        table.add_row(*[Text(brief(cell)) for cell in row])
    if width is not None and console.measure(table).maximum > width:
        table = Table.grid(padding=(0, 2, 0, 0))
        for row in rows:
            line, *cells = [Text(brief(cell)) for cell in row]
            for name, cell in zip(names[1:], cells, strict=True):
                table.add_row(line, Text(name, "bold"), cell)
                line = Text()
    console.print(table, crop=False)
    lines = (line.rstrip() for line in file.getvalue().splitlines())
    return "".join(f"{line}\n" for line in lines if line)
