"""What is wanted of an activation: for whom, how long, how many. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Final

from kiosk_contracts.venues import KioskStanding, PlannedKiosk, Setting, Standing, VenueStanding
from operator_cli.durations import duration
from operator_cli.refusing import RefusedError

LONGEST: Final = timedelta(days=30)
"""SSM lets no activation count for longer:
https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_CreateActivation.html"""


def read_life(text: str) -> timedelta:
    """Return the life of e.g. `7d`, `12h`, `90m`; raises RefusedError."""
    life = duration(text)
    if life > LONGEST:
        raise RefusedError(
            f"{text!r} is no life of an activation", "Write e.g. 7d, 12h or 90m, up to 30d."
        )
    return life


def choose_kiosks(
    venue: VenueStanding, count: int | None, names: Sequence[str]
) -> tuple[PlannedKiosk, ...]:
    """Return the kiosks to enrol: those named, or the first `count` that are expected.

    Raises RefusedError.
    """
    venue_id = venue.venue.venue_id
    expected = [one for one in venue.kiosks if one.standing is Standing.EXPECTED]
    if names:
        by_id = {one.kiosk_id: one for one in venue.kiosks}
        for name in names:
            if name not in by_id:
                raise RefusedError(
                    f"{venue_id} has no kiosk {name}", f"It has {', '.join(by_id) or 'none'}."
                )
            if by_id[name] not in expected:
                raise _not_expected(by_id[name])
        expected = [by_id[name] for name in dict.fromkeys(names)]
        count = len(expected)
    count = len(expected) if count is None else count
    if not 0 < count <= len(expected):
        raise RefusedError(
            f"{venue_id} expects {len(expected)} kiosks, not {count}",
            " ".join(
                (
                    *_to_be_freed(venue),
                    "Plan more with kiosk-provision venue add, or ask for fewer.",
                )
            ),
        )
    return tuple(
        PlannedKiosk(kiosk_id=one.kiosk_id, kiosk_code=one.kiosk_code) for one in expected[:count]
    )


def kept_settings(
    venue: VenueStanding, kiosks: Sequence[PlannedKiosk], said: Mapping[str, Setting]
) -> dict[str, dict[str, Setting]]:
    """Return what kiosks keep of their last hosts' settings: all that is not said anew.

    A replaced host's printer stands where it stood.
    """
    known = {one.kiosk_id: one.settings for one in venue.kiosks}
    kept = {
        one.kiosk_id: {
            name: value for name, value in known[one.kiosk_id].items() if name not in said
        }
        for one in kiosks
    }
    return {kiosk_id: settings for kiosk_id, settings in kept.items() if settings}


def _not_expected(kiosk: KioskStanding) -> RefusedError:
    name, standing = kiosk.kiosk_id, kiosk.standing
    what = f"{name} is {standing}, so no new host is expected for it"
    match standing:
        case Standing.PENDING:
            return RefusedError(
                f"{name} is granted to a host that is not the kiosk yet",
                f"If that host will never be it, free the name: kiosk-provision kiosk free {name}.",
            )
        case Standing.RETIRED:
            return RefusedError(what, "Plan a new kiosk: kiosk-provision venue add.")
        case Standing.ACTIVE | Standing.REVOKED | Standing.EXPECTED:
            return RefusedError(what, f"Replace its host: kiosk-provision kiosk replace {name}.")


def _to_be_freed(venue: VenueStanding) -> Iterator[str]:
    pending = [one.kiosk_id for one in venue.kiosks if one.standing is Standing.PENDING]
    if pending:
        yield (
            f"Granted to hosts that are not the kiosk yet: {', '.join(pending)}. Free the name of "
            f"one that never will be: kiosk-provision kiosk free {pending[0]}."
        )
