"""The json format of `authmap diff`, described by `authmap schema diff`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from authmap.access.compare import Effect
from authmap.render.access import phrases, place_of
from authmap.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable

    from authmap.access.grant import Access, Grant
    from authmap.access.principal import Principal
    from authmap.access.report import AccessReport, Row
    from authmap.access.unrendered import Unrendered
    from authmap.model.auth_map import AuthMap

VERSION = 1


def render(report: AccessReport) -> str:
    """The report as JSON text."""
    return json.dumps(document(report), indent=2, ensure_ascii=True) + "\n"


def document(report: AccessReport) -> dict[str, Any]:
    """The report as plain values."""
    return {
        "version": VERSION,
        "tool": {"name": "authmap", "version": __version__},
        "before": report.before.path,
        "after": report.after.path,
        "changes": [_row(row, report) for row in report.rows],
        "unknown": [_principal(each) for each in report.unknown],
        "unrendered": [_unrendered(each) for each in report.unrendered],
        "unchecked": report.unchecked,
        "summary": report.counts,
        "fail_on": [str(each) for each in report.fail_on],
        "failed": [str(each) for each in report.failed],
    }


def _row(row: Row, report: AccessReport) -> dict[str, Any]:
    change = row.change
    return {
        "title": row.title,
        "principal": _principal(change.principal),
        "group": row.group,
        "effects": [str(effect) for effect in Effect if effect in change.effects],
        "nodes": row.group == "nodes",
        "admin": row.admin or None,
        "fails": report.fails(row),
        "messages": phrases(row, report),
        "before": [_grant(grant, report.before) for grant in change.before],
        "after": [_grant(grant, report.after) for grant in change.after],
        "gained": _access(change.gained, report),
        "lost": _access(change.lost, report),
    }


def _principal(principal: Principal) -> dict[str, Any]:
    return {
        "title": principal.title,
        "arn": principal.arn or None,
        "account": principal.account,
    }


def _grant(grant: Grant, auth_map: AuthMap) -> dict[str, Any]:
    path, line = place_of(auth_map, grant)
    section, index = grant.place
    return {
        "username": grant.username,
        "groups": sorted(grant.groups),
        "logins": sorted(grant.logins),
        "path": path,
        "line": line,
        "section": section,
        "index": index,
    }


def _access(items: Iterable[Access], report: AccessReport) -> list[dict[str, Any]]:
    ordered = sorted(items, key=lambda item: (item.kind.value, item.name, item.through))
    return [
        {
            "kind": item.kind.name.lower(),
            "name": item.name,
            "bindings": sorted(each.title for each in report.comparison.evidence(item)),
        }
        for item in ordered
    ]


def _unrendered(each: Unrendered) -> dict[str, Any]:
    source, start = each.at.layer.source, each.at.layer.span(each.at.start, each.at.end)[0]
    return {
        "title": each.title,
        "section": each.section,
        "template": each.template,
        "path": source.path,
        "line": source.place(start).line,
    }
