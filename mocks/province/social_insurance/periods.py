"""qua_trinh: months of participation with an employer, or of one's own will."""

import numpy as np
import polars as pl

from mocks.province.chance import Bools, Ints
from mocks.province.clock import stamp_local
from mocks.province.faults import ACCEPT, QUARANTINE, Fault, Spoiler, Truth
from mocks.province.people import World
from mocks.province.profiles import REFERENCE_DATE
from mocks.province.social_insurance.employers import count_offices
from mocks.province.social_insurance.participants import Insured

_THIS_MONTH = REFERENCE_DATE.year * 12 + REFERENCE_DATE.month - 1
_MAX_PERIODS = 3
_MIN_MONTHS = 3
_FORMER_SHARE = 0.12
_START = "tu_thang"


_FAULTS = (
    Fault("date_impossible", _START, QUARANTINE, pl.col(_START).str.head(5) + "13"),
    Fault("reference_unknown", "ma_don_vi", ACCEPT, pl.lit("ZZ00000Z")),
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
    """An open period for those who pay now, up to two closed ones before it; gaps, no overlap."""
    people, ages = world.people[insured.rows], world.ages[insured.rows]
    paying, pensioner = _who_pays(people), people["receives_pension"].to_numpy()
    former = ~paying & (ages >= 30) & (pensioner | (rng.random(len(ages)) < _FORMER_SHARE))
    retired_for = np.floor(np.clip(ages - 55, 1, 40) * 12).astype(np.int64)
    end = np.where(paying, _THIS_MONTH, _THIS_MONTH - retired_for)
    first_month = np.floor(_THIS_MONTH - (ages - 18.6) * 12).astype(np.int64)
    able = paying | former
    spans: list[pl.DataFrame] = []
    for turn in range(_MAX_PERIODS):
        months = rng.integers(6, 96, len(ages)) * np.where(pensioner, 2, 1)
        start = np.maximum(end - months, first_month)
        able = able & (end - start >= _MIN_MONTHS)
        rows = np.flatnonzero(able)
        freely = people["pays_freely"].to_numpy()[rows] & (turn == 0)
        open_ended = paying[rows] & (turn == 0)
        span = _write_span(rng, start[rows], end[rows], open_ended=open_ended)
        spans.append(
            span.with_columns(
                nguoi_id=pl.Series(insured.keys[rows]),
                ma_don_vi=_draw_employers(rng, employers, freely),
                loai=pl.Series(np.where(freely, "tu_nguyen", "bat_buoc").tolist(), dtype=pl.String),
            )
        )
        end = start - rng.integers(1, 14, len(ages))
        able = able & (rng.random(len(ages)) < 0.5)
    frame = pl.concat(spans).sort("nguoi_id", "tu_thang").with_row_index("id", offset=1)
    columns = ["id", "nguoi_id", "ma_don_vi", "tu_thang", "den_thang", "muc_dong", "loai"]
    return stamp_local(rng, frame.select(columns).cast({"id": pl.Int64}), "cap_nhat")


def _who_pays(people: pl.DataFrame) -> Bools:
    paying: Bools = (people["works"] | people["pays_freely"]).to_numpy()
    return paying


def _draw_employers(rng: np.random.Generator, employers: pl.DataFrame, freely: Bools) -> pl.Series:
    offices, count = count_offices(len(employers)), len(freely)
    own = rng.integers(0, offices, count)
    seat = np.where(freely, own, rng.integers(offices, len(employers), count))
    return employers["ma_don_vi"].gather(seat)


def _write_span(
    rng: np.random.Generator, start: Ints, end: Ints, *, open_ended: Bools
) -> pl.DataFrame:
    pay = np.clip(rng.lognormal(8.95, 0.42, len(start)), 4_730, 46_800).astype(np.int64) * 1000
    frame = pl.DataFrame({"start": start, "end": end, "open": open_ended, "muc_dong": pay})
    return frame.select(
        _month_text("start").alias("tu_thang"),
        pl.when(~pl.col("open")).then(_month_text("end")).alias("den_thang"),
        "muc_dong",
    )


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
