"""What bootstrap writes, written by hand: for tests of what comes after it."""

import json
import os
from typing import Any

from tests.support.agent_process import STAFF_CASHIER, STAFF_MANAGER, KioskFolder
from tests.support.journal import KIOSK_ID
from tests.support.venue.door import Door
from tests.support.venue.machine import VenueMachine
from tests.support.venue.venue import know, trust

_SETTINGS = "etc/eventpro"


def settle(host: VenueMachine, door: Door, **agent: Any) -> None:
    """Make a host that is off the kiosk that the cloud of `tests.support.cloud` knows.

    `agent` are more of its settings; one that is None is left out.
    """
    know(host, door.name)
    trust(host, "fleet", door.certificate)
    readers = (host.root / _SETTINGS).stat().st_gid
    _write(host, readers, "enrolment-secret", "let me in\n")
    _write(host, readers, "roster.json", json.dumps([STAFF_CASHIER, STAFF_MANAGER]))
    quick = {"heartbeat_s": 0.5, "sync_s": 0.5, "retry_base_s": 0.1, "retry_cap_s": 1}
    settings = {
        "kiosk_id": KIOSK_ID,
        "fleet_url": door.url,
        "enrolment_secret_file": f"/{_SETTINGS}/enrolment-secret",
        "roster_file": f"/{_SETTINGS}/roster.json",
        **quick,
        **agent,
    }
    _write(host, readers, "agent.toml", _toml(settings))
    root = 0
    audience = {"region": "eu-central-1", "identity_audience": door.name}
    _write(host, root, "supervisor.toml", _toml(audience))


def sockets(host: VenueMachine) -> KioskFolder:
    """Return the running host's sockets, as this process finds them."""
    return KioskFolder(host.inside("/run/eventpro"), "")


def _write(host: VenueMachine, group: int, name: str, text: str) -> None:
    path = host.root / _SETTINGS / name
    path.write_text(text)
    path.chmod(0o640)
    os.chown(path, 0, group)


def _toml(values: dict[str, Any]) -> str:
    # A JSON scalar is also a TOML scalar.
    lines = (f"{name} = {json.dumps(one)}\n" for name, one in values.items() if one is not None)
    return "".join(lines)
