"""Load the mock land register from a province, write one drop, or write a drop every night.

`python -m mocks.land_registry load --database URL --from DIR`
`python -m mocks.land_registry export --database URL --drops DIR`
`python -m mocks.land_registry serve --database URL --drops DIR --at 01:00`
"""

import argparse
import json
import logging
import signal
import sys
import threading
from datetime import time
from pathlib import Path

from mocks.land_registry.drops import export_drops
from mocks.land_registry.load import load_land_registry
from mocks.land_registry.nightly import export_nightly


def main() -> int:
    """Read the flags and do as told."""
    parser = argparse.ArgumentParser(prog="python -m mocks.land_registry", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    load = commands.add_parser("load", help="make the register anew from a province's files")
    load.add_argument("--from", dest="folder", type=Path, required=True)
    export = commands.add_parser("export", help="write one drop of every district now")
    serve = commands.add_parser(
        "serve", help="write what changed now, then a drop every night until stopped"
    )
    serve.add_argument(
        "--at", type=time.fromisoformat, default=time(1, 0), help="local time, HH:MM"
    )
    for command in (load, export, serve):
        command.add_argument("--database", required=True)
    for command in (export, serve):
        command.add_argument("--drops", type=Path, required=True)
    flags = parser.parse_args()
    if flags.command == "load":
        sys.stdout.write(json.dumps(load_land_registry(flags.database, flags.folder)) + "\n")
    elif flags.command == "export":
        sys.stdout.write(
            json.dumps({"drops": len(export_drops(flags.database, flags.drops))}) + "\n"
        )
    else:
        _serve(flags.database, flags.drops, flags.at)
    return 0


def _serve(database: str, drops: Path, at: time) -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda _number, _frame: stop.set())
    export_nightly(database, drops, at=at, stop=stop)


if __name__ == "__main__":
    sys.exit(main())
