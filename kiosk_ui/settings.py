"""Settings of the kiosk UI: from the command line, else from `KIOSK_UI_…` in the environment."""

from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from kiosk_contracts.text import PlainName
from kiosk_texts import ENGLISH
from kiosk_ui.looks import Look
from kiosk_ui.theme import DARK, THEMES

_LONGEST_SOCKET_PATH: Final = 107
"""What Linux's `sockaddr_un` has room for, less its final zero byte."""


class SettingError(Exception):
    """A setting is missing or wrong; the message says which, and how to mend it."""


def _short_enough(path: Path) -> Path:
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


def _known_theme(name: str) -> str:
    if name not in THEMES:
        msg = f"there is no theme {name!r}; choose one of: {', '.join(THEMES)}"
        raise ValueError(msg)
    return name


def _known_look(name: str) -> str:
    if name not in set(Look):
        msg = f"there is no look {name!r}; choose one of: {', '.join(Look)}"
        raise ValueError(msg)
    return name


class UiSettings(BaseSettings):
    """What the UI needs to know. The socket may appear later: the UI waits for the agent."""

    model_config = SettingsConfigDict(env_prefix="KIOSK_UI_", frozen=True)

    socket: Annotated[Path, AfterValidator(_short_enough)]
    """Path of the agent's UI socket."""
    gate: PlainName = "Main gate"
    """The name of this gate, as admissions record it."""
    lock_after_s: Annotated[int, Field(ge=0, le=86_400)] = 300
    """Seconds without a touch after which the kiosk asks for a PIN again; 0: never."""
    theme: Annotated[str, AfterValidator(_known_theme), Field(validate_default=True)] = DARK.name
    """The colours of the looks standard and large; the others have their own."""
    look: Annotated[Look, BeforeValidator(_known_look)] = Look.STANDARD
    """The look to begin with; Ctrl-L changes it while the UI runs."""
    locale: str = ENGLISH.tag
    """The venue's language, and its form of amounts and dates, such as `de_DE`.

    A locale without a catalogue of texts has English ones, one that there is not is English whole,
    and the sign-in says so; `en_XA` shows what is not translated.
    """

    def begun_anew(self, socket_name: str, look: Look) -> "UiSettings":
        """Return the same settings in a look, for another socket of the agent in the same folder.

        An empty name: for this socket.
        """
        socket = self.socket.with_name(socket_name) if socket_name else self.socket
        return self.model_copy(update={"socket": socket, "look": look})


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
    return parser


def read_settings(given: Any) -> UiSettings:
    """Return the settings from parsed arguments and environment; raises SettingError in words."""
    named = {name: getattr(given, name, None) for name in UiSettings.model_fields}
    try:
        return UiSettings(**{name: value for name, value in named.items() if value is not None})
    except ValidationError as error:
        raise SettingError(_in_words(error)) from error


def _in_words(error: ValidationError) -> str:
    lines = []
    for item in error.errors():
        name = str(item["loc"][0]) if item["loc"] else "settings"
        words = item["msg"].removeprefix("Value error, ")
        if item["type"] == "missing":
            words = "it is missing"
        lines.append(f"{name}: {words} (--{name.replace('_', '-')} or KIOSK_UI_{name.upper()})")
    return "\n".join(lines)


def parse(program: str, arguments: Sequence[str] | None = None) -> UiSettings:
    """Return the settings for a command line; raises SettingError in words."""
    return read_settings(argument_parser(program).parse_args(arguments))
