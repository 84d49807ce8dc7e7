"""Options that several commands share, and what is made of them."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from authmap.model.options import OptionError

if TYPE_CHECKING:
    from authmap.config.settings import Settings

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


class ClusterSelection(NamedTuple):
    """Which clusters are meant and how they are reached, in the words of the command line.

    Attributes:
        contexts: names of contexts, or shell globs over them.
        all: whether every context is meant.
        kubeconfig: the file.
        as_user: whom to impersonate.
        as_groups: groups to impersonate.
        timeout: of a request, in seconds.
        jobs: how many clusters at a time.
    """

    contexts: list[str]
    all: bool
    kubeconfig: str | None
    as_user: str | None
    as_groups: list[str] | None
    timeout: float
    jobs: int


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


def load_settings(
    *,
    config: str | None = None,
    no_config: bool = False,
    select: list[str] | None = None,
    ignore: list[str] | None = None,
    extend_select: list[str] | None = None,
    fail_on: str | None = None,
    username_template: str | None = None,
    rbac: list[str] | None = None,
    **more: Any,
) -> Settings:
    """The settings of a run, from the command line and the configuration file.

    Args:
        config: the configuration file, if it is named.
        no_config: whether there is to be none.
        select: codes and prefixes, several of them with commas between; None where not given, as
            with all that follow.
        ignore: the same.
        extend_select: the same.
        fail_on: a severity, or `never`.
        username_template: of usernames, or a preset's name.
        rbac: files and directories with bindings; `bound` reads them.
        more: fields of `Options` that are no settings.

    Raises:
        OptionError: one of them cannot be meant, or the configuration is not sound.
        FileError: the configuration cannot be read.
    """
    from authmap.config.file import Config, find, load
    from authmap.config.settings import settings

    if config is not None and no_config:
        raise OptionError("--config and --no-config exclude each other")
    path = None if no_config else config or find()
    given = {
        "select": _split(select),
        "ignore": _split(ignore),
        "extend-select": _split(extend_select),
        "fail-on": fail_on,
        "username-template": username_template,
        "rbac": rbac or None,
    }
    return settings(load(path) if path else Config(), given, **more)


def with_bindings(settings: Settings) -> Settings:
    """Settings with the bindings that they name, read.

    Raises:
        FileError: they cannot be read.
    """
    if not settings.rbac:
        return settings
    from authmap.cli.rbac import read

    options = settings.options._replace(bindings=read(settings.rbac))
    return settings._replace(options=options)


def _split(codes: list[str] | None) -> list[str] | None:
    return codes and [code for group in codes for code in group.split(",")]
