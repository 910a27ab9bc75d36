"""Commands are read when they are run, and each is there."""

import argparse
import gc
import inspect
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from kiosk_agent.cli.later import LaterCommand
from kiosk_agent.cli.parser import build_parser


def _commands(parser: argparse.ArgumentParser) -> Iterator[LaterCommand]:
    command = parser.get_default("command")
    if command is not None:
        yield command
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for part in action.choices.values():
                yield from _commands(part)


def test_every_command_is_a_function_that_takes_the_options() -> None:
    found = list(_commands(build_parser()))
    assert len({command.name for command in found}) == len(found) == 31
    for command in found:
        function = command.read()
        assert function.__module__ == f"kiosk_agent.cli.{command.name.partition('.')[0]}"
        (options,) = inspect.signature(function).parameters.values()
        assert options.annotation is argparse.Namespace, command.name


def test_what_it_understands_is_known_before_any_command_is_read() -> None:
    program = "import sys, kiosk_agent.cli.parser as it; it.build_parser(); print(*sys.modules)"
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    read = ran.stdout.split()
    assert "kiosk_agent.cli.parser" in read
    assert not {"aiohttp", "sqlite_utils", "kiosk_agent.runtime"} & {*read}


@pytest.mark.parametrize("looked", [True, False])
def test_garbage_is_looked_for_as_before_once_a_command_is_read(
    monkeypatch: pytest.MonkeyPatch, *, looked: bool
) -> None:
    seen: list[tuple[str, bool]] = []

    def command(_: argparse.Namespace) -> int:
        seen.append(("runs", gc.isenabled()))
        return 7

    def read(_: LaterCommand) -> Callable[[argparse.Namespace], int]:
        seen.append(("is read", gc.isenabled()))
        return command

    def refused(_: LaterCommand) -> Callable[[argparse.Namespace], int]:
        raise ImportError

    was_looked = gc.isenabled()
    try:
        (gc.enable if looked else gc.disable)()
        monkeypatch.setattr(LaterCommand, "read", read)
        assert LaterCommand("queue.queue_list")(argparse.Namespace()) == 7
        assert seen == [("is read", False), ("runs", looked)]
        monkeypatch.setattr(LaterCommand, "read", refused)
        with pytest.raises(ImportError):
            LaterCommand("queue.queue_list")(argparse.Namespace())
        assert gc.isenabled() is looked
    finally:
        (gc.enable if was_looked else gc.disable)()
