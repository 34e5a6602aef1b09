"""dlt copies the register: pyarrow backend, merge by the same key; in an environment of its own.

Called as ``python dlt_merge.py SOURCE_URL TARGET_URL WORK_FOLDER``; prints the seconds of the run
and the rows that arrived. dlt's own defaults hold but for what makes it faster here: CSV files,
which it loads by COPY (its default for Postgres is INSERT statements), as many rows a page as the
hub reads, and no telemetry.
"""

import json
import os
import sys
import time

os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
os.environ["RUNTIME__LOG_LEVEL"] = "ERROR"

import dlt
from dlt.sources.sql_database import sql_table

CHUNK_ROWS = 50_000


def main(source_url: str, target_url: str, folder: str) -> None:
    """Copy the register once and say how long it took, from extraction to the merged table."""
    os.environ["DESTINATION__POSTGRES__CREDENTIALS"] = target_url
    pipeline = dlt.pipeline("register", pipelines_dir=folder, destination="postgres",
                            dataset_name="register")  # fmt: skip
    began = time.monotonic()
    person = sql_table(
        credentials=source_url.replace("postgresql://", "postgresql+psycopg2://"),
        schema="dan_cu",
        table="cong_dan",
        backend="pyarrow",
        chunk_size=CHUNK_ROWS,
    )
    person.apply_hints(primary_key="ma_cd", write_disposition="merge")
    pipeline.run(person, loader_file_format=os.environ.get("DLT_BENCH_FORMAT", "csv"))
    seconds = time.monotonic() - began
    with (
        pipeline.sql_client() as client,
        client.execute_query("SELECT count(*) FROM cong_dan") as c,
    ):
        rows = c.fetchone()[0]
    print(json.dumps({"seconds": seconds, "rows": rows}))  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
