"""What the land register holds about the province, in its owner's words, by former district."""

import polars as pl

from mocks.province.chance import open_stream
from mocks.province.faults import Truth
from mocks.province.land_registry.certificates import write_certificates
from mocks.province.land_registry.deeds import grant_deeds
from mocks.province.land_registry.offices import list_offices
from mocks.province.land_registry.papers import spoil_certificates
from mocks.province.land_registry.parcels import spoil_parcels, write_parcels
from mocks.province.land_registry.plots import count_canaries, lay_out_plots
from mocks.province.people import World
from mocks.province.profiles import Profile
from mocks.province.reference import Gazetteer


def register_land(
    world: World, profile: Profile, seed: int, *, gazetteer: Gazetteer, truth: Truth
) -> dict[str, pl.DataFrame]:
    """don_vi (districts: code, folder, format), thua_dat and gcn; each row names its district."""
    plots = lay_out_plots(open_stream(seed, "plot"), world, profile.parcels, gazetteer, truth.noise)
    deeds = grant_deeds(open_stream(seed, "deed"), world, plots, profile.certificates, truth.noise)
    parcels = write_parcels(open_stream(seed, "parcel"), world, plots, gazetteer, truth)
    parcels = spoil_parcels(
        open_stream(seed, "parcel.noise"), parcels, count_canaries(world), truth
    )
    certificates = write_certificates(open_stream(seed, "certificate"), world, plots, deeds, truth)
    del plots
    certificates = spoil_certificates(
        open_stream(seed, "certificate.noise"), certificates, world, deeds, truth
    )
    return {"don_vi": list_offices(gazetteer), "thua_dat": parcels, "gcn": certificates}
