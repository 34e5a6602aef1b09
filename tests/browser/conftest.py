"""A Chromium and the dashboard in it. The pages make no request beyond their own address."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from cli.processes import find_free_ports

OPTIONS = [
    *("--disable-background-networking", "--disable-component-update", "--disable-gpu"),
    *("--disable-quic", "--disable-sync", "--no-first-run", "--no-sandbox"),
]


@pytest.fixture
def address(warehouse: Any) -> Iterator[str]:
    """The dashboard, started as `motlan up` starts it."""
    port = find_free_ports(1)[0]
    command = [sys.executable, "-m", "uvicorn", "--factory", "dashboard.app:create_app"]
    with subprocess.Popen(
        [*command, "--port", str(port), "--no-access-log", "--log-level", "warning"],
        env=dict(os.environ),
    ) as process:
        try:
            yield wait_for(f"http://127.0.0.1:{port}")
        finally:
            process.terminate()


def wait_for(address: str) -> str:
    """The address once it answers."""
    for _ in range(200):
        try:
            httpx.get(f"{address}/healthz").raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            return address
    raise TimeoutError(address)


@pytest.fixture(scope="session")
def chrome(chromium: str) -> Iterator[Any]:
    """A headless Chromium, one a process."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=OPTIONS)
        yield started
        started.close()


@pytest.fixture
def browser(chrome: Any) -> Iterator[Any]:
    """A profile of its own for one test."""
    context = chrome.new_context()
    yield context
    context.close()
