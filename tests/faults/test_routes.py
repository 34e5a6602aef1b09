"""The same for the other two ways to publish: a replay of the quarantine, and a release.

A row of social insurance was quarantined for a date that its contract could not read; the contract
learns to, and the row is replayed. A batch that ends two rows is parked by a tight brake, and two
stewards release it.
"""

import shutil
import signal
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from warehouse.stewards import add_steward

from .fingerprint import Fingerprint
from .harness import Stage, StageMaker, assert_same
from .killpoints import SOAK

SOURCE = "social_insurance"
PASSWORD = "a password of some length"
STEWARDS = ("hoa", "nam")
RELEASE = ("K10", "K13", "K14", "K15", "K16", "K17", "K18", "K21")
REPLAY = ("K02", "K05", "K06", "K07", "K08", "K09", "K11", *RELEASE)
COMMITTED = ("K17", "K18", "K21")
CELLS = [
    (route, point, fault)
    for number, (route, point, fault) in enumerate(
        product(("replay", "release"), REPLAY, ("SIGKILL", "exception"))
    )
    if (route == "replay" or point in RELEASE) and (SOAK or number % 3 == 0)
]


class Route(NamedTuple):
    """A warehouse in which something is to be published, how, and what it holds afterwards."""

    stage: Stage
    words: str
    typed: str
    after: dict[str, Fingerprint]


def change_contract(stage: Stage, folder: Path, field: str, key: str, value: Any) -> None:
    """Let the first dataset's contract say something else from now on."""
    shutil.copytree(stage.world.folder / "contracts", folder)
    path = folder / f"{SOURCE}.yml"
    contract = yaml.safe_load(path.read_text(encoding="utf-8"))
    dataset = contract["schema"][0]
    owner = next((item for item in dataset["properties"] if item["name"] == field), dataset)
    for item in owner["customProperties"]:
        if item["property"] == ("options" if field else "sync"):
            item["value"][key] = value
    path.write_text(yaml.safe_dump(contract, allow_unicode=True), encoding="utf-8")
    stage.settings["MOTLAN_CONTRACTS"] = str(folder)


def prepare_replay(make_stage: StageMaker) -> Route:
    """The contract has learned to read a date with waves in it."""
    stage, twin = make_stage(keep=True), make_stage()
    change_contract(stage, stage.home / "contracts", "birth_date", "otherFormats", ["%Y~%m~%d"])
    twin.settings |= stage.settings
    words = f"quarantine replay --source {SOURCE}"
    ended = twin.call(words)
    assert (ended.code, len(ended.said["outcomes"])) == (0, 1), ended.told
    return Route(stage, words, "", twin.fingerprints(SOURCE))


def prepare_release(make_stage: StageMaker) -> Route:
    """A batch is parked, and one of two stewards has signed its release."""
    stage = make_stage(keep=True)
    bound = {"rows": 1, "percent": 0}
    change_contract(stage, stage.home / "contracts", "", "brakeDeletes", bound)
    assert stage.call(f"sync {SOURCE}").code == 3
    stage.enter()
    for steward in STEWARDS:
        add_steward(steward, PASSWORD)
    ((batch,),) = stage.rows("SELECT batch_id FROM sync.batch WHERE state = 'parked'")
    words = f"sync release {batch} --because confirmed --as"
    assert stage.call(f"{words} {STEWARDS[0]}", typed=f"{PASSWORD}\n").code == 3
    twin = make_stage(of=stage.database)
    twin.settings |= stage.settings
    words = f"{words} {STEWARDS[1]}"
    ended = twin.call(words, typed=f"{PASSWORD}\n")
    assert ended.code == 0, ended.told
    return Route(stage, words, f"{PASSWORD}\n", twin.fingerprints(SOURCE))


PREPARE = {"replay": prepare_replay, "release": prepare_release}


@pytest.fixture(scope="session")
def routes() -> dict[str, Route]:
    """Route -> the warehouse in which it is to be taken; filled by its first case."""
    return {}


@pytest.mark.parametrize(("route", "point", "fault"), CELLS)
def test_taken_again_the_route_ends_as_if_nothing_had_happened(
    route: str, point: str, fault: str, make_stage: StageMaker, routes: dict[str, Route]
) -> None:
    if route not in routes:
        routes[route] = PREPARE[route](make_stage)
    taken = routes[route]
    stage = make_stage(of=taken.stage.database)
    stage.settings |= taken.stage.settings
    failpoint = f"{point}:1:{fault}"
    if fault == "SIGKILL":
        worker = stage.start(taken.words, failpoint, taken.typed)
        assert worker.wait() == -signal.SIGKILL, worker.log.read_text()
    else:
        ended = stage.call(taken.words, failpoint=failpoint, typed=taken.typed)
        assert "An unforeseen FailpointError" in ended.told, ended.told
    assert stage.fired(point)["action"] == fault
    again = stage.call(taken.words, typed=taken.typed)
    done_already = route == "release" and point in COMMITTED
    assert again.code == (2 if done_already else 0), again.told
    assert ("only a parked batch waits" in again.told) == done_already
    for stream, found in stage.fingerprints(SOURCE).items():
        assert_same(found, taken.after[stream])
