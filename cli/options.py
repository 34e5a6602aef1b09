"""Options that several commands share, and where the state is."""

from pathlib import Path
from typing import Annotated, Final

import typer

from hub.settings import get_settings

PROFILE: Final = "tiny"
SEED: Final = 20250701
Profile = Annotated[str, typer.Option(help="Size of the synthetic province, when there is none.")]
Seed = Annotated[int, typer.Option(help="Makes the same province again.")]
Json = Annotated[bool, typer.Option("--json", help="End with one line of JSON.")]


def home() -> Path:
    """The state folder of this call."""
    return get_settings().home
