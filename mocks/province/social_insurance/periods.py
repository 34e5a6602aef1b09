"""qua_trinh: months of participation with an employer, or of one's own will.

Social insurance for workers began on 1 January 1962 (Decree 218-CP of 1961).
"""

import numpy as np
import polars as pl

from mocks.province.chance import Bools, Ints
from mocks.province.clock import stamp_local
from mocks.province.faults import ACCEPT, QUARANTINE, Fault, Spoiler, Truth
from mocks.province.households import FEMALE
from mocks.province.people import World
from mocks.province.profiles import REFERENCE_DATE
from mocks.province.social_insurance.employers import NEW_CODES_MONTH, Layout
from mocks.province.social_insurance.participants import Insured, tell_lives

_THIS_MONTH = REFERENCE_DATE.year * 12 + REFERENCE_DATE.month - 1
_FIRST_MONTH = 1962 * 12
_MAX_PERIODS = 3
_LONGEST_GAP = 13
#: Months that a pensioner has paid, and how likely a second and a third span of them are.
_PAID_MONTHS = (15 * 12 + 3, 35 * 12 - 3)
_MORE_SPANS = (0.45, 0.15)
_MIN_MONTHS = 3
_FORMER_SHARE = 0.12
#: Of those who work: who has a second employer at the same time, and for at most so many months.
_SECOND_SHARE, _SECOND_MONTHS = 0.006, 30
#: Of periods since the codes were renewed: with an employer that has the new code.
_NEW_EMPLOYER_SHARE = 0.35
_START, _EMPLOYER = "tu_thang", "ma_don_vi"
#: The base salary of the state in dong by the month from which it held: decrees on wages from
#: 1960 to 2024. Pay is told in multiples of it.
_BASE_SALARIES = {
    **{1960 * 12: 27, 1985 * 12 + 8: 220, 1988 * 12 + 8: 22_500, 1993 * 12 + 3: 120_000},
    **{1997 * 12: 144_000, 2000 * 12: 180_000, 2001 * 12: 210_000, 2003 * 12: 290_000},
    **{2005 * 12 + 9: 350_000, 2006 * 12 + 9: 450_000, 2008 * 12: 540_000},
    **{2009 * 12 + 4: 650_000, 2010 * 12 + 4: 730_000, 2011 * 12 + 4: 830_000},
    **{2012 * 12 + 4: 1_050_000, 2013 * 12 + 6: 1_150_000, 2016 * 12 + 4: 1_210_000},
    **{2017 * 12 + 6: 1_300_000, 2018 * 12 + 6: 1_390_000, 2019 * 12 + 6: 1_490_000},
    **{2023 * 12 + 6: 1_800_000, 2024 * 12 + 6: 2_340_000},
}


_FAULTS = (
    Fault("date_impossible", _START, QUARANTINE, pl.col(_START).str.head(5) + "13"),
    Fault("reference_unknown", _EMPLOYER, ACCEPT, pl.lit("ZZ00000Z")),
    Fault(
        "dates_reversed",
        "den_thang",
        ACCEPT,
        (pl.col(_START).str.head(4).cast(pl.Int64) - 1).cast(pl.String)
        + pl.col(_START).str.slice(4),
    ),
)


def write_periods(
    rng: np.random.Generator, world: World, insured: Insured, employers: pl.DataFrame
) -> pl.DataFrame:
    """An open period for those who pay now, up to two closed ones before it, with gaps.

    Pensioners have 15 to 35 years in closed ones, and nobody has one after death. Periods of one
    person overlap only where a second employer pays too.
    """
    spans = [*_draw_spans(rng, world, insured)]
    spans.append(_draw_second(rng, spans[0]))
    frame = pl.concat(spans)
    frame = _give_employers(rng, frame, employers, insured)
    written = frame.select(
        nguoi_id=_find_keys(frame, insured),
        ma_don_vi="ma_don_vi",
        tu_thang=_month_text("start"),
        den_thang=pl.when(~pl.col("open")).then(_month_text("end")),
        muc_dong=pl.Series(_draw_pay(rng, frame["end"].to_numpy())),
        loai=pl.when("freely").then(pl.lit("tu_nguyen")).otherwise(pl.lit("bat_buoc")),
    )
    ordered = written.sort("nguoi_id", "tu_thang", "ma_don_vi").with_row_index("id", offset=1)
    return stamp_local(rng, ordered.cast({"id": pl.Int64}), "cap_nhat")


def _draw_spans(rng: np.random.Generator, world: World, insured: Insured) -> list[pl.DataFrame]:
    """One frame a turn, the latest first: seat (position in `insured`), start, end, open, freely.

    Months are counted from year 0.
    """
    people = world.people.select("works", "pays_freely", "receives_pension")[insured.rows]
    paying, pensioner = _who_pays(people), people["receives_pension"].to_numpy()
    birth, last, ages = tell_lives(world, insured)
    former = ~paying & (ages >= 30) & (pensioner | (rng.random(len(ages)) < _FORMER_SHARE))
    begin = np.maximum(_tell_months(birth) + 224, _FIRST_MONTH)
    stopped_for = np.floor(np.clip(ages - 55, 1, 40) * 12).astype(np.int64)
    end = np.where(paying, _THIS_MONTH, _tell_months(last) - stopped_for)
    end = np.where(pensioner, _draw_retirements(rng, world, insured), end)
    careers = _draw_careers(rng, end - begin)
    able, spans = paying | former, []
    for turn in range(_MAX_PERIODS):
        months = np.where(pensioner, careers[turn], rng.integers(6, 96, len(ages)))
        start = np.maximum(end - months, begin)
        able = able & (end - start >= _MIN_MONTHS)
        seat = np.flatnonzero(able)
        now = paying[seat] & (turn == 0)
        freely = people["pays_freely"].to_numpy()[seat] & (turn == 0)
        told = {"seat": seat, "start": start[seat], "end": end[seat], "open": now, "freely": freely}
        spans.append(pl.DataFrame(told).with_columns(second=False))
        end = start - rng.integers(1, _LONGEST_GAP + 1, len(ages))
        able = able & (pensioner | (rng.random(len(ages)) < 0.5))
    return spans


def _draw_retirements(rng: np.random.Generator, world: World, insured: Insured) -> Ints:
    """The last month of work if one is a pensioner: within four years before the age for it."""
    women = (world.people["sex"] == FEMALE).to_numpy()[insured.rows]
    ages = np.where(women, 57.0, 61.5) - 0.2 - rng.random(len(women)) * 3.8
    months = _tell_months(tell_lives(world, insured)[0]) + np.floor(ages * 12).astype(np.int64)
    # The oldest worked on until they had paid for long enough.
    chosen: Ints = np.maximum(months, _FIRST_MONTH + 20 * 12)
    return chosen


def _draw_careers(rng: np.random.Generator, room: Ints) -> Ints:
    """Months of a pensioner's spans, the latest first, a row each; 0 where there is none.

    room: months between the first in which one may pay and the last.
    """
    total = np.minimum(rng.integers(*_PAID_MONTHS, len(room)), room - 2 * _LONGEST_GAP)
    luck, shares = rng.random(len(room)), 0.3 + rng.random((2, len(room))) * 0.3
    second = np.floor(total * shares[0] * (luck < _MORE_SPANS[0])).astype(np.int64)
    third = np.floor(second * shares[1] * (luck < _MORE_SPANS[1])).astype(np.int64)
    careers: Ints = np.stack([total - second, second - third, third])
    return careers


def _tell_months(days: Ints) -> Ints:
    """Months since year 0 of days since 1970."""
    months: Ints = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return months + 1970 * 12


def _draw_second(rng: np.random.Generator, current: pl.DataFrame) -> pl.DataFrame:
    """A second employer for a few who work, beginning while the first pays already."""
    worked = current.filter(pl.col("open") & ~pl.col("freely"))
    rows = worked.filter(pl.Series(rng.random(len(worked)) < _SECOND_SHARE))
    months = pl.Series(rng.integers(1, _SECOND_MONTHS, len(rows)))
    since = pl.max_horizontal(pl.lit(_THIS_MONTH) - months, pl.col("start") + 1)
    return rows.with_columns(start=since, second=True)


def _who_pays(people: pl.DataFrame) -> Bools:
    paying: Bools = (people["works"] | people["pays_freely"]).to_numpy()
    return paying


def _give_employers(
    rng: np.random.Generator, spans: pl.DataFrame, employers: pl.DataFrame, insured: Insured
) -> pl.DataFrame:
    """Add ma_don_vi: an office, a public unit or a company; a second employer is another one."""
    layout = Layout.of(len(employers))
    public = (insured.trades == "HC").to_numpy()[spans["seat"].to_numpy()]
    recent = (spans["start"] >= NEW_CODES_MONTH).to_numpy()
    fresh = recent & (rng.random(len(spans)) < _NEW_EMPLOYER_SHARE)
    second = spans["second"].to_numpy()
    pools = np.select(
        [spans["freely"].to_numpy(), second, public & fresh, public, fresh],
        [layout.OFFICE, layout.COMPANY, layout.PUBLIC_NEW, layout.PUBLIC, layout.COMPANY_NEW],
        layout.COMPANY,
    )
    first, size = layout.firsts[pools], layout.sizes[pools]
    place = np.floor(rng.random(len(spans)) * size).astype(np.int64)
    other = np.full(len(insured.rows), -1)
    current = spans["open"].to_numpy() & ~second
    other[spans["seat"].to_numpy()[current]] = (first + place)[current]
    clash = second & (first + place == other[spans["seat"].to_numpy()])
    row = first + np.where(clash, (place + 1) % size, place)
    return spans.with_columns(ma_don_vi=employers["ma_don_vi"].gather(row))


def _find_keys(spans: pl.DataFrame, insured: Insured) -> pl.Series:
    """Row keys of the participants; who stands twice was under the earlier one before."""
    older: Ints = insured.keys.copy()
    older[insured.twice] = insured.older_keys
    seat = spans["seat"].to_numpy()
    return pl.Series(np.where(spans["open"].to_numpy(), insured.keys[seat], older[seat]))


def _draw_pay(rng: np.random.Generator, months: Ints) -> Ints:
    """Monthly pay in dong that contributions are counted from, as it was in those months.

    Between two and twenty base salaries of the time; in thousands since they are that high.
    """
    since = np.array(list(_BASE_SALARIES))
    base = np.array(list(_BASE_SALARIES.values()))[np.searchsorted(since, months, "right") - 1]
    multiples = np.clip(rng.lognormal(1.19, 0.42, len(months)), 4_730 / 2_340, 20)
    unit = np.where(base >= 100_000, 1000, 1)
    pay: Ints = (base * multiples / unit).astype(np.int64) * unit
    return pay


def _month_text(months: str) -> pl.Expr:
    """Months since year 0 as YYYY-MM."""
    number = (pl.col(months) % 12 + 1).cast(pl.String).str.zfill(2)
    return pl.format("{}-{}", pl.col(months) // 12, number)


def spoil_periods(rng: np.random.Generator, periods: pl.DataFrame, truth: Truth) -> pl.DataFrame:
    """Noise in about 0.5 % of the rows."""
    table = ("social_insurance", "participation")
    spoiler = Spoiler(periods, table=table, key="id", truth=truth)
    spoiler.spread(rng, _FAULTS)
    return spoiler.finish()
