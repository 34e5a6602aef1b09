"""Build `.venv` from the lock: what `make env` runs, on the standard library alone.

Whatever stands in the way ends in one sentence that says what is wrong and what to do. A second
run does nothing while the lock, the project's metadata and the interpreter stay the same.

This file must still be readable by an old Python, because telling its user so is one of its jobs.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / ".motlan-env"
LOCK = ROOT / "requirements" / "motlan.txt"
UV_LOCK = ROOT / "requirements" / "uv.txt"
PYTHON_MIN = (3, 11)
NEWER_PYTHONS = ("python3.13", "python3.12", "python3.11")
FREE_BYTES_MIN = 3 * 1024**3
# One line naming the checkout, so that a package added later is found without installing again.
EDITABLE_BY_PATH = ("--config-settings", "editable_mode=compat")


class CannotBuild(Exception):
    """The environment cannot be built; the message says why and what to do."""


def ensure_python() -> None:
    """Go on only under Python 3.11 or later; start again under one that is installed."""
    if sys.version_info >= PYTHON_MIN:
        return
    for name in NEWER_PYTHONS:
        found = shutil.which(name)
        if found and runs(found):
            os.execv(found, [found, *sys.argv])
    raise CannotBuild(
        "Python {}.{} is too old: install Python 3.11 or later, "
        "or name one with `make env PYTHON=/path/to/python3.11`.".format(*sys.version_info[:2])
    )


def runs(python: str) -> bool:
    """Whether this interpreter can be started (a version manager's shim may not)."""
    return subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0


def ensure_venv_module() -> None:
    """Some distributions ship Python without the parts that make an environment."""
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError as error:
        raise CannotBuild(
            "This Python ({}) has no venv module: install it "
            "(Debian, Ubuntu: `apt install python{}.{}-venv`), then run `make env` again.".format(
                sys.executable, *sys.version_info[:2]
            )
        ) from error


def ensure_space(bytes_min: int = FREE_BYTES_MIN) -> None:
    """The environment takes about 2 GB; a disk that fills half-way leaves a broken one."""
    free = shutil.disk_usage(str(ROOT)).free
    if free < bytes_min:
        raise CannotBuild(
            "No disk space: {} has {:.1f} GB free and the environment needs {:.0f} GB; "
            "free some and run `make env` again.".format(ROOT, free / 1e9, bytes_min / 1e9)
        )


def stamp() -> str:
    """What the environment depends on: lock, metadata, interpreter and the checkout's place."""
    digest = hashlib.sha256()
    for part in (LOCK, UV_LOCK, ROOT / "pyproject.toml"):
        digest.update(part.read_bytes())
    digest.update(f"{sys.version}|{ROOT}".encode())
    return digest.hexdigest()


def is_built() -> bool:
    """Whether the environment that is there is the one that would be built."""
    return (VENV / "bin" / "motlan").exists() and STAMP.exists() and STAMP.read_text() == stamp()


def run(arguments: "list[str]", environment: "dict[str, str] | None" = None) -> None:
    """Run a program, show what it says, and turn a full disk into a sentence."""
    process = subprocess.run(
        arguments, env=environment, cwd=ROOT, check=False, stderr=subprocess.PIPE, text=True
    )
    if process.returncode == 0:
        return
    sys.stderr.write(process.stderr)
    if "No space left on device" in process.stderr:
        raise CannotBuild(f"No disk space left below {ROOT}: free some and run `make env` again.")
    raise CannotBuild(
        "`{}` failed (see above): check that the package index can be reached, "
        "then run `make env` again.".format(" ".join(arguments[:4]))
    )


def pip_setting(name: str) -> str:
    """One of pip's own settings, from its environment variables or its files; '' when unset."""
    asked = subprocess.run(
        [sys.executable, "-m", "pip", "config", "get", name],
        capture_output=True,
        text=True,
        check=False,
    )
    return asked.stdout.strip() if asked.returncode == 0 else ""


def uv_environment() -> "dict[str, str]":
    """Let uv reach the same registry, through the same certificates, as pip is told to."""
    environment = dict(os.environ, VIRTUAL_ENV=str(VENV), UV_NO_PROGRESS="1")
    settings = {
        "UV_DEFAULT_INDEX": pip_setting(":env:.index-url") or pip_setting("global.index-url"),
        "SSL_CERT_FILE": pip_setting(":env:.cert") or pip_setting("global.cert"),
        "UV_HTTP_TIMEOUT": pip_setting(":env:.default-timeout"),
    }
    for name, value in settings.items():
        if value and name not in environment:
            environment[name] = value
    return environment


def make_venv() -> None:
    """An empty environment; one made by another interpreter is replaced."""
    if STAMP.exists() and (VENV / "bin" / "uv").exists():
        made_by = subprocess.run(
            [str(VENV / "bin" / "python"), "-c", "import sys; print(sys.version)"],
            capture_output=True,
            text=True,
            check=False,
        )
        if made_by.stdout.strip() == sys.version.strip():
            STAMP.unlink()
            return
    if VENV.exists():
        shutil.rmtree(str(VENV))
    run([sys.executable, "-m", "venv", str(VENV)])


def install_uv() -> "str | None":
    """uv, installed from its own hashed lock; None where it cannot run (pip then does the work)."""
    uv = VENV / "bin" / "uv"
    if not uv.exists():
        try:
            run([*pip_install(), "--require-hashes", "-r", str(UV_LOCK)])
        except CannotBuild:
            return None
    return str(uv) if runs_version(uv) else None


def runs_version(program: Path) -> bool:
    """Whether a program starts at all on this machine."""
    try:
        asked = subprocess.run([str(program), "--version"], capture_output=True, check=False)
    except OSError:
        return False
    return asked.returncode == 0


def pip_install() -> "list[str]":
    """How pip is called inside the environment."""
    return [str(VENV / "bin" / "python"), "-m", "pip", "install", "--quiet"]


def install_lock() -> None:
    """Exactly the locked packages, by hash, then the project itself without fetching anything."""
    project = ["--no-deps", "--no-build-isolation", *EDITABLE_BY_PATH, "--editable", str(ROOT)]
    uv = install_uv()
    if uv is None:
        run([*pip_install(), "--require-hashes", "-r", str(LOCK)])
        run([*pip_install(), *project])
        return
    environment = uv_environment()
    run([uv, "pip", "sync", "--quiet", "--require-hashes", str(LOCK)], environment)
    run([uv, "pip", "install", "--quiet", *project], environment)


def build() -> None:
    """Build the environment, or leave it alone when it is already the right one."""
    ensure_python()
    if is_built():
        print("The environment .venv is up to date.")
        return
    ensure_venv_module()
    ensure_space()
    print("Building .venv from requirements/motlan.txt (one to three minutes) ...", flush=True)
    make_venv()
    install_lock()
    STAMP.write_text(stamp())
    print("The environment .venv is ready.")


def main() -> int:
    """Exit code 0 when the environment is there, 1 with one sentence when it cannot be."""
    try:
        build()
    except CannotBuild as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"The environment cannot be built: {error}.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
