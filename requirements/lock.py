"""Resolve the dependencies and rewrite the lock files: what `make lock` runs.

One resolution holds for Python 3.11 and later on every platform. Every package is pinned by hash
and no file names a registry, so that each site can bring its own. The images' locks are subsets of
the full one: a version differs nowhere.
"""

import subprocess
import sys
from pathlib import Path

from build_env import ROOT, VENV, uv_environment

FOLDER = ROOT / "requirements"
OPTIONS = (
    "--universal",
    "--python-version=3.11",
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-header",
    "--quiet",
)
IMAGES = ("dashboard", "lookup", "pipeline")
PEERS = "dlt[postgres,sql_database]\npyarrow\n"
"""What `motlan bench` measures against, in an environment of its own with its own pins."""


def compile_lock(target: str, *asked: str, stdin: str | None = None) -> None:
    """Resolve what is asked for and write `requirements/<target>.txt`."""
    source = [] if stdin is None else ["-"]
    subprocess.run(
        [
            *(str(VENV / "bin" / "uv"), "pip", "compile", *OPTIONS),
            *(*source, *asked, "-o", str(Path("requirements") / f"{target}.txt")),
        ],
        cwd=ROOT,
        env=uv_environment(),
        input=stdin,
        text=True,
        check=True,
        stdout=subprocess.DEVNULL,
    )


def main() -> int:
    """Write every lock file; the exit code is the resolver's."""
    constraint = ("-c", "requirements/motlan.txt")
    try:
        compile_lock("motlan", "pyproject.toml", "--all-extras")
        compile_lock("uv", *constraint, stdin="uv\n")
        compile_lock("bench", stdin=PEERS)
        for image in IMAGES:
            extras = (f"--extra={image}", "--extra=build")
            compile_lock(image, "pyproject.toml", *extras, *constraint)
    except subprocess.CalledProcessError as error:
        return int(error.returncode)
    return 0


if __name__ == "__main__":
    sys.exit(main())
