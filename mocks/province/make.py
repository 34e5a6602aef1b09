"""Make a whole province: people, what three registers say of them, and the truth."""

import hashlib
import json
import resource
import shutil
import time
from pathlib import Path
from typing import Any

import polars as pl

from mocks.province.canaries import list_canaries
from mocks.province.faults import Truth, join_faults, join_links
from mocks.province.land_registry import register_land
from mocks.province.land_registry.holders import FORMS
from mocks.province.people import World, make_world
from mocks.province.population import register_population
from mocks.province.profiles import REFERENCE_DATE, find_profile
from mocks.province.reference import read_gazetteer
from mocks.province.showcase import choose_showcase
from mocks.province.social_insurance import register_social_insurance

_REGISTERS = ("population", "social_insurance", "land_registry")
Tables = dict[str, dict[str, pl.DataFrame]]


def make_province(out: Path, profile: str, seed: int, *, canaries: int = 0) -> dict[str, Any]:
    """Write a synthetic province under `out` and say what it cost.

    Writes `<register>/<table>.parquet` for each register, `truth/*.parquet`, `truth/showcase.json`,
    `truth/canary.json` and `province.json`; whatever an earlier run left in those folders is
    removed. The same profile, seed and canaries give the same bytes.

    Args:
        out: folder to write to; made if need be.
        profile: "tiny", "demo" or "province".
        seed: 0 or more.
        canaries: people with unmistakable names, on top of the profile's people; 0 or at least 4.

    Returns:
        people (in the population register, canaries among them), seconds, peak_rss_mib (of the
        whole process), digest (sha256 over the names and contents of all files).

    Raises:
        ValueError: the profile is unknown, or a number is out of range.
    """
    started = time.perf_counter()
    sizes = find_profile(profile, seed=seed, canaries=canaries)
    gazetteer = read_gazetteer()
    truth = Truth()
    world = make_world(sizes, seed, gazetteer, canaries=canaries)
    tables: Tables = {"population": register_population(world, seed, truth)}
    tables["social_insurance"], insurance_numbers = register_social_insurance(
        world, sizes, seed, truth=truth
    )
    tables["land_registry"] = register_land(world, sizes, seed, gazetteer=gazetteer, truth=truth)
    _clear(out)
    _write_tables(out, tables)
    faults, links = join_faults(truth), join_links(truth)
    _write_truth(out, world, insurance_numbers, faults=faults, links=links)
    showcase = choose_showcase(world, tables, gazetteer, faults=faults, links=links)
    _write_json(out / "truth" / "showcase.json", showcase)
    _write_json(out / "truth" / "canary.json", list_canaries(world.people, insurance_numbers))
    _write_json(
        out / "province.json",
        {"profile": profile, "seed": seed, "canaries": canaries} | _describe(tables, faults),
    )
    return {
        "people": int(world.people["in_population"].sum()),
        "seconds": round(time.perf_counter() - started, 3),
        "peak_rss_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        "digest": digest_folder(out),
    }


def digest_folder(folder: Path) -> str:
    """sha256 over name and content of every file below `folder`, in order of the names."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _clear(out: Path) -> None:
    for name in (*_REGISTERS, "truth"):
        shutil.rmtree(out / name, ignore_errors=True)
        (out / name).mkdir(parents=True)


def _write_tables(out: Path, tables: Tables) -> None:
    for register, register_tables in tables.items():
        for name, frame in register_tables.items():
            frame.write_parquet(out / register / f"{name}.parquet")


def _write_truth(
    out: Path,
    world: World,
    insurance_numbers: pl.Series,
    *,
    faults: pl.DataFrame,
    links: pl.DataFrame,
) -> None:
    where = ["source", "dataset", "record_id", "field"]
    links.write_parquet(out / "truth" / "same_person.parquet")
    faults.select(*where, "kind", "outcome").write_parquet(out / "truth" / "injected_fault.parquet")
    faults.select(*where, "true_value").write_parquet(out / "truth" / "true_value.parquet")
    world.people.with_columns(insurance_number=insurance_numbers).select(
        "truth_id",
        "pin",
        "old_number",
        "insurance_number",
        "full_name",
        "birth_date",
        "sex",
        "ethnic_code",
        "commune_code",
        "address",
        "marital",
        "death_date",
        "works",
        "receives_pension",
        "in_population",
        canary=pl.col("canary") > 0,
    ).write_parquet(out / "truth" / "person.parquet")


def _describe(tables: Tables, faults: pl.DataFrame) -> dict[str, Any]:
    """Row counts, faults by kind and the share of rows without any, register by register."""
    counts = faults.group_by("source", "dataset", "kind").len().sort("source", "dataset", "kind")
    kinds: dict[str, dict[str, int]] = {}
    for source, dataset, kind, count in counts.iter_rows():
        kinds.setdefault(f"{source}.{dataset}", {})[kind] = count
    dirty = (
        faults.filter(~pl.col("kind").is_in(FORMS))
        .select("source", "dataset", "record_id")
        .unique()
    )
    spoilt = {
        f"{s}.{d}": n
        for s, d, n in dirty.group_by("source", "dataset")
        .len()
        .sort("source", "dataset")
        .iter_rows()
    }
    rows = {
        f"{register}.{name}": len(frame)
        for register, named in tables.items()
        for name, frame in named.items()
    }
    return {
        "reference_date": REFERENCE_DATE.isoformat(),
        "rows": rows,
        "faults": kinds,
        "rows_with_a_fault": spoilt,
    }


def _write_json(path: Path, content: object) -> None:
    path.write_text(
        json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8"
    )
