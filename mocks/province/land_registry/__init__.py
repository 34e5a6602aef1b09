"""What the land register holds about the province, in its owner's words, by former district."""

import numpy as np
import polars as pl

from mocks.province.chance import open_stream
from mocks.province.faults import Truth, drop_marks
from mocks.province.land_registry.certificates import spoil_certificates, write_certificates
from mocks.province.land_registry.deeds import grant_deeds
from mocks.province.land_registry.plots import lay_out_plots, spoil_parcels, write_parcels
from mocks.province.people import World
from mocks.province.profiles import Profile
from mocks.province.reference import TCVN3_DISTRICTS, Gazetteer


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
    districts = gazetteer.old_communes.select("district_code", "district_name").unique()
    rows = districts.sort("district_code").rows()
    return pl.DataFrame(
        {
            "ma_don_vi": [code for code, _ in rows],
            "thu_muc": [
                f"{code}-{drop_marks(name).lower().replace(' ', '-')}" for code, name in rows
            ],
            "bang_ma": ["TCVN3" if code in TCVN3_DISTRICTS else "UTF-8" for code, _ in rows],
        }
    )
