"""A venue whose host becomes a kiosk bit by bit, so that every step of the plan comes and waits."""

import fcntl
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from kiosk_agent.bootstrap.domain.steps import Step
from kiosk_agent.bootstrap.job import Pace
from kiosk_agent.bootstrap.lock import LOCK
from kiosk_agent.bootstrap.places import AGENT_SETTINGS, UNITS
from tests.support.agent_saying import SELLING, agent_saying
from tests.support.bootstrap_process import Ended, Order, began, ended
from tests.support.bootstrap_venue import Venue
from tests.support.cut_line import How

QUICK = Pace(every_s=0.02, confirm_s=20, fleet_s=20, stock_s=20, installer_s=60)
HASTY = Pace(every_s=0.02, confirm_s=0.5, fleet_s=0.5, stock_s=0.5, installer_s=12)
"""Of a run whose line is cut: it waits for nothing that can come."""
_ASKED = 3
"""How often it is asked before the next thing is so."""
_HALF = "docker.io half installed\n"


@dataclass
class GrowingKiosk:
    """One host and what its run finds. Runs are processes of their own."""

    venue: Venue
    words: tuple[str, ...]
    place: Path
    line: How = How.UP
    asked: Counter[str] = field(default_factory=Counter)
    ran_before: dict[str, str] = field(default_factory=dict)
    """Units that ran with other settings while the host was bare, and their processes."""

    def order(self, **how: Any) -> Order:
        return Order(
            host=self.venue.host,
            words=self.words,
            environment=dict(os.environ),
            place=self.place,
            **{"pace": QUICK, **how},
        )

    def run(self, **how: Any) -> Ended:
        order = self.order(**how)
        return ended(order, began(order))

    def wait_for_orphans(self) -> None:
        """Wait until what a killed run has left at work is done; it holds the lock."""
        with self.venue.host.path(LOCK).open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)

    def status(self) -> dict[str, Any]:
        """Answer as this kiosk's agent; each waiting step sees some of what it waits for."""
        if not self.venue.host.has(AGENT_SETTINGS):
            # It does not run before it knows which kiosk it is: nobody buys on a bare host.
            return {}
        if self.line is How.UP:
            self.asked[self._step()] += 1
        warnings = []
        if self.asked[Step.HEARTBEAT] < _ASKED:
            warnings.append(
                {"code": "not_enrolled", "text": "Nobody knows it yet.", "hint": "Wait."}
            )
        if self.asked[Step.SELLING] < _ASKED:
            warnings.append({"code": "roster_missing", "text": "No roster.", "hint": "Wait."})
        stock = SELLING["stock"] if self.asked[Step.STOCK] >= _ASKED else []
        line = (
            {"line": "online"}
            if self.line is How.UP
            else {"line": "offline", "line_detail": "No way to the cloud."}
        )
        return {**SELLING, **line, "stock": stock, "warnings": warnings}

    def evidence(self, wanted: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Answer as the fleet service that is slow to hear of the host."""
        self.asked["evidence"] += self._step() == Step.CONFIRM
        code, told = self.really(wanted)
        return code, {**told, "ping": told.get("ping", "")} if self.knows() else {
            **told,
            "ping": "",
        }

    def knows(self) -> bool:
        return self.asked["evidence"] > _ASKED

    def _step(self) -> str:
        path = self.place / "at"
        return path.read_text() if path.exists() else ""

    def still_as_before(self) -> set[str]:
        """Return the units that nobody started anew since this host was bare."""
        return {
            unit for unit in self.ran_before if _process(self.venue, unit) == self.ran_before[unit]
        }

    def __post_init__(self) -> None:
        self.really = self.venue.desk.evidence


@contextmanager
def growing_kiosk(venue: Venue, *, half_installed: bool = False) -> Iterator[GrowingKiosk]:
    """Give a bare host that knows nothing, with the passphrase in a file."""
    place = venue.folder / "runs"
    place.mkdir()
    passphrase = venue.folder / "passphrase"
    passphrase.write_text(venue.passphrase)
    words = (
        *("--bundle", str(venue.bundle()), "--key", str(venue.key_file), "--kiosk", "till-1"),
        *("--passphrase-file", str(passphrase)),
    )
    kiosk = GrowingKiosk(venue, words, place)
    venue.desk.evidence = kiosk.evidence  # type: ignore[method-assign]
    venue.venue.write("etc/systemd/system/docker.service", "[Service]\nExecStart=/bin/sleep 600\n")
    for unit in ("docker", *UNITS):
        venue.venue.run("systemctl", "start", unit)
    kiosk.ran_before = {unit: _process(venue, unit) for unit in ("docker", *UNITS)}
    if half_installed:
        venue.venue.write("run/half-installed", _HALF)
        dpkg = venue.host.root / "tools/dpkg"
        rest = '[ "$1" != --configure ] || rm -f "$LOCAL_REGION_ROOT/run/half-installed"\n'
        dpkg.write_text(f"{dpkg.read_text()}{rest}")
    with agent_saying(venue.host.path("/run/eventpro/admin.sock"), kiosk.status):
        yield kiosk


def _process(venue: Venue, unit: str) -> str:
    return venue.venue.text(f"run/{unit}.pid")


def cuts_installer(kiosk: GrowingKiosk) -> None:
    """Have the power go in the installer, whenever it fetches something for the first time."""
    venue = kiosk.venue
    tool = venue.host.root / "tools/curl"
    tool.write_text(
        "#!/bin/bash\n"
        f'what="curl ${{*: -1}}"; killed="{kiosk.place}/killed"; touch "$killed"\n'
        'read -r parent < <(tr "\\0" " " <"/proc/$PPID/cmdline")\n'
        'if [[ "$parent" == *ecs-anywhere-install* ]] && ! grep -qxF "$what" "$killed"; then\n'
        '    echo "$what" >>"$killed"\n'
        '    kill -9 "$(ps -o ppid= -p "$PPID")" "$PPID"\n'
        "    exit 1\nfi\n"
        f'exec {shutil.which("curl")} "$@"\n'
    )
    tool.chmod(0o755)


def over_line(venue: Venue, region_url: str, desk_url: str) -> Venue:
    """Return the venue as it is beyond a line."""
    venue.desk.url = desk_url
    return replace(venue, region=replace(venue.region, url=region_url))
