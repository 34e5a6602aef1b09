"""Builds the golden records anew from clusters and standard tables.

The result is a function of what is published and judged, so an unmerge is a recompute. Records
that come out as they were are left alone, version and all.
"""

from typing import TYPE_CHECKING

from golden.survivorship import list_survivors
from hub.contract import load_contracts
from hub.settings import get_settings
from warehouse.golden import GoldenOutcome, build_people

if TYPE_CHECKING:
    from sqlalchemy import Connection


def build_golden(connection: "Connection") -> GoldenOutcome:
    """Build the golden record of every person, in the transaction that linked them.

    Raises:
        ContractError: the contracts do not agree on which source wins a field.
    """
    contracts = list(load_contracts(get_settings().contract_folders).values())
    return build_people(connection, contracts, list_survivors(contracts))
