"""One episode: a monkey acts at a kiosk; then all that must be true is looked at."""

import asyncio
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, assert_never

from textual import events

from kiosk_contracts.money import Money
from kiosk_ui.app import KioskApp
from kiosk_ui.notices import Notice, Tone
from kiosk_ui.places import Place
from kiosk_ui.scanner import REST_WITHIN_S
from tests.monkey.acts import PHRASES, Act, Click, Code, Do, Happening, Paste, Press, Resize, Scan
from tests.monkey.judging import drawers, findings
from tests.monkey.kiosk import MonkeyKiosk, monkey_kiosk
from tests.monkey.uis import Uis, running_ui
from tests.proof.books import all_rows
from tests.support.ui_socket import PINS
from tests.support.ui_till import Till

_LONG_AGO: Final = -1e9
_CART_ENDS_S: Final = 660
_LOCKOUT_ENDS_S: Final = 7200
_SCANNER_GAP_S: Final = 0.45
_PERSON_BEGINS_S: Final = 0.1
"""So long after all before a person begins something; sooner is a scanner that goes on."""


class MonkeyFoundError(AssertionError):
    """Something is wrong after an episode; the message says what."""


@dataclass
class Episode:
    """The app at work, and what was seen of it."""

    kiosk: MonkeyKiosk
    uis: Uis
    acknowledged: list[str] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    """What was done how often, by names that a report shows."""
    broken: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once the app has raised something: from then on it handles no keys."""

    @property
    def till(self) -> Till:
        """The UI that runs now."""
        return self.uis.till

    def listen(self) -> None:
        """Note all that the message line says was recorded."""
        announce = self.till.app.kiosk.announce

        def note(notice: Notice | None) -> None:
            if notice is not None and notice.tone is Tone.RECORDED:
                self.acknowledged.append(notice.text)
            announce(notice)

        self.till.app.kiosk.announce = note  # type: ignore[method-assign]
        handle = self.till.app._handle_exception

        def note_broken(error: Exception) -> None:
            self.broken.set()
            handle(error)

        self.till.app._handle_exception = note_broken  # type: ignore[method-assign]

    async def act(self, act: Act) -> None:
        """Do one thing, and wait until its keys are handled."""
        self.done[type(act).__name__] += 1
        match act:
            case Press(keys):
                self._press(keys)
            case Do(phrase):
                await asyncio.sleep(_PERSON_BEGINS_S)
                self._press(PHRASES[phrase])
            case Paste(text):
                self.till.app.post_message(events.Paste(text))
            case Scan():
                await self._scan(act)
            case Click(across, down):
                width, height = self.till.app.size
                self.till.finger(across * width // 100, down * height // 100)
            case Resize(columns, rows):
                await self.till.pilot.resize_terminal(columns, rows)
            case Happening():
                await self._happen(act)
            case never:
                assert_never(never)
        await self._handled()

    async def _handled(self) -> None:
        """Wait until the app has taken up what was typed and handled all of it, or is broken."""
        waits = {asyncio.create_task(self._all_typed()), asyncio.create_task(self.broken.wait())}
        done, left = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in left:
            wait.cancel()
        for wait in done:
            wait.result()

    async def _all_typed(self) -> None:
        taken = asyncio.Event()
        self.till.app.call_later(taken.set)
        await taken.wait()
        await self.till.all_typed()

    def _press(self, keys: Sequence[str]) -> None:
        self.done["keys"] += len(keys)
        self.till.burst(*keys)

    async def _scan(self, scan: Scan) -> None:
        await self._send(scan)
        # The last key's time is ahead of the keyboard's; what is typed next comes after it.
        await self._later_than_scan(0)

    async def _later_than_scan(self, by_s: float) -> None:
        """Wait until the keyboard's clock is so many seconds later than the last scan's end."""
        ends_at = self.till.scanned_until + by_s
        await asyncio.sleep(max(0.0, ends_at - events.Event().time))

    async def _send(self, scan: Scan) -> None:
        codes = self.kiosk.codes
        code = codes[scan.which % len(codes)]
        match scan.code:
            case Code.GOOD:
                self.till.scan(code, later_s=0)
            case Code.FORGED:
                # Another ticket's signature.
                self.till.scan(code[:30] + codes[scan.which - 1][30:], later_s=0)
            case Code.CUT:
                self.till.burst(*code[: 10 * scan.which + 1])
                await asyncio.sleep(_SCANNER_GAP_S)
                self.till.scan(code[10 * scan.which + 1 :], later_s=0)
            case Code.TOGETHER:
                self.till.scan(code + codes[scan.which - 1], later_s=0)
            case Code.RANDOM:
                self.till.scan(scan.text, later_s=0)
            case Code.OTHER:
                others = (
                    f"https://tickets.example/e?a={scan.which}",
                    f"{scan.which}0123455",
                    f"40063813339{scan.which} ",
                    f"WIFI:S:Hall Guest {scan.which};;",
                )
                self.till.scan(others[scan.which % len(others)], later_s=0)

    async def _happen(self, happening: Happening) -> None:
        app, kiosk = self.till.app, self.kiosk
        match happening:
            case Happening.LOCK:
                app.kiosk._idle.touch(_LONG_AGO)
                app.kiosk._tick()
            case Happening.GONE:
                await kiosk.go_away()
            case Happening.BACK:
                await kiosk.come_back()
                await self.uis.until_its_turn()
            case Happening.LOST:
                kiosk.lose_next = True
            case Happening.CUT:
                kiosk.line.up = not kiosk.line.up
                kiosk.changes.notify()
            case Happening.WAIT:
                kiosk.opened.clock.advance(_CART_ENDS_S)
            case Happening.PAUSE:
                await asyncio.sleep(_SCANNER_GAP_S)
            case Happening.TAKEN:
                self.done["turns taken"] += await self.uis.lose_turn()
            case Happening.KILLED:
                await self._kill()

    async def _kill(self) -> None:
        """Kill the UI just after an Enter, whatever that has begun; go on at the next one."""
        self._press(("enter",))
        await asyncio.sleep(0)
        self.done["kills"] += 1
        found = await self.uis.kill()
        self.listen()
        if found:
            raise MonkeyFoundError(found)

    async def come_to_rest(self) -> None:
        """Bring the agent back and see that the app answers: keys, then a person who signs in."""
        app, till = self.till.app, self.till
        self.kiosk.lose_next = False
        await self.kiosk.come_back()
        await self.uis.until_its_turn()
        await till.pilot.resize_terminal(80, 24)
        await till.until(lambda: till.settled, "all acts answered")
        await till.press("escape", "escape")
        await till.until(lambda: till.settled, "all acts answered")
        # Wrong PINs lock for a while.
        self.kiosk.opened.clock.advance(_LOCKOUT_ENDS_S)
        if app.kiosk.place is not Place.SIGN_IN:
            app.kiosk._lock()
            await till.at(Place.SIGN_IN)
        # The pilot types so fast that it would be the rest of a scan that broke off just before.
        await self._later_than_scan(REST_WITHIN_S)
        await till.press("end", *["backspace"] * 12, *PINS["ana"], "enter")
        await till.until(lambda: app.kiosk.place is not Place.SIGN_IN, "signed in")
        await till.until(lambda: till.settled, "all acts answered")

    async def judge(self) -> None:
        """Look at the journal, and at the drawer as the app is told of it; MonkeyFoundError."""
        journal, client = self.kiosk.opened.journal, self.till.app.kiosk.desk.client
        found = await journal.read(lambda reader: findings(reader, self.acknowledged))
        rows = await journal.read(all_rows)
        self.done.update(f"rows: {row.transaction.envelope.kind}" for row in rows)
        staff = self.till.app.kiosk.desk.session.staff
        if staff is not None and staff.shift_id is not None:
            report = await client.shift_report()
            due = drawers(rows)[report.shift_id]
            if report.expected_cash != Money(amount=due, currency="EUR"):
                found.append(f"the X report expects {report.expected_cash}, the rows say {due}")
        if found:
            raise MonkeyFoundError("\n".join(found))


async def run_episode(acts: Sequence[Act], done: Counter[str]) -> None:
    """Run acts at a new kiosk, counted in `done`; raises what the app did, or MonkeyFoundError."""
    complaints: list[str] = []
    asyncio.get_running_loop().set_exception_handler(_collector(complaints))
    with tempfile.TemporaryDirectory(prefix="monkey-", dir="/tmp") as folder:
        async with monkey_kiosk(Path(folder)) as kiosk:
            async with running_ui(kiosk) as uis:
                episode = Episode(kiosk, uis)
                episode.listen()
                for act in acts:
                    await episode.act(act)
                    _check_alive(uis.till.app)
                await episode.come_to_rest()
                await episode.judge()
            done.update(episode.done)
            done.update({"lost answers": kiosk.lost, "absences": kiosk.absences, "episodes": 1})
    if complaints:
        raise MonkeyFoundError("\n".join(complaints))


def _check_alive(app: KioskApp) -> None:
    if app._exception is not None:
        raise app._exception
    if not app.is_running:
        raise MonkeyFoundError("the app ended")


def _collector(
    complaints: list[str],
) -> Callable[[asyncio.AbstractEventLoop, dict[str, Any]], None]:
    def collect(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        complaints.append(f"{context.get('message')}: {context.get('exception')!r}")

    return collect
