"""The circuit breaker: a source that keeps failing is left alone, and tried again by itself."""

from collections.abc import Iterator

import psycopg
import pytest
from faults.proxy import Proxy, proxying

from connectors.circuit import looking_at, reading
from connectors.land import plan_batch
from hub.contract import get_contract
from hub.errors import CircuitOpenError, SchemaDriftError, SourceUnavailableError
from warehouse.circuit import count_failures, take_trial
from warehouse.ledger import apply_contract
from warehouse.status import list_open_circuits

from .conftest import CAR, Register, call


@pytest.fixture
def proxy(register: Register, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """The line between the hub and the register of vehicles."""
    register.fill(3)
    with proxying(register.source_url.replace("postgresql:", "postgresql+psycopg:")) as made:
        monkeypatch.setenv("MOTLAN_CONN_VEHICLE", made.url)
        yield made


def fail(register: Register, times: int) -> None:
    for _ in range(times):
        with pytest.raises(SourceUnavailableError, match="its database failed"):
            register.land()


def wait_for_its_time(register: Register) -> None:
    """Let the time of every open circuit be over."""
    with psycopg.connect(register.owner_url) as owner:
        owner.execute("UPDATE sync.circuit SET open_until = now() - interval '1 second'")


def circuit(register: Register) -> tuple[int, float | None]:
    """Failures in a row, and for how many minutes from the last one on it is left alone."""
    (row,) = register.rows(
        "SELECT failures, round(extract(epoch FROM open_until - updated_at) / 60)::int AS minutes"
        " FROM sync.circuit WHERE source = 'vehicle'"
    )
    return row["failures"], row["minutes"]


def test_after_five_failures_the_source_is_not_asked_and_the_sentence_says_until_when_and_why(
    register: Register, proxy: Proxy
) -> None:
    proxy.down()
    fail(register, 4)
    assert circuit(register) == (4, None)
    fail(register, 1)
    assert circuit(register) == (5, 1)
    proxy.up()
    before = proxy.connections
    with pytest.raises(CircuitOpenError) as refused:
        register.land()
    assert proxy.connections == before
    (opened,) = list_open_circuits("auditor")
    assert str(refused.value) == (
        f"vehicle is left alone until {opened.open_until:%Y-%m-%d %H:%M:%S %Z}, because it failed "
        "5 times in a row, the last time so: vehicle.car: its database failed (OperationalError). "
        "Its cursor has not moved; the next run reads again from there. It was not asked; the "
        "first run after that time tries it again."
    )


def test_five_requests_that_fail_in_one_read_stop_the_source_s_other_datasets_at_once(
    register: Register, proxy: Proxy
) -> None:
    gave_up = SourceUnavailableError("5 requests in a row failed.")
    gave_up.failures = 5
    with pytest.raises(SourceUnavailableError), reading("vehicle"):
        raise gave_up
    with pytest.raises(CircuitOpenError, match="5 requests in a row failed"):
        register.land()
    assert proxy.connections == 0


def test_one_run_tries_the_source_again_and_its_success_closes_the_circuit(
    register: Register, proxy: Proxy
) -> None:
    count_failures("vehicle", 5, "It was down.")
    wait_for_its_time(register)
    assert register.sync().accepted == 3
    assert circuit(register) == (0, None)
    assert list_open_circuits() == []


def test_while_one_run_tries_the_source_the_others_wait(register: Register, proxy: Proxy) -> None:
    count_failures("vehicle", 5, "It was down.")
    wait_for_its_time(register)
    assert take_trial("vehicle")
    with pytest.raises(CircuitOpenError, match="It was down"):
        register.land()
    assert proxy.connections == 0


def test_while_one_run_looks_what_there_is_to_read_the_others_wait_and_then_it_reads(
    register: Register, proxy: Proxy
) -> None:
    count_failures("vehicle", 5, "It was down.")
    wait_for_its_time(register)
    with looking_at("vehicle"):
        for asking in (looking_at, reading):
            with pytest.raises(CircuitOpenError, match="It was down"), asking("vehicle"):
                pass
    assert circuit(register) == (5, 0)
    with reading("vehicle"):
        pass
    assert circuit(register) == (0, None)


def test_a_run_that_cannot_even_look_leaves_the_source_alone_anew(
    register: Register, proxy: Proxy
) -> None:
    count_failures("vehicle", 5, "It was down.")
    wait_for_its_time(register)
    with pytest.raises(SourceUnavailableError), looking_at("vehicle"):
        raise SourceUnavailableError("It is down.")
    assert circuit(register) == (6, 1)


def test_every_five_failures_in_a_row_double_the_time(register: Register, proxy: Proxy) -> None:
    found = []
    for _ in range(16):
        wait_for_its_time(register)
        count_failures("vehicle", 1, "It was down.")
        found.append(circuit(register)[1])
    assert found[4:] == [*(1, 1, 1, 1, 1), *(2, 2, 2, 2, 2), *(4, 4)]


def test_each_further_round_of_failures_doubles_the_time_up_to_half_an_hour(
    register: Register, proxy: Proxy
) -> None:
    found = []
    for _ in range(8):
        count_failures("vehicle", 5, "It was down.")
        found.append(circuit(register)[1])
    assert found == [1, 2, 4, 8, 16, 30, 30, 30]


def test_a_source_that_gives_what_is_wrong_is_no_source_that_is_down(
    register: Register, proxy: Proxy
) -> None:
    count_failures("vehicle", 4, "It was down.")
    register.run("ALTER TABLE xe.o_to DROP COLUMN chu_xe")
    with pytest.raises(SchemaDriftError):
        register.land()
    assert circuit(register) == (0, None)


def test_the_command_says_so_in_one_sentence(
    register: Register,
    proxy: Proxy,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    count_failures("vehicle", 5, "It was down.")
    code, _, told = call(monkeypatch, capsys, "sync vehicle")
    assert code == 1
    assert told.count("vehicle is left alone until") == 1
    assert proxy.connections == 0


def test_looking_whether_there_is_something_new_closes_no_circuit(
    register: Register, proxy: Proxy
) -> None:
    count_failures("vehicle", 3, "It was down.")
    apply_contract(get_contract("vehicle"))
    assert plan_batch(CAR) is not None
    assert circuit(register) == (3, None)
