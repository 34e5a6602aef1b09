"""`motlan steward`: who may sign. A password is asked for, and is no argument of anything."""

import getpass
import sys
from typing import Annotated

import typer

from cli.terminal import output, print_json, say
from hub.errors import WrongUseError

stewards = typer.Typer(help="The stewards, who release batches and open quarantined rows.")
Name = Annotated[str, typer.Argument(help="The steward's short name, such as lan_pham.")]
Json = Annotated[bool, typer.Option("--json", help="End with one line of JSON.")]


def ask(question: str, *, secret: bool = False) -> str:
    """The answer typed at the terminal, a secret one unseen; without one, a line of stdin.

    Raises:
        WrongUseError: there was no answer.
    """
    if sys.stdin.isatty():
        answer = getpass.getpass(question) if secret else input(question)
    else:
        answer = sys.stdin.readline().rstrip("\n")
    if not answer:
        message = f"No answer to: {question.strip(' :')}."
        raise WrongUseError(message)
    return answer


def ask_new_password() -> str:
    """A new password, typed twice at a terminal.

    Raises:
        WrongUseError: the two differ, or there was none.
    """
    password = ask("New password: ", secret=True)
    if sys.stdin.isatty() and ask("Once more: ", secret=True) != password:
        message = "The two passwords differ; nothing was changed."
        raise WrongUseError(message)
    return password


@stewards.command("add")
def add(name: Name, json: Json = False) -> None:
    """Give a steward a login of their own; the steward types the password."""
    from warehouse.stewards import add_steward

    add_steward(name, ask_new_password())
    if json:
        print_json({"state": "added", "steward": name})
    else:
        say(f"Steward {name} may sign.")


@stewards.command("list")
def show(json: Json = False) -> None:
    """Show every steward there is or was."""
    from warehouse.stewards import list_stewards

    found = list_stewards()
    if json:
        listed = [
            {
                "name": steward.name,
                "added_at": steward.added_at.isoformat(),
                "stopped_at": steward.stopped_at and steward.stopped_at.isoformat(),
            }
            for steward in found
        ]
        print_json({"state": "done", "stewards": listed})
        return
    for steward in found:
        until = f" until {steward.stopped_at:%d/%m/%Y}" if steward.stopped_at else ""
        output.print(f"{steward.name:<32} since {steward.added_at:%d/%m/%Y}{until}")


@stewards.command("stop")
def stop(name: Name, json: Json = False) -> None:
    """Let a steward sign no more; what they signed stays, and the name is never given again."""
    from warehouse.stewards import stop_steward

    stop_steward(name)
    if json:
        print_json({"state": "stopped", "steward": name})
    else:
        say(f"Steward {name} may sign no more.")


@stewards.command("password")
def change(name: Name, json: Json = False) -> None:
    """Let a steward change their own password."""
    from warehouse.stewards import change_password

    old = ask(f"Password of steward {name}: ", secret=True)
    change_password(name, old, ask_new_password())
    if json:
        print_json({"state": "changed", "steward": name})
    else:
        say("The password is changed.")
