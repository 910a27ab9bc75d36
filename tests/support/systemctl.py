"""A program that stands for systemctl: it keeps what it was asked, and answers from a file."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_PROGRAM: Final = """\
#!{python} -I
import json, pathlib, sys, time
folder = pathlib.Path({folder!r})
told = json.loads((folder / "units.json").read_text())
words = [one for one in sys.argv[1:] if one != "--no-ask-password"]
with (folder / "asked").open("a") as asked:
    asked.write(" ".join(words) + "\\n")
act, *units = words
units = [one.removesuffix(".service") for one in units if not one.startswith("--")]
if act == "show":
    blocks = [told["units"].get(one, ["not-found", "inactive", ""]) for one in units]
    names = ("LoadState", "ActiveState", "UnitFileState")
    print("\\n\\n".join("\\n".join(map("=".join, zip(names, one))) for one in blocks))
elif told["hangs"]:
    time.sleep(3600)
elif told["fails"]:
    print(told["fails"], file=sys.stderr)
    sys.exit(5)
"""
_CLOCK: Final = """\
#!/bin/sh
cat "{folder}/clock"
"""


@dataclass
class StandInSystemctl:
    """`systemctl` and `timedatectl` in a folder that a test puts on the PATH."""

    folder: Path

    def __post_init__(self) -> None:
        text = _PROGRAM.format(python=sys.executable, folder=str(self.folder))
        for name, program in (("systemctl", text), ("timedatectl", _CLOCK)):
            path = self.folder / name
            path.write_text(program.format(folder=self.folder) if name != "systemctl" else program)
            path.chmod(0o755)
        self.tell({})
        self.clock("yes")

    def tell(
        self, units: dict[str, tuple[str, str, str]], *, fails: str = "", hangs: bool = False
    ) -> None:
        """Say how units are (load, active, file), and what becomes of what is asked for."""
        told = {"units": units, "fails": fails, "hangs": hangs}
        (self.folder / "units.json").write_text(json.dumps(told))

    def clock(self, synchronised: str) -> None:
        """Say what `timedatectl` answers."""
        (self.folder / "clock").write_text(f"{synchronised}\n")

    def acts(self) -> list[str]:
        """Return what was asked for, but for looks."""
        return [line for line in self._asked() if not line.startswith("show")]

    def looks(self) -> int:
        """Return how often it was looked how units are."""
        return sum(line.startswith("show") for line in self._asked())

    def _asked(self) -> list[str]:
        asked = self.folder / "asked"
        return asked.read_text().splitlines() if asked.exists() else []
