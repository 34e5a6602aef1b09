"""Starts `motlan` in processes of their own, and tells how they ended."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from three_sources import ROOT

SECONDS_MAX = 120
SERVE = "import sys; sys.path.append('tests/faults'); import zygote; zygote.serve()"


class Zygote:
    """Starts `motlan` in processes of their own, without waiting for its imports."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", SERVE],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(
        self, words: str, environment: Mapping[str, str], log: Path, typed: str = ""
    ) -> "Worker":
        """Run `motlan WORDS` with that on its stdin."""
        request = {
            **{"words": words.split(), "environment": dict(environment)},
            **{"log": str(log), "typed": typed},
        }
        return Worker(self, self._ask(request), log)

    def wait(self, pid: int) -> int:
        """The exit code of a worker; below zero the signal that ended it."""
        return self._ask({"wait": pid})

    def stop(self) -> None:
        """No more workers."""
        with self._process:  # closes the lines to it, and waits
            self._process.terminate()

    def _ask(self, request: Mapping[str, Any]) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer: int = json.loads(self._process.stdout.readline())
        return answer


@dataclass
class Worker:
    """`motlan` in a process of its own."""

    zygote: Zygote
    pid: int
    log: Path

    def wait(self) -> int:
        """Its exit code; below zero the signal that ended it."""
        return self.zygote.wait(self.pid)

    def wait_until_stopped(self) -> None:
        """Wait until it has frozen itself."""
        process = psutil.Process(self.pid)
        deadline = time.monotonic() + SECONDS_MAX
        while (status := process.status()) != psutil.STATUS_STOPPED:
            ended = status == psutil.STATUS_ZOMBIE or time.monotonic() > deadline
            assert not ended, f"it never stopped: {self.log.read_text()}"
            time.sleep(0.02)

    def go_on(self) -> int:
        """Let it go on; its exit code."""
        os.kill(self.pid, signal.SIGCONT)
        return self.wait()


@contextmanager
def open_zygote() -> Iterator[Zygote]:
    """A zygote while the block lasts."""
    zygote = Zygote()
    try:
        yield zygote
    finally:
        zygote.stop()
