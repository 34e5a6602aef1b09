"""What the command shows: steps with their times on stderr, results on stdout."""

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)

progress = Console(stderr=True, highlight=False, soft_wrap=True)
output = Console(highlight=False)
if not output.is_terminal:
    output.width = 110


@contextmanager
def step(title: str, *, silent: bool = False) -> Iterator[None]:
    """Show a long step while it runs, unless silent, and how long it took when it is done."""
    began = time.monotonic()
    shown = escape(title)
    if progress.is_terminal and not silent:
        with progress.status(f"{shown} …"):
            yield
    else:
        yield
    progress.print(f"[green]✓[/] {shown} [dim]{time.monotonic() - began:.1f} s[/]")


@contextmanager
def bar(title: str) -> Iterator[Callable[[str, float], None]]:
    """Show how far a long step has come; gives the function to tell (what, share done).

    Away from a terminal only the end is shown, as `step` does.
    """
    with step(title, silent=True):
        shown = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            console=progress,
            transient=True,
            disable=not progress.is_terminal,
        )
        with shown:
            task = shown.add_task(escape(title), total=1.0)
            yield lambda what, done: shown.update(
                task, completed=done, description=escape(f"{title}: {what}")
            )


def say(text: str) -> None:
    """Show a line for people, beside what the command prints as its result."""
    progress.print(text)


def print_json(result: Mapping[str, Any]) -> None:
    """The one line that `--json` ends with."""
    sys.stdout.write(json.dumps(result, ensure_ascii=False, sort_keys=True) + "\n")
    sys.stdout.flush()


def print_error(sentence: str) -> None:
    """One sentence for a failure."""
    progress.print(f"[red]✗[/] {escape(sentence)}")
