"""Options that several commands share."""

from __future__ import annotations

from math import isfinite
from typing import Annotated

import typer

from authmap.cli import console
from authmap.model.options import OptionError

FORMATS = ("text", "concise", "json", "sarif", "github", "gitlab", "junit")

Paths = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[PATH|-]...",
        help="Files, directories, or - for standard input (default: the current directory).",
    ),
]
StdinName = Annotated[str, typer.Option(metavar="NAME", help="Name of standard input in reports.")]
Select = Annotated[
    list[str] | None,
    typer.Option(metavar="CODES", help="Run only these rules (codes, prefixes or names)."),
]
Ignore = Annotated[
    list[str] | None,
    typer.Option(metavar="CODES", help="Do not run these rules (codes, prefixes or names)."),
]
Format = Annotated[
    str,
    typer.Option("-f", "--format", metavar="FORMAT", help=f"Output format: {', '.join(FORMATS)}."),
]
ExtendSelect = Annotated[
    list[str] | None,
    typer.Option(metavar="CODES", help="Also run these rules (codes, prefixes or names)."),
]
FailOn = Annotated[
    str | None,
    typer.Option(
        metavar="LEVEL",
        help="Lowest severity that fails the run: error, warning (default), note or never.",
    ),
]
Template = Annotated[
    str | None,
    typer.Option(
        metavar="TEMPLATE",
        help="Username that fixes write: default, access-entry, append, sso, or your own template.",
    ),
]
ConfigFile = Annotated[
    str | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="Configuration file (default: the nearest one).",
    ),
]
NoConfig = Annotated[bool, typer.Option("--no-config", help="Ignore configuration files.")]
Rename = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME",
        help="Rename this entry (role, username or ARN) even if a binding may name its username.",
    ),
]
Unsafe = Annotated[
    bool, typer.Option("--unsafe-fixes", help="Also apply fixes that could change who has access.")
]
Rbac = Annotated[
    list[str] | None,
    typer.Option(metavar="PATH", help="File or directory with the cluster's RBAC bindings."),
]
OutputFile = Annotated[
    str | None, typer.Option(metavar="FILE", help="Write the report to this file.")
]
Statistics = Annotated[
    bool, typer.Option("--statistics", help="Also print the number of findings per rule.")
]
ShowSuppressed = Annotated[
    bool, typer.Option("--show-suppressed", help="Also show suppressed findings, marked as such.")
]
Baseline = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="Do not report the findings recorded in this baseline file."),
]
WriteBaseline = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="Record all findings in this baseline file and exit with 0."),
]
Quiet = Annotated[
    bool, typer.Option("-q", "--quiet", help="Do not mention files without an aws-auth map.")
]
Verbose = Annotated[
    bool,
    typer.Option(
        "-v", "--verbose", help="Print complete lists, and the settings and clusters in use."
    ),
]


def _debug(value: bool) -> bool:
    console.debugging = value
    return value


Debug = Annotated[
    bool,
    typer.Option(
        "--debug",
        help="Also print each request to a cluster, each run of a plugin, and tracebacks of bugs.",
        callback=_debug,
    ),
]

Context = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME",
        help="Use the live map of this kubeconfig context (name or glob; repeatable).",
    ),
]
OneContext = Annotated[
    str | None,
    typer.Option("--context", metavar="NAME", help="Use the live map of this kubeconfig context."),
]
Contexts = Annotated[
    list[str], typer.Option(metavar="NAME", help="Kubeconfig context of the cluster.")
]
AllContexts = Annotated[
    bool, typer.Option("--all-contexts", help="Use the live maps of all kubeconfig contexts.")
]


def _not_empty(option: typer.CallbackParam, name: str | None) -> str | None:
    if name == "":
        raise OptionError(f"{option.opts[0]} is empty: is a variable not set?")
    return name


Kubeconfig = Annotated[
    str | None,
    typer.Option(
        metavar="FILE", help="Kubeconfig to use instead of kubectl's default.", callback=_not_empty
    ),
]
As = Annotated[
    str | None, typer.Option("--as", metavar="USER", help="Impersonate this user, as kubectl does.")
]
AsGroup = Annotated[
    list[str] | None, typer.Option("--as-group", metavar="GROUP", help="Impersonate this group.")
]


def _finite(seconds: float) -> float:
    if not isfinite(seconds):  # `nan` and `inf` are numbers to Python
        raise typer.BadParameter(f"{seconds} is not a finite number of seconds.")
    return seconds


Timeout = Annotated[
    float,
    typer.Option(
        metavar="SECONDS",
        help="Time limit for each request to a cluster.",
        min=0.1,
        callback=_finite,
    ),
]
Jobs = Annotated[
    int, typer.Option(metavar="N", help="Number of clusters to contact at the same time.", min=1)
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before writing to a cluster.")]
AcceptRisk = Annotated[
    bool,
    typer.Option(
        "--accept-lockout-risk",
        help="Continue even if a lockout cannot be ruled out.",
    ),
]
AcceptGain = Annotated[
    bool,
    typer.Option(
        "--accept-access-gain",
        help="Continue even if the backup gives somebody access that they do not have now.",
    ),
]
OverrideOwner = Annotated[
    bool,
    typer.Option(
        "--override-owner",
        help="With --yes: write even if Argo CD, Flux, Helm ... will overwrite the change.",
    ),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Run the guards and a server-side dry run; write nothing.")
]
NoVerify = Annotated[
    bool, typer.Option("--no-verify", help="Skip the fresh login that confirms the write.")
]
VerifyTimeout = Annotated[
    float,
    typer.Option(
        metavar="SECONDS",
        help="Time limit for the fresh login after the write.",
        min=1,
        callback=_finite,
    ),
]
BackupDir = Annotated[
    str | None,
    typer.Option(
        metavar="DIR",
        help="Backup directory (default: $XDG_STATE_HOME/authmap/backups).",
        callback=_not_empty,
    ),
]

One = Annotated[
    str | None,
    typer.Argument(
        metavar="[PATH|-]",
        help="File, directory, or - for standard input (default: the current directory).",
    ),
]
Form = Annotated[
    str, typer.Option("-f", "--format", metavar="FORMAT", help="Output format: text, json.")
]
