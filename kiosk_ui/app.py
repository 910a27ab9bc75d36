"""The kiosk's Textual app: shows its first picture at once, and then becomes the kiosk.

Reading the programs takes longer than all else at a start. So the first picture is drawn by a few
of them, and a thread reads the others meanwhile; what is typed until then is seen at once and
counts as if all had been there. Nothing that this module imports may import pydantic or aiohttp.
"""

import asyncio
import signal
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, ClassVar, Final

from textual import events, work
from textual.binding import Binding, BindingType
from textual.keys import key_to_character

from kiosk_texts import read_language, speak
from kiosk_ui.clock import Clock, SystemClock
from kiosk_ui.screens.first import FirstScreen
from kiosk_ui.settings import UiSettings
from kiosk_ui.touched_app import TouchedApp

if TYPE_CHECKING:
    from kiosk_ui.kiosk import Kiosk
    from kiosk_ui.places import Go, SwitchTraining

_DONE_AT_ONCE: Final = frozenset({"ctrl+q", "ctrl+l"})
"""Keys of the app that need no kiosk: what they do is done, and not done again by it."""
_SIGNS: Final = {"plus": "+", "minus": "-"}
"""Keys whose names do not tell Textual their characters."""
_STOP_SIGNALS: Final = (signal.SIGTERM, signal.SIGHUP)
_TURN_S: Final = 0.001
"""How long the thread that reads programs may keep a key waiting, where Python can choose."""


MakeKiosk = Callable[["KioskApp"], "Kiosk"]
"""Makes the kiosk of an app that runs."""


class KioskApp(TouchedApp):
    """One kiosk screen for venue staff.

    It ends with the name of a socket where it is to begin anew there: empty, at its own. `read` is
    called in a thread of its own: it reads the programs.
    """

    TITLE = "EventPro kiosk"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", "Quit", show=False, priority=True),
        Binding("f1", "help_page", show=False, priority=True),
    ]

    def __init__(
        self, settings: UiSettings, read: Callable[[], MakeKiosk], clock: Clock | None = None
    ) -> None:
        named = settings.look_named
        super().__init__(settings.look, settings.theme, named=named, console=settings.console)
        self.set_reactive(TouchedApp.touching, settings.touch)
        speak(read_language(settings.locale))
        self.clock: Clock = clock or SystemClock()
        self.ready = asyncio.Event()
        """Set once the kiosk is there and has all that was typed before."""
        self._read = read
        self._kiosk: Kiosk | None = None
        self._stopping = False
        self._changes_screens = False
        """Whether the sign-in is taking the first picture's place: what is typed is only kept."""
        self._typed_before: list[events.Key | events.Paste] = []

    @property
    def kiosk(self) -> "Kiosk":
        """The kiosk, once it is ready; RuntimeError before."""
        if self._kiosk is None:
            msg = "the kiosk is still being read"
            raise RuntimeError(msg)
        return self._kiosk

    async def on_mount(self) -> None:
        """Show the first picture; the rest follows."""
        for number in _STOP_SIGNALS:
            asyncio.get_running_loop().add_signal_handler(number, self._told_to_stop, number)
        await self.push_screen(FirstScreen(self.clock))
        self.call_after_refresh(self._become_kiosk)

    async def on_unmount(self) -> None:
        """Close what the kiosk has open."""
        for number in _STOP_SIGNALS:
            asyncio.get_running_loop().remove_signal_handler(number)
        if self._kiosk is not None:
            # With a value it begins anew at once: in training, or back from it.
            await self._kiosk.end(for_good=self.return_value is None)

    @work(name="reading the programs")
    async def _become_kiosk(self) -> None:
        interval = sys.getswitchinterval()
        sys.setswitchinterval(_TURN_S)
        try:
            make = await asyncio.to_thread(self._read)
        finally:
            sys.setswitchinterval(interval)
        if not self.is_running:
            # Somebody ended it meanwhile.
            return
        kiosk = make(self)
        self._changes_screens = True
        async with AsyncExitStack() as ends:
            ends.push_async_callback(kiosk.end, for_good=True)
            await kiosk.begin()
            ends.pop_all()
        self._kiosk = kiosk
        for event in self._typed_before:
            await kiosk.typed(event)
        self._typed_before.clear()
        self.ready.set()

    def _told_to_stop(self, number: signal.Signals) -> None:
        hung_up = number is signal.SIGHUP
        if self._kiosk is None:
            self.exit()
        elif hung_up or not self._stopping:
            # Where the terminal is gone, nobody can finish anything.
            self._stopping = True
            finish = self._kiosk.finish(hurry=hung_up)
            self.run_worker(finish, name="finish", exclusive=True, group="finish")

    # What is typed

    async def on_event(self, event: events.Event) -> None:
        """Let the kiosk sort what is typed; before it is there, show it and keep it."""
        if self._kiosk is not None:
            is_touch = isinstance(event, events.MouseUp) and not event.is_forwarded
            await self._kiosk.on_event(event)
            if is_touch:
                # Not before: what is touched would move away under the finger.
                self.touched()
            return
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            self._keep(event)
            if self._changes_screens:
                # It is typed into the sign-in by and by, and must not be twice.
                return
        await super().on_event(event)

    def _keep(self, event: events.Key | events.Paste) -> None:
        if isinstance(event, events.Paste) or event.key not in _DONE_AT_ONCE:
            self._typed_before.append(_again(event))

    def simulate_key(self, key: str) -> None:
        """Take a key that was touched on the screen: it comes in its turn, and no scanner sent it.

        `key` is its name, such as `enter`, `comma` or `7`.
        """
        character = _SIGNS.get(key) or key_to_character(key)
        is_typed = character is not None and character.isprintable()
        event = events.Key(key, character if is_typed else None)
        # As the terminal's keys: from whatever handles the touch it would not bubble to all of it.
        event.set_sender(self)
        if self._kiosk is not None:
            self._kiosk.touched(event)
        else:
            self.post_message(event)

    def press_touched(self, key: str | None) -> None:
        """Press a key that was touched; None: none was."""
        if key is not None:
            self.simulate_key(key)

    async def deliver(self, event: events.Event) -> None:
        """Hand an event to the screen, as Textual does."""
        await super().on_event(event)

    # What screens ask for

    def action_help_page(self) -> None:
        """Open the help of the screen that is shown, or close it."""
        if self._kiosk is not None:
            self._kiosk.show_help()

    async def on_go(self, message: "Go") -> None:
        """Show another screen."""
        message.stop()
        await self.kiosk.go(message.place)

    def on_switch_training(self, message: "SwitchTraining") -> None:
        """Begin anew: in training, or back from it."""
        message.stop()
        self.exit(message.socket_name)


def _again(event: events.Key | events.Paste) -> events.Key | events.Paste:
    """Return the same typed event, as it was before a screen took it."""
    if isinstance(event, events.Key):
        copy: events.Key | events.Paste = events.Key(event.key, event.character)
    else:
        copy = events.Paste(event.text)
    copy.time = event.time
    return copy
