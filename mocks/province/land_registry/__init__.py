"""What the land register holds about the province, in its owner's words, by former district."""

import numpy as np
import polars as pl

from mocks.province.chance import open_stream
from mocks.province.faults import Truth
from mocks.province.land_registry.certificates import spoil_certificates, write_certificates
from mocks.province.land_registry.deeds import grant_deeds
from mocks.province.land_registry.plots import lay_out_plots, spoil_parcels, write_parcels
from mocks.province.people import World
from mocks.province.profiles import Profile
from mocks.province.reference import TCVN3_DISTRICTS, Gazetteer
from mocks.province.spelling import drop_marks


def register_land(
    world: World, profile: Profile, seed: int, *, gazetteer: Gazetteer, truth: Truth
) -> dict[str, pl.DataFrame]:
    """don_vi (districts: code, folder, format), thua_dat and gcn; each row names its district."""
    canaries = np.flatnonzero((world.people["canary"] > 0).to_numpy()).astype(np.int64)
    plots = lay_out_plots(
        open_stream(seed, "plot"), world, profile.parcels, gazetteer, canaries=len(canaries)
    )
    deeds = grant_deeds(
        open_stream(seed, "deed"), world, plots, profile.certificates, canaries=canaries
    )
    parcels = write_parcels(open_stream(seed, "parcel"), plots, truth)
    parcels = spoil_parcels(open_stream(seed, "parcel.noise"), parcels, len(canaries), truth)
    certificates = write_certificates(
        open_stream(seed, "certificate"), world, plots, deeds=deeds, truth=truth
    )
    certificates = spoil_certificates(
        open_stream(seed, "certificate.noise"), certificates, world, deeds, truth
    )
    return {"don_vi": list_districts(gazetteer), "thua_dat": parcels, "gcn": certificates}


def list_districts(gazetteer: Gazetteer) -> pl.DataFrame:
    """Former districts with the folder of their drops and how those write text."""
    districts = (
        gazetteer.old_communes.select("district_code", "district_name")
        .unique()
        .sort("district_code")
    )
    slug = drop_marks(pl.col("district_name")).str.to_lowercase().str.replace_all(" ", "-")
    written = pl.col("district_code").is_in(sorted(TCVN3_DISTRICTS))
    return districts.select(
        ma_don_vi="district_code",
        thu_muc=pl.format("{}-{}", "district_code", slug),
        bang_ma=pl.when(written).then(pl.lit("TCVN3")).otherwise(pl.lit("UTF-8")),
    )
