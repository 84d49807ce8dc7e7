"""Groups of options that several commands share, and how a command takes them."""

from __future__ import annotations

import inspect
from functools import wraps
from typing import TYPE_CHECKING, Any, NamedTuple, get_type_hints

from authmap.cli.options import (
    AcceptRisk,
    As,
    AsGroup,
    BackupDir,
    ConfigFile,
    Debug,
    DryRun,
    ExtendSelect,
    FailOn,
    Ignore,
    Kubeconfig,
    NoConfig,
    NoVerify,
    OverrideOwner,
    Rbac,
    Select,
    Template,
    Timeout,
    Verbose,
    VerifyTimeout,
    Yes,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from authmap.cluster.change.task import ApplyOptions


class SettingsOptions(NamedTuple):
    """The options that choose the settings of a run."""

    select: Select = None
    ignore: Ignore = None
    extend_select: ExtendSelect = None
    fail_on: FailOn = None
    username_template: Template = None
    rbac: Rbac = None
    config: ConfigFile = None
    no_config: NoConfig = False


class ConnectionArguments(NamedTuple):
    """The options for connecting to a cluster."""

    kubeconfig: Kubeconfig = None
    as_user: As = None
    as_group: AsGroup = None
    request_timeout: Timeout = 10.0


class Verbosity(NamedTuple):
    """The options for printing more."""

    verbose: Verbose = False
    debug: Debug = False

    @property
    def full(self) -> bool:
        """Whether to print complete lists, and what is in use."""
        return self.verbose or self.debug


class WriteOptions(NamedTuple):
    """The options for changing a live map."""

    yes: Yes = False
    accept_lockout_risk: AcceptRisk = False
    override_owner: OverrideOwner = False
    dry_run: DryRun = False
    no_verify: NoVerify = False
    verify_timeout: VerifyTimeout = 60.0
    backup_dir: BackupDir = None

    def to_apply(self) -> ApplyOptions:
        """These options in the form that `cluster/` uses."""
        from authmap.cluster.change.task import ApplyOptions

        return ApplyOptions(
            yes=self.yes,
            accept_risk=self.accept_lockout_risk,
            override_owner=self.override_owner,
            dry_run=self.dry_run,
            verify=not self.no_verify,
            verify_timeout=self.verify_timeout,
            backup_dir=self.backup_dir,
        )


class ClusterSelection(NamedTuple):
    """The clusters to use, and how to connect to them.

    Attributes:
        contexts: names of contexts, or shell globs over them.
        connection: how to connect to them.
        verbosity: what to print about the connections.
        all: whether to use every context.
        jobs: the number of clusters to contact at the same time.
    """

    contexts: list[str]
    connection: ConnectionArguments
    verbosity: Verbosity
    all: bool = False
    jobs: int = 1


GROUPS = (SettingsOptions, ConnectionArguments, WriteOptions, Verbosity)


def grouped(command: Callable[..., None]) -> Callable[..., None]:
    """Decorate a command that takes groups of options as parameters.

    typer reads the options of a command from its signature. Here each parameter whose type is one
    of `GROUPS` is replaced by the fields of that group; the command is called with the group.

    Args:
        command: a function whose parameters are options, arguments, or groups of options.
    """
    hints = get_type_hints(command, include_extras=True)
    parameters: list[inspect.Parameter] = []
    groups: dict[str, Any] = {}
    for name, parameter in inspect.signature(command).parameters.items():
        if hints[name] in GROUPS:
            groups[name] = group = hints[name]
            fields = get_type_hints(group, include_extras=True)
            parameters += [
                inspect.Parameter(
                    field, parameter.kind, default=group._field_defaults[field], annotation=kind
                )
                for field, kind in fields.items()
            ]
        else:
            parameters.append(parameter.replace(annotation=hints[name]))

    @wraps(command)
    def run(**values: Any) -> None:
        for name, group in groups.items():
            values[name] = group(**{field: values.pop(field) for field in group._fields})
        command(**values)

    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    return run
