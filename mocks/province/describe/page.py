"""The page: pictures with the finding above and the table behind, as one file without a script."""

from datetime import date
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from mocks.province.describe import findings
from mocks.province.describe.pictures import draw_pictures
from mocks.province.describe.words import KINDS, REGISTERS, Pair, number, percent, percent_en

Figures = dict[str, Any]
_FOLDER = Path(__file__).parent
_environment = Environment(
    loader=FileSystemLoader(_FOLDER),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render_html(figures: Figures) -> str:
    """One page of all figures: inline pictures, no script, nothing from another address."""
    return _environment.get_template("page.html").render(
        province=figures["province"],
        day=_write_day(figures["province"]["day"]),
        made=_write_day(figures["province"]["reference_date"]),
        facts=_list_facts(figures),
        pictures=draw_pictures(figures),
        kinds=_group_kinds(figures["noise"]["kinds"]),
        kinds_title=findings.tell_kinds(figures["noise"]["kinds"]),
        registers=REGISTERS,
        top_name=percent(figures["top_full_name_share"], 2),
        top_name_en=percent_en(figures["top_full_name_share"], 2),
    )


def _write_day(told: str) -> Pair:
    return f"{date.fromisoformat(told):%d/%m/%Y}", told


def _list_facts(figures: Figures) -> list[tuple[str, Pair]]:
    names: dict[str, Pair] = {
        "people": ("người", "people"),
        "households": ("hộ", "households"),
        "insured": ("người có bảo hiểm", "insured people"),
        "employers": ("đơn vị", "employers"),
        "parcels": ("thửa đất", "parcels"),
        "certificates": ("giấy chứng nhận", "certificates"),
    }
    return [(number(figures["totals"][key]), name) for key, name in names.items()]


def _group_kinds(kinds: list[Figures]) -> list[list[Figures]]:
    """How registers write; then what makes linking hard, and what is wrong or missing."""
    writing = [kind for kind in kinds if kind["code"].startswith("N")]
    return [_list_kinds(group) for group in (writing, [k for k in kinds if k not in writing])]


def _list_kinds(kinds: list[Figures]) -> list[Figures]:
    """Each kind with its words, and per register the count and a tint by its size."""
    return [
        {
            "code": kind["code"],
            "name": kind["name"],
            "vi": KINDS.get(kind["code"], kind["says"]),
            "en": kind["says"],
            "cells": [
                (number(values) if values else "", min(len(str(values)), 7) if values else 0)
                for values in kind["values"].values()
            ],
        }
        for kind in kinds
    ]
