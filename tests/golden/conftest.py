"""Golden records are built from the same published rows as links are."""

from ..linkage.conftest import empty_registers, registers

__all__ = ["empty_registers", "registers"]
