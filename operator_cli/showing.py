"""What commands print: tables for people, JSON for programs, questions before what destroys."""

import argparse
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from operator_cli.refusing import RefusedError


def say(text: str) -> None:
    """Print a line."""
    sys.stdout.write(f"{text}\n")


def note(text: str) -> None:
    """Tell a person what is being done; programs read standard output alone."""
    sys.stderr.write(f"{text}\n")


def say_json(value: Any) -> None:
    """Print a value for programs."""
    say(json.dumps(value, indent=2, ensure_ascii=False))


def say_plan(plan: str, about: Mapping[str, Any], *, as_json: bool) -> None:
    """Print what would be done: in words, or for programs with what it is about."""
    if as_json:
        say_json({**about, "plan": plan})
    else:
        say(plan)


def say_table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table; without borders where it does not go to a terminal."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in titles:
        table.add_column(title, overflow="fold")
    for row in rows:
        table.add_row(*row)
    console = Console(file=sys.stdout, markup=False, emoji=False, highlight=False)
    console.print(table)


def confirm(options: argparse.Namespace, question: str) -> None:
    """Ask before something is destroyed; raises RefusedError unless the answer is yes."""
    if options.yes:
        return
    if not sys.stdin.isatty():
        raise RefusedError(
            f"{question} Nobody can be asked here", "Say --yes to do it without being asked."
        )
    sys.stderr.write(f"{question} Type yes: ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() != "yes":
        raise RefusedError("nothing was changed")
