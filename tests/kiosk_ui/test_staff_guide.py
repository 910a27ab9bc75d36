"""The staff guide, played step by step at the real agent's API: it says what happens."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import pytest

from kiosk_ui.places import Place
from tests.support import ui_till
from tests.support.clock import FakeClock
from tests.support.ui_socket import Till as Agent
from tests.support.ui_socket import till_in
from tests.support.ui_till import AgentClock, Till, kiosk_app

ROOT: Final = Path(__file__).resolve().parents[2]
GUIDE: Final = ROOT / "docs" / "staff-guide.md"
NOT_PLAYED: Final = frozenset({"Practise"})
"""Played by test_training.py: it needs an agent's process."""
_WORDS: Final = re.compile(
    r"\*\*(?P<key>[^*]+)\*\*|`(?P<typed>[^`]+)`|“(?P<seen>[^”]+)”|\*(?P<scan>[Ss]can [^*]+)\*"
    r"|\*[Tt]ouch (?P<touch>[^*]+)\*|\*[Tt]ap (?P<tap>[^*]+)\*"
)
_KEYS: Final = {"Enter": "enter", "Esc": "escape", "→": "right", "←": "left", "↓": "down"}
_SIGNS: Final = frozenset({"✔", "▲", "✖"})
"""Written as what is typed, and only shown."""


class Act(StrEnum):
    """What a word of a step asks for."""

    PRESS = "press"
    TYPE = "type"
    SEE = "see"
    TOUCH = "touch"
    TAP = "tap"
    SCAN = "scan"
    LINE_GOES = "the line goes"
    MOMENT = "a moment passes"


@dataclass(frozen=True)
class Step:
    """One numbered step of a section."""

    section: str
    number: int
    acts: tuple[tuple[Act, str], ...]


def steps_of(guide: str) -> Iterator[Step]:
    """Return the numbered steps of the guide in order, each with what is done and seen."""
    for section in re.split(r"^## ", guide, flags=re.MULTILINE)[1:]:
        title, _, body = section.partition("\n")
        before: tuple[tuple[Act, str], ...] = ()
        for part in re.split(r"^(?=\d+\. |<!-- )", body, flags=re.MULTILINE)[1:]:
            if part.startswith("<!-- "):
                before = ((Act(part[5 : part.index(" -->")]), ""),)
                continue
            number, _, text = part.partition(". ")
            yield Step(title, int(number), (*before, *_acts(" ".join(text.split()))))
            before = ()


def _acts(text: str) -> Iterator[tuple[Act, str]]:
    for found in _WORDS.finditer(text):
        match found.lastgroup:
            case "key":
                yield Act.PRESS, _KEYS.get(found["key"], found["key"].lower())
            case "typed":
                if found["typed"] not in _SIGNS:
                    yield Act.TYPE, found["typed"]
            case "seen":
                yield Act.SEE, found["seen"]
            case "touch":
                yield Act.TOUCH, found["touch"]
            case "tap":
                yield Act.TAP, found["tap"]
            case "scan":
                yield Act.SCAN, ""


@dataclass
class Reader:
    """Somebody who does what the guide says."""

    till: Till
    agent: Agent

    async def do(self, step: Step) -> None:
        """Do one step; AssertionError where the kiosk does not do what the guide says."""
        for act, what in step.acts:
            match act:
                case Act.PRESS:
                    await self.till.press(what)
                case Act.TYPE:
                    await self.till.press(*(_typed(char) for char in what))
                case Act.TOUCH:
                    await self.till.click(what, last=True)
                case Act.TAP:
                    await (self.till.tap("", "enter") if what == "Enter" else self.till.tap(what))
                case Act.SEE:
                    await self._see(what, step)
                case Act.SCAN:
                    await self._scan()
                case Act.LINE_GOES:
                    self.agent.line.up = False
                    self.agent.line.since_at = self.agent.clock.now()
                    await self._news()
                case Act.MOMENT:
                    await self._news()

    async def _see(self, words: str, step: Step) -> None:
        try:
            await self.till.until(lambda: words in self._text() and self.till.settled, words)
            # Who has looked at the screen presses the next key on purpose, if it is the same one.
            self.till.app.kiosk.desk.session.keys.touched()
        except AssertionError as error:
            msg = f"{step.section} {step.number}: {error}"
            raise AssertionError(msg) from None

    def _text(self) -> str:
        """Return the screen's text, with the title of the place in the guide's words."""
        return self.till.text.replace("transactions", "Transactions")

    async def _scan(self) -> None:
        # What was shown before must not be taken for the answer.
        self.till.app.kiosk.announce(None)
        self.agent.clock.advance(5)
        journal = self.agent.opened.journal
        serial = await journal.read(lambda reader: _first_sold(reader.rows_after(0, 9)))
        self.till.scan(self.agent.signer.code(serial))

    async def _news(self) -> None:
        self.agent.desk.kiosk.changes.notify()
        await self.agent.clock.wait_for_sleepers()
        self.agent.clock.advance(1)


def _typed(char: str) -> str:
    return "space" if char == " " else char


def _first_sold(rows: object) -> str:
    for row in rows:  # type: ignore[attr-defined]
        if row.kind == "sale":
            return str(row.read_payload().serials()[0])
    return "0000000000"


async def _play(folder: Path, steps: list[Step]) -> None:
    clock = FakeClock()
    app = kiosk_app(folder / "ui.sock", AgentClock(clock))
    async with app.run_test(size=(80, 24)) as pilot, till_in(folder, clock) as agent:
        for event_id in ("tide", "quay"):
            for kind, price in (("adult", "12.50"), ("child", "6.00")):
                await agent.opened.stock(20, event_id=event_id, ticket_type_id=kind, price=price)
        for what in ("keys", "gate_feed"):
            await agent.opened.journal.write(
                lambda writer, what=what: writer.note_synced(what, clock.now())
            )
        till = Till(app, pilot)
        await till.at(Place.SIGN_IN)
        await till.says("ONLINE")
        reader = Reader(till, agent)
        for step in steps:
            await reader.do(step)


def _steps() -> list[Step]:
    return [
        step
        for step in steps_of(GUIDE.read_text(encoding="utf-8"))
        if step.section not in NOT_PLAYED
    ]


@pytest.mark.timeout(300)
async def test_every_step_does_what_the_guide_says(tmp_path: Path) -> None:
    steps = _steps()
    assert len(steps) >= 20
    await _play(tmp_path, steps)


def test_every_step_says_what_is_seen() -> None:
    silent = {
        f"{step.section} {step.number}"
        for step in _steps()
        if not any(act is Act.SEE for act, _ in step.acts)
    }
    assert silent == {"Something went wrong 6"}, "it is words alone: nothing went wrong here"


@pytest.mark.timeout(300)
async def test_a_guide_that_is_wrong_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ui_till, "LONGEST_WAIT_S", 20.0)
    first = _steps()[0]
    wrong = Step(first.section, 1, (*first.acts, (Act.SEE, "Count the chairs")))
    with pytest.raises(AssertionError, match="Begin 1: never came to Count the chairs"):
        await _play(tmp_path, [wrong])


def test_its_pictures_are_there() -> None:
    pictures = re.findall(r"\]\((screenshots/[^)]+)\)", GUIDE.read_text(encoding="utf-8"))
    assert pictures
    missing = [name for name in pictures if not (GUIDE.parent / name).is_file()]
    assert missing == []
