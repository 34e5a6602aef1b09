"""What the population register holds about the province, in its owner's words."""

from datetime import timedelta

import numpy as np
import polars as pl

from mocks.province.canaries import canary_rows
from mocks.province.chance import Ints, draw_index, draw_texts, open_stream
from mocks.province.faults import (
    ACCEPT,
    QUARANTINE,
    REPAIR,
    Fault,
    Spoiler,
    Truth,
    blank,
    change_text,
    decompose,
    drop_marks,
    flip_digit,
    has_movable_tone,
    lose_zero,
    move_tones,
    shout,
)
from mocks.province.households import CHILD, HEAD, NOBODY
from mocks.province.people import REFERENCE_DAY, World

SOURCE = "population"
_ROLE_CODES = ["chu_ho", "vo_chong", "con", "bo_me", "anh_chi_em", "chau", "khac"]
_DAY_MS = 86_400_000
_UTC_OFFSET = timedelta(hours=7)
#: Mass updates of the register: many rows carry exactly one of these instants (days before the reference date).
_MASS_UPDATE_DAYS = (480, 390, 305, 231, 170, 122, 95, 61, 33, 12)
_MASS_UPDATE_SHARE = 0.3
_MIN_TOMBSTONES = 2
_TOMBSTONE_SHARE = 0.001


def draw_update_times(rng: np.random.Generator, count: int) -> Ints:
    """Milliseconds since 1970 UTC, all before the reference date; about a third of them shared by many rows."""
    end = REFERENCE_DAY * _DAY_MS - int(_UTC_OFFSET.total_seconds() * 1000)
    single = end - rng.integers(_DAY_MS, 487 * _DAY_MS, count)
    mass = (
        end - np.array(_MASS_UPDATE_DAYS)[rng.integers(0, len(_MASS_UPDATE_DAYS), count)] * _DAY_MS
    )
    return np.where(rng.random(count) < _MASS_UPDATE_SHARE, mass, single).astype(np.int64)


def register_population(world: World, seed: int, truth: Truth) -> dict[str, pl.DataFrame]:
    """cong_dan, ho, cu_tru and quan_he; faults and links go to `truth`."""
    rows = np.flatnonzero(world.people["in_population"].to_numpy())
    keys = _number("CD", len(world.people), 9)
    persons = _write_persons(open_stream(seed, "population.person"), world, keys, rows=rows)
    truth.link((SOURCE, "person"), world.people["truth_id"].gather(rows), keys.gather(rows))
    persons = _spoil_persons(open_stream(seed, "population.person.noise"), persons, world, truth)
    persons = _add_doubles(open_stream(seed, "population.doubles"), persons, world, truth)
    households = _write_households(open_stream(seed, "population.household"), world, keys)
    households = _spoil_households(
        open_stream(seed, "population.household.noise"), households, world, truth
    )
    residences = _write_residences(open_stream(seed, "population.residence"), world, keys)
    residences = _spoil_residences(
        open_stream(seed, "population.residence.noise"), residences, truth
    )
    relations = _write_relations(open_stream(seed, "population.relation"), world, keys)
    relations = _spoil_relations(open_stream(seed, "population.relation.noise"), relations, truth)
    return {"cong_dan": persons, "ho": households, "cu_tru": residences, "quan_he": relations}


def _number(prefix: str, count: int, width: int) -> pl.Series:
    numbers = pl.int_range(1, count + 1, eager=True).cast(pl.String).str.zfill(width)
    return prefix + numbers


def _stamp(rng: np.random.Generator, frame: pl.DataFrame) -> pl.DataFrame:
    times = pl.Series(draw_update_times(rng, len(frame))).cast(pl.Datetime("ms", "UTC"))
    return frame.with_columns(cap_nhat_luc=times, da_xoa=pl.lit(False))


def _write_persons(
    rng: np.random.Generator, world: World, keys: pl.Series, *, rows: Ints
) -> pl.DataFrame:
    people = world.people[rows]
    dead = pl.col("death_date").is_not_null()
    roles = pl.Series(_ROLE_CODES).gather(people["role"])
    other_names = draw_texts(
        rng, ["Tèo", "Bống", "Cò", "Gấm", "Nhớn", "Sửu", "Bảy", "Hai", "Út", "Tư"], len(rows)
    )
    frame = people.with_columns(
        key=keys.gather(rows),
        house=_number("HO", len(world.households), 8).gather(people["household"]),
        roles=roles,
        other=other_names,
        known=pl.Series(rng.random(len(rows)) < 0.01),
    ).select(
        ma_cd="key",
        so_dinh_danh="pin",
        ho_ten="full_name",
        ten_khac=pl.when("known").then("other"),
        ngay_sinh=pl.col("birth_date").cast(pl.String),
        gioi_tinh=pl.col("sex").cast(pl.String),
        dan_toc="ethnic_code",
        so_cmnd="old_number",
        tinh_trang_hon_nhan="marital",
        ma_ho=pl.when(~dead).then("house"),
        quan_he_chu_ho=pl.when(~dead).then("roles"),
        ngay_chet="death_date",
    )
    return _stamp(rng, frame)


def _spoil_persons(
    rng: np.random.Generator, persons: pl.DataFrame, world: World, truth: Truth
) -> pl.DataFrame:
    spoiler = Spoiler(persons, table=(SOURCE, "person"), key="ma_cd", truth=truth)
    listed = world.people["in_population"].to_numpy()
    spoiler.free &= world.people["canary"].to_numpy()[listed] == 0
    ages = world.ages[listed]
    impossible = Fault(
        "birth_impossible", "ngay_sinh", QUARANTINE, lambda row: row["ngay_sinh"][:4] + "-02-30"
    )
    old = ages >= 60
    name, pin, born = "ho_ten", "so_dinh_danh", "ngay_sinh"
    spread = spoiler.spread
    spread(rng, Fault("name_missing", name, QUARANTINE, change_text(name, blank)), rate=0.0001)
    spread(rng, impossible, rate=0.0002)
    spread(rng, Fault("name_nfd", name, REPAIR, change_text(name, decompose)), rate=0.001)
    movable = has_movable_tone(name)
    spread(
        rng,
        Fault("name_tone_moved", name, REPAIR, change_text(name, move_tones)),
        rate=0.012,
        among=movable,
    )
    spread(rng, Fault("name_capitals", name, REPAIR, change_text(name, shout)), rate=0.0015)
    spread(
        rng, Fault("name_without_marks", name, ACCEPT, change_text(name, drop_marks)), rate=0.001
    )
    spread(
        rng, Fault("birth_year_only", born, ACCEPT, lambda row: row[born][:4]), rate=0.01, among=old
    )
    zero = pl.col(pin).str.starts_with("0")
    spread(
        rng,
        Fault("pin_zero_lost", pin, REPAIR, change_text(pin, lose_zero)),
        rate=0.0005,
        among=zero,
    )
    wrong_sex = Fault(
        "sex_against_pin", "gioi_tinh", ACCEPT, lambda row: "2" if row["gioi_tinh"] == "1" else "1"
    )
    spread(rng, wrong_sex, rate=0.0003)
    spread(
        rng,
        Fault("birth_year_against_pin", born, ACCEPT, lambda row: _next_year(row[born])),
        rate=0.0003,
    )
    spread(
        rng,
        Fault("old_number_wrong", "so_cmnd", ACCEPT, change_text("so_cmnd", flip_digit)),
        rate=0.0005,
    )
    for row in canary_rows(world.people, "population"):
        spoiler.spoil(impossible, np.array([_row_in_register(world, int(row))]))
    return spoiler.frame


def _row_in_register(world: World, row: int) -> int:
    """Row of a person in cong_dan: outsiders are not in it."""
    return int(world.people["in_population"].to_numpy()[:row].sum())


def _next_year(birth: str) -> str:
    """One year earlier: the same day, except that 29 February becomes the 28th."""
    year, rest = int(birth[:4]) - 1, birth[4:]
    return f"{year:04d}{'-02-28' if rest == '-02-29' else rest}"


def _add_doubles(
    rng: np.random.Generator, persons: pl.DataFrame, world: World, truth: Truth
) -> pl.DataFrame:
    """Some people stand in the register twice: once under the old number only (live), or as a removed entry."""
    count = max(_MIN_TOMBSTONES, round(len(persons) * _TOMBSTONE_SHARE))
    ordinary = (world.people["canary"] == 0).to_numpy()[world.people["in_population"].to_numpy()]
    able = persons["so_cmnd"].is_not_null().to_numpy() & persons["ngay_chet"].is_null().to_numpy()
    able &= (
        ordinary
        & (persons["ngay_sinh"].str.len_chars() == 10).to_numpy()
        & (persons["ho_ten"] != "").to_numpy()
    )
    rows = rng.choice(np.flatnonzero(able), count * 2, replace=False)
    start = len(world.people)
    copies = (
        persons[rows]
        .with_columns(
            ma_cd="CD"
            + pl.int_range(start + 1, start + count * 2 + 1).cast(pl.String).str.zfill(9),
            ma_ho=None,
            quan_he_chu_ho=None,
            da_xoa=pl.Series(np.arange(count * 2) >= count),
            so_dinh_danh=pl.when(pl.Series(np.arange(count * 2) >= count)).then("so_dinh_danh"),
        )
        .cast(dict(persons.schema))
        .select(persons.columns)
    )
    copies = copies.with_columns(
        cap_nhat_luc=pl.Series(draw_update_times(rng, len(copies))).cast(pl.Datetime("ms", "UTC"))
    )
    live = copies[:count]
    owners = (
        world.people["truth_id"]
        .gather(np.flatnonzero(world.people["in_population"].to_numpy()))
        .gather(rows)
    )
    truth.link((SOURCE, "person"), owners[:count], live["ma_cd"])
    pins = persons["so_dinh_danh"].gather(rows)[:count]
    truth.note((SOURCE, "person"), ("person_twice", "so_dinh_danh", ACCEPT), live["ma_cd"], pins)
    return pl.concat([persons, copies])


def _write_households(rng: np.random.Generator, world: World, keys: pl.Series) -> pl.DataFrame:
    heads = np.flatnonzero((world.people["role"] == HEAD).to_numpy())
    frame = world.households.with_columns(
        ma_ho=_number("HO", len(world.households), 8), chu_ho=keys.gather(heads)
    ).select("ma_ho", "chu_ho", ma_xa="commune_code", dia_chi="address")
    return _stamp(rng, frame)


def _spoil_households(
    rng: np.random.Generator, households: pl.DataFrame, world: World, truth: Truth
) -> pl.DataFrame:
    spoiler = Spoiler(households, table=(SOURCE, "household"), key="ma_ho", truth=truth)
    heads = (world.people["role"] == HEAD).to_numpy()
    spoiler.free &= world.people["canary"].to_numpy()[heads] == 0
    address = "dia_chi"
    spoiler.spread(
        rng, Fault("commune_missing", "ma_xa", QUARANTINE, change_text("ma_xa", blank)), rate=0.0002
    )
    spoiler.spread(
        rng, Fault("address_capitals", address, REPAIR, change_text(address, shout)), rate=0.003
    )
    without = Fault("address_without_marks", address, ACCEPT, change_text(address, drop_marks))
    spoiler.spread(rng, without, rate=0.002)
    return spoiler.frame


def _write_residences(rng: np.random.Generator, world: World, keys: pl.Series) -> pl.DataFrame:
    """Permanent residence of everyone, an earlier one of some, a temporary one of others."""
    rows = np.flatnonzero(world.people["in_population"].to_numpy())
    luck = rng.random(len(rows))
    birth = world.people["birth_day"].to_numpy()[rows]
    death = world.people["death_day"].gather(rows).fill_null(REFERENCE_DAY).to_numpy()
    span = np.maximum(death - birth - 40, 1)
    child = (world.people["role"].to_numpy()[rows] == CHILD) & (luck < 0.9)
    since = birth + np.where(
        child, np.minimum(25, span), (rng.random(len(rows)) * 0.8 * span).astype(np.int64)
    )
    home = pl.DataFrame(
        {"person": rows, "since": since, "until": world.people["death_day"].gather(rows)}
    )
    home = home.with_columns(
        kind=pl.lit("thuong_tru"),
        commune=world.people["commune_code"].gather(rows),
        address=world.people["address"].gather(rows),
    )
    places = world.households[rng.integers(0, len(world.households), len(rows))]
    ordinary = world.people["canary"].to_numpy()[rows] == 0
    elsewhere = home.with_columns(commune=places["commune_code"], address=places["address"])
    moved = elsewhere.with_columns(
        since=pl.Series(birth + np.minimum(20, span)), until=pl.col("since")
    )
    moved = moved.filter(pl.Series(ordinary & (luck > 0.90) & (since - birth > 400)))
    lodging = elsewhere.with_columns(
        kind=pl.lit("tam_tru"), since=pl.Series(REFERENCE_DAY - rng.integers(20, 700, len(rows)))
    )
    adult = (birth < REFERENCE_DAY - 17 * 366) & (death == REFERENCE_DAY)
    lodging = lodging.filter(pl.Series(ordinary & adult & (luck < 0.05)))
    frame = pl.concat([home, moved, lodging]).sort("person", "since", "kind")
    day = pl.col("since", "until").cast(pl.Int32).cast(pl.Date).cast(pl.String)
    frame = frame.with_columns(day).select(
        ma_ct=_number("CT", len(frame), 9),
        ma_cd=keys.gather(frame["person"]),
        loai="kind",
        ma_xa="commune",
        dia_chi="address",
        tu_ngay="since",
        den_ngay="until",
    )
    frame = _stamp(rng, frame)
    gone = rng.choice(len(frame), max(1, len(frame) // 2000), replace=False)
    ended = frame["den_ngay"].is_not_null().to_numpy()
    gone = gone[ended[gone]]
    return frame.with_columns(frame["da_xoa"].scatter(np.sort(gone), True)) if len(gone) else frame


def _spoil_residences(
    rng: np.random.Generator, residences: pl.DataFrame, truth: Truth
) -> pl.DataFrame:
    spoiler = Spoiler(residences, table=(SOURCE, "residence"), key="ma_ct", truth=truth)
    since, address = "tu_ngay", "dia_chi"
    past = pl.col("den_ngay").is_not_null()
    impossible = Fault("date_impossible", since, QUARANTINE, lambda row: row[since][:4] + "-13-01")
    spoiler.spread(rng, impossible, rate=0.0005, among=past)
    spoiler.spread(
        rng,
        Fault("address_capitals", address, REPAIR, change_text(address, shout)),
        rate=0.002,
        among=past,
    )
    return spoiler.frame


def _write_relations(rng: np.random.Generator, world: World, keys: pl.Series) -> pl.DataFrame:
    """Row (person, kind, relative): kind says what the relative is to the person."""
    names = world.people["full_name"]
    ties = [
        (np.flatnonzero(kin != NOBODY), kin[kin != NOBODY], kind)
        for kin, kind in ((world.spouse, "vo_chong"), (world.father, "cha"), (world.mother, "me"))
    ]
    children = [
        (relatives, persons, "con") for persons, relatives, kind in ties if kind != "vo_chong"
    ]
    frames = [
        pl.DataFrame({"person": persons, "relative": relatives}).select(
            "person", "relative", kind=pl.lit(kind), name=names.gather(relatives)
        )
        for persons, relatives, kind in ties + children
    ]
    frames.append(_name_fathers(rng, world))
    frame = pl.concat(frames).sort("person", "kind", "relative", nulls_last=True)
    known = frame["relative"].fill_null(0)
    return _stamp(
        rng,
        frame.with_columns(known=keys.gather(known)).select(
            ma_qh=_number("QH", len(frame), 9),
            ma_cd=keys.gather(frame["person"]),
            loai="kind",
            ma_cd_lien_quan=pl.when(pl.col("relative").is_not_null()).then("known"),
            ho_ten_lien_quan="name",
        ),
    )


def _name_fathers(rng: np.random.Generator, world: World) -> pl.DataFrame:
    """Fathers known by name only, for a quarter of those whose father is not in the province."""
    lonely = (
        (world.father == NOBODY)
        & world.people["in_population"].to_numpy()
        & (world.people["canary"] == 0).to_numpy()
    )
    rows = np.flatnonzero(lonely & (rng.random(len(lonely)) < 0.25))
    surname = world.people["full_name"].gather(rows).str.split(" ").list.first()
    given = draw_texts(
        rng,
        [
            "Hùng",
            "Bình",
            "Sơn",
            "Lợi",
            "Thành",
            "Khánh",
            "Tân",
            "Thịnh",
            "Phúc",
            "Quý",
            "Toàn",
            "Chính",
        ],
        len(rows),
    )
    middle = pl.Series(["Văn", "Xuân", "Đình"]).gather(draw_index(rng, [8, 1, 1], len(rows)))
    return pl.DataFrame(
        {
            "person": rows,
            "relative": pl.Series([None] * len(rows), dtype=pl.Int64),
            "kind": ["cha"] * len(rows),
            "name": surname + " " + middle + " " + given,
        }
    )


def _spoil_relations(
    rng: np.random.Generator, relations: pl.DataFrame, truth: Truth
) -> pl.DataFrame:
    spoiler = Spoiler(relations, table=(SOURCE, "relation"), key="ma_qh", truth=truth)
    name = "ho_ten_lien_quan"
    spoiler.spread(rng, Fault("name_capitals", name, REPAIR, change_text(name, shout)), rate=0.003)
    spoiler.spread(rng, Fault("name_nfd", name, REPAIR, change_text(name, decompose)), rate=0.002)
    return spoiler.frame
