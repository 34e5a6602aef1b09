"""thua_dat: what the register says of each parcel."""

import numpy as np
import polars as pl

from mocks.province.chance import draw_index
from mocks.province.faults import ACCEPT, QUARANTINE, REPAIR, Fault, Spoiler, Truth, blank, never
from mocks.province.land_registry.offices import type_in_tcvn3
from mocks.province.land_registry.plots import REGISTER
from mocks.province.land_registry.texts import judge_texts, spoil_texts
from mocks.province.land_registry.uses import write_uses
from mocks.province.people import World
from mocks.province.reference import Gazetteer
from mocks.province.spelling import abbreviate, lose_zero

TABLE = (REGISTER, "parcel")
_AREA, _COMMUNE, _ADDRESS, _HASH = "dien_tich", "ma_xa_cu", "dia_chi", "ma_dinh_danh"
_NUMBER = "so_thua"
#: Communes whose map is still drawn in the first list, and those drawn anew in the newest.
_MAP_LISTS = (0.03, 0.72, 0.25)
#: Not yet measured, and so without a national identifier: times the rate of missing values.
_UNMEASURED = 560.0
_FAULTS = (
    Fault("measure_wrong", _AREA, QUARANTINE, pl.lit("không rõ"), weight=0.1),
    Fault("value_missing", _NUMBER, QUARANTINE, blank(), weight=0.2),
    Fault("number_form", _AREA, REPAIR, pl.col(_AREA).str.replace(".", ",", literal=True)),
    Fault("measure_wrong", _AREA, ACCEPT, pl.lit("0.0"), weight=0.5),
    Fault(
        "zero_lost",
        _COMMUNE,
        REPAIR,
        lose_zero(pl.col(_COMMUNE)),
        among=pl.col(_COMMUNE).str.contains("^0[1-9]"),
        weight=0.5,
    ),
    Fault("reference_unknown", _COMMUNE, ACCEPT, pl.lit("99999"), weight=0.3),
    Fault("value_missing", _HASH, ACCEPT, never(), weight=_UNMEASURED),
    Fault("measure_wrong", _HASH, ACCEPT, "w3gv" + pl.col(_HASH).str.slice(4)),
    Fault("address_abbreviated", _ADDRESS, ACCEPT, abbreviate(pl.col(_ADDRESS))),
    *spoil_texts(_ADDRESS),
)


def write_parcels(
    rng: np.random.Generator,
    world: World,
    plots: pl.DataFrame,
    gazetteer: Gazetteer,
    truth: Truth,
) -> pl.DataFrame:
    """The register's rows; `_old_office` says whether the office writes TCVN3."""
    codes, place = gazetteer.old_communes["code"], plots["place"].to_numpy()
    lists = draw_index(rng, _MAP_LISTS, len(codes))
    use = write_uses(plots, urban=plots["was_urban"].to_numpy(), in_list=lists[place])
    address = _write_addresses(rng, world, plots, gazetteer, truth)
    _note_shared_numbers(plots, codes, truth)
    old = plots["old_office"]
    return plots.select(
        ma_don_vi="district",
        ma_thua="key",
        so_to=pl.col("sheet").cast(pl.String),
        so_thua="number",
        ma_xa_cu=codes.gather(place),
        dia_chi=type_in_tcvn3(TABLE, plots["key"], address, truth, old=old),
        dien_tich=area_text("area"),
        loai_dat=use,
        ma_dinh_danh="geohash",
        _old_office="old_office",
    )


def _write_addresses(
    rng: np.random.Generator,
    world: World,
    plots: pl.DataFrame,
    gazetteer: Gazetteer,
    truth: Truth,
) -> pl.Series:
    """In the units of before July 2025, or in today's where the rate says so."""
    province = gazetteer.province.full_name
    before = gazetteer.old_communes.select(
        pl.format(
            "{} {}, {} {}, {}", "type", "name", "district_type", "district_name", "old_province"
        )
    ).to_series()
    today = gazetteer.communes.select(
        pl.format("{} {}, {}", "type", "name", pl.lit(province))
    ).to_series()
    is_old = rng.random(len(plots)) < truth.noise.rate(REGISTER, "address_before_merger")
    texts = pl.DataFrame(
        {
            "street": world.households["street"].gather(plots["owner"]),
            "before": before.gather(plots["place"]),
            "today": today.gather(plots["commune"]),
            "is_old": is_old,
        }
    )
    now = pl.format("{}, {}", "street", "today")
    truth.note(
        TABLE,
        ("address_before_merger", _ADDRESS, ACCEPT),
        plots["key"].filter(pl.Series(is_old)),
        texts.filter("is_old").select(now.alias("now")).to_series(),
    )
    written = pl.when("is_old").then(pl.format("{}, {}", "street", "before")).otherwise(now)
    return texts.select(written.alias(_ADDRESS)).to_series()


def _note_shared_numbers(plots: pl.DataFrame, codes: pl.Series, truth: Truth) -> None:
    """Parcels whose sheet and number another one has in the commune as it is today.

    Told apart by what is true of each alone: "old commune/sheet/number".
    """
    if not truth.noise.rate(REGISTER, "parcel_number_shared"):
        return
    shared = plots.select(pl.struct("commune", "sheet", "number").is_duplicated()).to_series()
    alike = plots.filter(shared).select(
        "key",
        full=pl.format("{}/{}/{}", codes.gather(plots["place"].filter(shared)), "sheet", "number"),
    )
    truth.note(TABLE, ("parcel_number_shared", _NUMBER, ACCEPT), alike["key"], alike["full"])


def area_text(column: str) -> pl.Expr:
    """An area in m2 with one decimal."""
    tenths = (pl.col(column) * 10).round().cast(pl.Int64)
    return pl.format("{}.{}", tenths // 10, tenths % 10)


def spoil_parcels(
    rng: np.random.Generator, parcels: pl.DataFrame, canaries: int, truth: Truth
) -> pl.DataFrame:
    """Noise in every register's way, none in the canaries' rows (the last ones)."""
    spoiler = Spoiler(judge_texts(parcels, _ADDRESS), table=TABLE, key="ma_thua", truth=truth)
    spoiler.protect(np.arange(len(parcels)) >= len(parcels) - canaries)
    spoiler.spread(rng, _FAULTS)
    return spoiler.finish()
