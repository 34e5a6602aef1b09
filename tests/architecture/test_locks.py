"""Every package is pinned by hash, no registry is named, and the images' locks are subsets."""

import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "requirements"
LOCKS = sorted(FOLDER.glob("*.txt"))
PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*(?:\[[a-z,]+\])?)==(\S+)", re.MULTILINE)


def find_faults(lock: str) -> list[str]:
    """What is wrong with a lock: lines that name a registry, packages without a hash."""
    faults = [
        line
        for line in lock.splitlines()
        if re.match(r"\s*(-i|-f|--index|--extra-index|--find-links|--trusted)|.*://", line)
    ]
    for block in re.split(r"\n(?=[a-z0-9])", lock):
        pinned = PIN.match(block)
        if pinned is None or "--hash=sha256:" not in block:
            faults.append(block.splitlines()[0] if block else "(empty)")
    return faults


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_a_lock_is_hashed_and_names_no_registry(lock: Path) -> None:
    assert find_faults(lock.read_text(encoding="utf-8").rstrip()) == []


@pytest.mark.parametrize(
    "fault",
    ["idna==3.20", "--index-url https://registry.example/simple", "idna @ https://x.example/idna"],
)
def test_a_fault_in_a_lock_would_be_found(fault: str) -> None:
    whole = "httpx==1 \\\n    --hash=sha256:00\n"
    assert find_faults(whole.rstrip()) == []
    assert find_faults(whole + fault)


def test_the_images_use_the_versions_of_the_full_lock() -> None:
    locks = {path.stem: dict(PIN.findall(path.read_text(encoding="utf-8"))) for path in LOCKS}
    full = locks.pop("motlan")
    assert locks.pop("bench")  # the peers of the benchmarks, in an environment of their own
    assert set(locks) == {"dashboard", "lookup", "pipeline", "uv"}
    for pins in locks.values():
        assert pins.items() <= full.items()


@pytest.mark.parametrize("image", ["lookup", "dashboard"])
def test_a_reading_image_needs_no_pipeline(image: str) -> None:
    pins = dict(PIN.findall((FOLDER / f"{image}.txt").read_text(encoding="utf-8")))
    assert not {"apache-airflow", "great-expectations", "polars", "pyarrow"} & set(pins)
