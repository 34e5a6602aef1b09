"""`motlan sync SOURCE`: what is asked for, and what comes of it in words."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cli.terminal import output, print_json
from hub.contract import Contract, get_contract
from hub.errors import WrongUseError

if TYPE_CHECKING:
    from cli.pipeline import Watch
    from connectors.base import Asked
    from warehouse.preview import Preview
    from warehouse.publish import BatchOutcome

KINDS = ("new", "altered", "ended", "unchanged", "superseded", "quarantined")


def read_asked(
    source: str, *, full: bool, reconcile: bool, backfill: Sequence[str], dry: bool
) -> "Asked":
    """What the options ask for.

    Args:
        backfill: from when to when; empty for none.

    Raises:
        WrongUseError: they do not go together, or a time cannot be read.
    """
    from connectors.base import Asked

    if sum((full, reconcile, bool(backfill))) > 1:
        message = "Ask for one of --full, --reconcile and --backfill; they read different rows."
        raise WrongUseError(message)
    if backfill:
        begin, end = (_read_moment(text, get_contract(source)) for text in backfill)
        if begin >= end:
            message = f"--backfill reads from {backfill[0]} to before {backfill[1]}; swap them."
            raise WrongUseError(message)
        return Asked("backfill", (begin, end), dry=dry)
    return Asked("full" if full else "reconcile" if reconcile else "normal", dry=dry)


@dataclass
class Done:
    """What a run has published, or a dry one would; and what was found of each stream's keys."""

    outcomes: Sequence["BatchOutcome"] = ()
    previews: Sequence["Preview"] | None = None
    verdicts: dict[str, Mapping[str, Any]] = field(default_factory=dict)


def synchronise(source: str, asked: "Asked", watch: "Watch") -> Done:
    """Do what is asked for.

    Raises:
        MotlanError: a step failed or parked its batch; earlier datasets stay published.
    """
    from cli.pipeline import run_dry, run_sync

    done = Done()
    if asked.dry:
        done.previews = run_dry(source, asked, tell=done.verdicts.__setitem__)
    else:
        done.outcomes = run_sync(source, asked, watch=watch, tell=done.verdicts.__setitem__)
    return done


def show(done: Done, *, json: bool) -> None:
    """Print what was published or would be, and on what comparison of keys."""
    from cli.status import describe

    if json:
        rows: Sequence[Any] = [describe(outcome) for outcome in done.outcomes]
        state = "done"
        if done.previews is not None:
            state, rows = "dry", [asdict(preview) for preview in done.previews]
        compared = {"compared": _as_json(done.verdicts)} if done.verdicts else {}
        print_json({"state": state, "outcomes": rows, **compared})
        return
    for stream, verdict in done.verdicts.items():
        output.print(f"{stream}: {_say(verdict)}", markup=False)
    for outcome in done.outcomes:
        line = "  ".join(f"{name}={value}" for name, value in describe(outcome).items())
        output.print(line, markup=False)
    for preview in done.previews or ():
        output.print(render(preview), markup=False)
    if done.previews is not None:
        output.print("Nothing was published; this was a dry run.")
    elif done.verdicts and not done.outcomes:
        output.print("Nothing differs; nothing was published.")


def render(preview: "Preview") -> str:
    """What one batch would do, in a few lines."""
    counted = ", ".join(f"{getattr(preview, kind)} {kind}" for kind in KINDS)
    lines = [f"{preview.stream} ({preview.mode}): {preview.read} rows read; {counted}"]
    lines += [f"  quarantine  {rows} rows by {rule}" for rule, rows in preview.rules.items()]
    for kind, keys in preview.keys.items():
        more = " …" if getattr(preview, kind) > len(keys) else ""
        lines.append(f"  {kind:<11} {', '.join(keys)}{more}")
    lines += [f"  would stop  {sentence}" for sentence in preview.stopped_by]
    return "\n".join(lines)


def _read_moment(text: str, contract: Contract) -> datetime:
    """A day or a time; without an offset it is local time of the contract's time zone."""
    from connectors.base import parse_moment

    try:
        return parse_moment(text, contract)
    except ValueError:
        message = f"{text!r} is no time; write 2026-07-01 or 2026-07-01T18:30:00+07:00."
        raise WrongUseError(message) from None


def _say(verdict: Mapping[str, Any]) -> str:
    from connectors.reconcile import Verdict

    return str(Verdict(**verdict))


def _as_json(verdicts: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Each verdict with how many buckets differ; which ones stands in the ledger."""
    return {
        stream: {**verdict, "differed": len(verdict["differed"])}
        for stream, verdict in verdicts.items()
    }
