"""The clusters of this machine: who may connect, and what their logs may hold."""

from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from cli.clusters import Cluster, running
from cli.processes import PortInUseError, find_free_ports


def test_a_cluster_survives_a_restart_in_a_path_with_spaces(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path / "a b" / "pg", find_free_ports(1)[0], "se cret/ü")
    with running(cluster):
        assert cluster.create_database("register") is True
    with running(cluster):
        assert cluster.create_database("register") is False
        with psycopg.connect(cluster.url("register")) as connection:
            assert connection.execute("SHOW data_checksums").fetchone() == ("on",)


def test_a_login_without_the_password_is_refused(cluster: Cluster) -> None:
    guess = replace(cluster, password="guess")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(guess.url("postgres"))


def test_a_cluster_listens_on_the_loopback_interface_only(cluster: Cluster) -> None:
    with psycopg.connect(cluster.url("postgres")) as connection:
        asked = "SELECT current_setting('listen_addresses'), "
        asked += "current_setting('unix_socket_directories')"
        assert connection.execute(asked).fetchone() == ("127.0.0.1", "")


def test_a_failed_statement_leaves_none_of_its_values_in_the_log(tmp_path: Path) -> None:
    logged = {"logging_collector": "on", "log_directory": "log"}
    cluster = Cluster(tmp_path / "pg", find_free_ports(1)[0], "secret", settings=logged)
    with running(cluster):
        connection = psycopg.connect(cluster.url("postgres"), autocommit=True)
        with pytest.raises(psycopg.Error, match="Canary"), connection:
            connection.execute("SELECT CAST('Nguyễn Văn Canary' AS date)")
    written = "".join(path.read_text() for path in (tmp_path / "pg" / "log").iterdir())
    assert "database system is ready" in written
    assert "Canary" not in written


def test_a_port_in_use_is_told_in_one_sentence(cluster: Cluster, tmp_path: Path) -> None:
    second = replace(cluster, folder=tmp_path / "pg")
    with pytest.raises(PortInUseError, match=f"Port {cluster.port}"), running(second):
        pass
