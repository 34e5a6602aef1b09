"""A contract that is refused: what Airflow shows of it, and what goes on without it."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PARSE = """
import json, logging, sys
logging.disable(logging.CRITICAL)
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk.exceptions import AirflowFailException
bag = DagBag(dag_folder=sys.argv[1])
try:
    bag.dags["sync_population"].get_task("read_contract").python_callable()
except AirflowFailException as error:
    said = str(error)
print(json.dumps({
    "dags": {dag_id: len(dag.tasks) for dag_id, dag in bag.dags.items()},
    "description": bag.dags["sync_population"].description,
    "said": said,
    "errors": {path.rpartition("/")[2]: said for path, said in bag.import_errors.items()},
}))
"""


def test_a_broken_contract_fails_its_own_dag_and_the_golden_build_and_no_other(
    tmp_path: Path,
) -> None:
    contracts = tmp_path / "contracts"
    contracts.mkdir()
    for path in (ROOT / "contracts").glob("*.yml"):
        text = path.read_text(encoding="utf-8")
        if path.stem == "population":
            text = text.replace("\nstatus:", "\nstatos:", 1)
        (contracts / path.name).write_text(text, encoding="utf-8")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MOTLAN_")}
    told = {
        "AIRFLOW_HOME": str(tmp_path),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "MOTLAN_HOME": str(tmp_path),
        "MOTLAN_CONTRACTS": str(contracts),
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "ignore",
    }
    done = subprocess.run(
        [sys.executable, "-c", PARSE, str(ROOT / "dags")],
        env={**kept, **told},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout.splitlines()[-1])
    sentence = "population.yml: unknown key 'statos'; did you mean 'status'?"
    assert found["dags"]["sync_population"] == 1
    assert found["dags"]["sync_land_registry"] > 4
    assert found["dags"]["sync_social_insurance"] > 4
    assert "reconcile_population" not in found["dags"]
    assert "reconcile_land_registry" in found["dags"]
    assert found["said"] == sentence
    assert sentence in found["description"]
    assert "build_golden" not in found["dags"]
    assert list(found["errors"]) == ["golden.py"]
    assert sentence in found["errors"]["golden.py"]
