"""Builds the golden records anew from clusters and standard tables.

The result is a function of what is published and judged, so an unmerge is a recompute. Records
that come out as they were are left alone, version and all.
"""

from golden.survivorship import list_survivors
from hub.contract import load_contracts
from hub.settings import get_settings
from warehouse.golden import GoldenOutcome, build_people


def build_golden() -> GoldenOutcome:
    """Build the golden record of every person.

    Raises:
        ContractError: the contracts do not agree on which source wins a field.
    """
    contracts = list(load_contracts(get_settings().contract_folders).values())
    return build_people(contracts, list_survivors(contracts))
