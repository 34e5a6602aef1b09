"""qua_trinh: months of participation with an employer, or of one's own will."""

import numpy as np
import polars as pl

from mocks.province.chance import Bools, Ints
from mocks.province.clock import stamp_local
from mocks.province.faults import ACCEPT, QUARANTINE, Fault, Spoiler, Truth
from mocks.province.people import World
from mocks.province.profiles import REFERENCE_DATE
from mocks.province.social_insurance.employers import NEW_CODES_MONTH, Layout
from mocks.province.social_insurance.participants import Insured

_THIS_MONTH = REFERENCE_DATE.year * 12 + REFERENCE_DATE.month - 1
_MAX_PERIODS = 3
_MIN_MONTHS = 3
_FORMER_SHARE = 0.12
#: Of those who work: who has a second employer at the same time, and for at most so many months.
_SECOND_SHARE, _SECOND_MONTHS = 0.006, 30
#: Of periods since the codes were renewed: with an employer that has the new code.
_NEW_EMPLOYER_SHARE = 0.35
_START, _EMPLOYER = "tu_thang", "ma_don_vi"


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

    Periods of one person overlap only where a second employer pays too.
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
        muc_dong=pl.Series(_draw_pay(rng, len(frame))),
        loai=pl.when("freely").then(pl.lit("tu_nguyen")).otherwise(pl.lit("bat_buoc")),
    )
    ordered = written.sort("nguoi_id", "tu_thang", "ma_don_vi").with_row_index("id", offset=1)
    return stamp_local(rng, ordered.cast({"id": pl.Int64}), "cap_nhat")


def _draw_spans(rng: np.random.Generator, world: World, insured: Insured) -> list[pl.DataFrame]:
    """One frame a turn, the latest first: seat (position in `insured`), start, end, open, freely.

    Months are counted from year 0.
    """
    people = world.people.select("works", "pays_freely", "receives_pension")[insured.rows]
    ages = world.ages[insured.rows]
    paying, pensioner = _who_pays(people), people["receives_pension"].to_numpy()
    former = ~paying & (ages >= 30) & (pensioner | (rng.random(len(ages)) < _FORMER_SHARE))
    retired_for = np.floor(np.clip(ages - 55, 1, 40) * 12).astype(np.int64)
    end = np.where(paying, _THIS_MONTH, _THIS_MONTH - retired_for)
    first_month = np.floor(_THIS_MONTH - (ages - 18.6) * 12).astype(np.int64)
    able, spans = paying | former, []
    for turn in range(_MAX_PERIODS):
        months = rng.integers(6, 96, len(ages)) * np.where(pensioner, 2, 1)
        start = np.maximum(end - months, first_month)
        able = able & (end - start >= _MIN_MONTHS)
        seat = np.flatnonzero(able)
        now = paying[seat] & (turn == 0)
        freely = people["pays_freely"].to_numpy()[seat] & (turn == 0)
        told = {"seat": seat, "start": start[seat], "end": end[seat], "open": now, "freely": freely}
        spans.append(pl.DataFrame(told).with_columns(second=False))
        end = start - rng.integers(1, 14, len(ages))
        able = able & (rng.random(len(ages)) < 0.5)
    return spans


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


def _draw_pay(rng: np.random.Generator, count: int) -> Ints:
    """Monthly pay in dong that contributions are counted from, between the two legal bounds."""
    pay: Ints = np.clip(rng.lognormal(8.95, 0.42, count), 4_730, 46_800).astype(np.int64) * 1000
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
