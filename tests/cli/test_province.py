"""The synthetic province from the command line: what is asked for, and what is refused."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli import main as command
from cli.province import make_province, read_options
from cli.start import find_services
from hub.errors import WrongUseError


def make(folder: Path, *flags: str) -> dict[str, object]:
    """Run `motlan province make --json` and give its line."""
    ended = CliRunner().invoke(
        command.app, ["province", "make", "--out", str(folder), "--json", *flags]
    )
    assert ended.exit_code == 0, ended.output
    told: dict[str, object] = json.loads(ended.stdout.splitlines()[-1])
    return told


def test_a_province_is_made_and_described_in_json(tmp_path: Path) -> None:
    made = make(tmp_path / "p", "--seed", "3", "--province", "20")
    described = CliRunner().invoke(
        command.app, ["province", "describe", "--out", str(tmp_path / "p"), "--json"]
    )

    assert set(made) == {"state", "folder", "people", "seconds", "peak_rss_mib", "digest"}
    assert (made["state"], made["people"]) == ("made", 2_000)
    assert json.loads(described.stdout.splitlines()[-1])["state"] == "described"
    asked = json.loads((tmp_path / "p" / "province.json").read_text(encoding="utf-8"))
    assert (asked["province"], asked["seed"]) == ("20", 3)


def test_the_picture_of_a_province_is_one_file_without_scripts_or_addresses(tmp_path: Path) -> None:
    make(tmp_path / "p")
    ended = CliRunner().invoke(
        command.app,
        ["province", "describe", "--out", str(tmp_path / "p"), "--html", str(tmp_path / "p.html")],
    )
    page = (tmp_path / "p.html").read_text(encoding="utf-8")

    assert ended.exit_code == 0
    assert page.startswith("<!doctype html>")
    assert ("<script" in page, "http" in page.replace("http://www.w3.org", "")) == (False, False)
    assert len(page.encode()) < 300_000


def test_what_is_there_stays_when_it_is_to_be_kept(tmp_path: Path) -> None:
    first = make(tmp_path, "--seed", "1")
    kept = CliRunner().invoke(
        command.app, ["province", "make", "--out", str(tmp_path), "--seed", "2", "--keep"]
    )
    again = make(tmp_path, "--seed", "1")

    assert kept.exit_code == 0
    assert again["digest"] == first["digest"]


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["--profile", "huge"], "There is no profile 'huge'; choose one of tiny, demo, province."),
        (["--province", "99"], "There is no province '99'; choose one of 22, 66, 20, 08."),
        (["--seed", "-1"], "The seed must be 0 or more."),
        (["--noise", "N5=-0.1"], "The rate of N5 must be a number from 0 to 1."),
        (["--noise", "N5=much"], "The rate of N5 must be a number from 0 to 1."),
        (["--noise", "N5=nan"], "The rate of N5 must be a number from 0 to 1."),
        (["--noise", "N5"], "Write a rate of noise as KIND=RATE, such as N5=0.02, not 'N5'."),
        (
            ["--noise", "N99=0.1"],
            "There is no noise 'N99' in the catalogue; see docs/the-synthetic-province.md.",
        ),
        (
            ["--noise", "population.L1=0.1"],
            "There is no noise 'L1' in population; see docs/the-synthetic-province.md.",
        ),
        (
            ["--noise", "taxes.N5=0.1"],
            "There is no register 'taxes'; "
            "choose one of population, social_insurance, land_registry.",
        ),
    ],
)
def test_a_bad_flag_is_one_sentence_and_touches_nothing(
    tmp_path: Path, flags: list[str], sentence: str
) -> None:
    (tmp_path / "province.json").write_text("{}")
    ended = CliRunner().invoke(
        command.app, ["province", "make", "--out", str(tmp_path), *flags], catch_exceptions=True
    )

    assert isinstance(ended.exception, WrongUseError)
    assert str(ended.exception) == sentence
    assert [path.name for path in tmp_path.iterdir()] == ["province.json"]


def test_a_folder_that_holds_something_else_gets_no_province(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("precious")
    with pytest.raises(WrongUseError, match="holds something else than a province"):
        make_province(tmp_path, "tiny", 1)
    assert (tmp_path / "thesis.txt").read_text() == "precious"


def test_what_a_crash_left_of_a_province_is_no_hindrance(tmp_path: Path) -> None:
    (tmp_path / "truth").mkdir()
    (tmp_path / "truth" / "half.parquet").write_text("half")
    made = make_province(tmp_path, "tiny", 1, read_options("22", 0, ["all=0"]))

    assert made["people"] == 2_000
    assert not (tmp_path / "truth" / "half.parquet").exists()


def test_a_world_without_source_systems_cannot_go_on(home: Path) -> None:
    assert find_services(home) is None
    ended = CliRunner().invoke(command.app, ["province", "live"])
    assert isinstance(ended.exception, WrongUseError)
    assert str(ended.exception) == "No source system runs here; `motlan up` starts them."


def test_a_world_goes_on_by_days_whether_or_not_anything_runs(home: Path) -> None:
    assert find_services(home) is None
    ended = CliRunner().invoke(command.app, ["province", "live", "--days", "0"])
    assert isinstance(ended.exception, WrongUseError)
    assert str(ended.exception) == "The world goes on by whole days: ask for 1 or more."


@pytest.mark.parametrize("word", ["n5=0.5", "N5=0.5", "marks_missing=0.5", "Marks_Missing=0.5"])
def test_a_kind_is_known_in_any_case(word: str) -> None:
    rates = read_options("22", 0, [word, "LAND_REGISTRY.N5=0"]).noise

    assert rates.rate("population", "marks_missing") == 0.5
    assert rates.rate("land_registry", "marks_missing") == 0


def test_a_folder_without_a_province_cannot_be_described(tmp_path: Path) -> None:
    ended = CliRunner().invoke(command.app, ["province", "describe", "--out", str(tmp_path)])
    assert isinstance(ended.exception, WrongUseError)
    assert "There is no province in" in str(ended.exception)
