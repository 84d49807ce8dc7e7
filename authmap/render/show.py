"""A map as the authenticator reads it: tables for people, JSON for programs.

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
rendered`. `random_with` are the lines of other entries for the same caller; which of them wins is
random. `dead` are the inactive entries: `kind` is one of `authmap.explain.reasons.Reason`, and
`overridden_by` is the line of the entry that wins instead, null for other kinds. For an inactive
item of mapAccounts, `arn` is the text of the item. `lost` are sections that are ignored entirely.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from authmap.linting.run import brief
from authmap.render.text import count
from authmap.syntax.printable import safe

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from authmap.explain.map_view import ActiveEntry, MapView
    from authmap.explain.reasons import Spot

VERSION = 1
NONE, EMPTY = "<none>", "<empty>"


def place(spot: Spot) -> dict[str, Any]:
    """The place of an entry or item, as plain values."""
    return {"section": spot.section, "index": spot.number, "line": spot.line}


def json(view: MapView) -> str:
    """The document as JSON text."""
    from json import dumps

    return dumps(document(view), indent=2) + "\n"


def document(view: MapView) -> dict[str, Any]:
    """The document as plain values."""
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
        width: columns of the terminal; None if the output is not a terminal. Then every mapping
            is on one line.
        colour: whether to use colour.
    """
    return "\n".join(_parts(view, width, colour))


def _parts(view: MapView, width: int | None, colour: bool) -> Iterator[str]:
    head = f"{safe(view.path)}: {count(len(view.live), 'active mapping')}"
    head += f", {len(view.dead)} inactive\n" if view.dead else "\n"
    head += "".join(f"note: {brief(note)}\n" for note in view.notes)
    for each in view.unreadable_sections:
        why = f"the authenticator cannot read it (line {each.line}: {brief(each.reason)})"
        head += f"{each.what} is ignored entirely: {why}\n"
    yield head
    if view.live:
        names = ("line", "principal", "username", "groups", "audit log")
        yield _table(names, [_live(live) for live in view.live], width, colour)
    if view.accounts:
        accounts = [(str(each.spot.line), each.account) for each in view.accounts]
        title = "mapAccounts: callers from these accounts get their own ARN and no groups\n"
        yield title + _table(("line", "account"), accounts, width, colour)
    if view.dead:
        dead = [
            (str(d.spot.line), f"{d.spot.section}[{d.spot.number}]", d.arn or NONE, d.reason.text)
            for d in view.dead
        ]
        title = "inactive: these entries match nobody\n"
        yield title + _table(("line", "entry", "principal", "reason"), dead, width, colour)
    if view.ignored:
        ignored = [(str(each.line), each.what, each.reason) for each in view.ignored]
        title = "ignored: the authenticator does not read these\n"
        yield title + _table(("line", "rule", "reason"), ignored, width, colour)


def _live(live: ActiveEntry) -> tuple[str, ...]:
    scope, username = live.audit
    if live.random_with:
        others = " or ".join(map(str, live.random_with))
        scope = f"{scope} (or line {others}, at random)"
    groups = ",".join(group or EMPTY for group in live.groups) or NONE
    shown, logged = live.username or EMPTY, f"{scope}: {username or EMPTY}"
    return str(live.spot.line), live.arn, shown, groups, logged


def _table(
    names: Sequence[str], rows: Sequence[Sequence[str]], width: int | None, colour: bool
) -> str:
    """Aligned text; cells are never wrapped, but stacked if the terminal is too narrow."""
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
