"""What the hub makes of each kind of noise is what the truth says ought to become of it."""

import contextlib
import json
import unicodedata
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path

import polars as pl
import polars.selectors as cs
import pytest

from hub.contract import Contract, ContractField, Dataset, load_contracts
from hub.kinds import COLUMNS
from mocks.province import Options, make_province
from mocks.province.noise import FORMS
from standardisation.rows import standardise

CONTRACTS = Path(__file__).resolve().parents[2] / "contracts"

#: What is wrong with an owner and changes no letter of the text; other faults may.
OF_OWNERS = ("owner_dead", "transfer_unregistered")


@cache
def contracts() -> dict[str, Contract]:
    """The three sources' contracts."""
    return load_contracts((CONTRACTS,))


@pytest.fixture(scope="module", params=["22", "66"], ids=["Quảng Ninh", "Đắk Lắk"])
def province(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """A tiny province; read only."""
    folder = tmp_path_factory.mktemp("noise")
    make_province(folder, "tiny", 11, Options(province=request.param))
    return folder


@pytest.fixture(scope="module")
def faults(province: Path) -> pl.DataFrame:
    """Every fault but the forms, with the true value beside it."""
    injected = pl.read_parquet(province / "truth" / "injected_fault.parquet")
    true_values = pl.read_parquet(province / "truth" / "true_value.parquet")
    both = injected.with_columns(true_values["true_value"])
    return both.filter(~pl.col("kind").is_in(FORMS))


def test_what_ought_to_be_repaired_reads_as_the_true_value(
    province: Path, faults: pl.DataFrame
) -> None:
    broken: dict[tuple[str, str, str], int] = {}
    checked = 0
    for dataset, field, mine in by_field(faults.filter(pl.col("outcome") == "repair")):
        spoilt, true = read_both(province, dataset, field, mine)
        read, meant = (compared_form(frame, field) for frame in (spoilt, true))
        for found, wanted, kind in zip(read, meant, mine["kind"], strict=True):
            checked += 1
            if found != wanted:
                place = (dataset.stream, field.name, kind)
                broken[place] = broken.get(place, 0) + 1

    assert broken == {}
    assert checked > 400


def test_what_ought_to_be_quarantined_cannot_be_read_or_is_missing(
    province: Path, faults: pl.DataFrame
) -> None:
    readable: dict[tuple[str, str, str], int] = {}
    checked = 0
    for dataset, field, mine in by_field(faults.filter(pl.col("outcome") == "quarantine")):
        spoilt, _ = read_both(province, dataset, field, mine)
        lost = spoilt.select(
            pl.col("unreadable").list.contains(field.name)
            | (pl.col(field.name).is_null() & pl.lit(field.required))
        ).to_series()
        for is_lost, kind in zip(lost, mine["kind"], strict=True):
            checked += 1
            if not is_lost:
                place = (dataset.stream, field.name, kind)
                readable[place] = readable.get(place, 0) + 1

    assert readable == {}
    assert checked > 10


def test_what_ought_to_be_accepted_is_not_unreadable(province: Path, faults: pl.DataFrame) -> None:
    refused: dict[tuple[str, str, str], int] = {}
    for dataset, field, mine in by_field(faults.filter(pl.col("outcome") == "accept")):
        spoilt, _ = read_both(province, dataset, field, mine)
        lost = spoilt.select(
            pl.col("unreadable").list.contains(field.name)
            | (pl.col(field.name).is_null() & pl.lit(field.required))
        ).to_series()
        for kind in mine["kind"].filter(lost):
            place = (dataset.stream, field.name, kind)
            refused[place] = refused.get(place, 0) + 1

    assert refused == {}


def test_what_ought_to_be_accepted_reads_as_written_or_as_the_true_value(
    province: Path, faults: pl.DataFrame
) -> None:
    third: dict[tuple[str, str, str], tuple[str, object]] = {}
    checked = 0
    value = ["source", "dataset", "field", "record_id"]
    mended = faults.filter(pl.col("outcome") == "repair").select(value)
    spoilt_texts = faults.filter(~pl.col("kind").is_in(OF_OWNERS)).select(value)
    accepted = faults.filter(pl.col("outcome") == "accept").join(mended, on=value, how="anti")
    of_texts = accepted.filter(~pl.col("kind").is_in(OF_OWNERS))
    of_owners = accepted.filter(pl.col("kind").is_in(OF_OWNERS))
    alone = pl.concat([of_texts, of_owners.join(spoilt_texts, on=value, how="anti")])
    for dataset, field, mine in by_field(alone):
        written = read_written(province, dataset, field, mine)
        spoilt, true = read_both(province, dataset, field, mine)
        read, meant = (compared_form(frame, field) for frame in (spoilt, true))
        shown, kinds = spoilt[field.name], mine["kind"]
        for found, wanted, text, raw, kind in zip(read, meant, shown, written, kinds, strict=True):
            checked += 1
            if found != wanted and not is_as_written(text, raw, field):
                third[(dataset.stream, field.name, kind)] = (raw, text)

    assert third == {}
    assert checked > 400


def is_as_written(shown: object, raw: str, field: ContractField) -> bool:
    """Whether the value read holds the letters (marks too) and digits of the row, or its day."""
    known = field.options.get("values", {})
    form = field.options.get("formats", ["%Y-%m-%d"])[0]
    told = known.get(raw, raw)
    with contextlib.suppress(ValueError):
        told = datetime.strptime(raw, form).date().isoformat()  # noqa: DTZ007
    if isinstance(shown, Decimal):
        return shown == Decimal(told)
    return letters(str(shown or "")) == letters(told)


def letters(text: str) -> str:
    """Letters with their marks and digits only, small; the Icelandic eth is a đ."""
    composed = unicodedata.normalize("NFC", text).casefold().replace("ð", "đ")
    return "".join(letter for letter in composed if letter.isalnum())


def read_written(
    province: Path, dataset: Dataset, field: ContractField, faults: pl.DataFrame
) -> list[str]:
    """What stands in the faulty rows, by record."""
    landed = read_landed(province, dataset, faults)
    return landed[field.physical_name].fill_null("").to_list()


def compared_form(frame: pl.DataFrame, field: ContractField) -> list[tuple[object, ...]]:
    """What a field is compared by: names and addresses by their key, since capitals stay shown."""
    if field.kind == "owner_parties":
        return [
            tuple({**party, "name": None} for party in json.loads(parties))
            for parties in frame[f"{field.name}_parties"]
        ]
    suffixes = COLUMNS[field.kind]
    shown = [field.name + suffix for suffix in suffixes if suffix or "_key" not in suffixes]
    return frame.select(shown).rows()


def by_field(faults: pl.DataFrame) -> Iterator[tuple[Dataset, ContractField, pl.DataFrame]]:
    """The faults of each contracted field, sorted by record."""
    for contract in contracts().values():
        for dataset in contract.datasets:
            for field in dataset.fields:
                mine = faults.filter(
                    pl.col("source") == contract.source,
                    pl.col("dataset") == dataset.name,
                    pl.col("field") == field.physical_name,
                ).sort("record_id")
                if len(mine):
                    yield dataset, field, mine


def read_both(
    province: Path, dataset: Dataset, field: ContractField, faults: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The faulty rows as the hub reads them, and as it would read the true values; by record."""
    contract = contracts()[dataset.stream.partition(".")[0]]
    landed = read_landed(province, dataset, faults)
    true = landed.with_columns(pl.col("true_value").alias(field.physical_name))
    spoilt, clean = (
        standardise(frame.drop("true_value"), contract, dataset) for frame in (landed, true)
    )
    assert spoilt["record_id"].to_list() == faults["record_id"].to_list()
    return spoilt, clean


def read_landed(province: Path, dataset: Dataset, faults: pl.DataFrame) -> pl.DataFrame:
    """The faulty rows as text, with the true value beside each; by record."""
    source = dataset.stream.partition(".")[0]
    table = {"cong-dan": "cong_dan", "cu-tru": "cu_tru", "quan-he": "quan_he"}
    name = table.get(dataset.physical_name, dataset.physical_name)
    key = dataset.key_fields[0].physical_name
    return (
        pl.read_parquet(province / source / f"{name}.parquet")
        .with_columns(cs.temporal().cast(pl.String), cs.numeric().cast(pl.String))
        .join(faults.select("record_id", "true_value"), left_on=key, right_on="record_id")
        .sort(key)
        .with_columns(_chunk=pl.lit(0), _row=pl.int_range(pl.len()))
    )
