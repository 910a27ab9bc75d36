"""How an answer on a kiosk's screen is told from the one that stood there before."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from demo.evidence import facts_heard
from demo.glass import Ack, Glass, Refusal, RefusedError
from demo.terminal import Terminal

# Shows each typed line where a kiosk has its messages, on an empty screen.
_ECHO = r"""
import sys, tty
tty.setcbreak(0)
print("ready", flush=True)
for line in sys.stdin:
    print("\x1b[2J\x1b[20;1H " + line.rstrip().replace("|", "\x1b[21;1H   "), flush=True)
"""
_FORGED = "✖ Forged ticket|The code claims serial 0000000012."


@asynccontextmanager
async def glass(folder: Path) -> AsyncIterator[Glass]:
    """Open a terminal that shows what is typed as a message."""
    argv = [sys.executable, "-c", _ECHO]
    async with Terminal(argv, name="hb-gate-1", cast=folder / "one.cast") as terminal:
        await terminal.wait_for("ready")
        yield Glass(terminal, "hb-gate-1")


def show(one: Glass, message: str) -> None:
    """Let the screen show a message."""
    one.terminal.scan(message)


async def test_a_refusal_that_comes_again_after_an_acknowledgement_is_another(
    tmp_path: Path,
) -> None:
    async with glass(tmp_path) as one:
        for number in (1, 2):
            show(one, _FORGED)
            assert isinstance(await one.answer("admission"), Refusal)
            show(one, f"✔ #{number} admission 0000000012 recorded offline")
            assert await one.expect("admission") == one.acks[-1]
        assert [ack.sequence for ack in one.acks] == [1, 2]
        assert len(one.refusals) == 2


async def test_a_refusal_that_still_stands_there_is_no_answer(tmp_path: Path) -> None:
    async with glass(tmp_path) as one:
        show(one, _FORGED)
        await one.answer("admission")
        assert one.new_refusal() is None


@pytest.mark.parametrize(
    ("text", "kind", "subject"),
    [
        ("shift paid in €30.00", "shift paid in", "€30.00"),
        ("shift paid out €5.00", "shift paid out", "€5.00"),
        ("shift closed", "shift closed", ""),
        ("sale HB1-1-000017", "sale", "HB1-1-000017"),
        ("exit 0000000012", "exit", "0000000012"),
    ],
)
async def test_each_acknowledgement_is_read(
    tmp_path: Path, text: str, kind: str, subject: str
) -> None:
    async with glass(tmp_path) as one:
        show(one, f"✔ #7 {text} recorded online")
        ack = await one.expect(kind)
        assert ack == Ack(f"✔ #7 {text} recorded online", 7, kind, subject, offline=False)


async def test_a_refusal_where_the_story_counts_on_a_record_is_said_with_the_screen(
    tmp_path: Path,
) -> None:
    async with glass(tmp_path) as one:
        show(one, _FORGED)
        with pytest.raises(RefusedError, match="hb-gate-1 refused a sale: ✖ Forged ticket"):
            await one.expect("sale")


@pytest.mark.parametrize(
    "line",
    [
        "2026-11-26 05:25:53 [info     ] gate_feed_synced               cursor=8 facts={facts}",
        '{{"facts": {facts}, "cursor": 8, "event": "gate_feed_synced", "level": "info"}}',
    ],
)
def test_what_an_agent_heard_of_is_added_up_from_its_log(tmp_path: Path, line: str) -> None:
    log = tmp_path / "agent.log"
    lines = [line.format(facts=8), "something else facts=100", line.format(facts=15)]
    log.write_text("\n".join(lines) + "\n")
    assert facts_heard(log) == 23
