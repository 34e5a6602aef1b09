"""One working day at the desks of the one-stop service: desks, officers, dossiers, and the truth.

A dossier may be filed at any desk of the province, whatever the commune of residence (Decree
118/2025/NĐ-CP). Sizes of the day, the share filed online and the share filed elsewhere follow what
Quảng Ninh reports; what people misstate, and how often, is a plausible guess.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
import polars as pl

from mocks.province.chance import Bools, Floats, Ints, count_within, draw_index, open_stream
from mocks.province.households import FEMALE, HEAD
from mocks.province.people import World
from mocks.province.procedures import PROCEDURES, Asker
from mocks.province.profiles import Profile
from mocks.province.reference import Gazetteer
from mocks.province.spelling import drop_marks, flip_digit, move_tones

#: The last working day before the reference date, a Friday.
WORKING_DAY = date(2026, 10, 30)
DESK, ONLINE, POST = 1, 2, 3
CENTRE, COMMUNE = "provincial centre", "commune"
_CHANNELS = ((DESK, 0.055), (ONLINE, 0.928), (POST, 0.017))
_ELSEWHERE_SHARE = 0.35
_CENTRE_OFFICER_SHARE = 0.12
#: Of what is filed outside the commune of residence, how much goes to the provincial centre.
_CENTRE_SHARES = {"province": 0.75, "commune": 0.2}
#: First part of dossier codes, by province (Circular 01/2018/TT-VPCP, art. 19, and later lists).
_ORGANISATIONS = {"22": "H49", "66": "H15", "20": "H37", "08": "H60"}
_UTC_OFFSET = timedelta(hours=7)
#: Hours at which dossiers come, with weights: desks keep office hours, the portal never closes.
_OFFICE_HOURS = {8: 24, 9: 22, 10: 17, 13: 6, 14: 15, 15: 11, 16: 5}
_PORTAL_HOURS = {
    0: 1, 6: 1, 7: 5, 8: 14, 9: 15, 10: 13, 11: 7, 12: 3, 13: 6, 14: 11, 15: 10, 16: 7, 17: 3,
    18: 2, 19: 4, 20: 5, 21: 4, 22: 2, 23: 1,
}  # fmt: skip

_ADULT_AGE = 18
#: Which adults ask for what, by age in years.
_WHO_ASKS: Mapping[Asker, Callable[[pl.Expr], pl.Expr]] = {
    "adult": lambda age: age >= _ADULT_AGE,
    "parent": lambda age: (age >= 20) & (age < 45),
    "single": lambda age: (age >= 20) & (pl.col("marital") != "co_vo_chong"),
    "owner": lambda age: (age >= 25) & (pl.col("role") == HEAD),
    "mother": lambda age: (age < 45) & (pl.col("sex") == FEMALE) & pl.col("works"),
    "aged": lambda age: (age >= 75) & ~pl.col("receives_pension"),
    "worker": lambda _age: pl.col("works") | pl.col("pays_freely"),
}


@dataclass(frozen=True)
class Misstatement:
    """One way in which a statement at the desk differs from the truth; `rate` of all dossiers."""

    kind: str
    column: str
    change: Callable[[pl.Expr], pl.Expr]
    rate: float


def _swap_day_and_month(born: pl.Expr) -> pl.Expr:
    day, month = born.dt.day(), born.dt.month()
    swapped = pl.date(born.dt.year(), pl.min_horizontal(day, 12), month)
    return pl.when(day <= 12).then(swapped).otherwise(born)


def _slip(name: pl.Expr) -> pl.Expr:
    """The last two letters in the wrong order; alike, one of them once more."""
    last, before = name.str.tail(1), name.str.slice(-2, 1)
    return pl.when(last == before).then(name + last).otherwise(name.str.head(-2) + last + before)


#: Kinds as in the catalogue of noise.
MISSTATEMENTS = (
    Misstatement("marks_missing", "full_name", drop_marks, 0.04),
    Misstatement("tone_moved", "full_name", move_tones, 0.02),
    Misstatement("typing_error", "full_name", _slip, 0.008),
    Misstatement("typing_error", "pin", flip_digit, 0.006),
    Misstatement("day_month_swapped", "birth_date", _swap_day_and_month, 0.005),
)


def open_desks(
    world: World, gazetteer: Gazetteer, profile: Profile, seed: int
) -> dict[str, pl.DataFrame]:
    """Tables desk, officer and dossier, and `applicant`: the truth about each dossier.

    desk: code, name, kind, commune_code (null at the centre). officer: code, desk. dossier: code,
    filed_at, channel, procedure, desk, officer, then pin, full_name and birth_date as stated, and
    applicant_commune. applicant: dossier, truth_id, and where something was misstated (never more
    than one thing a dossier) its field, kind and true value.
    """
    desks = _list_desks(gazetteer, profile)
    officers = _seat_officers(desks, gazetteer, profile)
    dossiers = _take_in(open_stream(seed, "dossiers"), world, desks, gazetteer, profile)
    dossiers = _number_dossiers(open_stream(seed, "dossiers.hours"), dossiers, desks, officers)
    dossiers, truth = _misstate(open_stream(seed, "dossiers.noise"), dossiers, world)
    return {"desk": desks, "officer": officers, "dossier": dossiers, "applicant": truth}


def _list_desks(gazetteer: Gazetteer, profile: Profile) -> pl.DataFrame:
    """The provincial centre, then communes: all of them, or as many of the largest as there are."""
    communes = gazetteer.communes
    if profile.desks is not None:
        largest = communes.sort("population", "code", descending=[True, False])
        communes = largest.head(profile.desks - 1).sort("code")
    province = gazetteer.province
    organisation = _ORGANISATIONS[province.code]
    office = "Trung tâm Phục vụ hành chính công"
    names = (communes["type"].str.to_lowercase() + " " + communes["name"]).to_list()
    return pl.DataFrame(
        {
            "code": [f"{organisation}.{n // 100:02}.{n % 100:02}" for n in range(len(names) + 1)],
            "name": [
                f"{office} {province.kind.lower()} {province.name}",
                *(f"{office} {name}" for name in names),
            ],
            "kind": [CENTRE] + [COMMUNE] * len(names),
            "commune_code": [None, *communes["code"]],
        }
    )


def _seat_officers(desks: pl.DataFrame, gazetteer: Gazetteer, profile: Profile) -> pl.DataFrame:
    """One officer a desk, the rest by the people that the desks serve."""
    total = max(profile.officers, len(desks))
    crowd = _weigh(desks, gazetteer)
    crowd[0] = crowd[1:].sum() * _CENTRE_OFFICER_SHARE
    spare = (total - len(desks)) * crowd / crowd.sum()
    seats = 1 + np.floor(spare).astype(np.int64)
    neediest = np.argsort(np.floor(spare) - spare, kind="stable")
    seats[neediest[: total - int(seats.sum())]] += 1
    desk = np.repeat(np.arange(len(desks)), seats)
    return pl.DataFrame({"desk": desks["code"].gather(desk), "n": count_within(desk) + 1}).select(
        code=pl.format("{}-CB{}", "desk", pl.col("n").cast(pl.String).str.zfill(3)), desk="desk"
    )


def _weigh(desks: pl.DataFrame, gazetteer: Gazetteer) -> Floats:
    """People of each desk's commune, 0 at the centre."""
    people = gazetteer.communes.select("code", "population")
    joined = desks.join(
        people, left_on="commune_code", right_on="code", how="left", maintain_order="left"
    )
    crowd: Floats = joined["population"].fill_null(0).cast(pl.Float64).to_numpy().copy()
    return crowd


def _take_in(
    rng: np.random.Generator,
    world: World,
    desks: pl.DataFrame,
    gazetteer: Gazetteer,
    profile: Profile,
) -> pl.DataFrame:
    """Columns row (of World.people), procedure, channel, and seat (row of `desks`)."""
    count = profile.dossiers
    procedure = draw_index(rng, [p.weight for p in PROCEDURES], count)
    channel = _deal(rng, [share for _, share in _CHANNELS], count)
    elsewhere = _deal(rng, [1 - _ELSEWHERE_SHARE, _ELSEWHERE_SHARE], count) == 1
    desk_of = {code: seat for seat, code in enumerate(desks["commune_code"]) if code}
    home = world.people["commune_code"].replace_strict(desk_of, default=-1, return_dtype=pl.Int64)
    own_desk = home.to_numpy()
    row = _draw_applicants(rng, world, procedure, served=own_desk > 0, elsewhere=elsewhere)
    is_central = np.array([_CENTRE_SHARES[p.level] for p in PROCEDURES])[procedure]
    weights = _weigh(desks, gazetteer)
    other = draw_index(rng, weights, count)
    other = np.where(other == own_desk[row], other % (len(desks) - 1) + 1, other)
    away = np.where(rng.random(count) < is_central, 0, other)
    return pl.DataFrame(
        {
            "row": row,
            "procedure": pl.Series([p.code for p in PROCEDURES]).gather(procedure),
            "channel": np.array([code for code, _ in _CHANNELS])[channel],
            "seat": np.where(elsewhere, away, own_desk[row]),
        }
    )


def _deal(rng: np.random.Generator, shares: Sequence[float], count: int) -> Ints:
    """`count` positions into `shares`, each as often as its share says, in random order."""
    edges = np.round(np.cumsum(shares) * count).astype(np.int64)
    dealt: Ints = np.searchsorted(edges, np.arange(count), side="right").astype(np.int64)
    return rng.permutation(dealt)


def _draw_applicants(
    rng: np.random.Generator, world: World, procedure: Ints, *, served: Bools, elsewhere: Bools
) -> Ints:
    """Who asks: rows of World.people; residents of a commune with a desk, unless `elsewhere`."""
    adults = _find_askers(world, "adult")
    row = np.zeros(len(procedure), dtype=np.int64)
    askers = np.array([p.asker for p in PROCEDURES])[procedure]
    for asker in sorted(set(askers)):
        able = _find_askers(world, asker)
        for far in (False, True):
            mine = np.flatnonzero((askers == asker) & (elsewhere == far))
            pool = np.flatnonzero(able if far else able & served)
            if len(pool) == 0:
                pool = np.flatnonzero(adults if far else adults & served)
            row[mine] = pool[rng.integers(0, len(pool), len(mine))]
    return row


def _find_askers(world: World, asker: Asker) -> Bools:
    """Living adults of the province who may ask for such a thing; never a canary."""
    found: Bools = (
        world.people.select(
            pl.col("in_population")
            & pl.col("death_day").is_null()
            & (pl.col("canary") == 0)
            & (pl.lit(pl.Series(world.ages)) >= _ADULT_AGE)
            & _WHO_ASKS[asker](pl.lit(pl.Series(world.ages)))
        )
        .to_series()
        .to_numpy()
    )
    return found


def _number_dossiers(
    rng: np.random.Generator, dossiers: pl.DataFrame, desks: pl.DataFrame, officers: pl.DataFrame
) -> pl.DataFrame:
    """Add filed_at, desk, officer and code, in order of time; desks number their own."""
    online = (dossiers["channel"] == ONLINE).to_numpy()
    hour = np.where(
        online, _draw_hours(rng, _PORTAL_HOURS, online), _draw_hours(rng, _OFFICE_HOURS, online)
    )
    midnight = datetime.combine(WORKING_DAY, datetime.min.time()) - _UTC_OFFSET
    elapsed = hour * 3_600_000 + rng.integers(0, 3_600_000, len(dossiers))
    start = pl.lit(midnight).cast(pl.Datetime("ms", "UTC"))
    filed = dossiers.with_columns(
        filed_at=start + pl.Series(elapsed).cast(pl.Duration("ms")),
        desk=desks["code"].gather(dossiers["seat"]),
        luck=pl.Series(rng.random(len(dossiers))),
    ).sort("filed_at", "row")
    seats = officers.group_by("desk", maintain_order=True).agg(officer="code")
    number = pl.int_range(1, pl.len() + 1).over("desk").cast(pl.String).str.zfill(4)
    return filed.join(seats, on="desk", how="left", maintain_order="left").with_columns(
        code=pl.format("{}-{}-{}", "desk", pl.lit(f"{WORKING_DAY:%y%m%d}"), number),
        officer=pl.col("officer").list.get(
            (pl.col("luck") * pl.col("officer").list.len()).cast(pl.Int64)
        ),
    )


def _draw_hours(rng: np.random.Generator, hours: dict[int, int], like: Bools) -> Ints:
    drawn: Ints = np.array(list(hours))[draw_index(rng, list(hours.values()), len(like))]
    return drawn


def _misstate(
    rng: np.random.Generator, dossiers: pl.DataFrame, world: World
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What applicants say of themselves, mostly the truth; and the truth with what was not."""
    facts = world.people.select(
        "truth_id", "pin", "full_name", "birth_date", applicant_commune="commune_code"
    )
    stated = dossiers.hstack(facts[dossiers["row"].to_numpy()]).with_columns(
        field=pl.lit(None, pl.String),
        kind=pl.lit(None, pl.String),
        true_value=pl.lit(None, pl.String),
    )
    for slip in MISSTATEMENTS:
        said, wrong = pl.col(slip.column), slip.change(pl.col(slip.column))
        able = stated.select(pl.col("kind").is_null() & (said != wrong)).to_series()
        rows = np.flatnonzero(able.to_numpy())
        wanted = min(len(rows), max(1, round(slip.rate * len(stated))))
        chosen = np.zeros(len(stated), dtype=bool)
        chosen[rng.choice(rows, wanted, replace=False)] = True
        news = {
            "field": pl.lit(slip.column),
            "kind": pl.lit(slip.kind),
            "true_value": said.cast(pl.String),
            slip.column: wrong,
        }
        hit = pl.lit(pl.Series(chosen))
        stated = stated.with_columns(
            **{name: pl.when(hit).then(new).otherwise(name) for name, new in news.items()}
        )
    columns = ["code", "filed_at", "channel", "procedure", "desk", "officer"]
    said_columns = ["pin", "full_name", "birth_date", "applicant_commune"]
    truth = stated.select("truth_id", "field", "kind", "true_value", dossier="code")
    return stated.select(*columns, *said_columns), truth.select(
        "dossier", "truth_id", "field", "kind", "true_value"
    )
