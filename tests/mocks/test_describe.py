"""The picture of a province: its figures agree with the folder, and the page keeps to itself."""

import json
import re
import shutil
import xml.etree.ElementTree as ET
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from mocks.province.describe import describe_province, render_html, render_text
from mocks.province.noise import CATALOGUE

MOST_BYTES = 300_000
DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "the-synthetic-province.md"


@pytest.fixture(scope="module")
def figures(province: Path) -> dict[str, Any]:
    return describe_province(province)


@pytest.fixture(scope="module")
def page(figures: dict[str, Any]) -> str:
    return render_html(figures)


class Outline(HTMLParser):
    """Tags and attributes of a page, and how deep it is nested at the end."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: dict[str, list[str]] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            self.attributes.setdefault(name, []).append(value or "")


def outline(page: str) -> Outline:
    parser = Outline()
    parser.feed(page)
    return parser


def test_the_figures_are_those_of_the_folder(province: Path, figures: dict[str, Any]) -> None:
    people = pl.read_parquet(province / "truth" / "person.parquet")
    living = people.filter("in_population", pl.col("death_date").is_null())
    faults = pl.read_parquet(province / "truth" / "injected_fault.parquet")
    told = json.loads((province / "province.json").read_text(encoding="utf-8"))
    totals = figures["totals"]
    spoilt = {
        f"{item['register']}.{item['dataset']}": item["rows"] - item["clean"]
        for item in figures["noise"]["datasets"]
    }

    assert totals["people"] == len(living)
    assert sum(band["male"] + band["female"] for band in figures["ages"]) == len(living)
    assert sum(commune["people"] for commune in figures["communes"]) == len(living)
    assert sum(row["people"] for row in figures["peoples"]) == len(living)
    assert totals["certificates"] == told["rows"]["land_registry.gcn"]
    assert sum(row["certificates"] for row in figures["certificates"]) == totals["certificates"]
    assert {name: rows for name, rows in spoilt.items() if rows} == told["rows_with_a_fault"]
    assert len(figures["noise"]["kinds"]) == len(CATALOGUE)
    values = sum(sum(kind["values"].values()) for kind in figures["noise"]["kinds"])
    assert values == len(faults)


def test_the_day_at_the_desks_is_the_local_day(province: Path, figures: dict[str, Any]) -> None:
    filed = pl.read_parquet(province / "desks" / "dossier.parquet")["filed_at"]
    days = filed.dt.convert_time_zone("Asia/Ho_Chi_Minh").dt.date().unique().to_list()

    assert days == [date(2026, 10, 30)]
    assert figures["dossiers"]["day"] == "2026-10-30"
    assert "one working day, 2026-10-30" in render_html(figures)


def test_who_is_insured_is_one_number(figures: dict[str, Any]) -> None:
    totals, bands = figures["totals"], figures["insured"]
    share = 100 * totals["insured"] / totals["people"]

    assert totals["insured"] == sum(band["insured"] for band in bands)
    assert f"- {share:.1f} % of the people are insured" in render_text(figures)


def test_a_world_that_has_lived_on_is_shown_as_of_its_last_day(
    province: Path, figures: dict[str, Any], tmp_path: Path
) -> None:
    lived = shutil.copytree(province, tmp_path / "lived")
    path = lived / "truth" / "person.parquet"
    people = pl.read_parquet(path)
    newborn = people.filter("in_population", pl.col("death_date").is_null()).head(1)
    newborn = newborn.with_columns(birth_date=pl.lit(date(2026, 12, 30)))
    pl.concat([people, newborn]).write_parquet(path)
    (lived / "truth" / "clock.json").write_text('{"last_day": "2026-12-31"}')
    told = describe_province(lived)

    assert figures["province"]["day"] == "2026-11-01"
    assert told["province"]["day"] == "2026-12-31"
    assert told["totals"]["people"] == figures["totals"]["people"] + 1
    assert (told["ages"][0]["from"], told["ages"][0]["to"]) == (0, 4)
    assert "as of 2026-12-31" in render_text(told)
    assert "As of 2026-12-31, registers as they were made, on 2026-11-01" in render_html(told)


def test_the_commonest_year_of_issue_is_called_no_more_than_that(
    province: Path, figures: dict[str, Any]
) -> None:
    days = pl.read_parquet(province / "land_registry" / "gcn.parquet")["ngay_cap"]
    years = days.str.extract(r"^\d{2}/\d{2}/(\d{4})$").drop_nulls().value_counts(sort=True)

    assert f"- {years[0, 0]} is the commonest year of issue;" in render_text(figures)
    assert 2 * years[0, 1] < years["count"].sum()


def test_a_province_without_noise_is_not_said_to_have_any(figures: dict[str, Any]) -> None:
    clean = [dict(item, clean=item["rows"]) for item in figures["noise"]["datasets"]]
    page = render_html(figures | {"noise": figures["noise"] | {"datasets": clean}})

    assert "100.0\u00a0% of the insured and 100.0\u00a0% of the certificates" in page
    assert "but only" not in page


def test_the_figures_are_plain_enough_for_json(figures: dict[str, Any]) -> None:
    assert json.loads(json.dumps(figures)) == figures


def test_the_page_has_no_script_and_asks_no_other_address(page: str) -> None:
    found = outline(page)

    assert {"script", "link", "img", "iframe", "object", "form"}.isdisjoint(found.tags)
    assert not [name for name in found.attributes if name.startswith("on")]
    assert {"src", "href", "style"}.isdisjoint(found.attributes)
    assert "url(" not in page
    assert "@import" not in page
    assert "//" not in page
    assert len(page.encode()) < MOST_BYTES


def test_every_picture_is_well_formed_and_has_a_finding_a_source_and_a_table(page: str) -> None:
    pictures = re.findall(r"<svg.*?</svg>", page, flags=re.DOTALL)
    figures = re.findall(r"<figure id=\"(\w+)\".*?</figure>", page, flags=re.DOTALL)
    tables = re.findall(r"<figure.*?</figure>", page, flags=re.DOTALL)

    assert {"communes", "ages", "surnames", "peoples", "insured", "cards"} <= set(figures)
    assert {"certificates", "dossiers", "noise", "births", "kinds"} <= set(figures)
    assert len(pictures) > len(figures)
    for picture in pictures:
        drawn = ET.fromstring(picture)
        assert drawn.get("role") == "img"
        assert drawn.get("aria-label")
    for table in tables:
        assert "<h2>" in table
        assert 'class="source"' in table
        assert "<table>" in table


def test_every_chart_is_drawn_again_for_a_telephone(page: str) -> None:
    found = re.findall(r"<svg class=\"(\w+)\" viewBox=\"0 0 (\d+) \d+\"", page)
    kinds = [kind for kind, _ in found]
    narrow = [int(width) for kind, width in found if kind == "narrow"]

    assert kinds == ["broad", "narrow"] * (len(found) // 2)
    # A card has 278 px on a screen of 320: a text of 11.5 units is 10 px high.
    assert max(narrow) <= 320
    assert "svg.narrow { display: none; }" in page
    assert re.search(r"max-width: 30rem\).*svg.broad \{ display: none; \}", page, flags=re.DOTALL)


def test_no_text_of_a_chart_for_a_telephone_is_wider_than_the_chart(page: str) -> None:
    wide = []
    for width, marks in re.findall(
        r"<svg class=\"narrow\" viewBox=\"0 0 (\d+).*?>(.*?)</svg>", page, flags=re.DOTALL
    ):
        for place, anchor, text in re.findall(
            r"<text class=\"[^\"]*\" x=\"([\d.-]+)\" y=\"[\d.-]+\"(?: text-anchor=\"(\w+)\")?>"
            r"([^<]*)",
            marks,
        ):
            reach = 6.4 * len(text)
            left = float(place) - reach * {"": 0, "middle": 0.5, "end": 1}[anchor]
            if left < -12 or left + reach > int(width) + 12:
                wide.append((text, left, left + reach))

    assert wide == []


def test_the_page_names_nobody(province: Path, page: str) -> None:
    people = pl.read_parquet(province / "truth" / "person.parquet")
    words = set(re.findall(r"[^<>]+", page))

    assert not [name for name in people["full_name"] if name in page]
    assert not [number for number in people["pin"] if number in page]
    assert not words & set(people["truth_id"])


def test_what_stands_in_the_figures_is_escaped(figures: dict[str, Any]) -> None:
    communes = [dict(figures["communes"][0], name="<b>&\"'"), *figures["communes"][1:]]
    page = render_html(figures | {"communes": communes})

    assert "<b>&\"'" not in page
    assert "&lt;b&gt;&amp;" in page


def test_a_world_that_has_lived_on_shows_what_happened(figures: dict[str, Any]) -> None:
    events = [{"kind": "birth", "events": 30}, {"kind": "something new", "events": 2}]
    page = render_html(figures | {"events": events})

    assert "đã có 32 sự kiện" in page
    assert "something new" in page


def test_the_text_fits_a_terminal_and_lists_every_kind(figures: dict[str, Any]) -> None:
    lines = render_text(figures).splitlines()

    assert max(len(line) for line in lines) <= 110
    for kind in CATALOGUE:
        assert any(line.split()[:2] == [kind.code, kind.name] for line in lines)


def test_the_text_writes_numbers_in_english_only(figures: dict[str, Any]) -> None:
    text = render_text(figures)

    assert f"{figures['totals']['people']:,}" in text
    assert re.search(r"\d\.\d %", text)
    assert not re.search(r"\d\.\d{3}\b|\d,\d %", text)


def test_a_folder_without_a_province_is_refused_in_one_sentence(tmp_path: Path) -> None:
    sentence = f"There is no province in {tmp_path}; make one with: motlan province make."
    with pytest.raises(ValueError, match="^" + re.escape(sentence) + "$"):
        describe_province(tmp_path)


def test_the_examples_of_the_document_find_something(
    province: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    examples = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    faults = pl.read_parquet(province / "truth" / "injected_fault.parquet")
    (tmp_path / ".motlan").mkdir()
    (tmp_path / ".motlan" / "province").symlink_to(province)
    monkeypatch.chdir(tmp_path)
    exec("\n".join(examples), {})
    shapes = re.findall(r"shape: \(([\d_,]+), \d+\)", capsys.readouterr().out)

    assert shapes == ["2", f"{len(faults):_}"]


def test_the_first_row_of_a_place_holds_what_is_true(province: Path) -> None:
    place = ["source", "dataset", "record_id", "field"]
    truth = pl.read_parquet(province / "truth" / "true_value.parquet")
    people = pl.read_parquet(province / "truth" / "person.parquet")
    links = pl.read_parquet(province / "truth" / "same_person.parquet")
    first = truth.unique(place, keep="first", maintain_order=True)
    names = (
        first.filter(pl.col("dataset") == "person", pl.col("field") == "ho_ten")
        .join(links, on=["source", "dataset", "record_id"])
        .join(people, on="truth_id")
    )

    assert len(truth) > len(first)
    assert len(names) > 0
    assert names.filter(pl.col("true_value") != pl.col("full_name")).select("true_value").is_empty()
