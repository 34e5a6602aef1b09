"""`motlan contract`: contracts checked, compared and applied."""

from pathlib import Path
from typing import Annotated

import typer

from cli.options import Json
from cli.terminal import output, print_json, step
from hub.errors import BatchParkedError
from hub.settings import get_settings

contract = typer.Typer(help="The sources' data contracts.")


@contract.command("lint")
def lint_contracts(
    folders: Annotated[
        list[Path] | None, typer.Argument(help="Folders; default: the configured ones.")
    ] = None,
    json: Json = False,
) -> None:
    """Check every contract: unknown keys, misspelt options, impossible promises."""
    from cli.contracts import lint

    checked = lint(tuple(folders) if folders else get_settings().contract_folders)
    if json:
        print_json({"state": "done", "contracts": checked})
        return
    for source, line in checked.items():
        output.print(f"{source}: {line}")


@contract.command("diff")
def compare_contracts(
    old: Annotated[Path, typer.Argument(help="A contract, or a folder of them.")],
    new: Annotated[Path, typer.Argument(help="The same, as it shall be.")],
    json: Json = False,
) -> None:
    """Tell each change of what is promised; exit code 3 when one breaks, 0 when none does."""
    from dataclasses import asdict

    from cli.contracts import diff

    changes = diff(old, new)
    breaking = any(change.breaking for change in changes)
    if json:
        state = "breaking" if breaking else "done"
        print_json({"state": state, "changes": [asdict(change) for change in changes]})
    for change in changes if not json else ():
        output.print(str(change), markup=False)
    if breaking:
        raise typer.Exit(BatchParkedError.exit_code)


@contract.command("apply")
def apply_contracts(json: Json = False) -> None:
    """Lay out the tables of every dataset under contract in the warehouse."""
    from cli.contracts import apply

    with step("Contracts"):
        applied = apply(get_settings().contract_folders)
    if json:
        print_json({"state": "done", "contracts": applied})
