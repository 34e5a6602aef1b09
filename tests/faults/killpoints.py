"""The table: which fault strikes at which point of which source's run, and why the others do not.

A point is named once in the code by ``reach("K05")`` (K04 once in each transport). The table is
complete: 24 points x 3 sources x 4 faults, each cell either a case or a reason.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, Literal, NamedTuple

from three_sources import SOURCES

SOAK: Final = os.environ.get("MOTLAN_SOAK") == "1"
"""Whether all cells are run; otherwise a quarter of them, with every point, source and fault."""
PACKAGES: Final = (
    *("connectors", "standardisation", "expectations", "warehouse", "sight", "cli", "dags"),
)
"""Where a point may stand."""
Fault = Literal["SIGKILL", "SIGSTOP", "exception", "server stop"]
FAULTS: Final[tuple[Fault, ...]] = ("SIGKILL", "SIGSTOP", "exception", "server stop")
"""Killed; frozen while another copy runs to the end, then let go; an error that nobody foresaw;
the warehouse's server stopped at once (SIGQUIT) and started again under the frozen worker."""


class Point(NamedTuple):
    """A named point: where it is, and whether the batch is published by then."""

    name: str
    where: str
    module: str
    committed: bool = False


class Case(NamedTuple):
    """One cell of the table that is run."""

    point: Point
    source: str
    fault: Fault

    @property
    def label(self) -> str:
        """How a test is called: ``K05-population-SIGKILL``."""
        return f"{self.point.name}-{self.source}-{self.fault.replace(' ', '-')}"


POINTS: Final = (
    Point("K01", "the batch and its parts are entered in the ledger", "connectors/land.py"),
    Point("K02", "the fence is taken", "warehouse/ledger.py"),
    Point("K03", "a page is complete", "connectors/base.py"),
    Point("K04", "a page, a result or a file is received in part", "connectors/"),
    Point("K05", "a landed file is written and has no name yet", "warehouse/zone.py"),
    Point("K06", "a chunk is landed", "warehouse/landing.py"),
    Point("K07", "a chunk is standardised", "standardisation/batch.py"),
    Point("K08", "the suite is about to run", "expectations/judge.py"),
    Point("K09", "the verdict is stored, the batch is not yet judged", "expectations/judge.py"),
    Point("K10", "quarantine is written", "warehouse/publication.py"),
    Point("K11", "in the middle of COPY", "warehouse/stage.py"),
    Point("K12", "the rows are staged", "connectors/land.py"),
    Point("K13", "the new versions are merged", "warehouse/publication.py"),
    Point("K14", "before rows that have left are removed", "warehouse/publication.py"),
    Point("K15", "after rows that have left are removed", "warehouse/publication.py"),
    Point("K16", "the cursor is set, nothing is committed", "warehouse/publication.py"),
    Point("K17", "committed, the answer not acted on", "warehouse/publish.py", committed=True),
    Point("K18", "published, and nobody is told yet", "warehouse/publish.py", committed=True),
    Point("K19", "the asset event is sent", "dags/sync.py", committed=True),
    Point("K20", "before lineage and alerts are sent", "sight/steps.py", committed=True),
    Point("K21", "a stage table is removed, not committed", "warehouse/parts.py", committed=True),
    Point("K22", "before a file is moved to an archive", "", committed=True),
    Point("K23", "after a file was moved to an archive", "", committed=True),
    Point("K24", "between a seal and its checkpoint", "", committed=True),
)
ABSENT: Final = {
    "K19": "only a DAG emits an asset event; tests/faults/test_airflow.py kills tasks there",
    "K22": "the hub moves no file: drops stay where their owner put them",
    "K23": "the hub moves no file: drops stay where their owner put them",
    "K24": "no sync seals anything; the access log does, and has its own tests",
}
"""Points that the path of a sync does not have."""


def list_cases() -> Iterator[Case]:
    """Every cell that applies, point by point."""
    for point in POINTS:
        for source in SOURCES:
            for fault in FAULTS:
                if excuse(point, source, fault) is None:
                    yield Case(point, source, fault)


def excuse(point: Point, source: str, fault: Fault) -> str | None:
    """Why a cell is not run; None where it is."""
    return ABSENT.get(point.name)


def choose(cases: Sequence[Case]) -> tuple[Case, ...]:
    """The cells that this run takes up: all of them in a soak.

    Otherwise a Latin square of them: of each point and source one fault, another one at each point
    of a source and at each source of a point.
    """
    return tuple(
        case
        for case in cases
        if SOAK
        or (POINTS.index(case.point) + SOURCES.index(case.source)) % len(FAULTS)
        == FAULTS.index(case.fault)
    )


def summary() -> str:
    """How many cells there are, apply, and are run now."""
    cells = len(POINTS) * len(SOURCES) * len(FAULTS)
    return (
        f"{cells} cells, of which {len(CASES)} apply and {cells - len(CASES)} do not; "
        f"{len(CHOSEN)} are run now"
    )


def find_calls(root: Path, point: str) -> list[str]:
    """The modules that reach a point, once a call."""
    call = f'reach("{point}")'
    return [
        str(path.relative_to(root))
        for package in PACKAGES
        for path in sorted((root / package).rglob("*.py"))
        for _ in range(path.read_text(encoding="utf-8").count(call))
    ]


CASES: Final = tuple(list_cases())
CHOSEN: Final = choose(CASES)
