"""The gate: a suite that gives no full verdict stops its batch, and says nothing of a row."""

import json
from pathlib import Path

import pytest

from expectations import judge
from expectations.judge import judge_batch
from expectations.suites import asked_column, compile_suite
from hub.contract import find_dataset
from hub.errors import BatchParkedError, ContractError, GateFailedError
from standardisation.batch import standardise_batch
from warehouse.judged import make_judged_view
from warehouse.publish import publish_batch

from .conftest import CAR, SNAPSHOT, Register, counts

CANARY = "022085001234"


def pattern(regex: str, name: str = "V-PATTERN", severity: str = "warning") -> str:
    """A field rule on the plate, to be put behind the contract's last field."""
    return (
        "      - {name: note, physicalName: bien_so, logicalType: string, quality: [{type: library,"
        f" name: {name}, metric: invalidValues, mustBe: 0, dimension: conformity,"
        f" severity: {severity}, arguments: {{pattern: '{regex}'}}}}]}}\n"
    )


def predicate(condition: str, name: str = "V-SQL", severity: str = "warning") -> str:
    """A rule of the dataset whose broken rows a condition finds."""
    return (
        f"{{type: sql, name: {name}, dimension: accuracy, severity: {severity}, mustBe: 0,"
        f' query: "SELECT COUNT(*) FROM {{object}} WHERE {condition}"}}'
    )


def failing(register: Register) -> dict[str, list[str]]:
    """Record id -> the rules that the published row breaks."""
    return {key: rules for key, (rules,) in register.standard("failed_rules").items()}


def expectation(kind: str, column: str) -> str:
    """A rule that is a Great Expectations expectation as such."""
    return (
        "{type: custom, engine: greatExpectations, name: V-GX, dimension: accuracy,"
        f" severity: warning, implementation: {{type: {kind}, kwargs: {{column: {column}}}}}}}"
    )


@pytest.mark.parametrize(
    ("rules", "fields"),
    [
        ("", pattern("([")),
        (expectation("expect_column_values_to_not_be_null", "no_such_column"), ""),
    ],
    ids=["a regular expression that is none", "a column that is not there"],
)
def test_an_expectation_that_raises_parks_the_batch(
    register: Register, rules: str, fields: str
) -> None:
    register.fill(2)
    register.sync()
    digest, stream = register.digest(), register.stream()
    register.write_contract(rules=rules, fields=fields)
    register.put("C001", "12:00", bien_so="14A-NEW")
    batch_id = register.land()
    standardise_batch(batch_id)
    with pytest.raises(GateFailedError, match="gave no verdict"):
        judge_batch(batch_id)
    assert register.batch(batch_id)["state"] == "parked"
    with pytest.raises(BatchParkedError, match="gave no verdict"):
        publish_batch(batch_id)
    assert register.standard("plate_number")["C001"] == ("14A-1",)
    assert register.stream() == stream
    assert digest == register.digest() or fields


def test_a_table_expectation_that_names_no_rows_is_no_verdict(register: Register) -> None:
    register.write_contract(rules=expectation("expect_column_to_exist", "plate_number"))
    register.fill(2)
    with pytest.raises(GateFailedError, match="Rule V-GX gave no verdict"):
        register.prepare()


def test_a_rule_does_not_apply_where_its_inputs_are_missing(register: Register) -> None:
    register.write_contract(rules=predicate("registered_date > date '2020-01-01'"))
    register.put("C1")
    register.put("C2", ngay=None)
    register.put("C3", ngay="1999-01-01")
    register.sync()
    assert failing(register) == {"C1": ["V-SQL"], "C2": [], "C3": []}


def test_a_blocking_rule_quarantines_and_a_warning_is_carried(register: Register) -> None:
    both = ", ".join(
        (
            predicate("plate_number = 'BAD'", "V-BLOCK", "error"),
            predicate("plate_number IN ('BAD', 'ODD')", "V-WARN"),
        )
    )
    register.write_contract(rules=both)
    register.put("C1", bien_so="BAD")
    register.put("C2", bien_so="ODD")
    register.put("C3")
    assert counts(register.sync()) == (3, 2, 0, 0, 1, 0)
    assert failing(register) == {"C2": ["V-WARN"], "C3": []}
    assert register.quarantine()[0]["rule_ids"] == ["V-BLOCK", "V-WARN"]


def test_failing_rows_that_are_set_apart_are_named_like_any_others(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong_here = predicate("plate_number = 'BAD'", "V-SQL")
    hand_written = expectation("expect_column_values_to_not_match_regex", "plate_number").replace(
        "column: plate_number", "column: plate_number, regex: ODD"
    )
    register.write_contract(rules=f"{wrong_here}, {hand_written}", fields=pattern("^[A-Z]+$"))
    for car, plate in (("C1", "BAD"), ("C2", "ODD"), ("C3", "1"), ("C4", None), ("C5", "GOOD")):
        register.put(car, bien_so=plate)
    asked: list[int] = []
    apart = judge.judged.set_apart
    monkeypatch.setattr(judge, "_FEW", 0)
    monkeypatch.setattr(
        judge.judged, "set_apart", lambda *words: asked.append(len(words[2])) or apart(*words)
    )
    register.sync()
    assert asked == [3]  # all but the hand-written rule, which the hub cannot say in SQL
    assert failing(register) == {
        "C1": ["V-SQL"], "C2": ["V-GX"], "C3": ["V-PATTERN"], "C5": []
    }  # fmt: skip
    assert [row["record_id"] for row in register.quarantine()] == ["C4"]
    assert register.rows(STAGED) == []


def test_a_pattern_takes_ascii_digits_alone_and_no_line_end(register: Register) -> None:
    register.write_contract(fields=pattern(r"\A[0-9]{3}\Z"))
    register.put("C1", bien_so="123")
    register.put("C2", bien_so="١٢٣")
    register.put("C3", bien_so="123\n4")
    register.sync()
    assert failing(register) == {"C1": [], "C2": ["V-PATTERN"], "C3": ["V-PATTERN"]}


def test_not_a_single_value_is_in_the_validation_result(register: Register) -> None:
    register.write_contract(rules=predicate("plate_number <> ''"), fields=pattern("x"))
    register.put("C1", so_dinh_danh=CANARY, chu_xe="Canary Văn Lộ", bien_so="14A-999.99")
    register.put("C2", so_dinh_danh="99", bien_so="14A-888.88")
    outcome = register.sync()
    (run,) = register.rows("SELECT * FROM quality.suite_run")
    rules = {rule["rule_id"]: rule["failed"] for rule in run["result"]["rules"]}
    assert rules["V-SQL"] == 2
    assert rules["vehicle.car.keeper_pin.readable"] == 1
    assert (run["batch_id"], run["success"]) == (outcome.batch_id, False)
    assert run["expectations"] == len(rules) == 9
    assert set(run["result"]) == {"rules"}
    assert {key for rule in run["result"]["rules"] for key in rule} == {
        *("rule_id", "criterion", "severity", "weight", "failed")
    }
    text = json.dumps(run["result"], ensure_ascii=False)
    for value in (CANARY, "Canary", "14A-999.99", "14A-888.88", "C1", "C2"):
        assert value not in text


def test_a_hand_written_suite_is_part_of_the_suite(register: Register, tmp_path: Path) -> None:
    _, dataset = find_dataset(CAR)
    contract_alone = compile_suite(dataset, tmp_path)
    folder = tmp_path / "vehicle"
    folder.mkdir()
    (folder / "car.json").write_text(
        json.dumps(
            {
                "name": CAR,
                "expectations": [
                    {
                        "type": "expect_column_values_to_be_in_set",
                        "kwargs": {"column": "plate_number", "value_set": ["14A-1"]},
                        "severity": "warning",
                        "meta": {"rule_id": "V-HAND", "criterion": "dung"},
                    },
                    {
                        "type": "expect_column_values_to_match_regex",
                        "kwargs": {"column": "plate_number", "regex": "^14A", "mostly": 0.9},
                        "severity": "warning",
                        "meta": {"rule_id": "V-MOSTLY", "criterion": "dung"},
                    },
                ],
            }
        ),
        encoding="utf-8",
    )
    suite = compile_suite(dataset, tmp_path)
    assert [rule.rule_id for rule in suite.rules] == [
        "vehicle.car.key",
        "vehicle.car.keeper_name.readable",
        "vehicle.car.keeper_pin.readable",
        "vehicle.car.registered_date.readable",
        "vehicle.car.is_deleted.readable",
        "vehicle.car.updated_at.readable",
        "vehicle.car.plate_number.required",
        "V-HAND",
        "V-MOSTLY",
    ]
    # What the hub can say in SQL too is asked as a contract's rule is; the rest as it was written.
    assert [asked_column(rule) for rule in suite.rules[-2:]] == ["plate_number", None]
    assert suite.expectations[-1]["kwargs"] == {
        "column": "plate_number", "regex": "^14A", "mostly": 0.9
    }  # fmt: skip
    built = suite.build(CAR)
    assert [item.expectation_type for item in built.expectations] == [
        item["type"] for item in suite.expectations
    ]
    assert suite.digest != contract_alone.digest


def test_a_hand_written_suite_that_cannot_be_read_is_named(
    register: Register, tmp_path: Path
) -> None:
    (tmp_path / "vehicle").mkdir()
    path = tmp_path / "vehicle" / "car.json"
    path.write_text('{"expectations": [{"type": "x", "kwargs": {}, "meta": {}}]}', encoding="utf-8")
    with pytest.raises(ContractError, match=r"suite vehicle/car\.json cannot be read"):
        compile_suite(find_dataset(CAR)[1], tmp_path)


def test_the_suites_digest_changes_with_every_word_of_a_rule(
    register: Register, tmp_path: Path
) -> None:
    digests = set()
    for rules in (
        "",
        predicate("plate_number = 'A'"),
        predicate("plate_number = 'B'"),
        predicate("plate_number = 'A'", severity="error"),
        predicate("plate_number = 'A'", name="V-OTHER"),
    ):
        register.write_contract(rules=rules)
        digests.add(compile_suite(find_dataset(CAR)[1], tmp_path).digest)
        assert compile_suite(find_dataset(CAR)[1], tmp_path).digest in digests
    assert len(digests) == 5


def test_a_snapshot_below_its_floor_is_parked(
    register: Register,
) -> None:
    register.write_contract(SNAPSHOT.replace("}", ", rowFloor: 3}"))
    register.fill(2)
    with pytest.raises(GateFailedError, match="holds 2 rows, its contract promises at least 3"):
        register.prepare()


STAGED = (
    "SELECT relname FROM pg_class WHERE relnamespace = 'stage'::regnamespace AND relkind <> 'i'"
)


def test_a_gate_that_fails_leaves_no_second_copy_of_the_rows(register: Register) -> None:
    register.write_contract(rules=expectation("expect_column_to_exist", "plate_number"))
    register.fill(2)
    with pytest.raises(GateFailedError, match="gave no verdict"):
        register.prepare()
    assert [row["relname"] for row in register.rows(STAGED)] == ["vehicle__car__b1"]


def test_what_a_judge_that_was_killed_left_goes_with_its_overtaken_batch(
    register: Register,
) -> None:
    register.fill(2)
    batch_id = register.land()
    standardise_batch(batch_id)
    make_judged_view(find_dataset(CAR)[1], batch_id, {}, read=1)
    assert len(register.rows(STAGED)) == 2
    register.sync()
    assert register.batch(batch_id)["state"] == "overtaken"
    assert register.rows(STAGED) == []


def bounded(bound: str) -> str:
    """Cars of this province only, and how many others the gate lets through."""
    rule = predicate("plate_number !~ '^14A-'", "V-PROVINCE")
    return rule.replace("mustBe: 0", bound)


@pytest.mark.parametrize(
    ("bound", "allowed"),
    [
        (
            "mustBeLessThan: 1, unit: percent",
            "1 percent",
        ),
        (
            "mustBeLessThan: 2, unit: percent",
            "2 percent",
        ),
        ("mustBeLessThan: 2", "2 rows"),
    ],
)
def test_f10_a_source_that_answers_for_another_province_is_parked_whole(
    register: Register, bound: str, allowed: str
) -> None:
    register.fill(100)
    register.sync()
    digest, stream = register.digest(), register.stream()
    register.write_contract(rules=bounded(bound))
    for car in ("C001", "C002"):
        register.put(car, "12:00", bien_so="77A-FOREIGN")
    batch_id = register.land()
    with pytest.raises(
        GateFailedError, match=f"2 of its 100 rows break rule V-PROVINCE .* less than {allowed}"
    ):
        judge_batch(batch_id)
    assert (register.digest(), register.stream()) == (digest, stream)
    assert register.batch(batch_id)["state"] == "parked"
    with pytest.raises(BatchParkedError, match="break rule V-PROVINCE"):
        publish_batch(batch_id)


@pytest.mark.parametrize("bound", ["mustBeLessThan: 2.1, unit: percent", "mustBeLessThan: 3"])
def test_f10_a_few_rows_of_another_province_are_marked_and_pass(
    register: Register, bound: str
) -> None:
    register.fill(100)
    register.write_contract(rules=bounded(bound))
    for car in ("C001", "C002"):
        register.put(car, "12:00", bien_so="77A-FOREIGN")
    assert register.sync().accepted == 100
    broken = {car: rules for car, rules in failing(register).items() if rules}
    assert broken == {"C001": ["V-PROVINCE"], "C002": ["V-PROVINCE"]}
