"""The synthetic province from the command line: make it, let it live, look at it."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cli.environment import DATABASES
from cli.services import SOURCES, Services
from cli.terminal import bar
from hub.errors import WrongUseError
from mocks.province import FOLDERS, Noise, Options, check_request
from mocks.province import make_province as make

_USUAL = Options()
_OURS = {*FOLDERS, "province.json", "loaded.json"}


def read_options(province: str, canaries: int, noise: Sequence[str]) -> Options:
    """What the flags say of a province.

    Raises:
        WrongUseError: a rate cannot be read, or there is no such kind of noise.
    """
    try:
        return Options(province, canaries, Noise.parse(noise))
    except ValueError as error:
        raise WrongUseError(str(error)) from error


def make_province(out: Path, profile: str, seed: int, options: Options = _USUAL) -> dict[str, Any]:
    """Make the synthetic province; what a crash left of an earlier one is removed.

    Args:
        out: the folder; emptied first.
        profile: its size.
        seed: makes the same province again.
        options: which province, how noisy, with whom planted.

    Raises:
        WrongUseError: the folder holds something else, there is no such profile or province, a
            number is out of range, or the province has nobody to show with this seed.
    """
    if out.exists() and not {path.name for path in out.iterdir()} <= _OURS:
        message = f"{out} holds something else than a province; name an empty folder."
        raise WrongUseError(message)
    try:
        check_request(profile, seed, options)
        with bar(f"Synthetic province ({profile}, seed {seed})") as progress:
            out.mkdir(parents=True, exist_ok=True)
            empty(out)
            return make(out, profile, seed, options, progress=progress)
    except ValueError as error:
        raise WrongUseError(str(error)) from error


def live_on(
    home: Path, services: Services | None, *, days: int, seed: int | None
) -> dict[str, Any]:
    """Let the world go on for some days in the three source systems that run here.

    Raises:
        WrongUseError: no days, no services, or no province with its truth here.
    """
    if days < 1:
        message = "The world goes on by whole days: ask for 1 or more."
        raise WrongUseError(message)
    if services is None:
        message = "No source system runs here; `motlan up` starts them."
        raise WrongUseError(message)
    from mocks.province.live import Sources
    from mocks.province.live import live_on as live

    urls = {source: services.cluster(source).url(DATABASES[source][0]) for source in SOURCES}
    try:
        with bar(f"The world goes on for {days} days") as progress:
            sources = Sources(**urls, drops=home / "drops")
            return live(home / "province", sources, days, seed=seed, progress=progress)
    except ValueError as error:
        raise WrongUseError(str(error)) from error


def describe(folder: Path) -> dict[str, Any]:
    """What a province holds, in figures.

    Raises:
        WrongUseError: there is no province in that folder.
    """
    from mocks.province.describe import describe_province

    if not (folder / "province.json").exists():
        message = f"There is no province in {folder}; `motlan province make` makes one."
        raise WrongUseError(message)
    return describe_province(folder)


def empty(folder: Path, *, but: str = "") -> None:
    """Remove all that a folder holds, save one name."""
    for path in folder.iterdir():
        if path.name == but:
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
