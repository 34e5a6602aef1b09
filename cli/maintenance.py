"""`motlan maintenance`: what the DAG of that name does, without Airflow."""

from typing import Annotated

import typer

from cli.terminal import output, print_json, step
from hub.errors import MotlanError, WrongUseError
from hub.retention import DUTIES

maintenance = typer.Typer(help="What has outlived its time, and the landing keys.")
Json = Annotated[bool, typer.Option("--json", help="End with one line of JSON.")]


@maintenance.callback()
def group() -> None:
    """Keep the group a group, though it has one command."""


@maintenance.command("run")
def run(
    only: Annotated[
        list[str] | None, typer.Option(help=f"One of {', '.join(DUTIES)}; repeatable.")
    ] = None,
    json: Json = False,
) -> None:
    """Delete what has outlived its time and renew the keys; say what was deleted."""
    from warehouse.maintenance import run_duty

    unknown = sorted(set(only or ()) - set(DUTIES))
    if unknown:
        message = f"There is no duty {unknown[0]!r}; there are {', '.join(DUTIES)}."
        raise WrongUseError(message)
    done: dict[str, dict[str, int]] = {}
    failed: list[str] = []
    for duty in DUTIES:
        if only and duty not in only:
            continue
        try:
            with step(f"Maintenance: {duty}"):
                done[duty] = run_duty(duty)
        except MotlanError as error:
            failed.append(f"{duty}: {error}")
    if not only:
        tell(done, failed)
    for duty, numbers in done.items() if not json else ():
        said = "  ".join(f"{name}={number:,}" for name, number in numbers.items())
        output.print(f"{duty:<11}{said}")
    if failed:
        raise MotlanError(" ".join(failed))
    if json:
        print_json({"state": "done", "duties": done})


def tell(done: dict[str, dict[str, int]], failed: list[str]) -> None:
    """Tell the open alerts that somebody was not told yet."""
    from sight.telling import tell_alerts

    try:
        told = tell_alerts()
    except MotlanError as error:
        failed.append(f"tell: {error}")
        return
    done["tell"] = {"told": told.told, "not_told": told.failed}
