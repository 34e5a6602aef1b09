"""A run that can wait is told of another one that is under way, and of none that has died."""

from datetime import timedelta

from connectors.land import plan_batch
from hub.contract import get_contract
from warehouse.ledger import apply_contract, take_stream
from warehouse.turns import find_run_under_way

from ..pipeline.conftest import CAR, Register

HOURS = timedelta(hours=2)


def test_a_run_is_under_way_until_its_batch_is_over_or_too_old_or_pushed_aside(
    register: Register,
) -> None:
    apply_contract(get_contract("vehicle"))
    assert find_run_under_way(CAR, but="reconcile", age_max=HOURS) is None
    register.put("A")
    planned = plan_batch(CAR)
    assert planned is not None
    assert find_run_under_way(CAR, but="reconcile", age_max=HOURS) == planned[0]
    assert find_run_under_way(CAR, but="snapshot", age_max=HOURS) is None, "its own earlier try"
    assert find_run_under_way(CAR, but="reconcile", age_max=timedelta(0)) is None
    take_stream(CAR)
    assert find_run_under_way(CAR, but="reconcile", age_max=HOURS) is None
    register.sync()
    assert find_run_under_way(CAR, but="reconcile", age_max=HOURS) is None
