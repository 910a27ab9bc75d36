"""Settings of the kiosk UI: from the command line, else from `KIOSK_UI_…` in the environment.

They are judged before the first picture, by the standard library alone: reading pydantic would take
as long as that picture.
"""

import os
import re
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from socket import gethostname
from typing import Any, Final

from kiosk_contracts.plain_text import plain
from kiosk_texts import ENGLISH
from kiosk_ui.looks import Look
from kiosk_ui.theme import DARK, THEMES

_LONGEST_SOCKET_PATH: Final = 107
"""What Linux's `sockaddr_un` has room for, less its final zero byte."""
_LONGEST_GATE: Final = 120
"""As long as a name may be, see `kiosk_contracts.text`."""
_LONGEST_LOCK_S: Final = 86_400
_LONGEST_FINISH_S: Final = 110
"""ECS on external instances kills a container 120 seconds after SIGTERM at the latest."""
_HOST_NAME: Final = "hostname"
_SCREEN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
"""As `kiosk_contracts.screens.ScreenId`."""
_LONGEST_HEALTH: Final = 64
_YES_NO: Final = {"yes": True, "no": False}


class SettingError(Exception):
    """A setting is missing or wrong; the message says which, and how to mend it."""


@dataclass(frozen=True, slots=True)
class UiSettings:
    """What the UI needs to know. The socket may appear later: the UI waits for the agent."""

    socket: Path
    """Path of the agent's UI socket."""
    gate: str = "Main gate"
    """The name of this gate, as admissions record it."""
    lock_after_s: int = 300
    """Seconds without a touch after which the kiosk asks for a PIN again; 0: never."""
    theme: str = DARK.name
    """The colours of the looks standard and large; the others have their own."""
    look: Look = Look.STANDARD
    """The look to begin with; Ctrl-L changes it while the UI runs."""
    look_named: bool = False
    """Whether somebody has named that look: then it stays, whatever the terminal is."""
    console: str = ""
    """What the terminal was said to be last, as `ScreenAnswer.console`; for a UI begun anew."""
    locale: str = ENGLISH.tag
    """The venue's language, and its form of amounts and dates, such as `de_DE`.

    A locale without a catalogue of texts has English ones, one that there is not is English whole,
    and the sign-in says so; `en_XA` shows what is not translated.
    """

    touch: bool = False
    """Whether it begins as if the screen had been touched: with a pad where something is typed."""
    screen: str = ""
    """Its name at the agent, where several screens take turns at one kiosk; empty: it takes none.

    `hostname` is the host's, which in a container is the beginning of the container's id.
    """
    turns_at: Path | None = None
    """Where it takes its turns; None: at `socket`. Practice has its own socket, but no turns."""
    finish_s: int = 110
    """Seconds that a sale in hand may take when the UI is told to end."""
    health: str = ""
    """Name in Linux's abstract namespace at which `kiosk_ui.health` asks how it is; empty: none."""

    def begun_anew(
        self, socket_name: str, look: Look, *, touch: bool, console: str = ""
    ) -> "UiSettings":
        """Return the same settings, as it is worn and worked now, for another socket beside it.

        An empty name: for this socket.
        """
        socket = self.socket.with_name(socket_name) if socket_name else self.socket
        turns_at = self.turns_at or self.socket
        worn = replace(self, look=look, touch=touch, console=console)
        return replace(worn, socket=socket, turns_at=turns_at)


def _socket(typed: str) -> Path:
    path = Path(typed)
    length = len(str(path).encode())
    if length > _LONGEST_SOCKET_PATH:
        msg = (
            f"the path has {length} bytes, a unix socket's path at most {_LONGEST_SOCKET_PATH};"
            " use a shorter one"
        )
        raise ValueError(msg)
    if path.is_dir():
        msg = f"{path} is a folder; name the socket in it"
        raise ValueError(msg)
    return path


def _gate(typed: str) -> str:
    if not 1 <= len(typed) <= _LONGEST_GATE:
        msg = f"a gate's name has 1 to {_LONGEST_GATE} characters, this one {len(typed)}"
        raise ValueError(msg)
    return plain(typed)


def _lock_after_s(typed: str) -> int:
    if not (typed.isascii() and typed.isdigit()) or int(typed) > _LONGEST_LOCK_S:
        msg = f"{typed!r} is no number of seconds from 0 to {_LONGEST_LOCK_S}"
        raise ValueError(msg)
    return int(typed)


def _theme(name: str) -> str:
    if name not in THEMES:
        msg = f"there is no theme {name!r}; choose one of: {', '.join(THEMES)}"
        raise ValueError(msg)
    return name


def _look(name: str) -> Look:
    if name not in set(Look):
        msg = f"there is no look {name!r}; choose one of: {', '.join(Look)}"
        raise ValueError(msg)
    return Look(name)


def _touch(typed: str) -> bool:
    if typed not in _YES_NO:
        msg = f"{typed!r} is neither yes nor no"
        raise ValueError(msg)
    return _YES_NO[typed]


def _screen(typed: str) -> str:
    name = gethostname() if typed == _HOST_NAME else typed
    if not _SCREEN.fullmatch(name):
        msg = f"a screen's name has letters, digits, dots and dashes, at most 64 of them: {name!r}"
        raise ValueError(msg)
    return name


def _finish_s(typed: str) -> int:
    if not (typed.isascii() and typed.isdigit()) or int(typed) > _LONGEST_FINISH_S:
        msg = f"{typed!r} is no number of seconds from 0 to {_LONGEST_FINISH_S}"
        raise ValueError(msg)
    return int(typed)


def _health(typed: str) -> str:
    if not typed.isascii() or not typed.isprintable() or len(typed) > _LONGEST_HEALTH:
        msg = f"a name has at most {_LONGEST_HEALTH} plain characters; {typed!r} is none"
        raise ValueError(msg)
    return typed


_READ: Final[Mapping[str, Callable[[str], object]]] = {
    "socket": _socket,
    "gate": _gate,
    "lock_after_s": _lock_after_s,
    "theme": _theme,
    "look": _look,
    "locale": str,
    "touch": _touch,
    "screen": _screen,
    "finish_s": _finish_s,
    "health": _health,
}
"""How each setting is read from what was typed; ValueError says what is wrong with it."""

_REQUIRED: Final = frozenset({"socket"})


def argument_parser(program: str) -> ArgumentParser:
    """Return a parser of the UI's own options; each overrides the environment."""
    parser = ArgumentParser(prog=program, description="The kiosk's screen for venue staff.")
    parser.add_argument("--socket", help="path of the agent's UI socket (KIOSK_UI_SOCKET)")
    parser.add_argument("--gate", help="name of this gate (KIOSK_UI_GATE)")
    parser.add_argument(
        "--lock-after-s",
        help="seconds untouched until it asks for a PIN again, 0 for never (KIOSK_UI_LOCK_AFTER_S)",
    )
    parser.add_argument("--theme", help=f"{', '.join(THEMES)} (KIOSK_UI_THEME)")
    parser.add_argument("--look", help=f"{', '.join(Look)} (KIOSK_UI_LOOK); Ctrl-L changes it")
    parser.add_argument(
        "--locale", help="language and form of the venue, such as de_DE (KIOSK_UI_LOCALE)"
    )
    parser.add_argument(
        "--touch",
        help="yes: begin with a pad to type on, where there is no keyboard (KIOSK_UI_TOUCH)",
    )
    parser.add_argument(
        "--screen",
        help="its name where several screens take turns at one kiosk; hostname: the host's"
        " (KIOSK_UI_SCREEN)",
    )
    parser.add_argument(
        "--finish-s",
        help="seconds that a sale in hand may take when it is told to end (KIOSK_UI_FINISH_S)",
    )
    parser.add_argument(
        "--health",
        metavar="NAME",
        help="abstract socket at which its container's health check asks (KIOSK_UI_HEALTH)",
    )
    return parser


def read_settings(given: Namespace) -> UiSettings:
    """Return the settings from parsed arguments and environment; raises SettingError in words."""
    read: dict[str, Any] = {}
    wrong = []
    for name, reader in _READ.items():
        typed = getattr(given, name, None)
        typed = os.environ.get(_variable(name)) if typed is None else typed
        if typed is None:
            if name in _REQUIRED:
                wrong.append(_said_of(name, "it is missing"))
            continue
        try:
            read[name] = reader(typed)
        except ValueError as error:
            wrong.append(_said_of(name, str(error)))
    if wrong:
        raise SettingError("\n".join(wrong))
    return UiSettings(**read, look_named="look" in read)


def _variable(name: str) -> str:
    return f"KIOSK_UI_{name.upper()}"


def _said_of(name: str, words: str) -> str:
    return f"{name}: {words} (--{name.replace('_', '-')} or {_variable(name)})"


def parse(program: str, arguments: Sequence[str] | None = None) -> UiSettings:
    """Return the settings for a command line; raises SettingError in words."""
    return read_settings(argument_parser(program).parse_args(arguments))
