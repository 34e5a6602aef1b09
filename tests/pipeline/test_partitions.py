"""A register that comes in parts: rows move, parts are empty, and each answers for its own."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from cli.pipeline import NORMAL
from connectors.base import Asked
from hub.errors import BatchParkedError

from .conftest import Register, counts

OPTIONS = (
    "{manifestKeys: {partition: p, sequence: n, asOf: at, files: files, dataset: table,"
    " name: name, rows: rows, size: size, sha256: sha256}}"
)
SYNC = "{mode: snapshot, deletes: snapshot, completeness: manifest}"


@dataclass
class Districts:
    """The vehicles as their owner delivers them: one folder a district, each drop whole."""

    register: Register
    folder: Path

    def drop(self, district: str, sequence: int, cars: dict[str, str | None]) -> None:
        """One drop of a district: car -> plate, none for a car without one."""
        drop = self.folder / district / f"{sequence:04d}"
        drop.mkdir(parents=True)
        rows = [f'"{car}";"{plate or ""}";"";"";"";"";""' for car, plate in cars.items()]
        header = '"ma";"bien_so";"chu_xe";"so_dinh_danh";"ngay";"xoa";"luc"'
        content = "\r\n".join([header, *rows, ""]).encode()
        (drop / "o_to.csv").write_bytes(content)
        file = {
            "table": "o_to",
            "name": "o_to.csv",
            "rows": len(rows),
            "size": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        }
        at = f"2025-07-{sequence:02d}T01:00:00+07:00"
        manifest = {"p": district, "n": sequence, "at": at, "files": [file]}
        (drop / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")

    def partitions(self) -> dict[str, str]:
        """Car -> the district that it is published under."""
        found = self.register.standard("source_partition")
        return {car: district for car, (district,) in found.items()}


@pytest.fixture
def districts(register: Register, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Districts:
    """The register of vehicles as drops of districts A, B, …; no district has delivered yet."""
    folder = tmp_path / "drops"
    folder.mkdir()
    register.write_contract(SYNC)
    text = register.contract_path.read_text(encoding="utf-8")
    text = text.replace("value: sql", "value: files")
    text = text.replace("{schema: xe, chunkRows: 3}", OPTIONS)
    register.contract_path.write_text(text, encoding="utf-8")
    monkeypatch.setenv("MOTLAN_CONN_VEHICLE", folder.as_uri())
    return Districts(register, folder)


def test_a_row_that_moved_to_another_partition_outlives_the_next_drop_of_its_old_one(
    register: Register, districts: Districts
) -> None:
    districts.drop("A", 1, {"C1": "14A-1", "C2": "14A-2"})
    districts.drop("B", 1, {"C3": "14A-3"})
    register.sync()
    districts.drop("B", 2, {"C3": "14A-3", "C2": "14A-2"})
    assert counts(register.sync()) == (2, 0, 2, 0, 0, 0)
    assert districts.partitions() == {"C1": "A", "C2": "B", "C3": "B"}
    districts.drop("A", 2, {"C1": "14A-1"})
    assert counts(register.sync()) == (1, 0, 1, 0, 0, 0)
    assert list(register.standard()) == ["C1", "C2", "C3"]
    assert register.history("record_id") == []


def test_a_row_quarantined_in_its_new_partition_keeps_its_last_good_version(
    register: Register, districts: Districts
) -> None:
    districts.drop("A", 1, {"C1": "14A-1", "C2": "14A-2"})
    districts.drop("B", 1, {"C3": "14A-3"})
    register.sync()
    districts.drop("B", 2, {"C3": "14A-3", "C2": None})
    register.sync()
    districts.drop("A", 2, {"C1": "14A-1"})
    register.sync()
    assert register.standard("plate_number")["C2"] == ("14A-2",)


@pytest.mark.parametrize("asked", [NORMAL, Asked("full"), Asked("reconcile")], ids=lambda a: a.mode)
def test_a_drop_whose_contract_promises_no_proof_deletes_nothing(
    register: Register, districts: Districts, asked: Asked
) -> None:
    path = register.contract_path
    path.write_text(path.read_text().replace("completeness: manifest", "completeness: none"))
    districts.drop("A", 1, {"C1": "14A-1", "C2": "14A-2"})
    districts.drop("B", 1, {"C3": None, "C4": "14A-4"})
    register.sync()
    districts.drop("A", 2, {"C1": "14A-NEW"})
    districts.drop("B", 2, {"C4": "14A-4"})
    assert counts(register.sync(asked)) == (2, 1, 1, 0, 0, 0)
    plates = {"C1": ("14A-NEW",), "C2": ("14A-2",), "C4": ("14A-4",)}
    assert register.standard("plate_number") == plates
    assert [row["state"] for row in register.quarantine()] == ["open"]


def test_an_empty_partition_is_parked_and_deletes_nothing(
    register: Register, districts: Districts
) -> None:
    districts.drop("A", 1, {"C1": "14A-1", "C2": "14A-2"})
    districts.drop("B", 1, {"C3": "14A-3"})
    register.sync()
    digest, stream = register.digest(), register.stream()
    districts.drop("A", 2, {"C1": "14A-1", "C2": "14A-2"})
    districts.drop("B", 2, {})
    with pytest.raises(BatchParkedError, match="holds no row of partition B, of which 1 are"):
        register.sync()
    assert (register.digest(), register.stream()) == (digest, stream)
    (parked,) = register.rows("SELECT state FROM sync.batch WHERE state <> 'published'")
    assert parked["state"] == "parked"


def test_a_partition_whose_rows_all_moved_to_another_one_may_be_empty(
    register: Register, districts: Districts
) -> None:
    districts.drop("A", 1, {"C1": "14A-1"})
    districts.drop("B", 1, {"C2": "14A-2"})
    register.sync()
    districts.drop("A", 2, {"C1": "14A-1", "C2": "14A-2"})
    districts.drop("B", 2, {})
    assert counts(register.sync()) == (2, 0, 2, 0, 0, 0)
    assert districts.partitions() == {"C1": "A", "C2": "A"}


@pytest.mark.parametrize("how", ["vanished", "without a complete drop"])
def test_a_district_that_fell_silent_holds_the_registers_time_back_and_is_told_of(
    register: Register, districts: Districts, how: str
) -> None:
    districts.drop("A", 1, {"C1": "14A-1"})
    districts.drop("B", 1, {"C2": "14A-2"})
    register.sync()
    before = register.stream()["as_of"]
    if how == "vanished":
        (districts.folder / "B").rename(districts.folder.parent / "gone")
    else:
        (districts.folder / "B" / "0001" / "manifest.json").unlink()
    districts.drop("A", 2, {"C1": "14A-1"})
    outcome = register.sync()
    assert register.stream()["as_of"] == before
    (warning,) = register.batch(outcome.batch_id)["warnings"]
    assert warning.startswith("partition B ")
    assert list(register.standard()) == ["C1", "C2"]


def test_a_quarantined_row_gone_from_its_district_is_resolved_by_that_districts_drop_alone(
    register: Register, districts: Districts
) -> None:
    districts.drop("A", 1, {"C1": "14A-1", "C2": None})
    districts.drop("B", 1, {"C3": "14A-3", "C4": None})
    register.sync()
    districts.drop("A", 2, {"C1": "14A-1"})
    outcome = register.sync()
    found = {
        row["record_id"]: (row["state"], row["source_partition"], row["resolved_by"])
        for row in register.quarantine()
    }
    assert found == {"C2": ("resolved", "A", outcome.batch_id), "C4": ("open", "B", None)}
