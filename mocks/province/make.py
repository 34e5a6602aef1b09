"""Make a whole province: people, what three registers say of them, and the truth."""

import hashlib
import json
import resource
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from mocks.province.canaries import list_canaries
from mocks.province.desks import open_desks
from mocks.province.faults import Truth
from mocks.province.land_registry import register_land
from mocks.province.live.events import empty_events
from mocks.province.noise import FORMS, Noise
from mocks.province.people import World, make_world
from mocks.province.population import register_population
from mocks.province.profiles import REFERENCE_DATE, Profile, find_profile
from mocks.province.reference import Gazetteer, read_gazetteer
from mocks.province.showcase import choose_showcase
from mocks.province.social_insurance import register_social_insurance
from mocks.province.truth import write_faults, write_links, write_people

FOLDERS = ("population", "social_insurance", "land_registry", "desks", "truth")
#: Told of each step: what begins, and which share of the work is done.
Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Options:
    """What else may be asked of a province.

    province: today's code of the province: 22 Quảng Ninh, 66 Đắk Lắk, 20 Lạng Sơn, 08 Tuyên Quang.
    canaries: people with unmistakable names, on top of the profile's people; 0 or at least 4.
    noise: the rates, the catalogue's own by default.
    """

    province: str = "22"
    canaries: int = 0
    noise: Noise = field(default_factory=Noise)


_USUAL = Options()


def make_province(
    out: Path,
    profile: str,
    seed: int,
    options: Options = _USUAL,
    *,
    progress: Progress = lambda _what, _done: None,
) -> dict[str, Any]:
    """Write a synthetic province under `out` and say what it cost.

    Writes `<register>/<table>.parquet` for each register, `desks/*.parquet`, `truth/*.parquet`,
    `truth/showcase.json`, `truth/canary.json` and `province.json`; whatever an earlier run left in
    those folders is removed. The same profile, seed and options give the same bytes.

    Args:
        out: folder to write to; made if need be.
        profile: "tiny", "demo" or "province".
        seed: 0 or more.
        options: which province, how noisy, with whom planted.
        progress: told what begins and the share that is done.

    Returns:
        people (in the population register, canaries among them), seconds, peak_rss_mib (of the
        whole process), digest (sha256 over the names and contents of all files).

    Raises:
        ValueError: the profile is unknown, or a number is out of range.
    """
    started = time.perf_counter()
    sizes, gazetteer = check_request(profile, seed, options)
    truth = Truth(options.noise)
    _clear(out)
    progress("people", 0.0)
    namesakes = options.noise.rate("population", "namesake")
    world = make_world(sizes, seed, gazetteer, canaries=options.canaries, namesake_rate=namesakes)
    making = _Making(world, sizes, seed, gazetteer, truth)
    rows, numbers = _write_registers(out, making, progress)
    progress("desks and truth", 0.9)
    rows |= _write_desks(out, making)
    _write_truth(out, making, numbers)
    told = {
        "profile": profile,
        "province": options.province,
        "seed": seed,
        "canaries": options.canaries,
    }
    _write_json(out / "province.json", told | {"rows": rows} | _describe(truth))
    progress("done", 1.0)
    return {
        "people": int(world.people["in_population"].sum()),
        "seconds": round(time.perf_counter() - started, 3),
        "peak_rss_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        "digest": digest_folder(out),
    }


@dataclass(frozen=True)
class _Making:
    """What every step needs: the people, the sizes, the seed, the units, the truth."""

    world: World
    sizes: Profile
    seed: int
    gazetteer: Gazetteer
    truth: Truth


def _write_registers(
    out: Path, asked: _Making, progress: Progress
) -> tuple[dict[str, int], pl.Series]:
    """One register after the other, so that only one is held; rows, and insurance numbers."""
    world, seed, truth = asked.world, asked.seed, asked.truth
    progress("population register", 0.25)
    rows = _write_tables(out, "population", register_population(world, seed, truth))
    progress("social insurance register", 0.5)
    insurance, numbers = register_social_insurance(
        world, asked.sizes, seed, truth=truth, gazetteer=asked.gazetteer
    )
    rows |= _write_tables(out, "social_insurance", insurance)
    del insurance
    progress("land register", 0.7)
    land = register_land(world, asked.sizes, seed, gazetteer=asked.gazetteer, truth=truth)
    return rows | _write_tables(out, "land_registry", land), numbers


def _write_desks(out: Path, asked: _Making) -> dict[str, int]:
    desks = open_desks(asked.world, asked.gazetteer, asked.sizes, asked.seed)
    desks.pop("applicant").write_parquet(out / "truth" / "applicant.parquet")
    return _write_tables(out, "desks", desks)


def check_request(profile: str, seed: int, options: Options) -> tuple[Profile, Gazetteer]:
    """What a request asks for; ValueError with one sentence when it makes no sense."""
    sizes = find_profile(profile, seed=seed, canaries=options.canaries)
    return sizes, read_gazetteer(options.province)


def digest_folder(folder: Path) -> str:
    """sha256 over name and content of every file below `folder`, in order of the names."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0")
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def _clear(out: Path) -> None:
    for name in FOLDERS:
        shutil.rmtree(out / name, ignore_errors=True)
        (out / name).mkdir(parents=True)


def _write_tables(out: Path, register: str, tables: Mapping[str, pl.DataFrame]) -> dict[str, int]:
    """One Parquet file a table; the rows of each as "register.table"."""
    for name, frame in tables.items():
        frame.write_parquet(out / register / f"{name}.parquet")
    return {f"{register}.{name}": len(frame) for name, frame in tables.items()}


def _write_truth(out: Path, asked: _Making, insurance_numbers: pl.Series) -> None:
    folder, world, truth = out / "truth", asked.world, asked.truth
    write_links(folder / "same_person.parquet", truth)
    write_faults(folder, truth)
    write_people(folder / "person.parquet", world, insurance_numbers)
    empty_events().write_parquet(folder / "event.parquet")
    _write_json(folder / "showcase.json", choose_showcase(out, world, asked.gazetteer, truth))
    _write_json(folder / "canary.json", list_canaries(world.people, insurance_numbers))


def _describe(truth: Truth) -> dict[str, Any]:
    """The rates that differ from the catalogue, faults by kind, and rows with any but a form."""
    counts: dict[str, dict[str, int]] = {}
    spoilt: dict[str, list[pl.Series]] = {}
    for note in truth.notes:
        table = f"{note.source}.{note.dataset}"
        kinds = counts.setdefault(table, {})
        kinds[note.kind] = kinds.get(note.kind, 0) + len(note.records)
        if note.kind not in FORMS:
            spoilt.setdefault(table, []).append(note.records["record_id"])
    settings = truth.noise.settings
    return {
        "reference_date": REFERENCE_DATE.isoformat(),
        "noise": {f"{owner}.{kind}": rate for (owner, kind), rate in sorted(settings.items())},
        "faults": counts,
        "rows_with_a_fault": {table: pl.concat(ids).n_unique() for table, ids in spoilt.items()},
    }


def _write_json(path: Path, content: object) -> None:
    path.write_text(
        json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8"
    )
