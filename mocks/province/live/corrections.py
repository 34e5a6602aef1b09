"""Values put right and values spoilt by their owners, and personal numbers issued anew.

A corrected sex or year of birth leads to another personal number. The population register has it at
once; the insurance register takes it over days later, and is wrong until then.
"""

from typing import Any

import numpy as np
import polars as pl

from mocks.province.live.books import DATASETS, TABLES, Row
from mocks.province.live.day import Day, Event
from mocks.province.live.land import fits_office, list_tcvn3_districts
from mocks.province.live.numbers import draw_pin
from mocks.province.live.truth import NewFault, Person
from mocks.province.noise import FORMS
from mocks.province.spelling import drop_marks, flip_digit, has_marks

_NEVER_MENDED = (*FORMS, "person_twice", "owner_dead", "transfer_unregistered", "life_event_missed")
_SOURCE_SHARES = (("population", 0.3), ("social_insurance", 0.4), ("land_registry", 0.3))
#: What clerks spoil: table, column, kind of noise.
_SLIPS = (
    ("cong_dan", "so_cmnd", "typing_error"),
    ("cong_dan", "ho_ten", "marks_missing"),
    ("nguoi_tham_gia", "so_dinh_danh", "typing_error"),
    ("nguoi_tham_gia", "ho_va_ten", "marks_missing"),
    ("gcn", "chu_su_dung", "marks_missing"),
)
#: Forms beside which a row counts as sound; who stands in a form's own text is not typed again.
_LEFT_ALONE = tuple(kind for kind in FORMS if not kind.startswith("owner"))
_CHILD_AGE, _ADULT_AGE = 16, 20


def mend_values(day: Day) -> None:
    """Owners put spoilt values right, in each register some."""
    rng = day.stream("value_mended")
    count, tcvn3 = day.count(rng, "value_mended"), list_tcvn3_districts(day)
    for source, share in _SOURCE_SHARES:
        wanted = max(1, round(count * share))
        done = 0
        for fault in _draw_faults(rng, day, source, wanted):
            name, key = DATASETS[source, fault["dataset"]], fault["record_id"]
            row = day.books.by_key(name, [key]).get(key)
            if done == wanted or row is None or not _can_be_mended(day, name, row, fault):
                continue
            if fits_office(fault["true_value"], row.get("ma_don_vi"), tcvn3):
                says = {"kind": fault["kind"]}
                event = Event(day, "value_mended", day.draw_time(rng), says=says)
                event.change(name, row, {fault["field"]: fault["true_value"]})
                done += 1


def _draw_faults(
    rng: np.random.Generator, day: Day, source: str, count: int
) -> list[dict[str, Any]]:
    """Faults that can be mended by writing the true value, the only ones in their field."""
    place = ["dataset", "record_id", "field"]
    mine = day.truth.faults.with_columns(day.truth.true_values["true_value"]).filter(
        pl.col("source") == source
    )
    able = mine.filter(~pl.col("kind").is_in(_NEVER_MENDED) & pl.col("true_value").is_not_null())
    drawn = able[rng.permutation(len(able))[: count * 3 + 5]]
    near = mine.filter(pl.col("record_id").is_in(drawn["record_id"].implode()))
    others = near.group_by(place).len()
    single = others.filter(pl.col("len") == 1).select(place)
    return drawn.join(single, on=place, how="semi", maintain_order="left").to_dicts()


def _can_be_mended(day: Day, name: str, row: Row, fault: dict[str, Any]) -> bool:
    """Whether nothing else happened to the row today, and it does not have to stay as it is."""
    key = row[TABLES[name].key] or ""
    column = {"cong_dan": "population_id", "nguoi_tham_gia": "participant_id"}.get(name)
    people = day.people_at(column, [key]) if column else []
    return (
        row[fault["field"]] != fault["true_value"]
        and not day.books.is_written(name, key)
        and not day.is_kept(row)
        and all(day.is_free(truth_id) for truth_id in people)
    )


def make_slips(day: Day) -> None:
    """Clerks spoil values that were right, in each register one at least."""
    rng = day.stream("typing_error")
    count = day.count(rng, "typing_error")
    for place, (name, column, kind) in enumerate(_SLIPS):
        for key in _choose_sound_rows(rng, day, name, count // len(_SLIPS) + (place % 2 == 0)):
            row = day.books.by_key(name, [key]).get(key)
            new = None if row is None else _spoil(row[column], kind)
            if row is None or new is None or new == row[column]:
                continue
            event = Event(day, "typing_error", day.draw_time(rng), says={"kind": kind})
            event.change(name, row, {column: new})
            table = TABLES[name]
            record = (table.source, table.dataset, key)
            day.truth.add_fault(NewFault(record, column, kind, row[column]))


def _choose_sound_rows(rng: np.random.Generator, day: Day, name: str, count: int) -> list[str]:
    """Rows of one person each, to whom nothing happened today, without any fault but forms."""
    table = TABLES[name]
    place = (pl.col("source") == table.source) & (pl.col("dataset") == table.dataset)
    links = day.truth.links.filter(place)
    drawn = links[rng.integers(0, len(links), count * 10 + 20)]
    keys = drawn["record_id"].str.split("#").list.first().unique(maintain_order=True)
    parties = pl.concat([keys, keys + "#1", keys + "#2"])
    spoken = links.filter(pl.col("record_id").is_in(parties.implode()))
    owners: dict[str, list[str]] = {}
    for record, truth_id in spoken.select("record_id", "truth_id").iter_rows():
        owners.setdefault(record.split("#")[0], []).append(truth_id)
    wrong = set(
        day.truth.faults.filter(
            place & pl.col("record_id").is_in(keys.implode()) & ~pl.col("kind").is_in(_LEFT_ALONE)
        )["record_id"]
    )
    free = [
        key
        for key in keys
        if key not in wrong and len(owners[key]) == 1 and day.is_free(owners[key][0])
    ]
    return [key for key in free if not day.books.is_written(name, key)][:count]


def _spoil(value: str | None, kind: str) -> str | None:
    """The value as a careless clerk types it; null if it cannot be spoilt so."""
    if not value:
        return None
    frame = pl.DataFrame({"value": [value]})
    change = flip_digit if kind == "typing_error" else drop_marks
    able = pl.col("value").str.contains(r"\d\d$") if kind == "typing_error" else has_marks("value")
    changed = frame.filter(able).select(change(pl.col("value")))
    return str(changed.item()) if len(changed) else None


def reissue_numbers(day: Day) -> None:
    """Children whose sex, adults whose year of birth was registered wrongly."""
    rng = day.stream("number_reissued")
    able = (
        pl.col("alive")
        & pl.col("population_id").is_not_null()
        & pl.col("participant_id").is_not_null()
        & (pl.col("holdings") == 0)
        & pl.col("pin").is_not_null()
        & ((pl.col("age") < _CHILD_AGE) | (pl.col("age") > _ADULT_AGE))
        & ~pl.col("participant_id").is_in(_spoilt(day, "participant").implode())
        & ~pl.col("population_id").is_in(_spoilt(day, "person").implode())
    )
    for person in day.choose(rng, able, day.count(rng, "number_reissued")):
        _reissue(rng, day, person)
        day.take(person["truth_id"])


def _spoilt(day: Day, dataset: str) -> pl.Series:
    return day.truth.faults.filter(pl.col("dataset") == dataset)["record_id"]


def _reissue(rng: np.random.Generator, day: Day, person: Person) -> None:
    wrong = "sex" if person["age"] < _CHILD_AGE else "birth_date"
    born = person["birth_date"]
    if wrong == "sex":
        new = {"sex": 3 - person["sex"]}
    else:
        last = 28 if (born.month, born.day) == (2, 29) else born.day
        new = {"birth_date": born.replace(year=born.year - 1, day=last)}
    person = person | new
    new["pin"] = person["pin"] = draw_pin(rng, day, person)
    says = {"corrected": wrong}
    event = Event(
        day, "number_reissued", day.draw_time(rng), people=(person["truth_id"],), says=says
    )
    key = person["population_id"]
    row = day.books.by_key("cong_dan", [key])[key]
    told = {
        "so_dinh_danh": person["pin"],
        "ngay_sinh": person["birth_date"].isoformat(),
        "gioi_tinh": str(person["sex"]),
    }
    event.change("cong_dan", row, told)
    day.truth.change_person(person["truth_id"], **new)
    insured = person["participant_id"]
    row = day.books.by_key("nguoi_tham_gia", [insured])[insured]
    record = ("social_insurance", "participant", insured)
    for column, value in _tell_insurance(person).items():
        if row[column] != value:
            day.truth.add_fault(NewFault(record, column, "life_event_missed", value))
    day.later("number_followed", int(rng.integers(1, 4)), truth_id=person["truth_id"])


def _tell_insurance(person: Person) -> Row:
    return {
        "so_dinh_danh": person["pin"],
        "ngay_sinh": f"{person['birth_date']:%d/%m/%Y}",
        "gioi_tinh": "Nam" if person["sex"] == 1 else "Nữ",
    }


def follow_numbers(day: Day) -> None:
    """The insurance register learns of numbers issued anew."""
    rng = day.stream("number_followed")
    for due in day.take_due("number_followed"):
        person = day.person(due["truth_id"])
        key = person["participant_id"]
        row = day.books.by_key("nguoi_tham_gia", [key])[key]
        people = (person["truth_id"],)
        event = Event(day, "number_followed", day.draw_time(rng), people=people)
        event.change("nguoi_tham_gia", row, _tell_insurance(person))
        day.take(person["truth_id"])
