"""Options that several commands share."""

from __future__ import annotations

from math import isfinite
from typing import Annotated

import typer

from authmap.model.options import OptionError

FORMATS = ("text", "concise", "json", "sarif", "github", "gitlab", "junit")

Paths = Annotated[
    list[str] | None,
    typer.Argument(metavar="[PATH|-]...", help="Files, directories, or - (default: here)."),
]
StdinName = Annotated[str, typer.Option(metavar="NAME", help="What standard input is called.")]
Select = Annotated[
    list[str] | None, typer.Option(metavar="CODES", help="Only rules of these codes or prefixes.")
]
Ignore = Annotated[
    list[str] | None, typer.Option(metavar="CODES", help="No rules of these codes or prefixes.")
]
Format = Annotated[
    str, typer.Option("-f", "--format", metavar="FORMAT", help=f"One of {', '.join(FORMATS)}.")
]
ExtendSelect = Annotated[
    list[str] | None, typer.Option(metavar="CODES", help="Also rules of these codes or prefixes.")
]
FailOn = Annotated[
    str | None,
    typer.Option(metavar="LEVEL", help="Exit 1 from here: error, warning (default), note, never."),
]
Template = Annotated[
    str | None,
    typer.Option(
        metavar="TEMPLATE", help="Usernames fixes write: default, access-entry, append, or text."
    ),
]
ConfigFile = Annotated[
    str | None, typer.Option("--config", metavar="FILE", help="Configuration (default: found).")
]
NoConfig = Annotated[bool, typer.Option("--no-config", help="Without any configuration file.")]
Rename = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME", help="Rename this role's entry although a binding may name it."),
]
Unsafe = Annotated[
    bool, typer.Option("--unsafe-fixes", help="Also fixes that may change who has access.")
]
Rbac = Annotated[
    list[str] | None,
    typer.Option(metavar="PATH", help="RBAC bindings that go with the map."),
]
OutputFile = Annotated[
    str | None, typer.Option(metavar="FILE", help="Write the report there instead.")
]
Statistics = Annotated[
    bool, typer.Option("--statistics", help="Say how many findings there are of each rule.")
]
ShowSuppressed = Annotated[
    bool, typer.Option("--show-suppressed", help="Show what is suppressed too, as what it is.")
]
Baseline = Annotated[
    str | None, typer.Option(metavar="FILE", help="Findings that are known and not reported.")
]
WriteBaseline = Annotated[
    str | None, typer.Option(metavar="FILE", help="Write all findings into a baseline; end with 0.")
]
Quiet = Annotated[
    bool, typer.Option("-q", "--quiet", help="Say nothing of files without an aws-auth map.")
]


Context = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME", help="The live map of this context, or of all that fit a glob."),
]
OneContext = Annotated[
    str | None, typer.Option("--context", metavar="NAME", help="The live map of this context.")
]
Contexts = Annotated[list[str], typer.Option(metavar="NAME", help="Context of the cluster.")]
AllContexts = Annotated[bool, typer.Option("--all-contexts", help="Live maps of every context.")]


def _given(option: typer.CallbackParam, name: str | None) -> str | None:
    if name == "":
        raise OptionError(f"{option.opts[0]} is empty: is a variable not set?")
    return name


Kubeconfig = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="In place of those that kubectl takes.", callback=_given),
]
As = Annotated[
    str | None, typer.Option("--as", metavar="USER", help="Impersonate this user, as kubectl does.")
]
AsGroup = Annotated[
    list[str] | None, typer.Option("--as-group", metavar="GROUP", help="Impersonate this group.")
]


def _finite(seconds: float) -> float:
    if not isfinite(seconds):  # `nan` and `inf` are numbers to Python
        raise typer.BadParameter(f"{seconds} is no number of seconds that ends.")
    return seconds


Timeout = Annotated[
    float,
    typer.Option(
        metavar="SECONDS", help="For each request to a cluster.", min=0.1, callback=_finite
    ),
]
Jobs = Annotated[int, typer.Option(metavar="N", help="How many clusters at a time.", min=1)]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before writing to a cluster.")]
AcceptRisk = Annotated[
    bool,
    typer.Option(
        "--accept-lockout-risk",
        help="Write although it is not sure that nobody is locked out.",
    ),
]
OverrideOwner = Annotated[
    bool,
    typer.Option(
        "--override-owner", help="With --yes: write what Argo CD, Flux, Helm ... will overwrite."
    ),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Ask the guards and the API server; write nothing.")
]
NoVerify = Annotated[
    bool, typer.Option("--no-verify", help="No fresh login after the write to confirm it.")
]
VerifyTimeout = Annotated[
    float,
    typer.Option(
        metavar="SECONDS",
        help="For the fresh login after the write.",
        min=1,
        callback=_finite,
    ),
]
BackupDir = Annotated[
    str | None, typer.Option(metavar="DIR", help="Where backups are.", callback=_given)
]

One = Annotated[
    str | None,
    typer.Argument(metavar="[PATH|-]", help="A file, a folder, or - (default: here)."),
]
Form = Annotated[str, typer.Option("-f", "--format", metavar="FORMAT", help="text or json.")]
