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
from typing import Annotated, Any, NoReturn

import typer

from cli.groups import SourceFirst
from cli.maintenance import maintenance
from cli.quarantine import quarantine
from cli.stewards import stewards
from cli.terminal import output, print_error, print_json, say, step
from hub.errors import BatchParkedError, MotlanError
from hub.settings import get_settings

INTERRUPTED = 130
PROFILE = "tiny"
SEED = 20250701

app = typer.Typer(
    name="motlan",
    help="The hub that lets a province ask its people once.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
province = typer.Typer(help="The synthetic province that the mock sources hold.")
golden = typer.Typer(help="The golden records.")
contract = typer.Typer(help="The sources' data contracts.")
environment = typer.Typer(help="Env files for other ways to run the services.")
bench = typer.Typer(help="How fast the hub is, beside its peers.")
syncing = typer.Typer(cls=SourceFirst, help="Synchronise a source, or release a parked batch.")
app.add_typer(province, name="province", no_args_is_help=True)
app.add_typer(golden, name="golden", no_args_is_help=True)
app.add_typer(contract, name="contract", no_args_is_help=True)
app.add_typer(environment, name="env", no_args_is_help=True)
app.add_typer(bench, name="bench", no_args_is_help=True)
app.add_typer(syncing, name="sync")
app.add_typer(stewards, name="steward", no_args_is_help=True)
app.add_typer(quarantine, name="quarantine", no_args_is_help=True)
app.add_typer(maintenance, name="maintenance", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="End with one line of JSON.")]
FreePorts = Annotated[
    bool, typer.Option("--free-ports", help="Move services whose usual port is taken.")
]
Profile = Annotated[str, typer.Option(help="Size of the synthetic province, when there is none.")]
Seed = Annotated[int, typer.Option(help="Makes the same province again.")]
ProvinceFolder = Annotated[
    Path | None, typer.Option("--out", help="Its folder; default <home>/province.")
]


def home() -> Path:
    """The state folder of this call."""
    return get_settings().home


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


@province.command("make")
def make_province(
    profile: Profile = PROFILE,
    seed: Seed = SEED,
    province: Annotated[str, typer.Option(help="22, 66, 20 or 08: today's code.")] = "22",
    noise: Annotated[
        list[str] | None,
        typer.Option(help="KIND=RATE, such as N5=0.02, land_registry.N5=0 or all=0; repeatable."),
    ] = None,
    out: ProvinceFolder = None,
    keep: Annotated[bool, typer.Option("--keep", help="Leave a province that is there.")] = False,
    canaries: Annotated[
        int, typer.Option(help="Add people with unmistakable names, to search logs for.")
    ] = 0,
    json: Json = False,
) -> None:
    """Make the synthetic province and the truth about it."""
    from cli.province import make_province as make
    from cli.province import read_options

    folder = (out or home() / "province").absolute()
    if keep and (folder / "province.json").exists():
        say(f"{folder} holds a province already.")
        return
    made = make(folder, profile, seed, read_options(province, canaries, noise or ()))
    if json:
        print_json({"state": "made", "folder": str(folder), **made})


@province.command("live")
def live_on(
    days: Annotated[int, typer.Option(help="How many days pass.")] = 1,
    seed: Annotated[int | None, typer.Option(help="Default: the province's own.")] = None,
    json: Json = False,
) -> None:
    """Let the world go on: the owners write into their source systems, which must run."""
    from cli.province import live_on as live
    from cli.start import find_services

    lived = live(home(), find_services(home()), days=days, seed=seed)
    if json:
        print_json({"state": "lived", **lived})
        return
    for kind, count in lived["events"].items():
        output.print(f"{count:>8,}  {kind}")


@province.command("describe")
def describe_province(
    out: ProvinceFolder = None,
    html: Annotated[Path | None, typer.Option(help="Write a picture of it to this file.")] = None,
    json: Json = False,
) -> None:
    """Say what the province holds: in figures, or as one page to look at."""
    from cli.province import describe
    from mocks.province.describe import render_html, render_text

    figures = describe((out or home() / "province").absolute())
    if html:
        html.write_text(render_html(figures), encoding="utf-8")
        say(f"Open {html.absolute()} in a browser.")
    elif not json:
        output.print(render_text(figures), markup=False)
    if json:
        print_json({"state": "described", **figures})


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
