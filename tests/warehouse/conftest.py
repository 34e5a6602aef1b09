"""The privilege matrix is read on the tables of the three contracts; the rest on the vehicles'."""

from ..linkage.conftest import empty_registers
from ..pipeline.conftest import hire, register

__all__ = ["empty_registers", "hire", "register"]
