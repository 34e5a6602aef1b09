"""Load the mock population register from a province, or serve it.

`python -m mocks.population load --database URL --from DIR`
`python -m mocks.population serve --database URL --port N` (key in MOCK_POPULATION_KEY)
"""

import argparse
import json
import os
import sys
from pathlib import Path

import uvicorn

from mocks.population.load import load_population
from mocks.population.server import make_app


def main() -> int:
    """Read the flags and do as told."""
    parser = argparse.ArgumentParser(prog="python -m mocks.population", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    load = commands.add_parser("load", help="make the register anew from a province's files")
    load.add_argument("--database", required=True)
    load.add_argument("--from", dest="folder", type=Path, required=True)
    serve = commands.add_parser("serve", help="answer the API until stopped")
    serve.add_argument("--database", required=True)
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, required=True)
    flags = parser.parse_args()
    if flags.command == "load":
        sys.stdout.write(json.dumps(load_population(flags.database, flags.folder)) + "\n")
        return 0
    api_key = os.environ.get("MOCK_POPULATION_KEY", "")
    if not api_key:
        parser.error("set MOCK_POPULATION_KEY to the API key")
    per_minute = int(os.environ.get("MOCK_POPULATION_PER_MINUTE", "120"))
    app = make_app(flags.database, api_key, per_minute=per_minute)
    uvicorn.run(app, host=flags.host, port=flags.port, access_log=False, log_level="warning")
    return 0


if __name__ == "__main__":
    sys.exit(main())
