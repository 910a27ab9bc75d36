"""Keys held back are looked at when they are due, and no later for what was held before."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from textual import events

from kiosk_ui import key_sorting
from kiosk_ui.key_press import Replay
from kiosk_ui.key_sorting import KeySorting
from kiosk_ui.other_codes import RUN_GAP_S
from kiosk_ui.scanner import Outcome, Scanner
from kiosk_ui.typing_pace import MAX_GAP_S


@dataclass
class Desk:
    """An app's timers, and its clock."""

    now: float = 100.0
    due: list[tuple[float, Callable[[], None]]] = field(default_factory=list)
    found: list[str] = field(default_factory=list)

    def set_timer(self, after_s: float, act: Callable[[], None]) -> Any:
        entry = (self.now + after_s, act)
        self.due.append(entry)
        return type("Timer", (), {"stop": lambda _self: self.due.remove(entry)})()

    def call_later(self, act: Callable[[], None]) -> None:
        act()

    def note(self, outcomes: "list[Outcome[events.Key]]") -> None:
        for one in outcomes:
            assert isinstance(one, Replay)
            self.found += [key.key for key in one.events]

    def wait(self, seconds: float) -> None:
        """Let time pass; timers fire when they are due."""
        ends_at = self.now + seconds
        while ready := sorted(one for one in self.due if one[0] <= ends_at):
            self.due.remove(ready[0])
            self.now = max(self.now, ready[0][0])
            ready[0][1]()
        self.now = ends_at


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    desk = Desk()
    monkeypatch.setattr(key_sorting, "now", lambda: desk.now)
    return desk


def pressing(desk: Desk) -> Callable[[str], None]:
    sorting = KeySorting(desk, Scanner(), desk.note)  # type: ignore[arg-type]

    def press(text: str) -> None:
        for char in text:
            event = events.Key(char, char)
            event.time = desk.now
            sorting.press(event)
            desk.wait(0.005)

    return press


def test_held_keys_come_back_when_they_are_due(desk: Desk) -> None:
    pressing(desk)("12")
    assert desk.found == ["1"]
    desk.wait(RUN_GAP_S)
    assert desk.found == ["1", "2"]
    assert not desk.due


def test_what_might_have_been_a_scan_before_does_not_make_them_late(desk: Desk) -> None:
    pressing(desk)("E12")
    assert desk.found == ["E"]
    desk.wait(RUN_GAP_S)
    assert desk.found == ["E", "1", "2"]
    assert RUN_GAP_S < MAX_GAP_S / 2
    assert not desk.due


def test_a_beginning_of_a_scan_is_waited_for_longer(desk: Desk) -> None:
    pressing(desk)("1EP")
    desk.wait(MAX_GAP_S / 2)
    assert desk.found == ["1"]
    desk.wait(MAX_GAP_S)
    assert desk.found == ["1", "E", "P"]
