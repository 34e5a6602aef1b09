"""The synthetic province: people who do not exist, the three registers that hold them, and the truth about both."""

from mocks.province.make import make_province

__all__ = ["make_province"]
