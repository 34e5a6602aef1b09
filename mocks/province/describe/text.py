"""The figures as text for a terminal."""

from typing import Any

from mocks.province.describe import findings
from mocks.province.describe.words import DATASETS, REGISTERS, UNBROKEN, number_en, percent_en

Figures = dict[str, Any]


def render_text(figures: Figures) -> str:
    """Sizes, findings and the state of the registers, in lines under 100 characters."""
    province, totals = figures["province"], figures["totals"]
    lines = [
        f"{province['name']} (profile {province['profile']}, seed {province['seed']}, "
        f"as of {province['day']}): nobody in it is real",
        "",
        *(f"  {name:<14}{number_en(count):>12}" for name, count in totals.items()),
        "",
        *(f"- {sentence}" for sentence in _tell(figures)),
        "",
        f"  {'registers on ' + province['reference_date']:<34}{'rows':>12}{'clean':>12}{'':>9}",
        *_list_datasets(figures["noise"]["datasets"]),
        "",
        f"  {'noise':<34}" + "".join(f"{REGISTERS[name][1]:>18}" for name in REGISTERS),
        *_list_kinds(figures["noise"]["kinds"]),
    ]
    return "\n".join(lines).replace(UNBROKEN, " ") + "\n"


def _tell(figures: Figures) -> list[str]:
    told = [
        findings.tell_ages(figures["ages"]),
        findings.tell_communes(figures["communes"]),
        findings.tell_surnames(figures["surnames"]),
        findings.tell_peoples(figures["peoples"]),
        findings.tell_births(figures["births"]),
        findings.tell_insured(figures["insured"]),
        findings.tell_cards(figures["cards"]),
        findings.tell_certificates(figures["certificates"]),
    ]
    if figures["dossiers"] is not None:
        told.append(findings.tell_dossiers(figures["dossiers"]))
    if figures["events"]:
        told.append(findings.tell_events(figures["events"]))
    return [english for _, english in told]


def _list_datasets(datasets: list[Figures]) -> list[str]:
    return [
        f"  {REGISTERS[item['register']][1] + ', ' + DATASETS[item['dataset']][1]:<34}"
        f"{number_en(item['rows']):>12}{number_en(item['clean']):>12}"
        f"{percent_en(100 * item['clean'] / max(item['rows'], 1)):>9}"
        for item in datasets
    ]


def _list_kinds(kinds: list[Figures]) -> list[str]:
    return [
        f"  {kind['code']:<4}{kind['name']:<30}"
        + "".join(
            f"{number_en(values) if values else '–':>18}" for values in kind["values"].values()
        )
        for kind in kinds
    ]
