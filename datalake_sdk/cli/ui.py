"""`datalake_sdk ui`: the data catalogue in the browser, or as a static site."""

from __future__ import annotations

from pathlib import Path

import click

from datalake_sdk.cli.examples import example
from datalake_sdk.cli.imports import import_libraries
from datalake_sdk.cli.lake import Lake
from datalake_sdk.cli.options import json_option, token_option
from datalake_sdk.cli.printing import print_fields, print_json
from datalake_sdk.errors import MissingExtraError
from datalake_sdk.sizes import size_text


@click.command("ui", epilog=example("ui --export site"))
@click.option("--port", type=click.IntRange(0, 65535), default=8767, show_default=True, help="Port; 0 is a free one.")
@click.option(
    "--host",
    metavar="ADDRESS",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on. Addresses other than loopback require --token.",
)
@token_option("DATALAKE_UI_TOKEN", "Token that browsers must present once, as ?token=TOKEN.  [default: none]")
@click.option(
    "--export",
    "folder",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Write the pages as a static site into this folder instead of serving them.",
)
@json_option
@click.pass_obj
def ui(lake: Lake, port: int, host: str, token: str | None, folder: Path | None, as_json: bool) -> None:
    """Shows the data catalogue in the browser; read-only, with the permissions of the caller.

    It listens on 127.0.0.1 until Ctrl-C. Requires the extra `ui`.
    """
    import_libraries()
    try:
        from datalake_sdk.ui.export import export
        from datalake_sdk.ui.server import PageServer
        from datalake_sdk.ui.site import Site
    except ModuleNotFoundError as error:
        raise MissingExtraError("ui", error.name or str(error)) from error
    if folder is None:
        server = PageServer(Site(lake.open()), host, port, token)
        click.echo(server.url, err=True)
        server.run()
        return
    exported = export(Site(lake.open()), folder)
    if as_json:
        print_json(exported.as_dict())
        return
    print_fields(
        {
            "folder": exported.folder,
            "pages": f"{exported.pages:,}",
            "size": size_text(exported.bytes),
            "errors": f"{len(exported.failed):,}",
        }
    )
