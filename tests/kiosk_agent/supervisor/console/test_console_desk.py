"""The kiosk and a technician at one terminal: nothing of either comes to the other."""

import asyncio
from collections.abc import Sequence
from typing import Any

from kiosk_agent.supervisor.console.desk import Desk
from kiosk_agent.supervisor.console.pane import Pane
from kiosk_agent.supervisor.console.technician.asking import NotAnsweredError, PinAnswer
from kiosk_agent.supervisor.console.technician.visit import Office, Visit


class Glass:
    """A Terminal in memory."""

    size = (80, 24)

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.typed: Any = None
        self.resized: Any = None

    def write(self, data: bytes) -> None:
        self.seen.append(data.decode())

    def say(self, *lines: str) -> None:
        self.seen.append(" | ".join(lines))

    def list(self, lines: Sequence[str]) -> None:
        self.seen.append(" | ".join(lines))

    def clear(self) -> None:
        self.seen.append("<clear>")


class Counter:
    """A terminal with a UI on it, and a technician's office."""

    def __init__(self, *, pin_s: float = 60) -> None:
        self.glass = Glass()
        self.pane = Pane(self.glass)  # type: ignore[arg-type]
        self.desk = Desk(self.glass, self.pane, "en_GB")  # type: ignore[arg-type]
        self.to_ui = b""
        self.repaints = 0
        self.reports = ["first report", "second report"]
        self.pane.typed = self._to_ui
        self.pane.resized = self._repaint
        self.asked: list[str] = []
        show, size = self.glass.list, lambda: self.glass.size
        self.desk._make = lambda: Visit(Office(show, size, self._check, self._examine, pin_s))

    def _to_ui(self, data: bytes) -> None:
        self.to_ui += data

    def _repaint(self) -> None:
        self.repaints += 1

    async def _check(self, pin: str) -> PinAnswer:
        self.asked.append(pin)
        if pin == "0000":
            raise NotAnsweredError("it hangs")
        return PinAnswer(let_in=pin == "8642", words=("Wrong PIN",))

    async def _examine(self) -> str:
        return self.reports.pop(0)

    async def type(self, *typed: bytes) -> str:
        """Type; return what is shown when all was taken."""
        for one in typed:
            self.glass.typed(one)
            for _ in range(12):
                await asyncio.sleep(0)
        return self.glass.seen[-1]


async def test_keys_after_ctrl_t_never_reach_the_ui_and_its_pictures_not_the_screen() -> None:
    at = Counter()
    await at.type(b"12", b"3\x1486")
    assert at.to_ui == b"123"
    at.pane.write(b"a sale goes on")
    shown = await at.type(b"42")
    assert "Technician: PIN ****" in shown
    assert not any("8642" in one or "a sale" in one for one in at.glass.seen)
    assert "first report" in await at.type(b"\r")
    assert "second report" in await at.type(b"q", b"r")
    await at.type(b"\x1b")
    assert (at.to_ui, at.repaints, at.asked) == (b"123", 1, ["8642"])
    await at.type(b"45")
    assert at.to_ui == b"12345"


async def test_a_refusal_stays_to_be_read_and_ctrl_c_and_ctrl_z_are_nothing() -> None:
    at = Counter()
    shown = await at.type(b"\x14", b"1111\r", b"\x03\x1a")
    assert "Wrong PIN" in shown
    assert "it hangs" in await at.type(b"0000\r")
    await at.type(b"\x1b")
    assert (at.to_ui, at.pane.covered) == (b"", False)


async def test_while_one_moment_is_shown_and_after_a_hand_over_the_right_one_comes_back() -> None:
    at = Counter()
    at.pane.say("One moment")
    await at.type(b"\x14")
    await at.type(b"\x1b")
    assert at.glass.seen[-1] == "One moment"
    await at.type(b"\x14")
    # Another UI takes its place meanwhile.
    other: list[bytes] = []
    at.pane.clear()
    at.pane.typed = other.append
    assert at.glass.seen[-1] != "<clear>"
    await at.type(b"\x1b", b"7")
    assert (other, at.repaints) == ([b"7"], 1)


async def test_where_nobody_types_the_kiosk_comes_back() -> None:
    at = Counter(pin_s=0.01)
    await at.type(b"\x14")
    assert at.desk._visiting is not None
    await at.desk._visiting
    assert not at.pane.covered


async def test_whoever_is_there_when_the_size_changes_paints_anew() -> None:
    at = Counter()
    at.glass.resized()
    await at.type(b"\x14")
    shown = len(at.glass.seen)
    at.glass.resized()
    assert (at.repaints, len(at.glass.seen)) == (1, shown + 1)
    at.desk.end()
