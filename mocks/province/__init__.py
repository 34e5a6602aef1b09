"""The synthetic province: people who do not exist, three registers that hold them, the truth."""

from mocks.province.make import Options, make_province

__all__ = ["Options", "make_province"]
