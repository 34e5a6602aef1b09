"""What the land register holds about the province, in its owner's words: parcels and certificates by former district.

Serials: one letter and six or seven digits before 2009, two letters and six digits to 2024, then AA and eight digits
(Circular 10/2024/TT-BTNMT). Residential land has no term, farm land 50 years (Land Law 2024, art. 171 and 172).
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from mocks.province.canaries import canary_rows
from mocks.province.chance import (
    Bools,
    Ints,
    draw_distinct,
    draw_index,
    draw_texts,
    open_stream,
    pad_digits,
)
from mocks.province.faults import (
    ACCEPT,
    QUARANTINE,
    REPAIR,
    Fault,
    Row,
    Spoiler,
    Truth,
    blank,
    change_text,
    decompose,
    drop_marks,
    has_movable_tone,
    lose_zero,
    move_tones,
    shout,
)
from mocks.province.households import HEAD, NOBODY, PARENT
from mocks.province.identifiers import encode_geohashes
from mocks.province.people import REFERENCE_DAY, World
from mocks.province.profiles import Profile
from mocks.province.reference import PROVINCE, TCVN3_DISTRICTS, Gazetteer

SOURCE = "land_registry"
_EPOCH = np.datetime64("1970-01-01")
_DAY = np.timedelta64(1, "D")
PIN, OLD_NUMBER, NO_NUMBER = range(3)
#: kind of land: (share in a rural commune, share in an urban one, median area in m2, codes written)
_LAND = (
    ("residential", 0.26, 0.62, 160.0),
    ("mixed", 0.14, 0.12, 420.0),
    ("LUC", 0.22, 0.09, 820.0),
    ("HNK", 0.09, 0.05, 560.0),
    ("CLN", 0.11, 0.07, 1_150.0),
    ("RSX", 0.13, 0.01, 14_500.0),
    ("NTS", 0.04, 0.03, 3_600.0),
    ("LMU", 0.003, 0.002, 2_200.0),
    ("T", 0.007, 0.008, 330.0),
)
_LENDERS = (
    "Ngân hàng Thương mại Cổ phần Vịnh Xanh",
    "Ngân hàng Nông thôn Đông Bắc",
    "Quỹ tín dụng nhân dân Hồng Gai",
    "Quỹ tín dụng nhân dân Quảng Yên",
    "Ngân hàng Thương mại Cổ phần Bạch Đằng",
)
_LETTERS = "ABCDĐEGHKLMNPQRSTUVX"
_DEAD_OWNER_SHARE = 0.05


def day_number(moment: date) -> int:
    """Days since 1970-01-01."""
    return int((np.datetime64(moment) - _EPOCH) / _DAY)


_FIRST_ISSUE, _SECOND_FORM, _THIRD_FORM = (
    day_number(date(y, m, d)) for y, m, d in ((1994, 3, 1), (2009, 12, 10), (2025, 1, 1))
)
_PIN_ON_PAPER = day_number(date(2016, 1, 1))


@dataclass(frozen=True)
class Certificates:
    """Certificates before they are written: row numbers of owners in World.people (-1 for no second owner)."""

    parcel: Ints
    first: Ints
    second: Ints
    issued: Ints
    household_form: Bools
    evidence: Ints


def register_land(
    world: World, profile: Profile, seed: int, *, gazetteer: Gazetteer, truth: Truth
) -> dict[str, pl.DataFrame]:
    """don_vi (districts: code, folder, format), thua_dat and gcn; every parcel and certificate names its district."""
    canaries = np.flatnonzero((world.people["canary"] > 0).to_numpy()).astype(np.int64)
    plots = _lay_out(
        open_stream(seed, "parcels"),
        world,
        profile.parcels,
        gazetteer=gazetteer,
        canaries=len(canaries),
    )
    parcels = _write_parcels(open_stream(seed, "parcels.text"), plots)
    deeds = _grant(
        open_stream(seed, "certificates"), world, plots, profile.certificates, canaries=canaries
    )
    certificates = _write_certificates(
        open_stream(seed, "certificates.text"), world, plots, deeds=deeds, truth=truth
    )
    parcels = _spoil_parcels(open_stream(seed, "parcels.noise"), parcels, plots, truth=truth)
    certificates = _spoil_certificates(
        open_stream(seed, "certificates.noise"), certificates, world, deeds=deeds, truth=truth
    )
    return {"don_vi": list_districts(gazetteer), "thua_dat": parcels, "gcn": certificates}


def list_districts(gazetteer: Gazetteer) -> pl.DataFrame:
    """Former districts with the folder and format of their drops."""
    districts = (
        gazetteer.old_communes.select("district_code", "district_name")
        .unique()
        .sort("district_code")
    )
    slugs = [drop_marks(name).lower().replace(" ", "-") for name in districts["district_name"]]
    formats = [
        "TCVN3" if code in TCVN3_DISTRICTS else "UTF-8" for code in districts["district_code"]
    ]
    return pl.DataFrame(
        {
            "ma_don_vi": districts["district_code"],
            "thu_muc": [
                f"{code}-{slug}"
                for code, slug in zip(districts["district_code"], slugs, strict=True)
            ],
            "bang_ma": formats,
        }
    )


def _lay_out(
    rng: np.random.Generator, world: World, count: int, *, gazetteer: Gazetteer, canaries: int
) -> pl.DataFrame:
    """Where each parcel lies, what it is, how big, and whose household uses it; the last `canaries` are the canaries'."""
    ordinary = len(world.households) - canaries
    wealth = rng.exponential(1.0, ordinary) ** 2.5
    owner = np.r_[
        np.arange(min(ordinary, count)), draw_index(rng, wealth, max(count - ordinary, 0))
    ]
    first = np.arange(count) < ordinary
    home = world.households["old_commune_code"].gather(owner)
    away = ~first & (rng.random(count) < 0.15)
    anywhere = gazetteer.old_communes["code"].gather(
        rng.integers(0, len(gazetteer.old_communes), count)
    )
    commune = anywhere.zip_with(pl.Series(away), home)
    commune = commune.append(world.households["old_commune_code"][ordinary:])
    owner = np.r_[owner, np.arange(ordinary, ordinary + canaries)]
    place = pl.DataFrame({"code": commune}).join(
        gazetteer.old_communes, on="code", how="left", maintain_order="left"
    )
    rural = (place["type"] == "Xã").to_numpy()
    kind = np.where(
        rural,
        *(draw_index(rng, [row[column] for row in _LAND], count + canaries) for column in (1, 2)),
    )
    kind[: min(ordinary, count)] = draw_index(rng, [0.72, 0.28], min(ordinary, count))
    kind[count:] = 0
    medians = np.array([row[3] for row in _LAND])[kind] * np.where(rural & (kind <= 1), 2.1, 1.0)
    area = np.round(np.clip(rng.lognormal(np.log(medians), 0.45), 28, 90_000), 1)
    spread = rng.normal(0, 0.012, (2, count + canaries))
    plots = pl.DataFrame(
        {
            "owner": owner,
            "code": commune,
            "district": place["district_code"],
            "kind": kind,
            "area": area,
            "rural": rural,
            "sheet": _draw_sheets(rng, commune),
            "street": world.households["street"].gather(owner),
            "unit": place["type"]
            + " "
            + place["name"]
            + ", "
            + place["district_type"]
            + " "
            + place["district_name"],
            "geohash": encode_geohashes(
                place["latitude"].to_numpy() + spread[0], place["longitude"].to_numpy() + spread[1]
            ),
        }
    )
    gaps = pl.Series(rng.integers(1, 4, len(plots)))
    return plots.with_columns(gap=gaps).with_columns(
        number=pl.col("gap").cum_sum().over("code", "sheet"),
        land=_land_codes(rng, plots),
        key=pl.format(
            "TD{}{}", "district", pl.int_range(1, pl.len() + 1).cast(pl.String).str.zfill(7)
        ),
    )


def _draw_sheets(rng: np.random.Generator, communes: pl.Series) -> pl.Series:
    """Map sheets of a commune: more sheets where there are more parcels."""
    sizes = pl.DataFrame({"c": communes}).select(pl.len().over("c")).to_series().to_numpy()
    return pl.Series(1 + np.floor(rng.random(len(sizes)) * (8 + sizes / 60)).astype(np.int64))


def _land_codes(rng: np.random.Generator, plots: pl.DataFrame) -> pl.Series:
    codes = pl.Series([row[0] for row in _LAND]).gather(plots["kind"])
    garden = draw_texts(rng, ["CLN", "HNK", "NTS"], len(plots), weights=[8, 1.5, 0.5])
    frame = plots.select("rural", code=codes, garden=garden)
    home = pl.when("rural").then(pl.lit("ONT")).otherwise(pl.lit("ODT"))
    return frame.select(
        pl.when(pl.col("code") == "residential")
        .then(home)
        .when(pl.col("code") == "mixed")
        .then(pl.format("{}+{}", home, "garden"))
        .otherwise("code")
        .alias("land")
    ).to_series()


def _write_parcels(rng: np.random.Generator, plots: pl.DataFrame) -> pl.DataFrame:
    surveyed = pl.Series(rng.random(len(plots)) < 0.72)
    return plots.with_columns(surveyed=surveyed).select(
        ma_don_vi="district",
        ma_thua="key",
        so_to=pl.col("sheet").cast(pl.String),
        so_thua=pl.col("number").cast(pl.String),
        ma_xa_cu="code",
        dia_chi=pl.format("{}, {}, {}", "street", "unit", pl.lit(PROVINCE)),
        dien_tich=_area_text("area"),
        loai_dat="land",
        ma_dinh_danh=pl.when("surveyed").then("geohash"),
    )


def _area_text(column: str) -> pl.Expr:
    tenths = (pl.col(column) * 10).round().cast(pl.Int64)
    return pl.format("{}.{}", tenths // 10, tenths % 10)


def _spoil_parcels(
    rng: np.random.Generator, parcels: pl.DataFrame, plots: pl.DataFrame, *, truth: Truth
) -> pl.DataFrame:
    table = (SOURCE, "parcel")
    unsurveyed = parcels["ma_dinh_danh"].is_null()
    truth.note(
        table,
        ("geohash_missing", "ma_dinh_danh", ACCEPT),
        parcels["ma_thua"].filter(unsurveyed),
        plots["geohash"].filter(unsurveyed),
    )
    spoiler = Spoiler(parcels, table=table, key="ma_thua", truth=truth)
    spoiler.free &= ~plots["street"].str.contains(r" \d+$").to_numpy()
    area, code, address = "dien_tich", "ma_xa_cu", "dia_chi"
    spread = spoiler.spread
    spread(rng, Fault("area_unreadable", area, QUARANTINE, lambda _row: "không rõ"), rate=0.0005)
    spread(
        rng,
        Fault("area_with_comma", area, REPAIR, lambda row: row[area].replace(".", ",")),
        rate=0.05,
    )
    spread(rng, Fault("commune_zero_lost", code, REPAIR, change_text(code, lose_zero)), rate=0.01)
    spread(
        rng,
        Fault("address_abbreviated", address, REPAIR, change_text(address, abbreviate)),
        rate=0.15,
    )
    far = Fault(
        "geohash_elsewhere", "ma_dinh_danh", ACCEPT, lambda row: "w3gv" + row["ma_dinh_danh"][4:]
    )
    spread(rng, far, rate=0.005)
    spread(rng, Fault("area_zero", area, ACCEPT, lambda _row: "0.0"), rate=0.002)
    return spoiler.frame


def abbreviate(address: str) -> str:
    """ "Phường A, Thành phố B, Tỉnh C" as clerks write it: "P. A, TP. B, C"."""
    short = (
        ("Phường ", "P. "),
        ("Thị trấn ", "TT. "),
        ("Thành phố ", "TP. "),
        ("Thị xã ", "TX. "),
        ("Huyện ", "H. "),
        ("Xã ", "X. "),
        ("Tỉnh ", ""),
    )
    for long, brief in short:
        address = address.replace(long, brief)
    return address


def _grant(
    rng: np.random.Generator, world: World, plots: pl.DataFrame, count: int, *, canaries: Ints
) -> Certificates:
    """Who holds a certificate for which parcel, since when, and by which number the paper names the holder."""
    ordinary = len(plots) - len(canaries)
    parcel = np.r_[
        np.sort(rng.choice(ordinary, count, replace=False)), np.arange(ordinary, len(plots))
    ].astype(np.int64)
    total = len(parcel)
    heads = np.flatnonzero((world.people["role"] == HEAD).to_numpy())
    first = heads[plots["owner"].to_numpy()[parcel]]
    farm = plots["kind"].to_numpy()[parcel] >= 2
    form = rng.random(total)
    canary = np.arange(total) >= count
    household_form = farm & (form < 0.30) & ~canary
    couple = (
        (world.spouse[first] != NOBODY)
        & ~household_form
        & (form < np.where(farm, 0.42, 0.34))
        & ~canary
    )
    second = np.where(couple, world.spouse[first], NOBODY)
    dead = np.flatnonzero(
        ((world.people["role"] == PARENT) & world.people["death_day"].is_not_null()).to_numpy()
    )
    owner_household = world.people["household"].to_numpy()[first]
    dead_of = np.full(len(world.households), NOBODY, dtype=np.int64)
    dead_of[world.people["household"].to_numpy()[dead]] = dead
    inherited = (
        (dead_of[owner_household] != NOBODY) & ~canary & (rng.random(total) < _DEAD_OWNER_SHARE * 8)
    )
    first = np.where(inherited, dead_of[owner_household], first)
    second = np.where(inherited, NOBODY, second)
    issued = _draw_issue_days(rng, world, first)
    issued = np.where(
        canary, np.maximum(issued, _PIN_ON_PAPER + 400 + rng.integers(0, 3000, total)), issued
    )
    evidence = _draw_evidence(rng, issued)
    evidence[canary] = PIN
    return Certificates(parcel, first, second, issued, household_form & ~inherited, evidence)


def _draw_issue_days(rng: np.random.Generator, world: World, holders: Ints) -> Ints:
    """Nobody under 20 gets a certificate, nor anybody dead."""
    birth = world.people["birth_day"].to_numpy()[holders]
    last = world.people["death_day"].fill_null(REFERENCE_DAY).to_numpy()[holders] - 45
    earliest = np.maximum(birth + 20 * 366, _FIRST_ISSUE)
    eras = np.array([_FIRST_ISSUE, _SECOND_FORM, _PIN_ON_PAPER, _THIRD_FORM, REFERENCE_DAY - 45])
    era = draw_index(rng, [0.33, 0.35, 0.25, 0.07], len(holders))
    day = eras[era] + np.floor(rng.random(len(holders)) * (eras[era + 1] - eras[era])).astype(
        np.int64
    )
    earliest = np.minimum(earliest, last - 1)
    again = earliest + np.floor(rng.random(len(holders)) * (last - earliest)).astype(np.int64)
    return np.where((day < earliest) | (day > last), again, day)


def _draw_evidence(rng: np.random.Generator, issued: Ints) -> Ints:
    """By what the certificate names its holder: PIN, old number, or neither (name and year of birth only)."""
    luck = rng.random(len(issued))
    old_paper = issued < _PIN_ON_PAPER
    pin = np.where(old_paper, 0.36, 0.80)
    bare = np.where(old_paper, 0.15, 0.01)
    return np.where(luck < pin, PIN, np.where(luck < 1 - bare, OLD_NUMBER, NO_NUMBER)).astype(
        np.int64
    )


def _write_certificates(
    rng: np.random.Generator,
    world: World,
    plots: pl.DataFrame,
    *,
    deeds: Certificates,
    truth: Truth,
) -> pl.DataFrame:
    plot = plots[deeds.parcel]
    keys = (
        "GC"
        + plot["district"]
        + pl.int_range(1, len(plot) + 1, eager=True).cast(pl.String).str.zfill(7)
    )
    parties = _write_parties(rng, world, deeds)
    issued = pl.Series(deeds.issued).cast(pl.Int32).cast(pl.Date)
    farm = pl.Series(plot["kind"].is_in([2, 3, 4, 5, 6, 7]))
    shared = pl.Series((deeds.second != NOBODY) & (rng.random(len(plot)) < 0.3))
    frame = plot.with_columns(
        parties,
        ma_gcn=keys,
        issued=issued,
        farm=farm,
        shared=shared,
        so_phat_hanh=_draw_serials(rng, deeds.issued),
        so_vao_so=_draw_book_numbers(rng, deeds.issued),
        the_chap=_draw_mortgages(rng, deeds.issued),
        address=world.households["old_address"].gather(plot["owner"]),
    )
    end = pl.col("issued").dt.offset_by("50y").dt.strftime("%d/%m/%Y")
    _link_parties(world, deeds, keys, truth)
    _note_papers(world, deeds, frame, truth)
    return frame.select(
        "ma_gcn",
        "so_phat_hanh",
        "so_vao_so",
        "chu_su_dung",
        "so_giay_to",
        "nam_sinh",
        "the_chap",
        ma_don_vi="district",
        ngay_cap=pl.col("issued").dt.strftime("%d/%m/%Y"),
        dia_chi_chu="address",
        ma_thua="key",
        dien_tich_cap=_area_text("area"),
        muc_dich="land",
        hinh_thuc=pl.when("shared")
        .then(pl.lit("Sử dụng chung"))
        .otherwise(pl.lit("Sử dụng riêng")),
        thoi_han=pl.when("farm").then(end).otherwise(pl.lit("Lâu dài")),
    )


def _write_parties(rng: np.random.Generator, world: World, deeds: Certificates) -> pl.DataFrame:
    """chu_su_dung, so_giay_to and nam_sinh: one text a certificate, parties in the same order in all three."""
    people = world.people
    first, second = people[deeds.first], people[np.maximum(deeds.second, 0)]
    frame = pl.DataFrame(
        {
            "name": first["full_name"],
            "other": second["full_name"],
            "male": first["sex"] == 1,
            "couple": deeds.second != NOBODY,
            "hh": deeds.household_form,
            "luck": rng.random(len(first)),
            "dead": first["death_day"].is_not_null(),
            "evidence": deeds.evidence,
            "pin": first["pin"],
            "pin2": second["pin"],
            "old": first["old_number"],
            "old2": second["old_number"],
            "year": first["birth_year"].cast(pl.String),
            "year2": second["birth_year"].cast(pl.String),
            "dated": rng.random(len(first)) < 0.6,
        }
    )
    title = pl.when("male").then(pl.lit("Ông")).otherwise(pl.lit("Bà"))
    tie = pl.when("male").then(pl.lit("và vợ là bà")).otherwise(pl.lit("và chồng là ông"))
    plain_tie = pl.when("male").then(pl.lit("và bà")).otherwise(pl.lit("và ông"))
    note = (
        pl.when(pl.col("dead") & (pl.col("luck") < 0.3))
        .then(pl.lit(" (đã chết)"))
        .otherwise(pl.lit(""))
    )
    owner = (
        pl.when("couple")
        .then(
            pl.format(
                "{} {} {} {}",
                title,
                "name",
                pl.when(pl.col("luck") < 0.7).then(tie).otherwise(plain_tie),
                "other",
            )
        )
        .when("hh")
        .then(pl.format("Hộ {} {}", title.str.to_lowercase(), "name"))
        .when(pl.col("luck") < 0.75)
        .then(pl.format("{} {}{}", title, "name", note))
        .otherwise("name")
    )
    number = _paper_number("evidence", "pin", "old")
    number2 = _paper_number("evidence", "pin2", "old2")
    bare = pl.col("evidence") == NO_NUMBER
    both_numbers = pl.when("couple").then(pl.format("{}; {}", number, number2)).otherwise(number)
    both_years = pl.when("couple").then(pl.format("{}; {}", "year", "year2")).otherwise("year")
    return frame.select(
        chu_su_dung=owner,
        so_giay_to=pl.when(~bare).then(both_numbers).otherwise(pl.lit("")),
        nam_sinh=pl.when(bare | pl.col("dated")).then(both_years).otherwise(pl.lit("")),
    )


def _paper_number(evidence: str, pin: str, old_number: str) -> pl.Expr:
    """The number on the paper: the old one where that is what the paper has and the person ever held one."""
    return (
        pl.when((pl.col(evidence) == OLD_NUMBER) & pl.col(old_number).is_not_null())
        .then(old_number)
        .otherwise(pin)
    )


def _link_parties(world: World, deeds: Certificates, keys: pl.Series, truth: Truth) -> None:
    table = (SOURCE, "certificate")
    truth.link(table, world.people["truth_id"].gather(deeds.first), keys + "#1")
    rows = np.flatnonzero(deeds.second != NOBODY)
    truth.link(table, world.people["truth_id"].gather(deeds.second[rows]), keys.gather(rows) + "#2")


def _note_papers(world: World, deeds: Certificates, frame: pl.DataFrame, truth: Truth) -> None:
    """What the paper lacks is written down like any other noise: the true numbers and the true names."""
    table, keys = (SOURCE, "certificate"), frame["ma_gcn"]
    second = np.maximum(deeds.second, 0)
    both = pl.DataFrame(
        {
            "couple": deeds.second != NOBODY,
            "pin": world.people["pin"].gather(deeds.first),
            "pin2": world.people["pin"].gather(second),
            "name": world.people["full_name"].gather(deeds.first),
            "name2": world.people["full_name"].gather(second),
        }
    )
    true = both.select(
        pins=pl.when("couple").then(pl.format("{}; {}", "pin", "pin2")).otherwise("pin"),
        names=pl.when("couple").then(pl.format("{}; {}", "name", "name2")).otherwise("name"),
    )
    dead = world.people["death_day"].gather(deeds.first).is_not_null()
    titled = frame["chu_su_dung"] != true["names"]
    without_pin = frame["so_giay_to"] != true["pins"]
    bare = frame["so_giay_to"] == ""
    household = pl.Series(deeds.household_form)
    for kind, column, rows, values in (
        ("old_number_only", "so_giay_to", without_pin & ~bare, true["pins"]),
        ("no_number", "so_giay_to", bare, true["pins"]),
        ("owner_household", "chu_su_dung", household, true["names"]),
        ("owner_couple", "chu_su_dung", both["couple"], true["names"]),
        ("owner_title", "chu_su_dung", titled & ~household & ~both["couple"], true["names"]),
        ("owner_dead", "chu_su_dung", dead, true["names"]),
    ):
        outcome = REPAIR if kind in FORMS else ACCEPT
        truth.note(table, (kind, column, outcome), keys.filter(rows), values.filter(rows))


#: How the register writes owners at all: these do not make a certificate unclean.
FORMS = ("owner_title", "owner_couple", "owner_household")


def _draw_serials(rng: np.random.Generator, issued: Ints) -> pl.Series:
    """Serials by form of the certificate, no two alike."""
    count = len(issued)
    letters = np.array(list(_LETTERS))
    singles, width = np.where(rng.random(count) < 0.5, 6, 7), len(letters)
    age = np.clip((issued - _SECOND_FORM) / (_THIRD_FORM - _SECOND_FORM), 0, 0.999)
    first = np.clip(np.floor(age * width) + rng.integers(-1, 2, count), 0, width - 1).astype(
        np.int64
    )
    other = rng.integers(0, width, count)
    form = np.where(issued < _SECOND_FORM, 0, np.where(issued < _THIRD_FORM, 1, 2))
    head = np.select(
        [form == 0, form == 1],
        [1 + first + width * (singles - 6), 100 + first * width + other],
        900,
    )
    numbers = draw_distinct(rng, head.astype(np.int64), 8)
    digits = np.select([form == 0, form == 1], [singles, 6], 8)
    body = numbers % 10**8 // 10 ** (8 - digits)
    frame = pl.DataFrame(
        {"form": form, "body": body, "digits": digits, "a": letters[first], "b": letters[other]}
    )
    text = pl.format(
        "{} {}",
        pl.when(pl.col("form") == 0)
        .then("a")
        .when(pl.col("form") == 1)
        .then(pl.format("{}{}", "a", "b"))
        .otherwise(pl.lit("AA")),
        pl.col("body").cast(pl.String).str.zfill(pl.col("digits")),
    )
    serials = frame.select(text.alias("serial")).to_series()
    return _redraw_repeated(rng, serials)


def _redraw_repeated(rng: np.random.Generator, serials: pl.Series) -> pl.Series:
    """A serial that came out twice gets new digits."""
    while (repeated := serials.is_duplicated() & ~serials.is_first_distinct()).any():
        rows = np.flatnonzero(repeated.to_numpy())
        fresh = []
        for serial in serials.gather(rows):
            head, _, digits = serial.partition(" ")
            fresh.append(f"{head} {int(rng.integers(0, 10 ** len(digits))):0{len(digits)}d}")
        serials = serials.scatter(rows, pl.Series(fresh, dtype=pl.String))
    return serials


def _draw_book_numbers(rng: np.random.Generator, issued: Ints) -> pl.Series:
    numbers = rng.integers(1, 99_999, len(issued))
    frame = pl.DataFrame(
        {
            "old": issued < _SECOND_FORM,
            "n": pad_digits(numbers, 5),
            "book": draw_texts(rng, ["CH", "CS", "CN"], len(issued)),
        }
    )
    return frame.select(
        pl.when("old")
        .then(pl.format("{}/QSDĐ", "n"))
        .otherwise(pl.format("{} {}", "book", "n"))
        .alias("book_number")
    ).to_series()


def _draw_mortgages(rng: np.random.Generator, issued: Ints) -> pl.Series:
    count = len(issued)
    start = np.maximum(issued + 30, day_number(date(2017, 1, 1)))
    day = np.minimum(start + rng.integers(0, 3_000, count), REFERENCE_DAY - 20)
    frame = pl.DataFrame(
        {
            "held": rng.random(count) < 0.10,
            "lender": draw_texts(rng, _LENDERS, count),
            "day": pl.Series(day).cast(pl.Int32).cast(pl.Date).dt.strftime("%d/%m/%Y"),
            "n": pad_digits(rng.integers(1, 9_999, count), 4),
        }
    )
    return frame.select(
        pl.when("held")
        .then(pl.format("Thế chấp tại {}, đăng ký ngày {}, số {}", "lender", "day", "n"))
        .alias("t")
    ).to_series()


def _spoil_certificates(
    rng: np.random.Generator,
    certificates: pl.DataFrame,
    world: World,
    *,
    deeds: Certificates,
    truth: Truth,
) -> pl.DataFrame:
    spoiler = Spoiler(certificates, table=(SOURCE, "certificate"), key="ma_gcn", truth=truth)
    spoiler.free &= world.people["canary"].to_numpy()[deeds.first] == 0
    owner, serial, issued, address = "chu_su_dung", "so_phat_hanh", "ngay_cap", "dia_chi_chu"
    impossible = Fault(
        "issue_date_impossible", issued, QUARANTINE, lambda row: "31/02/" + row[issued][6:]
    )
    unicode_only = ~pl.col("ma_don_vi").is_in(sorted(TCVN3_DISTRICTS))
    spread = spoiler.spread
    spread(rng, impossible, rate=0.001)
    spread(rng, Fault("owner_missing", owner, QUARANTINE, change_text(owner, blank)), rate=0.0005)
    spread(rng, Fault("serial_letter_for_digit", serial, REPAIR, letter_for_digit), rate=0.02)
    spread(
        rng, Fault("serial_digit_lost", serial, ACCEPT, lambda row: row[serial][:-2]), rate=0.006
    )
    spread(
        rng,
        Fault("parcel_unknown", "ma_thua", ACCEPT, lambda row: row["ma_thua"][:5] + "9999999"),
        rate=0.003,
    )
    spread(rng, Fault("area_zero", "dien_tich_cap", ACCEPT, lambda _row: "0.0"), rate=0.004)
    spread(
        rng,
        Fault("owner_nfd", owner, REPAIR, change_text(owner, decompose)),
        rate=0.03,
        among=unicode_only,
    )
    spread(
        rng, Fault("owner_without_marks", owner, ACCEPT, change_text(owner, drop_marks)), rate=0.05
    )
    spread(rng, Fault("owner_capitals", owner, REPAIR, change_text(owner, shout)), rate=0.08)
    movable = has_movable_tone(owner)
    spread(
        rng,
        Fault("owner_tone_moved", owner, REPAIR, change_text(owner, move_tones)),
        rate=0.25,
        among=movable,
    )
    spread(
        rng,
        Fault("address_abbreviated", address, REPAIR, change_text(address, abbreviate)),
        rate=0.12,
    )
    for row in canary_rows(world.people, "land_registry"):
        spoiler.spoil(impossible, np.flatnonzero(deeds.first == row))
    return spoiler.frame


def letter_for_digit(row: Row) -> str:
    """A serial whose first digit that has a look-alike letter was typed as that letter."""
    serial: str = row["so_phat_hanh"]
    head, _, digits = serial.partition(" ")
    for digit, letter in (("0", "O"), ("1", "I"), ("5", "S"), ("8", "B"), ("2", "Z"), ("6", "G")):
        if digit in digits:
            return f"{head} {digits.replace(digit, letter, 1)}"
    return serial
