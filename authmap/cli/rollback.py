"""`authmap rollback`."""

from __future__ import annotations

from typing import Annotated

import typer

from authmap.cli import console
from authmap.cli.shared import (
    AcceptRisk,
    As,
    AsGroup,
    BackupDir,
    ClusterSelection,
    Contexts,
    DryRun,
    Kubeconfig,
    NoVerify,
    OverrideOwner,
    Timeout,
    VerifyTimeout,
    Yes,
    load_settings,
)


def rollback(
    context: Contexts,
    to: Annotated[
        str | None, typer.Option(metavar="FILE", help="This backup (default: the newest).")
    ] = None,
    list_backups: Annotated[bool, typer.Option("--list", help="List the backups.")] = False,
    yes: Yes = False,
    accept_lockout_risk: AcceptRisk = False,
    override_owner: OverrideOwner = False,
    dry_run: DryRun = False,
    no_verify: NoVerify = False,
    verify_timeout: VerifyTimeout = 60.0,
    backup_dir: BackupDir = None,
    kubeconfig: Kubeconfig = None,
    as_user: As = None,
    as_group: AsGroup = None,
    request_timeout: Timeout = 10.0,
) -> None:
    """Put a backup of a cluster's aws-auth back, under the guards of a fix.

    Exit codes: 0 done, 2 the run failed or was refused, 3 a fresh login lost its access and the
    map is what it was, 4 it lost its access and the map could not be put back.

    Try:

        authmap rollback --context prod --list

        authmap rollback --context prod
    """
    from authmap.cli import live
    from authmap.cluster.change.apply import ApplyOptions

    reach = ClusterSelection(context, False, kubeconfig, as_user, as_group, request_timeout, 1)
    wishes = ApplyOptions(
        yes=yes,
        accept_risk=accept_lockout_risk,
        override_owner=override_owner,
        dry_run=dry_run,
        verify=not no_verify,
        verify_timeout=verify_timeout,
        backup_dir=backup_dir,
    )
    if list_backups:
        console.out(live.listing(reach, backup_dir))
        raise typer.Exit
    raise typer.Exit(live.restore(reach, load_settings(), wishes, to))
