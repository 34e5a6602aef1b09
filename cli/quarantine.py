"""`motlan quarantine`: which rows wait and why, a look at one, and another try for many."""

import dataclasses
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.table import Table

from cli.stewards import ask
from cli.terminal import output, print_json, say, step
from hub.errors import WrongUseError

if TYPE_CHECKING:
    from warehouse.publish import BatchOutcome
    from warehouse.quarantine import Chosen

quarantine = typer.Typer(help="Rows that break a blocking rule, and wait.")
Json = Annotated[bool, typer.Option("--json", help="End with one line of JSON.")]
Source = Annotated[str | None, typer.Option(help="Only this source's rows.")]
DatasetName = Annotated[str | None, typer.Option(help="Only this dataset's rows.")]
RuleId = Annotated[str | None, typer.Option(help="Only rows that break this rule.")]
State = Literal["open", "resolved", "all"]
SHOWN = ("id", "stream", "key", "rule", "reason", "owner", "since", "in batches", "state")


@quarantine.command("list")
def show_list(
    source: Source = None,
    dataset: DatasetName = None,
    rule: RuleId = None,
    state: Annotated[State, typer.Option(help="open, resolved or all.")] = "open",
    json: Json = False,
) -> None:
    """Show rows by key, rule, reason, owner and age; never a value."""
    from warehouse.quarantine import Chosen, list_rows

    found = list_rows(Chosen(source, dataset, rule, state=state))
    if json:
        rows = [
            {**dataclasses.asdict(row), "created_at": row.created_at.isoformat()} for row in found
        ]
        print_json({"state": "done", "rows": rows})
        return
    if not found:
        output.print("No such row is in quarantine.")
        return
    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading in SHOWN:
        table.add_column(heading, overflow="fold")
    for row in found:
        cells = (row.quarantine_id, row.stream, row.record_id, row.rule_id, row.reason_code)
        since = f"{row.created_at:%d/%m/%Y}"
        batches = f"{row.first_batch_id} to {row.batch_id}"
        table.add_row(*map(str, (*cells, row.owner, since, batches, row.state)))
    output.print(table)


@quarantine.command("show")
def show(
    quarantine_id: Annotated[int, typer.Argument(help="The row's id, from `quarantine list`.")],
    steward: Annotated[str, typer.Option("--as", help="The name of the steward who looks.")] = "",
    because: Annotated[
        str, typer.Option(help="Why; kept for ever, so name no citizen. Asked for if missing.")
    ] = "",
    json: Json = False,
) -> None:
    """Open one row as it was landed, for a signed-in steward; who looked, when and why is kept."""
    from warehouse.quarantine import open_row

    if not steward:
        message = f"Say who looks: `motlan quarantine show {quarantine_id} --as NAME`."
        raise WrongUseError(message)
    because = because or ask("Why is it opened? (kept for ever; name no citizen) ")
    password = ask(f"Password of steward {steward}: ", secret=True)
    rows = open_row(quarantine_id, steward, password, because)
    if json:
        print_json({"state": "done", "rows": rows})
        return
    for row in rows:
        for name, value in row.items():
            output.print(f"{name:<24} {'' if value is None else value}", markup=False)


@quarantine.command("replay")
def replay(
    source: Source = None,
    dataset: DatasetName = None,
    rule: RuleId = None,
    ids: Annotated[
        list[int] | None, typer.Option("--id", help="Only this row; repeatable.")
    ] = None,
    json: Json = False,
) -> None:
    """Read and judge waiting rows again by today's contract and rules; publish what passes."""
    from cli.status import describe
    from warehouse.quarantine import Chosen

    outcomes = replay_rows(Chosen(source, dataset, rule, tuple(ids or ())))
    if json:
        print_json({"state": "done", "outcomes": [describe(outcome) for outcome in outcomes]})
        return
    if not outcomes:
        say("No such row waits for another try.")
    for outcome in outcomes:
        passed = outcome.accepted + outcome.unchanged + outcome.superseded
        output.print(f"{outcome.stream}: {passed} of {outcome.read} rows pass ({outcome.state})")


def replay_rows(chosen: "Chosen") -> list["BatchOutcome"]:
    """Replay the chosen rows, one batch a stream; one outcome a batch.

    Raises:
        MotlanError: a step failed or parked its batch; earlier streams stay published.
    """
    from warehouse.quarantine import list_streams_to_replay

    outcomes = []
    for stream in list_streams_to_replay(chosen):
        with step(f"Replay quarantined rows of {stream}"):
            outcome = replay_stream(stream, chosen)
        if outcome is not None:
            outcomes.append(outcome)
    return outcomes


def replay_stream(stream: str, chosen: "Chosen") -> "BatchOutcome | None":
    """Replay the chosen rows of one stream, as a run of it; None where none waits any more.

    Raises:
        MotlanError: a step failed or parked the batch.
    """
    from connectors.replay import land_replay
    from expectations.judge import judge_batch
    from hub.contract import find_dataset
    from sight.steps import seen_step
    from standardisation.batch import standardise_batch
    from warehouse.ledger import apply_contract
    from warehouse.publish import publish_batch
    from warehouse.runs import Run

    run = Run.of_command(stream, "replay")
    with seen_step(run, "plan") as note:
        apply_contract(find_dataset(stream)[0])
        batch_id = note.batch_id = land_replay(stream, chosen)
        if batch_id is None:
            note.outcome = "nothing_new"
            return None
    with seen_step(run, "load"):
        standardise_batch(batch_id)
    with seen_step(run, "judge"):
        judge_batch(batch_id)
    with seen_step(run, "publish") as note:
        outcome = publish_batch(batch_id)
        note.rows = outcome.read
        note.outcome = "published" if outcome.state == "published" else "nothing_new"
    return outcome
