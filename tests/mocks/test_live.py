"""The world goes on: repeatable, consistent, and the truth knows all of it."""

import hashlib
import json
import re
import shutil
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import psycopg
import pytest

from mocks.land_registry.drops import list_drops
from mocks.land_registry.load import load_land_registry
from mocks.population.load import load_population
from mocks.province import Options, make_province
from mocks.province.live import Sources, journal, live_on
from mocks.province.live.books import SCHEMAS, TABLES
from mocks.province.live.events import COLUMNS, FOLLOWING, KINDS, empty_events
from mocks.province.noise import FORMS
from mocks.province.profiles import REFERENCE_DATE
from mocks.social_insurance.load import load_social_insurance

DAYS = 6
PAGE_ROWS = 1_000
OVERLAP = timedelta(minutes=15)
World = tuple[Path, Sources]
MakeWorld = Callable[[], World]


@pytest.fixture(scope="module")
def make_world(
    province: Path, load_register: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory
) -> MakeWorld:
    """Copies the province with its truth, and loads it into three databases of its own."""

    def make() -> World:
        home = tmp_path_factory.mktemp("living")
        shutil.copytree(province, home / "province")
        databases = {source: load_register(source) for source in SCHEMAS}
        return home / "province", Sources(**databases, drops=home / "drops")

    return make


@pytest.fixture(scope="module")
def world(make_world: MakeWorld) -> World:
    """A province that has lived for some days; read only."""
    made = make_world()
    live_on(*made, DAYS)
    return made


@pytest.fixture(scope="module")
def events(world: World) -> pl.DataFrame:
    """All that happened in it, `row` holding the columns written."""
    told = truth_of(world, "event")
    rows = [json.loads(detail)["row"] for detail in told["detail"]]
    return told.with_columns(pl.Series("row", rows, dtype=pl.Object))


def truth_of(world: World, name: str) -> pl.DataFrame:
    return pl.read_parquet(world[0] / "truth" / f"{name}.parquet")


def rows_of(world: World, name: str) -> dict[str, dict[str, Any]]:
    """All rows of a source's table as texts, by key."""
    table = TABLES[name]
    with psycopg.connect(world[1].databases[table.source]) as connection:
        connection.execute("SET TIME ZONE 'Asia/Ho_Chi_Minh'")
        query = f"SELECT * FROM {table.schema}.{name}".encode()
        with connection.cursor() as cursor:
            names = [column.name for column in cursor.execute(query).description or ()]
        casts = ", ".join(f"{column}::text" for column in names)
        found = connection.execute(f"SELECT {casts} FROM {table.schema}.{name}".encode())
        rows = [dict(zip(names, row, strict=True)) for row in found]
    return {row[table.key]: row for row in rows}


def picture(world: World) -> dict[str, str]:
    """A digest of every table of the sources, of the truth files and of the drops' files."""
    told = {name: json.dumps(rows_of(world, name), sort_keys=True).encode() for name in TABLES}
    for path in sorted((world[0] / "truth").rglob("*")):
        told[f"truth/{path.name}"] = path.read_bytes()
    for path in sorted(world[1].drops.rglob("*.*")):
        if path.is_file() and path.name != "manifest.json":
            told[path.relative_to(world[1].drops).as_posix()] = path.read_bytes()
    return {name: hashlib.sha256(content).hexdigest() for name, content in told.items()}


def test_two_days_at_once_are_one_day_and_one_day_more(make_world: MakeWorld) -> None:
    at_once, in_turn = make_world(), make_world()
    whole = live_on(*at_once, 2)
    first, second = live_on(*in_turn, 1), live_on(*in_turn, 1)

    assert picture(at_once) == picture(in_turn)
    assert whole["digest"] == second["digest"] != first["digest"]
    assert (whole["first_day"], whole["last_day"]) == ("2026-11-01", "2026-11-02")
    assert (second["first_day"], second["last_day"]) == ("2026-11-02", "2026-11-02")
    assert Counter(whole["events"]) == Counter(first["events"]) + Counter(second["events"])


def test_another_seed_tells_another_story(make_world: MakeWorld) -> None:
    one, other, same = (live_on(*make_world(), 1, seed=seed) for seed in (1, 2, 1))

    assert one["digest"] == same["digest"] != other["digest"]


def test_every_kind_happens_every_day_but_those_that_follow(events: pl.DataFrame) -> None:
    days = [REFERENCE_DATE + timedelta(days=number) for number in range(DAYS)]
    told = set(events.select("day", "kind").iter_rows())

    assert {(day, kind) for day in days for kind in KINDS if kind not in FOLLOWING} <= told
    assert set(events["kind"]) == set(KINDS)
    assert events.drop("row").schema == empty_events().schema == pl.Schema(COLUMNS)


def test_each_record_is_as_its_last_event_says(world: World, events: pl.DataFrame) -> None:
    tables = {(table.source, table.dataset): rows_of(world, name) for name, table in TABLES.items()}
    last: dict[tuple[str, str, str], dict[str, Any]] = {}
    for event in events.filter(pl.col("operation") != "none").iter_rows(named=True):
        record = (event["source"], event["dataset"], event["record_id"])
        before = last.get(record, {})
        last[record] = event | {"row": {**before.get("row", {}), **event["row"]}}

    for (source, dataset, key), event in last.items():
        row = tables[source, dataset].get(key)
        if event["operation"] == "delete":
            assert row is None
        else:
            assert row is not None
            assert {name: row[name] for name in event["row"]} == event["row"]
    assert len(last) > PAGE_ROWS


def test_the_truth_about_people_is_what_sound_rows_say(world: World) -> None:
    people = {row["truth_id"]: row for row in truth_of(world, "person").iter_rows(named=True)}
    faults = truth_of(world, "injected_fault")
    wrong = set(faults.select("record_id", "field").iter_rows())
    doubles = set(faults.filter(pl.col("kind") == "person_twice")["record_id"])
    links = truth_of(world, "same_person")
    facts: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
        "cong_dan": lambda person: {
            "so_dinh_danh": person["pin"],
            "ho_ten": person["full_name"],
            "ngay_sinh": person["birth_date"].isoformat(),
            "gioi_tinh": str(person["sex"]),
            "tinh_trang_hon_nhan": person["marital"],
            "ngay_chet": person["death_date"] and person["death_date"].isoformat(),
        },
        "nguoi_tham_gia": lambda person: {
            "ma_so_bhxh": person["insurance_number"],
            "so_dinh_danh": person["pin"],
            "ho_va_ten": person["full_name"],
            "ngay_sinh": f"{person['birth_date']:%d/%m/%Y}",
            "ma_xa": person["commune_code"],
            "huong_luong_huu": str(
                person["receives_pension"] and person["death_date"] is None
            ).lower(),
        },
    }
    for name, tell in facts.items():
        dataset, rows = TABLES[name].dataset, rows_of(world, name)
        mine = dict(
            links.filter(pl.col("dataset") == dataset).select("record_id", "truth_id").iter_rows()
        )
        live = {key for key, row in rows.items() if row.get("da_xoa") != "true"}
        assert set(mine) == live
        for key in sorted(mine.keys() - doubles):
            told = tell(people[mine[key]])
            true = {column: v for column, v in told.items() if (key, column) not in wrong}
            assert {column: rows[key][column] for column in true} == true


def test_every_certificate_is_linked_and_every_fault_is_there(world: World) -> None:
    certificates = rows_of(world, "gcn")
    links = truth_of(world, "same_person").filter(pl.col("dataset") == "certificate")
    faults = truth_of(world, "injected_fault")
    values = truth_of(world, "true_value")
    tables = {(table.source, table.dataset): rows_of(world, name) for name, table in TABLES.items()}

    assert set(links["record_id"].str.split("#").list.first()) == set(certificates)
    assert faults.select("record_id", "field").equals(values.select("record_id", "field"))
    told = faults.with_columns(values["true_value"])
    for fault in told.filter(~pl.col("kind").is_in(FORMS)).iter_rows(named=True):
        row = tables[fault["source"], fault["dataset"]][fault["record_id"]]
        shown = (row[fault["field"]], fault["kind"])
        assert shown != (fault["true_value"], fault["kind"]) or fault["kind"] in (
            "owner_dead",
            "life_event_missed",
        )


def test_homes_stay_consistent(world: World) -> None:
    persons = [r for r in rows_of(world, "cong_dan").values() if r["da_xoa"] == "false"]
    homes = {k: r for k, r in rows_of(world, "ho").items() if r["da_xoa"] == "false"}
    by_key = {row["ma_cd"]: row for row in persons}
    people = {row["truth_id"]: row for row in truth_of(world, "person").iter_rows(named=True)}

    assert {row["ma_ho"] for row in persons if row["ma_ho"]} == set(homes)
    assert all(by_key[home["chu_ho"]]["ma_ho"] == key for key, home in homes.items())
    assert all(row["ma_ho"] is None for row in persons if row["ngay_chet"])
    residences = Counter(
        row["ma_cd"]
        for row in rows_of(world, "cu_tru").values()
        if (row["loai"], row["den_ngay"], row["da_xoa"]) == ("thuong_tru", None, "false")
    )
    assert set(residences.values()) == {1}
    for person in people.values():
        spouse = people.get(person["spouse"])
        assert spouse is None or spouse["spouse"] == person["truth_id"]


def test_a_newborn_has_parents_a_home_a_number_and_a_card(
    world: World, events: pl.DataFrame
) -> None:
    people = {row["truth_id"]: row for row in truth_of(world, "person").iter_rows(named=True)}
    ties = {
        (r["ma_cd"], r["loai"], r["ma_cd_lien_quan"]) for r in rows_of(world, "quan_he").values()
    }
    cards = rows_of(world, "the_bhyt")
    for kind, shape in (
        ("birth", r"TE122\d{10}"),
        ("birth_without_number", r"TE101\d{10}"),
        ("number_given", r"TE122\d{10}"),
    ):
        mine = events.filter((pl.col("kind") == kind) & (pl.col("operation") == "insert"))
        births = mine.partition_by("event_id", as_dict=True)
        assert births
        for written in births.values():
            kinds = Counter(written["dataset"])
            expected = {"participant": 1, "card": 1} if kind != "number_given" else {"card": 1}
            if kind != "birth_without_number":
                expected |= {"person": 1, "residence": 1, "relation": 4}
                (key,) = written.filter(pl.col("dataset") == "person")["record_id"]
                assert len([tie for tie in ties if tie[0] == key]) == 2
            assert kinds == expected
            (card,) = written.filter(pl.col("dataset") == "card")["record_id"]
            assert re.fullmatch(shape, cards[card]["so_the"])
            child = people[written["truth_id"][0]]
            assert people[child["mother"]]["spouse"] == child["father"]


def test_deletes_leave_a_tombstone_or_nothing(world: World, events: pl.DataFrame) -> None:
    buried = events.filter(pl.col("kind") == "removed_with_tombstone")
    gone = events.filter(pl.col("kind") == "removed_without_tombstone")
    tables = {table.dataset: rows_of(world, name) for name, table in TABLES.items()}

    assert set(buried["dataset"]) == {"person", "residence"}
    assert all(
        tables[d][k]["da_xoa"] == "true" for d, k in buried.select("dataset", "record_id").rows()
    )
    assert set(gone["dataset"]) == {"relation", "participation", "card"}
    assert all(k not in tables[d] for d, k in gone.select("dataset", "record_id").rows())


def test_a_sold_certificate_is_gone_from_the_next_drop(make_world: MakeWorld) -> None:
    world = make_world()
    live_on(*world, 1)
    first = {path.name: list_drops(path) for path in sorted(world[1].drops.iterdir())}
    live_on(*world, 1)
    second = {path.name: list_drops(path) for path in sorted(world[1].drops.iterdir())}
    sold = truth_of(world, "event").filter(
        (pl.col("kind") == "land_sold") & (pl.col("day") == REFERENCE_DATE + timedelta(days=1))
    )
    (old,) = sold.filter(pl.col("operation") == "delete")["record_id"]
    (new,) = sold.filter(pl.col("operation") == "insert")["record_id"]

    (folder,) = (name for name in first if name.startswith(f"{old[2:5]}-"))
    before, after = (
        next(drop.glob("gcn.*")).read_bytes() for drop in (first[folder][-1], second[folder][-1])
    )
    assert len(second[folder]) == len(first[folder]) + 1
    assert any(len(second[name]) == len(first[name]) for name in first)
    if folder_is_text(first[folder][-1]):
        assert old.encode() in before
        assert old.encode() not in after
        assert new.encode() in after


def test_papers_are_dated_to_the_working_day_they_were_made_on(events: pl.DataFrame) -> None:
    shapes = {"land_sold": ("insert", "ngay_cap"), "mortgage_registered": ("update", "the_chap")}
    for kind, (operation, column) in shapes.items():
        made = events.filter((pl.col("kind") == kind) & (pl.col("operation") == operation))
        dated = {
            (event["day"], *re.findall(r"\d\d/\d\d/\d{4}", event["row"][column]))
            for event in made.iter_rows(named=True)
        }
        assert dated == {
            (day, f"{day - timedelta(days=max(0, day.weekday() - 4)):%d/%m/%Y}")
            for day in (REFERENCE_DATE + timedelta(days=number) for number in range(DAYS))
        }


def folder_is_text(drop: Path) -> bool:
    return (drop / "gcn.csv").exists()


def test_late_commits_lie_before_what_was_written_earlier(
    world: World, events: pl.DataFrame
) -> None:
    written = {"person": rows_of(world, "cong_dan"), "residence": rows_of(world, "cu_tru")}
    seen = set()
    for event in events.filter(pl.col("kind") == "committed_late").iter_rows(named=True):
        says = json.loads(event["detail"])
        earlier = events.filter(
            (pl.col("day") < event["day"]) & (pl.col("dataset") == event["dataset"])
        )["at"]
        late = timedelta(minutes=says["minutes_late"])
        if len(earlier):
            assert abs(earlier.max() - event["at"] - late) < timedelta(seconds=10)
            assert event["at"].date() < event["day"]
        assert says["within_overlap"] == (late < OVERLAP) == (event["dataset"] == "residence")
        assert event["record_id"] in written[event["dataset"]]
        seen.add(says["within_overlap"])
    assert seen == {True, False}


def test_more_rows_than_a_page_holds_share_one_instant(world: World, events: pl.DataFrame) -> None:
    saved = events.filter(pl.col("kind") == "equal_clocks", pl.col("day") == pl.col("day").max())
    clocks = rows_of(world, "cu_tru")

    assert len(saved) > PAGE_ROWS
    assert len({clocks[key]["cap_nhat_luc"] for key in saved["record_id"]}) == 1
    assert set(saved["row"].map_elements(len, return_dtype=pl.Int64)) == {0}


def test_a_number_issued_anew_reaches_the_insurance_register_later(
    world: World, events: pl.DataFrame
) -> None:
    people = {row["truth_id"]: row for row in truth_of(world, "person").iter_rows(named=True)}
    issued = events.filter(pl.col("kind") == "number_reissued")
    followed = {
        event["truth_id"]: event
        for event in events.filter(pl.col("kind") == "number_followed").iter_rows(named=True)
    }
    late = truth_of(world, "injected_fault").filter(pl.col("kind") == "life_event_missed")
    links = dict(
        truth_of(world, "same_person")
        .filter(pl.col("dataset") == "participant")
        .select("truth_id", "record_id")
        .iter_rows()
    )
    for event in issued.iter_rows(named=True):
        person, pin = people[event["truth_id"]], event["row"]["so_dinh_danh"]
        century_and_sex = (person["birth_date"].year // 100 - 19) * 2 + person["sex"] - 1
        assert pin[3:6] == f"{century_and_sex}{person['birth_date'].year % 100:02d}"
        assert event["dataset"] == "person"
        if event["truth_id"] in followed:
            assert followed[event["truth_id"]]["day"] > event["day"]
            assert followed[event["truth_id"]]["row"]["so_dinh_danh"] == pin
        else:
            assert links[event["truth_id"]] in set(late["record_id"])
    assert followed


def test_whom_the_demo_speaks_of_by_name_is_left_alone(world: World, events: pl.DataFrame) -> None:
    shown = json.loads((world[0] / "truth" / "showcase.json").read_text(encoding="utf-8"))
    people = truth_of(world, "person")
    kept = {person["truth_id"] for person in shown} | set(people.filter("canary")["truth_id"])
    touched = events.filter(pl.col("kind") != "equal_clocks")
    rows = truth_of(world, "same_person").filter(pl.col("truth_id").is_in(sorted(kept)))

    assert kept.isdisjoint(touched["truth_id"])
    assert kept.isdisjoint(touched["partner_id"])
    assert set(rows["record_id"].str.split("#").list.first()).isdisjoint(touched["record_id"])


@pytest.mark.parametrize("step", ["export_drops", "_move", "_apply"])
def test_a_crash_between_the_sources_and_the_truth_is_healed_by_running_again(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    calm, crashing = make_world(), make_world()
    live_on(*calm, 1)
    calls: list[object] = []
    real = getattr(journal, step)

    def crash(*given: Any, **named: Any) -> Any:
        calls.append(given)
        if len(calls) == 2 or step == "export_drops":
            raise OSError(step)
        return real(*given, **named)

    with monkeypatch.context() as patch:
        patch.setattr(journal, step, crash)
        with pytest.raises(OSError, match=step):
            live_on(*crashing, 1)
    assert journal.is_under_way(crashing[0] / "truth")
    healed = live_on(*crashing, 1)

    assert healed["last_day"] == REFERENCE_DATE.isoformat()
    assert picture(crashing) == picture(calm)


def test_what_makes_no_sense_is_refused_in_one_sentence(
    make_world: MakeWorld, tmp_path: Path
) -> None:
    folder, sources = make_world()
    with pytest.raises(ValueError, match=r"^The world goes on by whole days: ask for 1 or more\.$"):
        live_on(folder, sources, 0)
    with pytest.raises(
        ValueError, match=r" holds no truth, and the world can go on only beside its truth\.$"
    ):
        live_on(tmp_path, sources, 1)

    with psycopg.connect(sources.databases["population"]) as connection:
        connection.execute("UPDATE dan_cu.cong_dan SET so_cmnd = '100000000'")
    with pytest.raises(
        ValueError, match=r"^The population database holds another province than [^ ]+\.$"
    ):
        live_on(folder, sources, 1)


def test_databases_of_another_day_are_refused(make_world: MakeWorld) -> None:
    (folder, lived), (_, fresh) = make_world(), make_world()
    live_on(folder, lived, 1)

    with pytest.raises(ValueError, match="stand at different days"):
        live_on(folder, fresh, 1)
    assert date.fromisoformat(live_on(folder, lived, 1)["last_day"]) == date(2026, 11, 2)


@pytest.mark.parametrize("code", ["66", "20", "08"])
def test_every_province_goes_on(
    code: str, make_database: Callable[[], str], tmp_path: Path
) -> None:
    folder = tmp_path / "province"
    make_province(folder, "tiny", 3, options=Options(province=code))
    databases = {source: make_database() for source in SCHEMAS}
    load_population(databases["population"], folder)
    load_social_insurance(databases["social_insurance"], folder, reader_password="of-the-reader")
    load_land_registry(databases["land_registry"], folder)
    live_on(folder, Sources(**databases, drops=tmp_path / "drops"), 3)
    told = pl.read_parquet(folder / "truth" / "event.parquet")
    born = told.filter((pl.col("kind") == "birth") & (pl.col("dataset") == "person"))
    prefixes = {"66": {"066", "054"}, "20": {"020"}, "08": {"008", "002"}}

    assert set(told["kind"]) >= set(KINDS) - set(FOLLOWING)
    pins = [json.loads(detail)["row"]["so_dinh_danh"] for detail in born["detail"]]
    assert {pin[:3] for pin in pins} <= prefixes[code]
