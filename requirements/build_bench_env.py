"""Build `.venv-bench` from its lock: the peers of `motlan bench`, in an environment of their own.

They have other pins than the project, are called as programs and are imported by nothing of ours.
A second run does nothing while the lock and the interpreter stay the same.
"""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from build_env import ROOT, CannotBuild, ensure_space, run, uv_environment

BENCH = ROOT / ".venv-bench"
STAMP = BENCH / ".motlan-env"
LOCK = ROOT / "requirements" / "bench.txt"
FREE_BYTES_MIN = 1024**3


def stamp() -> str:
    """What the environment depends on."""
    return hashlib.sha256(LOCK.read_bytes() + f"{sys.version}|{ROOT}".encode()).hexdigest()


def build() -> Path:
    """Build the environment if need be; returns its interpreter.

    Raises:
        CannotBuild: the message says why and what to do.
    """
    python = BENCH / "bin" / "python"
    if python.exists() and STAMP.exists() and STAMP.read_text() == stamp():
        return python
    ensure_space(FREE_BYTES_MIN)
    if BENCH.exists():
        shutil.rmtree(BENCH)
    run([sys.executable, "-m", "venv", str(BENCH)])
    install = ("install", "--quiet", "--require-hashes", "-r", str(LOCK))
    run([str(python), "-m", "pip", *install], uv_environment())
    STAMP.write_text(stamp())
    return python


def main() -> int:
    """Print the interpreter; exit code 1 with one sentence when it cannot be there."""
    try:
        sys.stdout.write(f"{build()}\n")
    except (CannotBuild, OSError, subprocess.SubprocessError) as error:
        sys.stderr.write(f"The peers' environment cannot be built: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
