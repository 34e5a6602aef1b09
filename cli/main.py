"""The `motlan` command. Exit codes: 0 done, 1 failed, 2 wrong use, 3 parked and waiting.

A failure is one sentence on stderr. What a developer needs beside it (where in the code, never
which values) goes to `<home>/logs/motlan.log`. Heavy modules are imported inside the commands, so
that `motlan --help` answers at once and a lookup machine needs no pipeline.
"""

import errno
import os
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from cli.contract_commands import contract
from cli.maintenance import maintenance
from cli.options import PROFILE, SEED, Json, Profile, Seed, home
from cli.province_commands import province
from cli.quarantine import quarantine
from cli.stewards import stewards
from cli.sync_commands import golden, syncing
from cli.terminal import output, print_error, print_json, say, step
from hub.errors import BatchParkedError, MotlanError
from hub.settings import get_settings

INTERRUPTED = 130

app = typer.Typer(
    name="motlan",
    help="The hub that lets a province ask its people once.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
environment = typer.Typer(help="Env files for other ways to run the services.")
bench = typer.Typer(help="How fast the hub is, beside its peers.")
app.add_typer(province, name="province", no_args_is_help=True)
app.add_typer(golden, name="golden", no_args_is_help=True)
app.add_typer(contract, name="contract", no_args_is_help=True)
app.add_typer(environment, name="env", no_args_is_help=True)
app.add_typer(bench, name="bench", no_args_is_help=True)
app.add_typer(syncing, name="sync")
app.add_typer(stewards, name="steward", no_args_is_help=True)
app.add_typer(quarantine, name="quarantine", no_args_is_help=True)
app.add_typer(maintenance, name="maintenance", no_args_is_help=True)

FreePorts = Annotated[
    bool, typer.Option("--free-ports", help="Move services whose usual port is taken.")
]


@app.command()
def up(
    profile: Profile = PROFILE, seed: Seed = SEED, free_ports: FreePorts = False, json: Json = False
) -> None:
    """Start every service in the background; what runs already stays."""
    from cli.processes import Supervisor, locked
    from cli.start import start_all
    from cli.status import list_addresses

    with locked(home()):
        services = start_all(Supervisor(home()), profile=profile, seed=seed, free_ports=free_ports)
    addresses = list_addresses(services)
    if json:
        print_json({"state": "up", "addresses": addresses})
        return
    for name, address in addresses.items():
        output.print(f"{name:<10} {address}")


@app.command()
def down(json: Json = False) -> None:
    """Stop every service, also those that a killed run left behind."""
    from cli.processes import Supervisor, locked

    with locked(home()), step("Services stopped"):
        stopped = Supervisor(home()).stop()
    if json:
        print_json({"state": "down", "stopped": stopped})


@app.command()
def status(json: Json = False) -> None:
    """Show which services run and how fresh each stream is."""
    from cli.status import read_state, render_state

    state = read_state(home())
    if json:
        print_json(state)
    else:
        render_state(state, output)


@app.command()
def demo(
    check: Annotated[
        bool, typer.Option("--check", help="Headless: compare with the truth, then stop.")
    ] = False,
    profile: Profile = PROFILE,
    seed: Seed = SEED,
    free_ports: FreePorts = False,
    json: Json = False,
) -> None:
    """Run everything, synchronise three sources and print one prefilled dossier."""
    from cli.demo import Demo, check_demo, run_demo

    if check:
        os.environ.setdefault("MOTLAN_HOME", str(Path(".motlan-check").absolute()))
    try:
        run = check_demo if check else run_demo
        result = run(Demo(home(), profile, seed, free_ports=free_ports or check))
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
    if json:
        print_json(result)
    elif check:
        say(
            f"Passed in {result['seconds']:.0f} s: {len(result['runs'])} DAG runs, "
            f"{result['balanced_batches']} balanced batches, {result['rows']} rows as at their "
            f"sources, {len(result['prefills'])} prefills."
        )


@app.command()
def prepare(json: Json = False) -> None:
    """Keys, migrations and tables for services that run elsewhere; `up` does it by itself."""
    from cli.start import make_keys, prepare_airflow_login, prepare_warehouse

    settings = get_settings()
    make_keys(settings.home)
    with step("Warehouse: roles, migrations, contracts, the demo desk"):
        prepare_warehouse(settings.values)
    prepare_airflow_login(settings.home / "airflow", settings.get("MOTLAN_PASSWORD_AIRFLOW_ADMIN"))
    if json:
        print_json({"state": "prepared"})


@environment.command("compose")
def compose(json: Json = False) -> None:
    """Write compose.env, the secrets of docker-compose.yml, for its owner's eyes only."""
    from cli.compose import write_compose_environment

    path = write_compose_environment(Path("compose.env").absolute())
    if json:
        print_json({"state": "written", "path": str(path)})
    else:
        say(f"{path} holds the secrets; `docker compose up` reads it.")


@bench.command("sync")
def bench_sync(
    rows: Annotated[int, typer.Option(help="Rows of the register that is synchronised.")] = 100_000,
    peers: Annotated[bool, typer.Option(help="Measure the bare COPY pipe and dlt too.")] = True,
    json: Json = False,
) -> None:
    """Time full, incremental and no-change synchronisation on servers of its own."""
    from cli.bench import measure_sync

    figures = measure_sync(rows, peers=peers)
    steps = figures.pop("steps")
    for run, seconds in steps.items():
        say(f"{run}: " + "  ".join(f"{name}={value}" for name, value in seconds.items()))
    if json:
        print_json(figures)
        return
    for name, value in figures.items():
        output.print(f"{name:<18} {value}")


def main() -> None:
    """Run the command; every failure ends in one sentence and its exit code."""
    try:
        app()
    except MotlanError as error:
        fail(str(error), error.exit_code)
    except OSError as error:
        write_trace(error)
        fail(explain_os_error(error))
    except Exception as error:
        log = write_trace(error)
        fail(f"An unforeseen {type(error).__name__} stopped the command: {log} says where.")


def fail(sentence: str, exit_code: int = 1) -> NoReturn:
    """Say what went wrong, for a machine too when it asked for JSON, and end."""
    print_error(sentence)
    if "--json" in sys.argv:
        state = "parked" if exit_code == BatchParkedError.exit_code else "failed"
        print_json({"state": state, "error": sentence})
    sys.exit(exit_code)


def explain_os_error(error: OSError) -> str:
    """One sentence for what the machine refused."""
    place = error.filename or home()
    if error.errno == errno.ENOSPC:
        return f"No disk space left at {place}: free some, or set MOTLAN_HOME to another disk."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"{place} may not be written: give yourself access, or set MOTLAN_HOME elsewhere."
    return f"The machine refused {place}: {error.strerror or type(error).__name__}."


def write_trace(error: BaseException) -> Path:
    """Log where in the code an error arose: its type and frames, no message and no value."""
    path = home() / "logs" / "motlan.log"
    frames = traceback.extract_tb(error.__traceback__)
    lines = [f"  {frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    now = datetime.now(UTC).isoformat(timespec="seconds")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as log:
            log.write("\n".join([f"{now} {type(error).__name__}", *lines]) + "\n")
    except OSError:
        print_error(f"{path} cannot be written either.")
    return path
