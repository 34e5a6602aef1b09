"""The same rows end in the same warehouse: whatever the zone, locale, pages, parts, order, replays.

Every variant is a warehouse of its own and processes of their own, which run the shipped command in
that variant's environment on the same three sources: first in state A, then in state B. Where the
environment of a process is another one, the interpreter is new; elsewhere it is a fork of one.
What is compared is the fingerprint of all that the hub holds: `standard`, history, quarantine
(unsealed), rule results, ledger and cursor.

Three things depend on how a batch was read, and say so in their docstrings: with several parts its
content digest, its key and so its successor's predecessor are made of the parts' own; with another
collation nothing is. They are left out for these variants alone.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest
import yaml
from psycopg import sql
from psycopg.conninfo import make_conninfo
from three_sources import ROOT, SOURCES

from cli.clusters import Cluster, running
from cli.processes import find_free_ports
from hub.settings import ROLES
from warehouse.landing import SealingKeys
from warehouse.migrate import upgrade

from .fingerprint import Fingerprint, take_fingerprints
from .states import STATE_B
from .worlds import PASSWORD, World, move_sources, open_world

pytestmark = pytest.mark.xdist_group("determinism")
"""Its warehouses are made once: `--dist loadgroup` keeps these tests in one process."""
SECONDS_MAX = 300
COMMAND = """
import sys
from cli.main import main
for words in sys.argv[1:]:
    sys.argv = ["motlan", *words.split()]
    try:
        main()
    except SystemExit as ended:
        if ended.code:
            raise
"""
"""The shipped command, several times in one process, so that its imports are paid once."""
BACKWARDS = """
import sys
from connectors.land import close_batch, load_part, plan_batch
from expectations.judge import judge_batch
from hub.contract import get_contract
from standardisation.batch import make_standardiser
from warehouse.ledger import apply_contract
from warehouse.publish import publish_batch
for source in sys.argv[1:]:
    contract = get_contract(source)
    apply_contract(contract)
    for dataset in contract.datasets:
        planned = plan_batch(dataset.stream)
        if planned is None:
            continue
        batch, parts = planned
        for number in reversed(range(parts)):
            load_part(batch, number, make_standardiser)
        print(source, dataset.name, parts)
        close_batch(batch)
        judge_batch(batch)
        publish_batch(batch)
"""
"""The steps as Airflow's mapped tasks may take them: the last part first."""
OLD: Final = {
    "population": """
INSERT INTO dan_cu.cong_dan (ma_cd, so_dinh_danh, ho_ten, ngay_sinh, gioi_tinh, dan_toc,
                             tinh_trang_hon_nhan, ma_ho, quan_he_chu_ho, cap_nhat_luc)
SELECT 'X' || n, '022085' || lpad(n::text, 6, '0'), normalize('Nguyễn Thị Quyền', NFD), day, 2,
       '01', 'co_vo_chong', 'HO1', 'khac', timestamptz '2025-07-01 08:00+07'
FROM unnest(ARRAY['1900-01-01', '1911-05-01', '1942-12-31', '1943-01-01', '1945-03-14',
                  '1945-09-02', '1947-04-01', '1955-07-01', '1960-01-01', '1975-06-13',
                  '1979-12-31', '1954', '1954-07', '']) WITH ORDINALITY AS of (day, n);
""",
    "social_insurance": """
INSERT INTO bhxh.nguoi_tham_gia (id, ma_so_bhxh, so_dinh_danh, ho_va_ten, ngay_sinh, gioi_tinh,
                                 ma_xa, huong_luong_huu, cap_nhat)
SELECT 500 + n, '33' || lpad(n::text, 8, '0'), NULL, normalize('Đặng Thị Hòa', NFD), day, 'Nữ',
       '06652', false, timestamp '2025-07-01 08:00'
FROM unnest(ARRAY['01/01/1900', '01/05/1911', '31/12/1942', '14/03/1945', '01/04/1947',
                  '01/07/1955', '01/01/1960', '13/06/1975', '1954', '07/1954', '00/00/1954'])
     WITH ORDINALITY AS of (day, n);
""",
    "land_registry": """
INSERT INTO dia_chinh.gcn (ma_gcn, ma_don_vi, so_phat_hanh, ngay_cap, chu_su_dung, nam_sinh,
                           ma_thua, dien_tich_cap, muc_dich, hinh_thuc)
SELECT 'X' || n, '193', 'CS 09234' || n, day, normalize('Ông Nguyễn Văn Hoà', NFD), '1911',
       'T00' || n, '120.5', 'ODT', 'Sử dụng riêng'
FROM unnest(ARRAY['01/01/1900', '01/05/1911', '13/06/1975', '31/12/1979'])
     WITH ORDINALITY AS of (day, n);
""",
}
"""Birth dates of years in which Vietnam's clocks were set, partial ones, and decomposed text."""
OF_PARTS: Final = ("batch_key", "predecessor", "content_digest")
"""Facts of a batch that are made of its parts' own."""
SETTINGS_OF_ANOTHER_LAND: Final = {
    "TimeZone": "America/New_York",
    "DateStyle": "German, DMY",
    "IntervalStyle": "sql_standard",
    "extra_float_digits": "0",
    "bytea_output": "escape",
}
AS_USUAL: Final = "-c datestyle=ISO -c timezone=UTC -c intervalstyle=postgres"
"""How the test itself reads every warehouse."""


@dataclass(frozen=True)
class Variant:
    """What is other than usual in the runs of a warehouse."""

    environment: Mapping[str, str] = field(default_factory=dict)
    pages: int = 500
    parts: int = 1
    order: Sequence[str] = SOURCES
    script: str = COMMAND
    times: int = 1
    database: Mapping[str, str] = field(default_factory=dict)
    foreign: bool = False
    replayed: bool = False


VARIANTS: Final[Mapping[str, Variant]] = {
    "as usual": Variant({"TZ": "UTC", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "0"}),
    "in Vietnam": Variant({"TZ": "Asia/Ho_Chi_Minh", "PYTHONHASHSEED": "1"}),
    "in New York, without a locale": Variant({"TZ": "America/New_York", "LC_ALL": "C"}),
    "in Kathmandu, by a random seed": Variant(
        {"TZ": "Asia/Kathmandu", "LC_ALL": "vi_VN.UTF-8", "PYTHONHASHSEED": "random"}
    ),
    "page by page of one row": Variant(pages=1),
    "page by page of seven rows": Variant(pages=7),
    "the last source first": Variant(order=SOURCES[::-1]),
    "in three parts": Variant(parts=3),
    "in three parts, the last one first": Variant(parts=3, script=BACKWARDS),
    "in a database of another land": Variant(database=SETTINGS_OF_ANOTHER_LAND, foreign=True),
    "quarantine replayed twice": Variant(replayed=True),
}


@dataclass
class Houses:
    """The warehouses of all variants, each with the same two states behind it."""

    held: Mapping[str, Mapping[str, Fingerprint]]
    told: Mapping[str, Sequence[str]]


@pytest.fixture(scope="module")
def houses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Houses]:
    """Every variant has synchronised state A and then state B."""
    folder = tmp_path_factory.mktemp("determinism")
    folder.chmod(0o755)
    own = Cluster(folder / "sources", find_free_ports(1)[0], PASSWORD)
    with running(own), open_world(own, folder) as world:
        keys = SealingKeys.read(world.folder / "landing.json")
        databases = {name: make_house(world, variant) for name, variant in VARIANTS.items()}
        told: dict[str, list[str]] = {name: [] for name in VARIANTS}
        for state in (OLD, STATE_B):
            move_sources(world.sources, state)
            for name, variant in VARIANTS.items():
                told[name] += run_variant(world, variant, databases[name])
        held = {
            name: {
                stream: found
                for source in SOURCES
                for stream, found in take_fingerprints(
                    make_conninfo(world.server.cluster.url(database), options=AS_USUAL),
                    *(source, keys),
                ).items()
            }
            for name, database in databases.items()
        }
        yield Houses(held, told)


def make_house(world: World, variant: Variant) -> str:
    """An empty, migrated warehouse; its name."""
    if variant.foreign:
        name = "of_another_land"
        with psycopg.connect(world.server.cluster.url("postgres"), autocommit=True) as owner:
            owner.execute(f"CREATE DATABASE {name} TEMPLATE template0 {find_locale()}".encode())
        upgrade(world.server.cluster.url(name), dict.fromkeys(ROLES, PASSWORD))
    else:
        name = world.server.copy("motlan")
    with psycopg.connect(world.server.cluster.url("postgres"), autocommit=True) as owner:
        for setting, value in variant.database.items():
            change = sql.SQL("ALTER DATABASE {} SET {} = {}")
            words = (sql.Identifier(name), sql.Identifier(setting), sql.Literal(value))
            owner.execute(change.format(*words))
    return name


def find_locale() -> str:
    """A locale that sorts letters as people do, where the machine has one; else one like C's."""
    found = subprocess.run(["locale", "-a"], capture_output=True, text=True, check=True)
    for name in found.stdout.split():
        if name.lower().startswith(("vi_vn.utf", "en_us.utf")):
            return f"LOCALE_PROVIDER libc LOCALE '{name}'"
    return "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'PG_UNICODE_FAST' LC_COLLATE 'C' LC_CTYPE 'C'"


def run_variant(world: World, variant: Variant, database: str) -> list[str]:
    """Synchronise the three sources as the variant does; what was told."""
    home = world.folder / f"home_{database}"
    home.mkdir(exist_ok=True)
    contracts = home / "contracts"
    write_contracts(contracts, world.folder / "contracts", variant)
    words = list(variant.order)
    if variant.script == COMMAND:
        words = [f"sync {source}" for source in variant.order]
    if variant.replayed:
        words = [w for source in variant.order for w in (f"sync {source}", *REPLAYS)]
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("LC_")},
        **world.environment(database, home),
        "MOTLAN_CONTRACTS": str(contracts),
        "PYTHONPATH": str(ROOT),
        **variant.environment,
    }
    if variant.environment or variant.script != COMMAND:
        return run_interpreter(variant.script, words, environment)
    for command in words:
        worker = world.zygote.start(command, environment, home / "worker.log")
        assert worker.wait() == 0, worker.log.read_text()
    return []


def run_interpreter(script: str, words: Sequence[str], environment: Mapping[str, str]) -> list[str]:
    """Run a script in an interpreter of its own, as locales and hash seeds need; what it tells."""
    ended = subprocess.run(
        [sys.executable, "-c", script, *words],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-2000:]
    return ended.stdout.splitlines()


REPLAYS: Final = ("quarantine replay", "quarantine replay")


def write_contracts(folder: Path, like: Path, variant: Variant) -> None:
    """Contracts like those, to be read in that variant's pages and parts."""
    folder.mkdir(exist_ok=True)
    for source in SOURCES:
        contract = yaml.safe_load((like / f"{source}.yml").read_text("utf-8"))
        for item in contract["customProperties"]:
            if item["property"] == "options":
                http = source == "population"
                item["value"] |= {"pageSize" if http else "chunkRows": variant.pages}
                item["value"] |= {} if http else {"parts": variant.parts}
        text = yaml.safe_dump(contract, allow_unicode=True, sort_keys=False)
        (folder / f"{source}.yml").write_text(text, encoding="utf-8")


def lines_of(found: Fingerprint, without: Sequence[str] = ()) -> list[str]:
    """Every line of a fingerprint, some facts of the batches and streams left out."""
    lines = []
    for line in found.lines:
        kind, _, words = line.partition(" ")
        if kind in ("batch", "stream"):
            kept = {k: v for k, v in json.loads(words).items() if k not in without}
            line = f"{kind} {json.dumps(kept, sort_keys=True)}"
        lines.append(line)
    return sorted(lines)


def compare(houses: Houses, name: str, without: Sequence[str] = ()) -> None:
    """A variant's warehouse holds what the usual one does."""
    usual, other = houses.held["as usual"], houses.held[name]
    assert set(other) == set(usual)
    unlike = {
        stream: sorted(set(lines_of(found, without)) ^ set(lines_of(usual[stream], without)))[:6]
        for stream, found in other.items()
        if lines_of(found, without) != lines_of(usual[stream], without)
    }
    assert unlike == {}


def test_the_two_states_leave_rows_history_and_quarantine_behind(houses: Houses) -> None:
    kinds = {
        stream: {line.partition(" ")[0] for line in found.lines}
        for stream, found in houses.held["as usual"].items()
    }
    for stream in ("population.person", "social_insurance.participant", "land_registry.parcel"):
        table = stream.replace(".", "__")
        assert {table, f"{table}_history", "quarantine", "rule_result", "batch"} <= kinds[stream]
        assert houses.held["as usual"][stream].published == 2


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, variant in VARIANTS.items()
        if name != "as usual" and variant.parts == 1 and not variant.replayed
    ],
)
def test_no_surrounding_changes_a_line_of_the_warehouse(name: str, houses: Houses) -> None:
    compare(houses, name)


@pytest.mark.parametrize("name", [name for name, v in VARIANTS.items() if v.parts > 1])
def test_parts_and_their_order_change_only_what_is_made_of_the_parts(
    name: str, houses: Houses
) -> None:
    compare(houses, name, without=OF_PARTS)


def test_parts_were_read_one_after_another_from_the_last(houses: Houses) -> None:
    read = [line.split() for line in houses.told["in three parts, the last one first"]]
    assert {int(parts) for _, name, parts in read if name == "participant"} == {3}


def test_replays_of_what_waits_change_nothing(houses: Houses) -> None:
    compare(houses, "quarantine replayed twice")


def test_no_line_tells_of_a_zone(houses: Houses) -> None:
    """Times are compared as they are; were they shown in the session's zone, all would differ."""
    held: Any = houses.held["as usual"]["population.person"].lines
    assert any("+00:00" in line for line in held)
