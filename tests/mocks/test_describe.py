"""The picture of a province: its figures agree with the folder, and the page keeps to itself."""

import json
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from mocks.province.describe import describe_province, render_html, render_text
from mocks.province.noise import CATALOGUE

MOST_BYTES = 300_000


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


def test_a_folder_without_a_province_is_refused_in_one_sentence(tmp_path: Path) -> None:
    sentence = f"There is no province in {tmp_path}; make one with: motlan province make."
    with pytest.raises(ValueError, match="^" + re.escape(sentence) + "$"):
        describe_province(tmp_path)
