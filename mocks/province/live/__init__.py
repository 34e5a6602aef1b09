"""The world goes on: what happens on the days after a province was made, and what owners write."""

from mocks.province.live.books import Sources
from mocks.province.live.events import empty_events
from mocks.province.live.run import live_on

__all__ = ["Sources", "empty_events", "live_on"]
