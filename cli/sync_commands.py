"""`motlan sync` and `motlan golden`: what the pipeline does, without Airflow."""

from typing import Annotated, Any

import typer

from cli.groups import SourceFirst
from cli.options import Json
from cli.terminal import output, print_json, step

syncing = typer.Typer(cls=SourceFirst, help="Synchronise a source, or release a parked batch.")
golden = typer.Typer(help="The golden records.")


@syncing.command(SourceFirst.first)
def sync(
    source: Annotated[str, typer.Argument(help="The source's short name.")],
    full: Annotated[bool, typer.Option("--full", help="Read everything again.")] = False,
    reconcile: Annotated[
        bool, typer.Option("--reconcile", help="Compare keys; read only what differs.")
    ] = False,
    backfill: Annotated[
        tuple[str, str] | None,
        typer.Option(
            "--backfill", metavar="FROM TO", help="Read again what was changed in that time."
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be published; publish nothing.")
    ] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Show a live table meanwhile.")] = False,
    json: Json = False,
) -> None:
    """Synchronise one source now, without Airflow. `motlan sync release` releases a batch."""
    from cli.sync import read_asked, show, synchronise
    from cli.watch import watching

    asked = read_asked(source, full=full, reconcile=reconcile, backfill=backfill or (), dry=dry_run)
    with watching(source, live=watch and not dry_run) as seen:
        done = synchronise(source, asked, seen)
    show(done, json=json)


@syncing.command("release")
def release(
    batch: Annotated[int | None, typer.Argument(help="The parked batch's number.")] = None,
    steward: Annotated[str, typer.Option("--as", help="The name of the steward who signs.")] = "",
    because: Annotated[
        str, typer.Option(help="Why; kept for ever, so name no citizen. Asked for if missing.")
    ] = "",
    listed: Annotated[bool, typer.Option("--list", help="Show what waits.")] = False,
    json: Json = False,
) -> None:
    """Release a parked batch: two different stewards sign, then it is published as they saw it."""
    from cli.release import release_parked, show_waiting

    if listed or batch is None:
        show_waiting(json=json)
        return
    report([release_parked(batch, steward, because)], json=json)


@golden.command("build")
def build_golden(json: Json = False) -> None:
    """Link the published records and build the golden ones, without Airflow."""
    from cli.pipeline import build_golden as build

    with step("Link and build golden records"):
        outcome = build()
    report([outcome], json=json)


def report(outcomes: list[Any], *, json: bool) -> None:
    """Print what stages did."""
    from cli.status import describe

    rows = [describe(outcome) for outcome in outcomes]
    if json:
        print_json({"state": "done", "outcomes": rows})
        return
    for row in rows:
        output.print("  ".join(f"{name}={value}" for name, value in row.items()))
