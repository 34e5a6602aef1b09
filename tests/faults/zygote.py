"""A process that has imported the command and waits: each run of it is a fork, at once.

It has imported and done nothing else, so that a fork is what a new interpreter would be after its
imports, three seconds of which no case needs to wait for. It is run as a script: each line of its
input is a request in JSON, each line of its output the answer.
"""

import json
import os
import sys
from typing import Any


def serve() -> None:
    """Fork a command a request, and tell how one has ended."""
    import expectations.datasource  # noqa: F401  (Great Expectations, the slow part)
    from cli.main import main

    for line in sys.stdin:
        request = json.loads(line)
        if "wait" in request:
            _, status = os.waitpid(request["wait"], 0)
            answer(os.waitstatus_to_exitcode(status))
            continue
        child = os.fork()
        if child == 0:
            run(request, main)
        answer(child)


def answer(number: int) -> None:
    """Say a number to whoever asked."""
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def run(request: dict[str, Any], main: Any) -> None:
    """Be the command; never comes back."""
    log = os.open(request["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    typed, end = os.pipe()
    os.write(end, request["typed"].encode())
    os.close(end)
    for target, source in ((0, typed), (1, log), (2, log)):
        os.dup2(source, target)
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.argv = ["motlan", *request["words"]]
    code = 1
    try:
        main()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(bool(ended.code))
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    serve()
