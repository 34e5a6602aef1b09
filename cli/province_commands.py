"""`motlan province`: the synthetic province, made, lived on and described."""

from pathlib import Path
from typing import Annotated

import typer

from cli.options import PROFILE, SEED, Json, Profile, Seed, home
from cli.terminal import output, print_json, say

province = typer.Typer(help="The synthetic province that the mock sources hold.")
ProvinceFolder = Annotated[
    Path | None, typer.Option("--out", help="Its folder; default <home>/province.")
]


@province.command("make")
def make_province(
    profile: Profile = PROFILE,
    seed: Seed = SEED,
    province: Annotated[str, typer.Option(help="22, 66, 20 or 08: today's code.")] = "22",
    noise: Annotated[
        list[str] | None,
        typer.Option(help="KIND=RATE, such as N5=0.02, land_registry.N5=0 or all=0; repeatable."),
    ] = None,
    out: ProvinceFolder = None,
    keep: Annotated[bool, typer.Option("--keep", help="Leave a province that is there.")] = False,
    canaries: Annotated[
        int, typer.Option(help="Add people with unmistakable names, to search logs for.")
    ] = 0,
    json: Json = False,
) -> None:
    """Make the synthetic province and the truth about it."""
    from cli.province import make_province as make
    from cli.province import read_options

    folder = (out or home() / "province").absolute()
    if keep and (folder / "province.json").exists():
        say(f"{folder} holds a province already.")
        return
    made = make(folder, profile, seed, read_options(province, canaries, noise or ()))
    if json:
        print_json({"state": "made", "folder": str(folder), **made})


@province.command("live")
def live_on(
    days: Annotated[int, typer.Option(help="How many days pass.")] = 1,
    seed: Annotated[int | None, typer.Option(help="Default: the province's own.")] = None,
    json: Json = False,
) -> None:
    """Let the world go on: the owners write into their source systems, which must run."""
    from cli.province import live_on as live
    from cli.start import find_services

    lived = live(home(), find_services(home()), days=days, seed=seed)
    if json:
        print_json({"state": "lived", **lived})
        return
    for kind, count in lived["events"].items():
        output.print(f"{count:>8,}  {kind}")


@province.command("describe")
def describe_province(
    out: ProvinceFolder = None,
    html: Annotated[Path | None, typer.Option(help="Write a picture of it to this file.")] = None,
    json: Json = False,
) -> None:
    """Say what the province holds: in figures, or as one page to look at."""
    from cli.province import describe
    from mocks.province.describe import render_html, render_text

    figures = describe((out or home() / "province").absolute())
    if html:
        html.write_text(render_html(figures), encoding="utf-8")
        say(f"Open {html.absolute()} in a browser.")
    elif not json:
        output.print(render_text(figures), markup=False)
    if json:
        print_json({"state": "described", **figures})
