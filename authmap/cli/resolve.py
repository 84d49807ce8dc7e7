"""`authmap resolve`."""

from __future__ import annotations

from typing import Annotated

import typer

from authmap.cli import console
from authmap.cli.extras import extra
from authmap.cli.option_groups import (
    ClusterSelection,
    ConnectionArguments,
    SettingsOptions,
    Verbosity,
    grouped,
)
from authmap.cli.options import ConfigFile, Form, NoConfig, One, OneContext, Rbac, StdinName
from authmap.cli.run_settings import load_settings, with_bindings
from authmap.model.options import OptionError, choice


@grouped
def resolve(
    arn: Annotated[
        str, typer.Argument(metavar="ARN", help="ARN of a role, a role session or a user.")
    ],
    connection: ConnectionArguments,
    verbosity: Verbosity,
    path: One = None,
    session_name: Annotated[
        str | None, typer.Option(metavar="NAME", help="Session name, if the ARN is a role's.")
    ] = None,
    account_id: Annotated[
        str | None, typer.Option(metavar="ID", help="Account id, if the ARN has none.")
    ] = None,
    access_key_id: Annotated[
        str | None, typer.Option(metavar="ID", help="Value of {{AccessKeyID}}.")
    ] = None,
    private_dns_name: Annotated[
        str | None, typer.Option(metavar="NAME", help="Value of {{EC2PrivateDNSName}}.")
    ] = None,
    rbac: Rbac = None,
    output_format: Form = "text",
    context: OneContext = None,
    stdin_filename: StdinName = "<stdin>",
    config: ConfigFile = None,
    no_config: NoConfig = False,
) -> None:
    """Show how a caller is mapped: entry, username and groups.

    If no entry matches, it explains why.

    Exit codes: 0 mapped, 1 not mapped, 2 no caller can have this ARN, or the map cannot be read.

    Try:

        authmap resolve arn:aws:iam::111111111111:user/alice aws-auth.yaml

        authmap resolve arn:aws:iam::111111111111:role/staff --session-name alice

        authmap resolve arn:aws:iam::111111111111:user/jane --context prod
    """
    from authmap.cli.pick import pick
    from authmap.explain.caller import CallerError, explain_caller
    from authmap.render import identity

    choice(output_format, ("text", "json"), "--format")
    settings = load_settings(
        SettingsOptions(config=config, no_config=no_config, rbac=rbac), verbose=verbosity.full
    )
    if context is not None:
        if rbac:
            raise OptionError("--context uses the bindings of the cluster: leave out --rbac")
        with extra("cluster", "live clusters"):
            from authmap.cli import live

        selection = ClusterSelection([context], connection, verbosity)
        auth_map, bindings = live.pick(path, selection)
    else:
        settings = with_bindings(settings)
        auth_map = pick(path, stdin_filename, settings)
        bindings = settings.options.bindings
    try:
        found = explain_caller(
            auth_map,
            arn,
            account_id=account_id,
            session_name=session_name,
            access_key_id=access_key_id,
            private_dns_name=private_dns_name,
            bindings=bindings,
        )
    except CallerError as error:
        raise OptionError(str(error)) from None
    if output_format == "json":
        console.out(identity.json(found))
    else:
        console.show(identity.render(found))
    raise typer.Exit(int(not found.mapped))
