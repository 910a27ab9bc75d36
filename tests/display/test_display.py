"""Real cage and foot on a display in memory: pictures of what they show, and keys."""

import os
import pwd
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.shown_console import ShownConsole, shown_console

pytestmark = pytest.mark.display
WHO = pwd.getpwnam("nobody")
"""cage refuses root."""
PYTHON = "/usr/bin/python3.11"
"""One that they may run; ours may lie in root's home."""
BACKGROUND = bytes.fromhex("0e1621")


class Display:
    """The console's display: what it shows, and its keyboard."""

    def __init__(self, console: ShownConsole, x_display: str) -> None:
        self.console = console
        self._x = {**os.environ, "DISPLAY": x_display}

    def picture(self, kind: str = "ppm") -> bytes:
        """Return what cage shows, as a picture; empty while it shows nothing."""
        runtime = self.console.folder / "user"
        sockets = [path for path in runtime.glob("wayland-?") if path.is_socket()]
        if not sockets:
            return b""
        environment = {"XDG_RUNTIME_DIR": str(runtime), "WAYLAND_DISPLAY": sockets[0].name}
        done = subprocess.run(
            ["grim", "-t", kind, "-"],
            env={**os.environ, **environment},
            user=WHO.pw_uid,
            capture_output=True,
            check=False,
        )
        return done.stdout

    def press(self, *keys: str) -> None:
        subprocess.run(["xdotool", "key", *keys], env=self._x, check=True)

    def shown(self, seen: Callable[[bytes], bool], what: str) -> bytes:
        """Wait for a picture that has writing in our colours, and twice the same."""

        def look() -> bytes:
            first = self.picture()
            pixels = first[-3 * 1024 * 700 :]
            colours = {pixels[at : at + 3] for at in range(0, len(pixels), 3)}
            good = BACKGROUND in colours and len(colours) > 8 and seen(first)
            return first if good and first == self.picture() else b""

        found: bytes = self.console.until(look, what)
        return found


@pytest.fixture
def x_display() -> Iterator[str]:
    command = ["Xvfb", "-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp", "-ac"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as server:
        assert server.stdout is not None
        try:
            yield ":" + server.stdout.readline().decode().strip()
        finally:
            server.terminate()


def test_the_console_is_shown_takes_keys_and_comes_back_when_foot_is_killed(
    x_display: str,
) -> None:
    with shown_console(
        "auto", {"DISPLAY": x_display, "WLR_BACKENDS": "x11"}, WHO, PYTHON
    ) as console:
        display = Display(console, x_display)
        moment = display.shown(bool, "nothing is shown")
        if keep := os.environ.get("CONSOLE_PICTURES"):
            Path(keep, "moment.png").write_bytes(display.picture("png"))
        display.press("ctrl+t")
        technician = display.shown(lambda seen: seen != moment, "Ctrl+T did nothing")
        display.press("4", "7")
        display.shown(lambda seen: seen not in (moment, technician), "no dots of a PIN")
        if keep:
            Path(keep, "pin.png").write_bytes(display.picture("png"))
        # What would be a way out of a foot that is set up otherwise.
        display.press("ctrl+c", "ctrl+z", "ctrl+shift+n", "ctrl+shift+u", "ctrl+shift+r")
        display.press("Escape")
        display.shown(lambda seen: seen == moment, "Esc did not lead back to the kiosk")
        [foot] = console.descendants("foot")
        os.kill(foot, signal.SIGKILL)
        console.until(lambda: console.descendants("foot") not in ([], [foot]), "no foot again")
        display.shown(lambda seen: seen == moment, "the kiosk did not come back")
        assert [one["quick_ends"] for one in console.logged("console_display_ended")] == [1]
