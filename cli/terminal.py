"""What the command shows: steps with their times on stderr, results on stdout."""

import json
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.markup import escape

progress = Console(stderr=True, highlight=False, soft_wrap=True)
output = Console(highlight=False)
if not output.is_terminal:
    output.width = 110


@contextmanager
def step(title: str) -> Iterator[None]:
    """Show a long step while it runs and how long it took when it is done."""
    began = time.monotonic()
    shown = escape(title)
    if progress.is_terminal:
        with progress.status(f"{shown} …"):
            yield
    else:
        yield
    progress.print(f"[green]✓[/] {shown} [dim]{time.monotonic() - began:.1f} s[/]")


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
