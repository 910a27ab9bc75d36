"""The console lends a terminal from a stand-in of cage, comes back, and gives a display up."""

import os
import pwd
import signal
import socketserver
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.shown_console import ShownConsole, shown_console

US = pwd.getpwuid(os.geteuid())
MOMENT = "One moment, please"
STANDS_IN = {
    # cage runs its command; foot runs its own in a terminal, and what is painted there it tells.
    "cage": '#!/bin/sh\nwhile [ "$1" != -- ]; do shift; done\nshift\nexec "$@"\n',
    "foot": f"#!{sys.executable} -I\n"
    "import pty, sys\n"
    "rest = [one for one in sys.argv[1:] if not one.startswith('--')]\n"
    "print('painting', flush=True)\n"
    "pty.spawn(rest, stdin_read=lambda _: b'')\n",
}


@pytest.fixture
def programs(tmp_path: Path) -> Callable[[dict[str, str]], dict[str, str]]:
    def lay(texts: dict[str, str]) -> dict[str, str]:
        for name, text in texts.items():
            (tmp_path / name).write_text(text)
            (tmp_path / name).chmod(0o755)
        return {"PATH": f"{tmp_path}:{os.environ['PATH']}"}

    return lay


def _pictures(console: ShownConsole) -> int:
    return console.said.count(MOMENT)


class Agent(socketserver.ThreadingUnixStreamServer):
    """The admin socket of an agent, which hears what the console is."""

    daemon_threads = True

    def __init__(self, path: Path) -> None:
        self.heard = b""
        super().__init__(str(path), Hearing)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Hearing(socketserver.StreamRequestHandler):
    """Takes what it says."""

    def handle(self) -> None:
        assert isinstance(self.server, Agent)
        while line := self.request.recv(4096):
            self.server.heard += line
            if self.server.heard.endswith(b"}"):
                self.request.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")


@pytest.mark.parametrize("kind", ["display", "bare"])
def test_the_agent_hears_what_the_screens_are_shown_on(
    kind: str, programs: Callable[[dict[str, str]], dict[str, str]]
) -> None:
    with (
        shown_console(kind, programs(STANDS_IN), US) as console,
        Agent(console.folder / "admin.sock") as agent,
    ):
        console.until(lambda: b"}" in agent.heard, "the agent heard nothing")
        assert f'"{kind}"'.encode() in agent.heard
        agent.shutdown()


def test_a_lent_terminal_shows_the_console_and_another_one_after_it_ended(
    programs: Callable[[dict[str, str]], dict[str, str]],
) -> None:
    with shown_console("auto", programs(STANDS_IN), US) as console:
        console.until(lambda: _pictures(console) == 1, "nothing was shown on the display")
        [chosen] = console.logged("console_chosen")
        assert (chosen["kind"], "card0-HDMI-A-1" in chosen["why"]) == ("display", True)
        [foot] = console.descendants("foot")
        os.kill(foot, signal.SIGKILL)
        console.until(lambda: _pictures(console) == 2, "the display did not come back")
        [ended] = console.logged("console_display_ended")
        assert ended["quick_ends"] == 1


def test_after_three_quick_ends_the_bare_console_is_used_and_the_log_says_why(
    programs: Callable[[dict[str, str]], dict[str, str]],
) -> None:
    fails = {**STANDS_IN, "cage": "#!/bin/sh\necho no seat >&2\nexit 7\n"}
    with shown_console("display", programs(fails), US) as console:
        [given_up] = console.until(
            lambda: console.logged("console_display_given_up"), "it was not given up"
        )
        assert "7" in given_up["why"]
        assert len(console.logged("console_display_ended")) == 3
        console.until(lambda: console.own_screen.count(MOMENT) == 2, "no bare console")
        assert console.said.count("no seat") == 3


def test_a_bare_console_starts_no_display(
    programs: Callable[[dict[str, str]], dict[str, str]],
) -> None:
    with shown_console("bare", programs(STANDS_IN), US) as console:
        console.until(lambda: MOMENT in console.own_screen, "nothing was shown")
        assert "painting" not in console.said
        [chosen] = console.logged("console_chosen")
        assert chosen["kind"] == "bare"
