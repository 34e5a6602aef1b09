"""gcn: certificates of land-use rights, their holders in one text.

Dwellings have no term, farm land and land for a trade 50 years (Land Law 2024, art. 171 and 172).
"""

from datetime import date

import numpy as np
import polars as pl

from mocks.province.chance import Floats, Ints, draw_index, pad_digits
from mocks.province.faults import ACCEPT, Truth
from mocks.province.households import NOBODY
from mocks.province.land_registry.deeds import MERGER, Deeds, day_number
from mocks.province.land_registry.holders import TABLE, write_holders
from mocks.province.land_registry.offices import type_in_tcvn3
from mocks.province.land_registry.parcels import area_text
from mocks.province.land_registry.plots import REGISTER
from mocks.province.land_registry.serials import draw_book_numbers, draw_serials
from mocks.province.land_registry.uses import has_term, list_in_force, write_uses
from mocks.province.land_registry.working_days import take_working_days
from mocks.province.people import REFERENCE_DAY, World

_BANKS = (
    "Ngân hàng Thương mại Cổ phần Vịnh Xanh",
    "Ngân hàng Nông thôn Đông Bắc",
    "Ngân hàng Thương mại Cổ phần Bạch Đằng",
)
_FUND = "Quỹ tín dụng nhân dân "
_MORTGAGED_SHARE = 0.10
_FIRST_MORTGAGE = day_number(date(2017, 1, 1))
_SHARED_SHARE = 0.3
_REMEASURED_SHARE, _REMEASURED_BY = 0.15, 0.02
#: Papers of the first list that nobody has brought into the second.
_OLD_CODE_SHARE = 0.3
#: Districts got their present names between 1995 and 2020, nearly all after this day.
_RENAMED_AFTER = day_number(date(2008, 1, 1))
_ADDRESS = "dia_chi_chu"


def write_certificates(
    rng: np.random.Generator, world: World, plots: pl.DataFrame, deeds: Deeds, truth: Truth
) -> pl.DataFrame:
    """The register's rows, and in `truth` whose they are and what their papers lack."""
    plot = plots[deeds.parcel]
    keys = "GC" + plot["district"] + pad_digits(np.arange(1, len(plot) + 1), 7)
    owners = write_holders(rng, world, deeds, keys, truth)
    homes = world.households[plot["owner"]]
    address = _write_addresses(rng, homes, deeds.issued, keys, truth)
    owner, address = (
        type_in_tcvn3(TABLE, keys, texts, truth, old=plot["old_office"])
        for texts in (owners["chu_su_dung"], address)
    )
    issued = _as_dates(deeds.issued)
    end = issued.dt.offset_by("50y").dt.strftime("%d/%m/%Y")
    shared = pl.Series((deeds.second != NOBODY) & (rng.random(len(plot)) < _SHARED_SHARE))
    return plot.with_columns(area=pl.Series(_remeasure(rng, plot["area"].to_numpy()))).select(
        ma_gcn=keys,
        ma_don_vi="district",
        so_phat_hanh=draw_serials(rng, deeds.issued),
        so_vao_so=draw_book_numbers(rng, deeds.issued, plot["district_name"]),
        ngay_cap=issued.dt.strftime("%d/%m/%Y"),
        chu_su_dung=owner,
        so_giay_to=owners["so_giay_to"],
        nam_sinh=owners["nam_sinh"],
        dia_chi_chu=address,
        ma_thua="key",
        dien_tich_cap=area_text("area"),
        muc_dich=_write_purposes(rng, plot, deeds.issued),
        hinh_thuc=pl.when(shared).then(pl.lit("Sử dụng chung")).otherwise(pl.lit("Sử dụng riêng")),
        thoi_han=pl.when(pl.Series(has_term(plot["use"].to_numpy())))
        .then(end)
        .otherwise(pl.lit("Lâu dài")),
        the_chap=_draw_mortgages(rng, world, deeds, plot),
        _old_office="old_office",
    )


def _as_dates(days: Ints) -> pl.Series:
    return pl.Series(days).cast(pl.Int32).cast(pl.Date)


def _remeasure(rng: np.random.Generator, areas: Floats) -> Floats:
    """The area on paper; some parcels were measured anew since."""
    drawn = areas * np.clip(rng.normal(1, _REMEASURED_BY, len(areas)), 0.9, 1.1)
    measured: Floats = np.where(rng.random(len(areas)) < _REMEASURED_SHARE, drawn, areas)
    return measured


def _write_purposes(rng: np.random.Generator, plot: pl.DataFrame, issued: Ints) -> pl.Series:
    """In the list of the day of issue, town or country by the unit of that day."""
    in_list = list_in_force(issued)
    mended = (in_list == 0) & (rng.random(len(issued)) >= _OLD_CODE_SHARE)
    urban = np.where(issued < MERGER, plot["was_urban"].to_numpy(), plot["is_urban"].to_numpy())
    return write_uses(plot, urban=urban, in_list=np.where(mended, 1, in_list))


def _write_addresses(
    rng: np.random.Generator, homes: pl.DataFrame, issued: Ints, keys: pl.Series, truth: Truth
) -> pl.Series:
    """Units as they were called on the day of issue, or as today where the rates say so."""
    luck = rng.random((2, len(homes)))
    before = (issued < MERGER) & (luck[0] < truth.noise.rate(REGISTER, "address_before_merger"))
    renamed = homes["former_address"].is_not_null().to_numpy() & (issued < _RENAMED_AFTER)
    former = renamed & (luck[1] < truth.noise.rate(REGISTER, "older_unit_names"))
    for kind, rows in (("address_before_merger", before), ("older_unit_names", former)):
        told = pl.Series(rows)
        truth.note(
            TABLE, (kind, _ADDRESS, ACCEPT), keys.filter(told), homes["address"].filter(told)
        )
    written = (
        pl.when(pl.Series(former))
        .then("former_address")
        .when(pl.Series(before))
        .then("old_address")
        .otherwise("address")
    )
    return homes.select(written.alias(_ADDRESS)).to_series()


def _draw_mortgages(
    rng: np.random.Generator, world: World, deeds: Deeds, plot: pl.DataFrame
) -> pl.Series:
    """By a bank, or the credit fund of the district: its name, the day, the number.

    On a working day while the holder lives; nobody mortgages who died before there was one.
    """
    count = len(plot)
    start = np.maximum(deeds.issued + 30, _FIRST_MORTGAGE)
    died = world.people["death_day"].fill_null(REFERENCE_DAY).to_numpy()[deeds.first]
    end = np.minimum(np.minimum(died, REFERENCE_DAY - 20), start + 3_000)
    span = np.maximum(end - start, 0)
    day = start + np.floor(rng.random(count) * span).astype(np.int64)
    frame = pl.DataFrame(
        {
            "held": (span > 0) & (rng.random(count) < _MORTGAGED_SHARE),
            "bank": pl.Series([*_BANKS, None]).gather(draw_index(rng, [3, 3, 2, 3], count)),
            "district": plot["district_name"],
            "day": _as_dates(take_working_days(day, deeds.issued)).dt.strftime("%d/%m/%Y"),
            "n": pad_digits(rng.integers(1, 9_999, count), 4),
        }
    )
    lender = pl.coalesce("bank", pl.format("{}{}", pl.lit(_FUND), "district"))
    text = pl.format("Thế chấp tại {}, đăng ký ngày {}, số {}", lender, "day", "n")
    return frame.select(pl.when("held").then(text).alias("text")).to_series()
