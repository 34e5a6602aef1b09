"""The synthetic province: people who do not exist, three registers that hold them, the truth."""

from mocks.province.make import FOLDERS, Options, check_request, make_province
from mocks.province.noise import Noise

__all__ = ["FOLDERS", "Noise", "Options", "check_request", "make_province"]
