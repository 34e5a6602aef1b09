"""Airflow's public REST API, as far as it is needed here: unpause, trigger, wait, look back."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from hub.errors import MotlanError

ENDED = frozenset({"success", "failed"})


class AirflowError(MotlanError):
    """Airflow does not answer, or not as expected."""


@dataclass(frozen=True)
class DagRun:
    """One run of a DAG and how far it is."""

    dag_id: str
    run_id: str
    state: str
    queued_at: datetime | None

    @property
    def has_ended(self) -> bool:
        """Whether the run is over, well or not."""
        return self.state in ENDED


class AirflowApi:
    """A session with Airflow's API server."""

    def __init__(self, url: str, user: str, password: str) -> None:
        """Sign in.

        Raises:
            AirflowError: the server does not answer or refuses the login.
        """
        self._client = httpx.Client(base_url=url, timeout=30, trust_env=False)
        login = {"username": user, "password": password}
        token = self._request("POST", "/auth/token", json=login)["access_token"]
        self._client.headers["Authorization"] = f"Bearer {token}"

    def close(self) -> None:
        """End the session."""
        self._client.close()

    def _request(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        try:
            response = self._client.request(method, path, **options)
        except httpx.HTTPError as error:
            message = f"Airflow at {self._client.base_url} does not answer: {type(error).__name__}."
            raise AirflowError(message) from error
        if response.is_error:
            message = f"Airflow answered {response.status_code} to {method} {path}."
            raise AirflowError(message)
        body: dict[str, Any] = response.json() if response.content else {}
        return body

    def list_dag_ids(self) -> set[str]:
        """The DAGs that Airflow has read."""
        page = self._request("GET", "/api/v2/dags", params={"limit": 100})
        return {str(dag["dag_id"]) for dag in page["dags"]}

    def list_import_errors(self) -> list[str]:
        """The DAG files that Airflow could not read."""
        page = self._request("GET", "/api/v2/importErrors", params={"limit": 100})
        return [str(error["filename"]) for error in page["import_errors"]]

    def wait_for_dags(self, dag_ids: Iterable[str], *, seconds_max: float = 90) -> None:
        """Wait until Airflow has read these DAGs.

        Raises:
            AirflowError: some are still missing, or their file cannot be read.
        """
        wanted = set(dag_ids)
        deadline = time.monotonic() + seconds_max
        while missing := wanted - self.list_dag_ids():
            if time.monotonic() > deadline:
                broken = ", ".join(self.list_import_errors()) or "none"
                message = (
                    f"Airflow has not read {', '.join(sorted(missing))} after "
                    f"{seconds_max:.0f} s; files that it cannot read: {broken}."
                )
                raise AirflowError(message)
            time.sleep(0.5)

    def unpause_all(self) -> None:
        """Let every DAG run when its schedule or its assets say so."""
        self._request(
            "PATCH",
            "/api/v2/dags",
            params={"dag_id_pattern": "%", "limit": 100},
            json={"is_paused": False},
        )

    def unpause(self, dag_id: str) -> None:
        """Let one DAG run when its schedule or its assets say so, or when it is triggered."""
        self._request("PATCH", f"/api/v2/dags/{dag_id}", json={"is_paused": False})

    def trigger(self, dag_id: str) -> DagRun:
        """Start a run of a DAG now."""
        path = f"/api/v2/dags/{dag_id}/dagRuns"
        return _read_run(self._request("POST", path, json={"logical_date": None}))

    def is_due(self, dag_id: str) -> bool:
        """Whether the scheduler will start a run of a DAG by itself, now."""
        dag = self._request("GET", f"/api/v2/dags/{dag_id}")
        following = _read_moment(dag.get("next_dagrun_run_after"))
        return following is not None and following <= datetime.now(UTC)

    def get_run(self, run: DagRun) -> DagRun:
        """The run as it is now."""
        return _read_run(self._request("GET", f"/api/v2/dags/{run.dag_id}/dagRuns/{run.run_id}"))

    def list_runs(self, dag_id: str) -> list[DagRun]:
        """The newest runs of a DAG."""
        options = {"limit": 50, "order_by": "-run_after"}
        page = self._request("GET", f"/api/v2/dags/{dag_id}/dagRuns", params=options)
        return [_read_run(run) for run in page["dag_runs"]]

    def list_failed_tasks(self, run: DagRun) -> list[str]:
        """The tasks of a run that failed themselves."""
        path = f"/api/v2/dags/{run.dag_id}/dagRuns/{run.run_id}/taskInstances"
        page = self._request("GET", path)
        return [
            str(task["task_id"]) for task in page["task_instances"] if task["state"] == "failed"
        ]

    def list_tries(self, run: DagRun, task_id: str) -> list[list[str]]:
        """How each try of each copy of a task ended, in their order; a copy a part of a batch."""
        path = f"/api/v2/dags/{run.dag_id}/dagRuns/{run.run_id}/taskInstances"
        page = self._request("GET", path, params={"limit": 500})
        found = []
        for task in page["task_instances"]:
            if task["task_id"] == task_id:
                copy = "" if task["map_index"] < 0 else f"/{task['map_index']}"
                tries = self._request("GET", f"{path}/{task_id}{copy}/tries")["task_instances"]
                ordered = sorted(tries, key=lambda item: int(item["try_number"]))
                found.append([str(item["state"]) for item in ordered])
        return found

    def list_events_of(self, run: DagRun) -> set[int]:
        """The asset events that a run has emitted."""
        options = {"source_dag_id": run.dag_id, "source_run_id": run.run_id, "limit": 100}
        page = self._request("GET", "/api/v2/assets/events", params=options)
        return {int(event["id"]) for event in page["asset_events"]}

    def list_events_behind(self, run: DagRun) -> set[int]:
        """The asset events that started a run."""
        path = f"/api/v2/dags/{run.dag_id}/dagRuns/{run.run_id}/upstreamAssetEvents"
        return {int(event["id"]) for event in self._request("GET", path)["asset_events"]}


def _read_run(body: dict[str, Any]) -> DagRun:
    return DagRun(
        dag_id=str(body["dag_id"]),
        run_id=str(body["dag_run_id"]),
        state=str(body["state"]),
        queued_at=_read_moment(body.get("queued_at")),
    )


def _read_moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
