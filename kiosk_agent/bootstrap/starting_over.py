"""`bootstrap --again`: takes off a host what it was, so that a new bundle can make it a kiosk.

Only a host that is no kiosk any more, and with whose journal nothing would be lost; the journal is
set aside all the same, and never removed. Each act is idempotent: a run that was cut off goes on.
"""

import os
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Final

from kiosk_agent.adapters.drain_mark import RETIRED_NAME
from kiosk_agent.bootstrap.adapters.agent_status import agent_status
from kiosk_agent.bootstrap.checks import cloned
from kiosk_agent.bootstrap.host import Host
from kiosk_agent.bootstrap.journals import JOURNAL, head_of, journal_of
from kiosk_agent.bootstrap.observing import Looker
from kiosk_agent.bootstrap.places import ADMIN_SOCKET, AGENT_SETTINGS, UNITS
from kiosk_agent.bootstrap.refusing import StoppedError
from kiosk_contracts.kiosk_status import KioskStatus

_NOTHING_CHANGED: Final = "Nothing was changed."
_UNIT_S: Final = 120


def start_over(
    host: Host, looker: Looker | None, kiosk_id: str | None, note: Callable[[str], None]
) -> None:
    """Make this host one that is nobody yet; raises StoppedError, and then nothing was changed.

    `looker` and `kiosk_id`: by which the fleet service is asked about what the host was; None where
    it remembers nothing of that. Whoever calls this holds the lock, and read both under it.
    """
    refuse_start_over(host, looker, kiosk_id, agent_status(host.path(ADMIN_SOCKET)))
    # Whom the fleet service was asked about may have sold meanwhile.
    status = agent_status(host.path(ADMIN_SOCKET))
    _refuse_unsent(host, status)
    _stop(host, status)
    if cloned.instance_id(host) is not None or host.has(cloned.RECORD):
        note(cloned.mend(host))
    aside = _set_journal_aside(host.path(JOURNAL).parent)
    if aside is not None:
        note(f"the journal is kept in {aside}; nothing of it was removed")
    host.set_aside(AGENT_SETTINGS)


def refuse_start_over(
    host: Host, looker: Looker | None, kiosk_id: str | None, status: KioskStatus | None
) -> None:
    """Raise StoppedError unless this host is no kiosk any more and its journal owes nothing."""
    _refuse_kiosk(host, looker, kiosk_id, status)
    _refuse_unsent(host, status)


def _refuse_unsent(host: Host, status: KioskStatus | None) -> None:
    """Raise StoppedError where the agent sells, or its journal owes something."""
    if status is not None and not (status.retired or status.draining):
        # What the fleet service says of the host does not reach who buys at its screen.
        raise StoppedError(
            f"{status.kiosk_id} still sells on this host",
            "When nobody buys: kiosk-agent drain; once kiosk-agent status says that all is sent, "
            f"the same again. {_NOTHING_CHANGED}",
        )
    if journal_of(host) is None:
        return
    if status is None:
        raise StoppedError(
            "a journal is on this host, and its agent does not say whether all of it was sent",
            f"Start it: systemctl start kiosk-agent; then the same again. {_NOTHING_CHANGED}",
            again=True,
        )
    keeps = [*status.why_not]
    if status.open_carts:
        keeps.append(f"{status.open_carts} carts are open")
    if status.refunds_to_give:
        keeps.append(f"the money of {status.refunds_to_give} refunds was not given back")
    if keeps or not status.safe_to_reinstall:
        raise StoppedError(
            f"the journal of {status.kiosk_id} on this host is not drained: {'; '.join(keeps)}",
            "Move out what it has not sent: kiosk-agent export, then kiosk-agent import-receipt "
            f"(docs/journal.md); then the same again. {_NOTHING_CHANGED}",
        )


def _stop(host: Host, status: KioskStatus | None) -> None:
    """Stop our units; raises StoppedError, and they run again, where one more sale was recorded."""
    for unit in reversed(UNITS):
        host.run("systemctl", "stop", unit, within_s=_UNIT_S)
    # A journal with no agent that answers was refused before.
    if status is None or journal_of(host) is None or head_of(host) == status.last_sequence:
        return
    for unit in UNITS:
        host.run("systemctl", "start", unit, within_s=_UNIT_S)
    raise StoppedError(
        f"{status.kiosk_id} recorded more than #{status.last_sequence} while it was stopped",
        f"Its services run again. The same again. {_NOTHING_CHANGED}",
        again=True,
    )


def _refuse_kiosk(
    host: Host, looker: Looker | None, kiosk_id: str | None, status: KioskStatus | None
) -> None:
    """Raise StoppedError for a host that is a kiosk, as far as anybody has said."""
    instance = cloned.instance_id(host)
    if instance is None or host.has(str(Path(JOURNAL).with_name(RETIRED_NAME))):
        return
    if status is not None and status.retired:
        return
    said = ""
    if looker is not None and kiosk_id is not None:
        if looker.evidence(kiosk_id) is None and looker.refused is not None:
            return
        said = f" ({looker.why_no_evidence})" if looker.why_no_evidence else ""
    # Another host may be the kiosk of that name by now: its replacement.
    name = kiosk_id or "NAME"
    raise StoppedError(
        f"this host is {kiosk_id or 'registered'}, {instance}, and nobody has said that it is a "
        f"kiosk no more{said}",
        "Start it first, so that it hears of it: systemctl start kiosk-agent; then the same again. "
        f"Only if kiosk-provision kiosk show {name} has this host, {instance}, operators take it "
        f"out of service: kiosk-provision kiosk deprovision {name}. If it was never one of ours: "
        f"kiosk-agent doctor --fix identity. {_NOTHING_CHANGED}",
    )


def _set_journal_aside(folder: Path) -> Path | None:
    """Move the agent's folder to a name that nothing has; leave an empty one of the same owner."""
    if not folder.is_dir() or not any(folder.iterdir()):
        return None
    owner = folder.stat()
    names = (folder.with_name(f"{folder.name}.before-{number}") for number in count(1))
    aside = next(name for name in names if not name.exists())
    try:
        folder.rename(aside)
        folder.mkdir()
        os.chown(folder, owner.st_uid, owner.st_gid)
        folder.chmod(owner.st_mode & 0o7777)
    except OSError as error:
        raise StoppedError(
            f"{folder} can't be set aside: {error.strerror}", "Mend that; then the same again."
        ) from error
    return aside
