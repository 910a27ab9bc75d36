"""No identity of another host: a copied disk looks registered, and would be that host.

The SSM agent keeps what it registered as in its store; we keep beside it which machine that was.
"""

import hashlib
import json
from collections.abc import Sequence
from typing import Any, Final

from kiosk_agent.bootstrap.domain.checking import Found, bad, good, look
from kiosk_agent.bootstrap.domain.hardware_marks import is_mark
from kiosk_agent.bootstrap.host import Host
from kiosk_agent.bootstrap.places import CREDENTIALS, DONE, ECS_DATA, ECS_UNIT, ISSUE, SSM_UNIT

NAME = "identity"
SSM_STORE: Final = "/var/lib/amazon/ssm/Vault/Store/RegistrationKey"
RECORD: Final = "/var/lib/eventpro/bootstrap.json"
_MACHINE_ID: Final = "/etc/machine-id"
_HARDWARE: Final = ("/sys/class/dmi/id/product_uuid", "/sys/class/dmi/id/board_serial")
_CARDS: Final = "/sys/class/net"
_OF_THE_CARD: Final = "0"
"""NET_ADDR_PERM: https://www.kernel.org/doc/Documentation/ABI/testing/sysfs-class-net"""
_APART: Final = b"eventpro kiosk host\n"


def host_id(host: Host) -> str:
    """Return which machine this is, as the fleet service hears of it (machine-id(5)).

    Of the hardware, what vendors left unfilled is no mark. Where nothing else is left, the
    addresses of its network cards are: a copied disk brings the machine id along.
    """
    machine = (host.read(_MACHINE_ID) or "").strip()
    values = [(host.read(name) or "").strip() for name in _HARDWARE]
    real = [value if is_mark(value) else "" for value in values]
    now = _digest([machine, *real] if any(real) else [machine, *real, *_cards(host)])
    # A host goes on as what it was enrolled as, also where unfilled values were among its marks.
    before = _digest([machine, *values])
    return before if _read(host, RECORD).get("host_id") == before else now


def is_told_apart(host: Host) -> bool:
    """Say whether more than the machine id, which a copied disk has too, tells this machine."""
    return any(is_mark(host.read(name) or "") for name in _HARDWARE) or bool(_cards(host))


def _digest(parts: Sequence[str]) -> str:
    return hashlib.sha256(_APART + "\n".join(parts).encode()).hexdigest()


def _cards(host: Host) -> list[str]:
    """Return the addresses that its network cards were made with, but not of what is plugged in."""
    found = set()
    for card in host.names(_CARDS):
        place = f"{_CARDS}/{card}"
        device = host.path(f"{place}/device")
        address = (host.read(f"{place}/address") or "").strip()
        own = (host.read(f"{place}/addr_assign_type") or "").strip() == _OF_THE_CARD
        if own and device.exists() and "/usb" not in str(device.resolve()) and is_mark(address):
            found.add(address)
    return sorted(found)


def instance_id(host: Host) -> str | None:
    """Return the managed instance that the SSM agent's store says this host is."""
    found = _read(host, SSM_STORE).get("instanceID")
    return found if isinstance(found, str) and found else None


def check(host: Host) -> Found:
    """Say whether this host's identity is its own."""
    machine = (host.read(_MACHINE_ID) or "").strip()
    if not machine or machine == "uninitialized":
        return bad("this host has no machine id", "Run: systemd-machine-id-setup.")
    registered = instance_id(host)
    if registered is None:
        if not is_told_apart(host):
            return look(
                "nothing but its machine id tells this machine from another of its kind",
                "If its disk was copied from another's, give it an id of its own before: rm "
                "/etc/machine-id; systemd-machine-id-setup; then restart it.",
            )
        return good("this host is registered nowhere")
    known = _read(host, RECORD).get("host_id")
    if known is None:
        return look(
            f"this host is registered as {registered}, and not by us",
            "If its disk was copied from another, remove its registration first: "
            "kiosk-agent doctor --fix identity.",
        )
    if known != host_id(host):
        return bad(
            f"this disk was copied: it is registered as {registered}, on another machine",
            "Remove the copied registration: kiosk-agent doctor --fix identity. If only the board "
            "was changed, leave it: it sells on; ask the operators.",
        )
    return good(f"this host is {registered}")


def mend(host: Host) -> str:
    """Take the registration off this host: it is set aside, and so is what remembers it.

    The journal is not touched. The registration itself stays at AWS; operators remove it.
    """
    registered = instance_id(host)
    for unit in (SSM_UNIT, ECS_UNIT):
        host.run("systemctl", "stop", unit, within_s=90)
    # The store last: as long as it is there, this host is somebody, and the same again goes on.
    for name in (DONE, ISSUE, CREDENTIALS, ECS_DATA, RECORD, SSM_STORE):
        host.set_aside(name)
    return f"this host is {registered or 'nobody'} no more; run: kiosk-agent bootstrap"


def _read(host: Host, name: str) -> dict[str, Any]:
    try:
        found = json.loads(host.read(name) or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
