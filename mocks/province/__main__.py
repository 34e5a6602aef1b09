"""Make a province from the shell: `python -m mocks.province --out DIR --profile tiny --seed 1`."""

import argparse
import json
import sys
from pathlib import Path

from mocks.province.make import Options, make_province
from mocks.province.profiles import PROFILES


def main() -> int:
    """Read the flags, make the province, print what was made as one JSON line."""
    parser = argparse.ArgumentParser(prog="python -m mocks.province", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument("--profile", default="tiny", help=f"one of {', '.join(PROFILES)}")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--canaries", type=int, default=0, help="people with unmistakable names")
    flags = parser.parse_args()
    try:
        made = make_province(
            flags.out, flags.profile, flags.seed, options=Options(canaries=flags.canaries)
        )
    except ValueError as error:
        parser.error(str(error))
    sys.stdout.write(json.dumps(made) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
