"""Puts a run together: which bundle counts, and whom the steps ask."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kiosk_agent.bootstrap.adapters.agent_status import agent_status
from kiosk_agent.bootstrap.adapters.fleet import FleetDesk
from kiosk_agent.bootstrap.asking import secrets_of
from kiosk_agent.bootstrap.checks.cloned import instance_id
from kiosk_agent.bootstrap.finding import (
    NoStickError,
    found_bundle,
    read_file,
    read_raw,
    verifying_keys,
)
from kiosk_agent.bootstrap.host import Host
from kiosk_agent.bootstrap.job import Asks, Job, Pace, Says
from kiosk_agent.bootstrap.lock import one_at_a_time
from kiosk_agent.bootstrap.observing import Looker
from kiosk_agent.bootstrap.places import ADMIN_SOCKET, CREDENTIALS
from kiosk_agent.bootstrap.proving import Prover
from kiosk_agent.bootstrap.record import Remembered
from kiosk_agent.bootstrap.refusing import StoppedError
from kiosk_agent.bootstrap.starting_over import refuse_start_over, start_over
from kiosk_contracts.enrolment import BundleRefusedError, ReadBundle


@dataclass(frozen=True, slots=True)
class Choices:
    """What whoever runs it chose."""

    bundle: Path | None = None
    keys: Sequence[Path] = ()
    kiosk: str | None = None
    passphrase_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Counting:
    """The bundle that counts for a host."""

    bundle: ReadBundle
    file: dict[str, Any]


def prepare(host: Host, choices: Choices, asks: Asks, says: Says, pace: Pace = Pace()) -> Job:  # noqa: B008  frozen
    """Return the job; raises StoppedError, and then nothing was changed."""
    remembered = Remembered(host)
    registered = instance_id(host) is not None
    counting = counting_bundle(host, choices, remembered, says.note)
    body = counting.bundle.body
    if not registered:
        _refuse_expired(counting.bundle)
        if remembered.bundle_id not in {None, str(body.bundle_id)}:
            # A name that another bundle gave is granted anew by this one.
            remembered.pass_over_kiosk()
    known = remembered.now.kiosk
    if choices.kiosk is not None and known is not None and known.kiosk_id != choices.kiosk:
        raise StoppedError(
            f"this host was granted {known.kiosk_id}, not {choices.kiosk}",
            "Go on without --kiosk; or have the operators free it: kiosk-provision kiosk free "
            f"{known.kiosk_id}.",
        )
    prover = Prover(host.path(CREDENTIALS), body.region, body.identity_audience)
    fleet = FleetDesk(str(body.fleet_url))
    return Job(
        host=host,
        bundle=body,
        bundle_file=counting.file,
        remembered=remembered,
        fleet=fleet,
        looker=Looker(host, remembered, fleet, prover),
        secrets=secrets_of(counting.bundle, asks, choices.passphrase_file),
        asks=asks,
        says=says,
        wanted_kiosk=choices.kiosk,
        pace=pace,
    )


def prepare_again(host: Host, choices: Choices, says: Says, *, dry_run: bool) -> None:
    """Take off this host what it was, once there is a bundle that can make it something else.

    Raises StoppedError, and then nothing was changed.
    """
    keys = verifying_keys(host, choices.keys)
    if choices.bundle is not None:
        new, _ = read_file(choices.bundle, keys)
    else:
        with found_bundle(host) as path:
            new, _ = read_file(path, keys)
    _refuse_expired(new)
    if dry_run:
        looker, kiosk_id = _what_it_was(host, keys)
        refuse_start_over(host, looker, kiosk_id, agent_status(host.path(ADMIN_SOCKET)))
        says.note(f"would take off this host that it was {kiosk_id or 'registered'}, if it was")
        return
    with one_at_a_time(host):
        # Read under the lock: another run may have made this host another kiosk meanwhile.
        start_over(host, *_what_it_was(host, keys), says.note)


def _what_it_was(host: Host, keys: dict[str, bytes]) -> tuple[Looker | None, str | None]:
    """Return by whom the fleet service is asked about what this host was, and as which kiosk.

    None where the host remembers nothing of it; raises StoppedError.
    """
    remembered = Remembered(host)
    looker, kiosk = None, remembered.now.kiosk
    if remembered.now.bundle is not None:
        body = _remembered(remembered.now.bundle, keys).bundle.body
        prover = Prover(host.path(CREDENTIALS), body.region, body.identity_audience)
        looker = Looker(host, remembered, FleetDesk(str(body.fleet_url)), prover)
    return looker, None if kiosk is None else kiosk.kiosk_id


def counting_bundle(
    host: Host, choices: Choices, remembered: Remembered, note: Callable[[str], None]
) -> Counting:
    """Return the bundle that counts: once a host is registered, the one it was registered by.

    Raises StoppedError.
    """
    keys = verifying_keys(host, choices.keys)
    known = remembered.now.bundle
    if instance_id(host) is not None and known is not None:
        if choices.bundle is not None:
            note(
                f"▲ {choices.bundle} is left aside: this host is registered already. If it is a "
                "kiosk no more: kiosk-agent bootstrap --again"
            )
        return _remembered(known, keys)
    if choices.bundle is not None:
        return Counting(*read_file(choices.bundle, keys))
    try:
        with found_bundle(host) as path:
            return Counting(*read_file(path, keys))
    except NoStickError:
        if known is None:
            raise
        return _remembered(known, keys)


def _remembered(known: dict[str, Any], keys: dict[str, bytes]) -> Counting:
    return Counting(read_raw(json.dumps(known).encode(), keys), known)


def _refuse_expired(bundle: ReadBundle) -> None:
    try:
        bundle.refuse_expired(datetime.now(UTC))
    except BundleRefusedError as error:
        raise StoppedError(str(error), error.hint) from error
