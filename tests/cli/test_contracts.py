"""`motlan contract`: slips that reading alone does not show, and what a change breaks."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.contracts import diff, lint
from cli.main import app
from hub.errors import ContractError

CONTRACTS = Path(__file__).parents[2] / "contracts"


def copy_with(folder: Path, old: str, new: str) -> Path:
    """The population contract with one slip of the pen, in a folder of its own."""
    text = (CONTRACTS / "population.yml").read_text(encoding="utf-8")
    assert old in text
    (folder / "population.yml").write_text(text.replace(old, new, 1), encoding="utf-8")
    return folder


def test_the_contracts_as_they_are_have_no_fault_and_no_unnamed_golden_field() -> None:
    assert all("no procedure" not in line for line in lint([CONTRACTS]).values())


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "<> birth_date_year",
            "<> birth_yaer",
            "rule PIN-3 of population.person: there is no column 'birth_yaer'; did you mean 'bir",
        ),
        (
            "substr(pin, 4, 1)::int % 2",
            "substr(PIIN, 4, 1)::int % 2",
            "rule PIN-4 of population.person: there is no column 'piin'; did you mean 'pin'?",
        ),
        (
            "golden, value: marital_code",
            "golden, value: martial_code",
            "population.person: golden field 'martial_code'; did you mean 'marital_code'?",
        ),
    ],
)
def test_a_column_or_golden_field_that_is_not_there_is_refused(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    with pytest.raises(ContractError) as refused:
        lint([copy_with(tmp_path, old, new)])
    assert said in str(refused.value)


def test_a_golden_field_that_the_api_cannot_name_yet_is_told(tmp_path: Path) -> None:
    folder = copy_with(tmp_path, "golden, value: marital_code", "golden, value: blood_group")
    assert lint([folder])["population"].endswith(
        "; no procedure can name its golden field blood_group yet"
    )


def test_text_casts_aliases_and_functions_are_no_columns(tmp_path: Path) -> None:
    condition = (
        "EXISTS (SELECT 1 FROM unnest(ARRAY['no_column']) AS part WHERE part.any_name = pin)"
        " OR death_date < CURRENT_DATE - interval '1 year' OR cast(sex_code AS integer) > 2::int"
    )
    folder = copy_with(tmp_path, "substr(pin, 4, 1)::int % 2 <> sex_code::int - 1", condition)
    assert lint([folder])


@pytest.mark.parametrize("text", ["", "- one\n- two\n", "only words\n"])
def test_a_file_that_holds_no_contract_gets_a_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / "fishing.yml").write_text(text, encoding="utf-8")
    with pytest.raises(ContractError, match=r"^fishing\.yml: it must hold keys with values"):
        lint([tmp_path])


def test_a_diff_ends_with_nought_where_nothing_breaks_and_with_three_where_something_does(
    tmp_path: Path,
) -> None:
    old = CONTRACTS / "population.yml"
    new = copy_with(tmp_path, "Cơ sở dữ liệu dân cư", "Dân cư") / "population.yml"
    same = CliRunner().invoke(app, ["contract", "diff", str(old), str(new)])
    assert (same.exit_code, same.stdout) == (0, "")
    text = old.read_text(encoding="utf-8").replace(
        "standardiser, value: pin}", "standardiser, value: text}"
    )
    new.write_text(text, encoding="utf-8")
    ended = CliRunner().invoke(app, ["contract", "diff", str(old), str(new), "--json"])
    told = json.loads(ended.stdout)
    assert (ended.exit_code, told["state"]) == (3, "breaking")
    assert {(change["what"], change["promised"], change["came"]) for change in told["changes"]} == {
        ("retyped", "pin", "text")
    }


def test_folders_are_compared_source_by_source(tmp_path: Path) -> None:
    for name in ("population.yml", "land_registry.yml"):
        (tmp_path / name).write_bytes((CONTRACTS / name).read_bytes())
    assert [str(change) for change in diff(CONTRACTS, tmp_path)] == [
        "breaking  social_insurance: removed; was a source, is nothing"
    ]
    assert [change.breaking for change in diff(tmp_path, CONTRACTS)] == [False]
    with pytest.raises(ContractError, match="speak of different sources"):
        diff(CONTRACTS / "population.yml", CONTRACTS / "land_registry.yml")
    with pytest.raises(ContractError, match="is no contract that can be read"):
        diff(tmp_path / "gone.yml", CONTRACTS)
