"""What the social insurance register holds about the province, in its owner's words."""

import polars as pl

from mocks.province.chance import open_stream
from mocks.province.faults import Truth
from mocks.province.people import World
from mocks.province.profiles import Profile
from mocks.province.reference import Gazetteer
from mocks.province.social_insurance.cards import spoil_cards, write_cards
from mocks.province.social_insurance.employers import spoil_employers, write_employers
from mocks.province.social_insurance.participant_noise import spoil_participants
from mocks.province.social_insurance.participants import choose_insured, write_participants
from mocks.province.social_insurance.periods import spoil_periods, write_periods


def register_social_insurance(
    world: World,
    profile: Profile,
    seed: int,
    *,
    truth: Truth,
    gazetteer: Gazetteer,
) -> tuple[dict[str, pl.DataFrame], pl.Series]:
    """The four tables, and insurance numbers by row of World.people (null: not insured).

    gazetteer: of the world's province.
    """
    insured = choose_insured(open_stream(seed, "insured"), world, profile.insured, truth)
    participants = write_participants(open_stream(seed, "participant"), world, insured, truth)
    participants = spoil_participants(
        open_stream(seed, "participant.noise"), participants, world, insured, truth
    )
    employers = write_employers(
        open_stream(seed, "employer"),
        world,
        profile.employers,
        tax_prefix=gazetteer.province.tax_prefix,
    )
    periods = write_periods(open_stream(seed, "participation"), world, insured, employers)
    periods = spoil_periods(open_stream(seed, "participation.noise"), periods, truth)
    cards = write_cards(open_stream(seed, "card"), world, insured)
    cards = spoil_cards(open_stream(seed, "card.noise"), cards, world, insured, truth)
    employers = spoil_employers(open_stream(seed, "employer.noise"), employers, truth)
    nobody = pl.Series([None], dtype=pl.String).new_from_index(0, len(world.people))
    tables = {
        "nguoi_tham_gia": participants,
        "qua_trinh": periods,
        "the_bhyt": cards,
        "don_vi": employers,
    }
    return tables, nobody.scatter(insured.rows, insured.numbers)
