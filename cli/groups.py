"""A group of commands whose first word may be an argument of its first command."""

from typing import Any, ClassVar

from typer.core import TyperGroup


class SourceFirst(TyperGroup):
    """`motlan sync population` is `motlan sync source population`."""

    first: ClassVar[str] = "source"

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the first command's name in front of what names no command."""
        if not args or args[0] not in self.commands:
            args = [self.first, *args]
        return super().parse_args(ctx, args)
