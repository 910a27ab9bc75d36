"""The line that is printed to ask for a command again asks for the same, whatever was typed."""

import shlex
from datetime import UTC, datetime

import pytest

from fleet_service.fleetctl.again import not_sent
from fleet_service.fleetctl.parser import build_parser
from kiosk_contracts.commands import (
    CommandKind,
    CommandStanding,
    CommandState,
    CommandWay,
    NewCommand,
)

ID = "0197a000-0000-7000-8000-000000000009"
NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        (CommandKind.REBOOT, "reboot till-hb1 --ssm --force --yes --json --reason 'it is stuck'"),
        (CommandKind.REBOOT, "reboot till-hb1 --ssm --expires 40m --url https://x --token-file t"),
        (CommandKind.DOCTOR, "doctor till-hb1 --ssm --yes"),
        (CommandKind.LOGS, "logs till-hb1 --ssm --lines 50 --source supervisor --write f.txt"),
    ],
)
def test_the_line_to_repeat_says_all_that_was_typed(kind: CommandKind, typed: str) -> None:
    parser = build_parser()
    words = ["kiosk", *shlex.split(typed)]
    options = parser.parse_args([*words, "--id", ID])
    wanted = NewCommand(kind=kind, command_id=ID, way=CommandWay.SSM)
    told = CommandStanding(
        kiosk_id="till-hb1",
        command_id=ID,
        kind=kind,
        way=CommandWay.SSM,
        state=CommandState.WAITING,
        why="till-hb2 is moved",
        reason="",
        by="ana",
        made_at=NOW,
        expires_at=NOW,
    )
    line = not_sent(options, wanted, told).what_to_do.partition("again: ")[2]
    again = parser.parse_args(shlex.split(line)[1:])
    assert vars(again) == vars(options)
