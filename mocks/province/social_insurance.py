"""What the social insurance register holds about the province, in its owner's words.

Card codes: Decision 1351/QĐ-BHXH and Circular 30/2020/TT-BYT, art. 10; near-poor level 3 until 2025, 2 from 1/1/2026.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from mocks.province.canaries import canary_rows
from mocks.province.chance import Bools, Ints, draw_texts, open_stream
from mocks.province.faults import (
    ACCEPT,
    QUARANTINE,
    REPAIR,
    Fault,
    Spoiler,
    Truth,
    blank,
    change_text,
    drop_marks,
    flip_digit,
    has_movable_tone,
    lose_zero,
    move_tones,
    shout,
)
from mocks.province.identifiers import issue_insurance_numbers, issue_tax_codes
from mocks.province.people import REFERENCE_DAY, YEAR_DAYS, World
from mocks.province.population import draw_update_times
from mocks.province.profiles import REFERENCE_DATE, Profile

SOURCE = "social_insurance"
_DEAD_INSURED_SHARE = 0.5
_MONTHS = REFERENCE_DATE.year * 12 + REFERENCE_DATE.month - 1
_NEW_YEAR = int(
    (np.datetime64(date(2026, 1, 1)) - np.datetime64("1970-01-01")) / np.timedelta64(1, "D")
)
_UPLAND_PEOPLES = ["02", "07", "09", "13"]
_TRADES = (
    "Than",
    "Thương mại",
    "Du lịch",
    "Vận tải",
    "Xây dựng",
    "May",
    "Thủy sản",
    "Cơ khí",
    "Vật liệu",
    "Điện",
    "Nông sản",
    "Bất động sản",
    "Gốm",
    "Cảng",
    "Môi trường",
    "Dược",
)
_PLACES = (
    "Hạ Long",
    "Cẩm Phả",
    "Móng Cái",
    "Uông Bí",
    "Đông Triều",
    "Quảng Yên",
    "Vân Đồn",
    "Tiên Yên",
    "Hải Hà",
    "Bình Liêu",
    "Ba Chẽ",
    "Hồng Gai",
    "Bãi Cháy",
    "Mạo Khê",
    "Cửa Ông",
    "Đầm Hà",
)
_FORMS = (
    "Công ty TNHH",
    "Công ty Cổ phần",
    "Hợp tác xã",
    "Doanh nghiệp tư nhân",
    "Công ty TNHH MTV",
)
_EPITHETS = (
    "An Phát",
    "Hoàng Gia",
    "Thành Công",
    "Phú Quý",
    "Minh Long",
    "Đại Dương",
    "Bình Minh",
    "Tân Tiến",
    "Sao Mai",
    "Thắng Lợi",
    "Hải Âu",
    "Đông Bắc",
    "Việt Hưng",
    "Trường Sơn",
    "Hồng Hà",
    "Ngọc Lan",
)


@dataclass(frozen=True)
class Insured:
    """Participants: `rows` of World.people, their insurance numbers and row keys, in the order of the register."""

    rows: Ints
    numbers: pl.Series
    keys: Ints


def register_social_insurance(
    world: World, profile: Profile, seed: int, *, truth: Truth
) -> tuple[dict[str, pl.DataFrame], pl.Series]:
    """The four tables, and the insurance number of everyone by row of World.people (null where not insured)."""
    insured = _choose_insured(open_stream(seed, "insured"), world, profile.insured)
    employers = _write_employers(open_stream(seed, "employers"), world, profile.employers)
    truth.link(
        (SOURCE, "participant"),
        world.people["truth_id"].gather(insured.rows),
        pl.Series(insured.keys),
    )
    participants = _write_participants(open_stream(seed, "participants"), world, insured)
    participants = _spoil_participants(
        open_stream(seed, "participants.noise"), participants, world, insured=insured, truth=truth
    )
    periods = _write_periods(open_stream(seed, "periods"), world, insured, employers)
    periods = _spoil_periods(open_stream(seed, "periods.noise"), periods, truth)
    cards = _write_cards(open_stream(seed, "cards"), world, insured)
    cards = _spoil_cards(
        open_stream(seed, "cards.noise"), cards, world, insured=insured, truth=truth
    )
    employers = _spoil_employers(open_stream(seed, "employers.noise"), employers, truth)
    tables = {
        "nguoi_tham_gia": participants,
        "qua_trinh": periods,
        "the_bhyt": cards,
        "don_vi": employers,
    }
    absent = pl.Series([None], dtype=pl.String).new_from_index(0, len(world.people))
    return tables, absent.scatter(insured.rows, insured.numbers)


def _choose_insured(rng: np.random.Generator, world: World, wanted: int) -> Insured:
    """Half of the dead, every outsider and canary, and as many of the living as the profile asks for."""
    people = world.people
    dead = np.flatnonzero(people["death_day"].is_not_null().to_numpy())
    surely = (~people["in_population"] | (people["canary"] > 0)).to_numpy()
    canaries = int((people["canary"] > 0).sum())
    chosen = rng.choice(dead, int(len(dead) * _DEAD_INSURED_SHARE), replace=False)
    living = np.flatnonzero(people["death_day"].is_null().to_numpy() & ~surely)
    rest = wanted + canaries - int(surely.sum()) - len(chosen)
    rows = np.sort(np.r_[np.flatnonzero(surely), chosen, rng.choice(living, rest, replace=False)])
    keys = 100_000 + rng.permutation(len(rows))
    return Insured(rows, issue_insurance_numbers(rng, len(rows)), keys)


def _stamp(rng: np.random.Generator, frame: pl.DataFrame) -> pl.DataFrame:
    """The owner's clock is naive local time."""
    times = pl.Series(draw_update_times(rng, len(frame)) + 7 * 3_600_000)
    return frame.with_columns(cap_nhat=times.cast(pl.Datetime("ms")))


def _write_employers(rng: np.random.Generator, world: World, count: int) -> pl.DataFrame:
    """Employers; the first ones (1 in 15) are collecting offices, to which people pay who insure themselves."""
    offices = max(1, count // 15)
    names = pl.DataFrame(
        {
            "form": draw_texts(rng, _FORMS, count),
            "trade": draw_texts(rng, _TRADES, count),
            "epithet": draw_texts(rng, _EPITHETS, count),
            "place": draw_texts(rng, _PLACES, count),
            "n": np.arange(1, count + 1),
            "series": draw_texts(rng, ["TA", "YN", "IC", "DN", "HC"], count),
            "suffix": draw_texts(rng, list("ABCDEGHK"), count),
        }
    )
    places = world.households[rng.integers(0, len(world.households), count)]
    company = pl.format("{} {} {} {}", "form", "trade", "epithet", "place")
    office = pl.format("Bảo hiểm xã hội cơ sở {} {}", "place", "n")
    return _stamp(
        rng,
        names.select(
            ma_don_vi=pl.format(
                "{}{}{}", "series", pl.col("n").cast(pl.String).str.zfill(5), "suffix"
            ),
            ten_don_vi=pl.when(pl.col("n") <= offices).then(office).otherwise(company),
            ma_so_thue=issue_tax_codes(rng, count),
            dia_chi=places["address"],
            ma_xa=places["commune_code"],
        ),
    )


def _write_participants(rng: np.random.Generator, world: World, insured: Insured) -> pl.DataFrame:
    people = world.people[insured.rows]
    count = len(people)
    frame = people.with_columns(
        id=pl.Series(insured.keys), number=insured.numbers, kept=pl.Series(rng.random(count) < 0.6)
    ).select(
        "id",
        ma_so_bhxh="number",
        so_dinh_danh="pin",
        so_cmnd=pl.when("kept").then("old_number"),
        ho_va_ten="full_name",
        ngay_sinh=pl.col("birth_date").dt.strftime("%d/%m/%Y"),
        gioi_tinh=pl.when(pl.col("sex") == 1).then(pl.lit("Nam")).otherwise(pl.lit("Nữ")),
        ma_xa="commune_code",
        huong_luong_huu="receives_pension",
    )
    return _stamp(rng, frame)


def _spoil_participants(
    rng: np.random.Generator,
    participants: pl.DataFrame,
    world: World,
    *,
    insured: Insured,
    truth: Truth,
) -> pl.DataFrame:
    spoiler = Spoiler(participants, table=(SOURCE, "participant"), key="id", truth=truth)
    spoiler.free &= world.people["canary"].to_numpy()[insured.rows] == 0
    name, pin, born = "ho_va_ten", "so_dinh_danh", "ngay_sinh"
    old = world.ages[insured.rows] >= 60
    swappable = pl.col(born).str.slice(0, 2).cast(pl.Int64) <= 12
    swappable &= pl.col(born).str.slice(0, 2) != pl.col(born).str.slice(3, 2)
    unreadable = Fault(
        "pin_as_float", pin, QUARANTINE, lambda row: f"{int(row[pin]) // 10**6 / 10**4:.4f}E+10"
    )
    spread = spoiler.spread
    spread(rng, unreadable, rate=0.0002)
    spread(rng, Fault("name_missing", name, QUARANTINE, change_text(name, blank)), rate=0.0002)
    spread(
        rng,
        Fault("birth_impossible", born, QUARANTINE, lambda row: "31/02/" + row[born][6:]),
        rate=0.0004,
    )
    spread(rng, Fault("pin_missing", pin, ACCEPT, lambda _row: None), rate=0.006)
    spread(rng, Fault("pin_typing_error", pin, ACCEPT, change_text(pin, flip_digit)), rate=0.001)
    zero = pl.col(pin).str.starts_with("0")
    spread(
        rng,
        Fault("pin_zero_lost", pin, REPAIR, change_text(pin, lose_zero)),
        rate=0.003,
        among=zero,
    )
    spread(
        rng,
        Fault("pin_with_spaces", pin, REPAIR, lambda row: " ".join(_thirds(row[pin]))),
        rate=0.002,
    )
    spread(
        rng, Fault("name_without_marks", name, ACCEPT, change_text(name, drop_marks)), rate=0.004
    )
    spread(rng, Fault("name_capitals", name, REPAIR, change_text(name, shout)), rate=0.003)
    movable = has_movable_tone(name)
    spread(
        rng,
        Fault("name_tone_moved", name, REPAIR, change_text(name, move_tones)),
        rate=0.03,
        among=movable,
    )
    spread(
        rng, Fault("birth_year_only", born, ACCEPT, lambda row: row[born][6:]), rate=0.03, among=old
    )
    swap = Fault(
        "day_and_month_swapped",
        born,
        ACCEPT,
        lambda row: f"{row[born][3:5]}/{row[born][:2]}/{row[born][6:]}",
    )
    spread(rng, swap, rate=0.002, among=swappable)
    for row in canary_rows(world.people, "social_insurance"):
        spoiler.spoil(unreadable, np.flatnonzero(insured.rows == row))
    return spoiler.frame


def _thirds(pin: str) -> list[str]:
    return [pin[start : start + 3] for start in range(0, 12, 3)]


def _write_periods(
    rng: np.random.Generator, world: World, insured: Insured, employers: pl.DataFrame
) -> pl.DataFrame:
    """Months of participation: an open period for those who pay now, earlier closed ones, with gaps and no overlap."""
    people = world.people[insured.rows]
    ages = world.ages[insured.rows]
    paying = (people["works"] | people["pays_freely"]).to_numpy()
    former = (
        ~paying
        & (ages >= 30)
        & (people["receives_pension"].to_numpy() | (rng.random(len(people)) < 0.12))
    )
    offices = max(1, len(employers) // 15)
    spans: list[pl.DataFrame] = []
    end = np.where(
        paying, _MONTHS, _MONTHS - np.floor((np.clip(ages - 55, 1, 40)) * 12).astype(np.int64)
    )
    first_month = np.floor(_MONTHS - (ages - 18.6) * 12).astype(np.int64)
    able = paying | former
    for turn in range(3):
        length = rng.integers(6, 96, len(people)) * np.where(
            people["receives_pension"].to_numpy(), 2, 1
        )
        start = np.maximum(end - length, first_month)
        able = able & (end - start >= 3)
        rows = np.flatnonzero(able)
        own = people["pays_freely"].to_numpy()[rows] & (turn == 0)
        seat = np.where(
            own,
            rng.integers(0, offices, len(rows)),
            rng.integers(offices, len(employers), len(rows)),
        )
        spans.append(
            _periods_of(
                rng, rows, start[rows], end=end[rows], open_ended=paying[rows] & (turn == 0)
            ).with_columns(
                person=pl.Series(insured.keys[rows]),
                ma_don_vi=employers["ma_don_vi"].gather(seat),
                loai=pl.Series(np.where(own, "tu_nguyen", "bat_buoc").tolist(), dtype=pl.String),
            )
        )
        end = start - rng.integers(1, 14, len(people))
        able = able & (rng.random(len(people)) < 0.5)
    frame = pl.concat(spans).sort("person", "tu_thang").with_row_index("id", offset=1)
    return _stamp(
        rng,
        frame.select(
            pl.col("id").cast(pl.Int64),
            "ma_don_vi",
            "tu_thang",
            "den_thang",
            "muc_dong",
            "loai",
            nguoi_id="person",
        ).select("id", "nguoi_id", "ma_don_vi", "tu_thang", "den_thang", "muc_dong", "loai"),
    )


def _periods_of(
    rng: np.random.Generator, rows: Ints, start: Ints, *, end: Ints, open_ended: Bools
) -> pl.DataFrame:
    pay = np.clip(rng.lognormal(8.95, 0.42, len(rows)), 4_730, 46_800).astype(np.int64) * 1000
    return pl.DataFrame(
        {
            "tu_thang": _month_text(start),
            "muc_dong": pay,
            "den_thang": pl.DataFrame({"m": _month_text(end), "open": open_ended})
            .select(pl.when(~pl.col("open")).then("m"))
            .to_series(),
        }
    )


def _month_text(months: Ints) -> pl.Series:
    frame = pl.DataFrame({"y": months // 12, "m": months % 12 + 1})
    return frame.select(
        pl.format("{}-{}", "y", pl.col("m").cast(pl.String).str.zfill(2)).alias("t")
    ).to_series()


def _spoil_periods(rng: np.random.Generator, periods: pl.DataFrame, truth: Truth) -> pl.DataFrame:
    spoiler = Spoiler(periods, table=(SOURCE, "participation"), key="id", truth=truth)
    start, closed = "tu_thang", pl.col("den_thang").is_not_null()
    spoiler.spread(
        rng,
        Fault("month_impossible", start, QUARANTINE, lambda row: row[start][:5] + "13"),
        rate=0.0005,
    )
    stranger = Fault("employer_unknown", "ma_don_vi", ACCEPT, lambda _row: "ZZ00000Z")
    spoiler.spread(rng, stranger, rate=0.003)
    reversed_ = Fault(
        "months_reversed",
        "den_thang",
        ACCEPT,
        lambda row: f"{int(row[start][:4]) - 1}{row[start][4:]}",
    )
    spoiler.spread(rng, reversed_, rate=0.002, among=closed)
    return spoiler.frame


def _card_kind(rng: np.random.Generator, world: World, insured: Insured, year: int) -> pl.Series:
    """Object code and level by who the person is in that year (rules SI-6 and SI-7)."""
    people = world.people[insured.rows]
    ages = world.ages[insured.rows] - (REFERENCE_DATE.year - year)
    upland = people["ethnic_code"].is_in(_UPLAND_PEOPLES).to_numpy()
    luck = rng.random(len(people))
    near_poor = "CN2" if year >= REFERENCE_DATE.year else "CN3"
    kinds = np.select(
        [
            ages < 6,
            upland & (luck < 0.25),
            upland & (luck < 0.5),
            ages < 18,
            ages < 22,
            people["receives_pension"].to_numpy(),
            people["works"].to_numpy(),
            ages >= 75,
            luck < 0.03,
            luck < 0.07,
        ],
        ["TE1", "DK2", "DT2", "HS4", "SV4", "HT3", "DN4", "BT2", "HN2", near_poor],
        "GD4",
    )
    return pl.Series(kinds.tolist(), dtype=pl.String)


def _write_cards(rng: np.random.Generator, world: World, insured: Insured) -> pl.DataFrame:
    """The card of this year, and last year's for a fifth; a dead holder's card ends with the month of death."""
    people = world.people[insured.rows]
    count = len(people)
    birth = people["birth_day"].to_numpy()
    death = people["death_day"].fill_null(REFERENCE_DAY + 40_000).to_numpy()
    alive = death > REFERENCE_DAY
    sixth = birth + np.floor(6 * YEAR_DAYS).astype(np.int64) - 2
    begin = np.maximum(np.where(alive, _NEW_YEAR, death - 400), birth)
    kinds = _card_kind(rng, world, insured, REFERENCE_DATE.year)
    child = (kinds == "TE1").to_numpy()
    open_ended = kinds.is_in(["DN4", "HT3", "BT2"]).to_numpy() & (rng.random(count) < 0.4)
    finish = np.where(child, sixth, _NEW_YEAR + 364 + rng.integers(0, 2, count) * 31)
    last = np.where(alive & open_ended, -1, np.minimum(finish, death))
    now = _cards_of(rng, insured, kinds, begin=begin, last=last)
    rows = np.flatnonzero(alive & (rng.random(count) < 0.2) & (birth < _NEW_YEAR - 500) & ~child)
    before = Insured(insured.rows[rows], insured.numbers.gather(rows), insured.keys[rows])
    earlier = _card_kind(rng, world, before, REFERENCE_DATE.year - 1)
    was_child = (earlier == "TE1").to_numpy()
    last_year = np.where(was_child, np.minimum(sixth[rows], _NEW_YEAR - 1), _NEW_YEAR - 1)
    past = _cards_of(
        rng,
        before,
        earlier,
        begin=np.minimum(np.full(len(rows), _NEW_YEAR - 365), last_year),
        last=last_year,
    )
    frame = pl.concat([now, past]).sort("nguoi_id", "gia_tri_tu").with_row_index("id", offset=1)
    return _stamp(rng, frame.with_columns(pl.col("id").cast(pl.Int64)))


def _cards_of(
    rng: np.random.Generator, insured: Insured, kinds: pl.Series, *, begin: Ints, last: Ints
) -> pl.DataFrame:
    count = len(insured.rows)
    frame = pl.DataFrame(
        {
            "nguoi_id": insured.keys,
            "kind": kinds,
            "number": insured.numbers,
            "spaced": rng.random(count) < 0.15,
            "facility": rng.integers(1, 61, count),
            "begin": begin,
            "last": last,
            "since": begin + rng.integers(-1500, 1400, count),
            "counted": rng.random(count) < 0.7,
        }
    )
    day = pl.col("begin", "last", "since").cast(pl.Int32).cast(pl.Date)
    spaced = pl.format(
        "{} {} 22 {}", pl.col("kind").str.slice(0, 2), pl.col("kind").str.slice(2, 1), "number"
    )
    return frame.with_columns(day, ended=pl.col("last") >= 0).select(
        "nguoi_id",
        so_the=pl.when("spaced").then(spaced).otherwise(pl.format("{}22{}", "kind", "number")),
        ma_kcb=pl.format("22{}", pl.col("facility").cast(pl.String).str.zfill(3)),
        gia_tri_tu="begin",
        gia_tri_den=pl.when("ended").then("last"),
        du_5_nam=pl.when("counted").then("since"),
    )


def _spoil_cards(
    rng: np.random.Generator, cards: pl.DataFrame, world: World, *, insured: Insured, truth: Truth
) -> pl.DataFrame:
    spoiler = Spoiler(cards, table=(SOURCE, "card"), key="id", truth=truth)
    people = world.people[insured.rows]
    holders = pl.DataFrame(
        {"nguoi_id": insured.keys, "canary": people["canary"], "death": people["death_day"]}
    )
    held = cards.select("nguoi_id").join(holders, on="nguoi_id", how="left", maintain_order="left")
    spoiler.free &= (held["canary"] == 0).to_numpy()
    dead = held["death"].is_not_null().to_numpy()
    number = "so_the"
    spread = spoiler.spread
    spread(
        rng, Fault("card_number_cut", number, QUARANTINE, lambda row: row[number][:9]), rate=0.0003
    )
    spread(
        rng,
        Fault("open_after_death", "gia_tri_den", ACCEPT, lambda _row: None),
        rate=0.3,
        among=dead,
    )
    wrong = Fault(
        "level_against_object", number, ACCEPT, lambda row: f"{row[number][:2]}5{row[number][3:]}"
    )
    spread(rng, wrong, rate=0.0015, among=~pl.col(number).str.contains(" "))
    reversed_ = Fault(
        "dates_reversed", "gia_tri_den", ACCEPT, lambda row: f"{row['gia_tri_tu'].year - 1}-06-30"
    )
    spread(rng, reversed_, rate=0.001, among=~dead)
    other = Fault("card_number_not_holders", number, ACCEPT, change_text(number, flip_digit))
    spread(rng, other, rate=0.001)
    child = pl.col(number).str.starts_with("TE") & pl.col("gia_tri_den").is_not_null()
    too_long = Fault(
        "child_card_too_long",
        "gia_tri_den",
        ACCEPT,
        lambda row: f"{row['gia_tri_den'].year + 1}-12-31",
    )
    spread(rng, too_long, rate=0.02, among=child)
    return spoiler.frame


def _spoil_employers(
    rng: np.random.Generator, employers: pl.DataFrame, truth: Truth
) -> pl.DataFrame:
    spoiler = Spoiler(employers, table=(SOURCE, "employer"), key="ma_don_vi", truth=truth)
    tax = "ma_so_thue"
    spoiler.spread(
        rng, Fault("tax_code_check_digit", tax, ACCEPT, change_text(tax, flip_digit)), rate=0.01
    )
    spoiler.spread(
        rng,
        Fault("name_capitals", "ten_don_vi", REPAIR, change_text("ten_don_vi", shout)),
        rate=0.01,
    )
    return spoiler.frame
