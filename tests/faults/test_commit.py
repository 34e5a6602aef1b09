"""The answer to COMMIT is lost: the run looks up what happened, and publishes once (F40, K17)."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from three_sources import SOURCES

from cli.environment import with_login

from .harness import Stage, StageMaker, Undisturbed, assert_same
from .proxy import Direction, Link, Proxy, ResetPeer, Toxic, proxying
from .worlds import PASSWORD

LAST_STATEMENT = b"'by batch '"
"""The publish transaction's last statement calls older batches overtaken; then comes COMMIT."""


class OnPublish(Toxic):
    """Strikes when the client has sent the COMMIT of a publish transaction, once."""

    def meets(self, link: Link, direction: Direction) -> bool:
        """Whether that COMMIT has just been sent."""
        _, sent, after = link.sent.rpartition(LAST_STATEMENT)
        return bool(sent) and b"COMMIT" in after and super().meets(link, direction)


@dataclass(kw_only=True, eq=False)
class AnswerLost(OnPublish, ResetPeer):
    """The server commits; the line is reset before the client hears so."""

    times: int | None = 1


@dataclass(kw_only=True, eq=False)
class CommitLost(OnPublish, ResetPeer):
    """The line is reset with the COMMIT still on its way; the server undoes everything."""

    times: int | None = 1
    direction: Direction = "upstream"


@dataclass(kw_only=True, eq=False)
class HalfOpen(OnPublish):
    """The client's side ends with the COMMIT on its way; the server's session waits for it."""

    times: int | None = 1
    direction: Direction = "upstream"

    def change(self, data: bytes, link: Link) -> Iterator[bytes]:
        """Nothing goes on to the server, and its side stays open."""
        link.near.shutdown(socket.SHUT_RDWR)
        self.removed.wait()
        yield b""


@dataclass(kw_only=True, eq=False)
class AnswerAndServerLost(AnswerLost):
    """The server commits; from then on nobody reaches it."""

    proxy: Proxy

    def change(self, data: bytes, link: Link) -> Iterator[bytes]:
        """Every line is cut, and callers are refused."""
        self.proxy.down()
        return super().change(data, link)


def go_through(stage: Stage, proxy: Proxy) -> None:
    """Let the pipeline's login come by way of a proxy."""
    stage.settings["MOTLAN_WAREHOUSE_URL_PIPELINE"] = with_login(
        proxy.url, "motlan_pipeline", PASSWORD
    )


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("loss", [AnswerLost, CommitLost, HalfOpen])
def test_whatever_became_of_a_commit_the_batch_is_published_once(
    loss: type[OnPublish], source: str, make_stage: StageMaker
) -> None:
    undisturbed = Undisturbed(make_stage(), source)
    stage = make_stage()
    with proxying(stage.owner_url) as proxy:
        go_through(stage, proxy)
        lost = proxy.add(loss())
        ended = stage.call(f"sync {source}")
        assert lost.fired == 1
    assert ended.code == 0, ended.told
    for stream, found in stage.fingerprints(source).items():
        assert found.published == 2
        assert_same(found, undisturbed.after(stream, 2))


def test_while_nobody_can_be_asked_nothing_is_claimed_and_the_next_run_goes_on_from_the_truth(
    make_stage: StageMaker,
) -> None:
    undisturbed = Undisturbed(make_stage(), "population")
    stage = make_stage()
    with proxying(stage.owner_url) as proxy:
        go_through(stage, proxy)
        lost = proxy.add(AnswerAndServerLost(proxy=proxy))
        ended = stage.call("sync population")
        assert lost.fired == 1
        assert (ended.code, "does not answer" in ended.told) == (1, True)
        proxy.up()
        assert stage.call("sync population").code == 0
    found = stage.fingerprints("population")
    assert {stream: item.published for stream, item in found.items()} == {
        "population.person": 3,
        "population.household": 2,
    }
    for stream, item in found.items():
        assert_same(item, undisturbed.after(stream, item.published))
