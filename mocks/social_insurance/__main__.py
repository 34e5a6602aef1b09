"""Load the mock social insurance register from a province; PostgreSQL itself serves it.

`python -m mocks.social_insurance load --database URL --from DIR`
(password of the account hub_doc in MOCK_SOCIAL_INSURANCE_READER_PASSWORD)
"""

import argparse
import json
import os
import sys
from pathlib import Path

from mocks.social_insurance.load import load_social_insurance

_PASSWORD = "MOCK_SOCIAL_INSURANCE_READER_PASSWORD"


def main() -> int:
    """Read the flags and load."""
    parser = argparse.ArgumentParser(prog="python -m mocks.social_insurance", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    load = commands.add_parser("load", help="make the register anew from a province's files")
    load.add_argument("--database", required=True)
    load.add_argument("--from", dest="folder", type=Path, required=True)
    flags = parser.parse_args()
    password = os.environ.get(_PASSWORD, "")
    if not password:
        parser.error(f"set {_PASSWORD} to the password of the account that the hub reads with")
    counts = load_social_insurance(flags.database, flags.folder, reader_password=password)
    sys.stdout.write(json.dumps(counts) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
