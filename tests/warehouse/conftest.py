"""The privilege matrix is read on the tables of the three contracts."""

from ..linkage.conftest import empty_registers

__all__ = ["empty_registers"]
