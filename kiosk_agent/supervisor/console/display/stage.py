"""Where the full-screen terminal runs, and as whom; what of it this host has."""

import os
import pwd
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_SHARED = Path("/usr/share/eventpro-kiosk-agent")


@dataclass(frozen=True, slots=True)
class Stage:
    """The package's, unless a test says otherwise."""

    user: str = "eventpro-console"
    """Whose cage and foot are: cage refuses root, and root's sockets are not for them."""
    folder: Path = Path("/run/eventpro-console")
    """Holds root's socket; `user` in it is the user's own, for the display's socket."""
    foot_config: Path = _SHARED / "foot.ini"
    lend: tuple[str, ...] = ("/usr/bin/kiosk-agent", "lend-terminal")
    programs: tuple[str, ...] = ("cage", "foot", "seatd")
    cards: Path = Path("/sys/class/drm")
    pause_s: float = 2
    """Before it is started again."""

    @property
    def socket(self) -> Path:
        """Where the terminal is lent to root."""
        return self.folder / "lend.sock"

    def connectors(self) -> dict[str, str]:
        """Return each connector of the graphics cards, and its status; empty without a card."""
        found = {}
        for status in self.cards.glob("card*-*/status"):
            try:
                found[status.parent.name] = status.read_text().strip()
            except OSError:
                # Unplugged just now, with its dock.
                continue
        return found

    def missing(self) -> list[str]:
        """Return what this host lacks: programs by the names of their Debian packages."""
        lacking = [name for name in self.programs if shutil.which(name) is None]
        try:
            pwd.getpwnam(self.user)
        except KeyError:
            lacking.append(f"the user {self.user}")
        return lacking

    def command(self) -> list[str]:
        """Return the full-screen terminal's command line. `-s`: Ctrl+Alt+F2 reaches the login."""
        foot = ["foot", f"--config={self.foot_config}", "--log-level=warning"]
        return ["cage", "-s", "--", *foot, *self.lend, str(self.socket)]

    def environment(self, given: Mapping[str, str]) -> dict[str, str]:
        """Return its environment; of the given one only what wlroots (WLR_*) and X take."""
        passed = {
            name: value
            for name, value in given.items()
            if name.startswith("WLR_") or name in ("PATH", "DISPLAY")
        }
        home = str(self.folder / "user")
        return {
            # By the processor: no driver of a graphics card can fail, and nothing here moves much.
            "WLR_RENDERER": "pixman",
            # cage wants an X server to be there and never starts it: nothing in it speaks X.
            "WLR_XWAYLAND": "/bin/false",
            "LIBSEAT_BACKEND": "seatd",
            "LANG": "C.UTF-8",
            **passed,
            "HOME": home,
            "XDG_RUNTIME_DIR": home,
        }

    def identity(self) -> dict[str, Any]:
        """Return whom its processes become; nobody else where we are not root."""
        if os.geteuid() != 0:
            return {}
        who = pwd.getpwnam(self.user)
        groups = os.getgrouplist(who.pw_name, who.pw_gid)
        return {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": groups}
