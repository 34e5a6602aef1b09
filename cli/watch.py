"""`motlan sync --watch`: a live table of the datasets while they are synchronised."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rich.console import Console
from rich.live import Live
from rich.table import Table

from cli import terminal
from cli.words import say_age, say_number
from hub.contract import get_contract
from hub.errors import MotlanError
from sight.steps import seen_step
from warehouse.runs import Run, StepNote
from warehouse.status import StreamStatus, read_status

if TYPE_CHECKING:
    from cli.pipeline import Watch

COLUMNS = ("dataset", "step", "rows", "rows/s", "behind", "quarantine", "cursor", "took")
_REFRESH = 4
_WIDE = 100
_DONE = {"published": "✓ published", "nothing_new": "✓ nothing new"}
_MOVING = ("load",)
"""The steps whose rows are counted: the others look at the same rows again."""


@contextmanager
def watching(source: str, *, live: bool) -> Iterator["Watch"]:
    """Show that a source is synchronised; gives what `run_sync` enters around each step.

    Args:
        live: as a table of its datasets, which stays when the block has ended.
    """
    if not live:
        with terminal.step(f"Synchronise {source}"):
            yield seen_step
        return
    board = Board([dataset.stream for dataset in get_contract(source).datasets], terminal.progress)
    with board.shown():
        yield board.watch


@dataclass
class Line:
    """One dataset: what it does now, and what it has done."""

    dataset: str
    step: str = "waits"
    began: float | None = None
    ended: float | None = None
    notes: list[StepNote] = field(default_factory=list)
    loading: float = 0.0
    load_began: float | None = None
    status: StreamStatus | None = None

    @property
    def rows(self) -> int:
        """Rows read so far."""
        return sum(note.rows for note in self.notes)

    def cells(self, now: float) -> tuple[str, ...]:
        """What the table shows of it, by `COLUMNS`."""
        loading = self.loading + (now - self.load_began if self.load_began else 0.0)
        rate = self.rows / loading if loading and self.notes else None
        took = (self.ended or now) - self.began if self.began else None
        status = self.status
        return (
            self.dataset,
            self.step,
            say_number(self.rows) if self.notes else "",
            say_number(rate),
            say_age(status.behind_seconds) if status else "",
            say_number(status.open_quarantine) if status else "",
            say_age(status.cursor_age_seconds) if status else "",
            say_age(took),
        )


class Board:
    """The datasets of a source, as their steps tell it; shown live, or line by line."""

    def __init__(
        self,
        datasets: list[str],
        console: Console,
        read: Callable[[], list[StreamStatus]] = lambda: read_status("pipeline"),
    ) -> None:
        self._console = console
        self._read = read
        self._lines: dict[str, Line] = {name: Line(name.partition(".")[2]) for name in datasets}

    @property
    def lines(self) -> Mapping[str, Line]:
        """Stream -> its line."""
        return self._lines

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Show the table while the block runs; the last one stays. Elsewhere, a line a step."""
        if not self._console.is_terminal:
            try:
                yield
            finally:
                self._console.print(self.render())
            return
        with Live(
            get_renderable=self.render,
            console=self._console,
            refresh_per_second=_REFRESH,
        ):
            yield

    @contextmanager
    def watch(self, run: Run, step: str, part: int = 0) -> Iterator[StepNote]:
        """Around each step of a run: see it, and show it."""
        line = self._lines[run.stream]
        began = time.monotonic()
        line.began = line.began or began
        line.step = step if part == 0 else f"{step} {part + 1}"
        try:
            with seen_step(run, step, part) as note:
                if step in _MOVING:
                    line.notes.append(note)
                    line.load_began = began
                yield note
        except BaseException:
            line.step = f"✗ at {step}"
            line.ended = time.monotonic()
            raise
        finally:
            if step in _MOVING:
                line.loading += time.monotonic() - began
                line.load_began = None
            self._refresh()
            if not self._console.is_terminal:
                self._say(line, step, time.monotonic() - began)
        if note.outcome:
            line.step, line.ended = _DONE[note.outcome], time.monotonic()

    def render(self) -> Table:
        """The table as it stands now."""
        now = time.monotonic()
        gap = 2 if self._console.width >= _WIDE else 1
        table = Table(box=None, padding=(0, gap, 0, 0))
        for name in COLUMNS:
            side = "left" if name in ("dataset", "step") else "right"
            table.add_column(name, justify=side, no_wrap=True)  # type: ignore[arg-type]
        for line in self._lines.values():
            table.add_row(*line.cells(now))
        return table

    def _refresh(self) -> None:
        """Read how the streams stand; without the warehouse the table shows what it knew."""
        try:
            found = {status.stream: status for status in self._read()}
        except MotlanError:
            return
        for name, line in self._lines.items():
            line.status = found.get(name, line.status)

    def _say(self, line: Line, step: str, seconds: float) -> None:
        rows = f"  {line.rows:,} {'row' if line.rows == 1 else 'rows'}" if step in _MOVING else ""
        self._console.print(f"{line.dataset}  {line.step}{rows}  {seconds:.1f} s", markup=False)
