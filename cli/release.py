"""`motlan sync release`: what waits for a person, and the way two stewards let it through."""

from typing import TYPE_CHECKING, Any

from cli.stewards import ask
from cli.terminal import output, print_json, say, step
from hub.errors import WrongUseError

if TYPE_CHECKING:
    from warehouse.publish import BatchOutcome
    from warehouse.release import Waiting

COUNTS = {
    "read": "rows read",
    "accepted": "new or changed",
    "altered": "published rows altered",
    "went_back": "rows taken back to an older version",
    "ended": "published rows ended",
    "quarantined": "rows put in quarantine",
    "register": "rows published now",
}


def show_waiting(*, json: bool) -> None:
    """Print every parked batch: since when, why, and what to do."""
    from warehouse.release import list_waiting

    found = list_waiting()
    if json:
        print_json({"state": "done", "waiting": [_as_json(item) for item in found]})
        return
    if not found:
        output.print("No batch waits for a person.")
    for item in found:
        output.print(render(item), markup=False)


def render(item: "Waiting") -> str:
    """A parked batch in a few lines."""
    lines = [
        f"Batch {item.batch_id} of {item.stream}, parked since {item.parked_at:%d/%m/%Y %H:%M} UTC"
    ]
    lines.append(f"  why     {item.reason}")
    counted = [
        f"{item.counts[name]} {words}" for name, words in COUNTS.items() if name in item.counts
    ]
    if counted:
        lines.append(f"  would   {', '.join(counted)}")
    if item.signed_by:
        lines.append(f"  signed  by {', '.join(item.signed_by)}")
    lines.append(f"  do      {item.advice}")
    return "\n".join(lines)


def release_parked(batch_id: int, steward: str, reason: str) -> "BatchOutcome":
    """Show what a parked batch would do, take a steward's signature, publish after the second.

    Raises:
        WrongUseError: no steward is named, or the batch can never be released.
        SignInError: the password is not the steward's.
        SecondStewardNeededError: the signature is kept; a second steward must sign.
        StaleWriterError: the warehouse has moved on; the signatures are void.
        BatchParkedError: the batch would do something else than was signed; it is parked anew.
    """
    from sight.steps import seen_step
    from warehouse.publish import release_batch
    from warehouse.release import find_waiting, sign_release
    from warehouse.runs import Run

    if not steward:
        message = f"Say who signs: `motlan sync release {batch_id} --as NAME`."
        raise WrongUseError(message)
    waiting = find_waiting(batch_id)
    say(render(waiting))
    reason = reason or ask("Why is it released? (kept for ever; name no citizen) ")
    password = ask(f"Password of steward {steward}: ", secret=True)
    signed = sign_release(waiting, steward, password, reason)
    restage_lost(batch_id)
    run = Run.of_command(waiting.stream, "release")
    with step(f"Released by {' and '.join(signed)}; publish"), seen_step(run, "publish") as note:
        note.batch_id, released = batch_id, release_batch(batch_id)
        note.rows, note.outcome = released.read, "published"
    return released


def restage_lost(batch_id: int) -> None:
    """Stage a parked batch anew from its landed files, if a crash of the server has emptied it.

    What the stewards have signed are its counts; they are compared when it is published.

    Raises:
        LandingError: its landed files are missing or damaged.
        MotlanError: its contract has changed since, or rows were lost on the way.
    """
    from expectations.judge import judge_again
    from standardisation.batch import standardise_batch
    from warehouse.judged import count_staged
    from warehouse.ledger import find_promise, get_batch

    batch = get_batch(batch_id)
    if batch.state != "parked":
        return
    _, dataset = find_promise(batch)
    if count_staged(dataset, batch_id) != batch.read:
        with step("Staged anew from its landed files"):
            standardise_batch(batch_id)
            judge_again(batch_id)


def _as_json(item: "Waiting") -> dict[str, Any]:
    return {
        "batch_id": item.batch_id,
        "stream": item.stream,
        "since": item.parked_at.isoformat(),
        "causes": item.causes,
        "releasable": item.releasable and item.current,
        "reason": item.reason,
        "counts": dict(item.counts),
        "signed_by": item.signed_by,
        "do": item.advice,
    }
