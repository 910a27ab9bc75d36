"""Answers to reports as they go over the line: nearly all of them differ by the time alone."""

from datetime import datetime
from typing import Final

from fleet_service.sessions.ports import RegisteredKiosk
from kiosk_contracts.heartbeats import HeartbeatAnswer

_BEGIN: Final = b'{"server_time":"'
_MOST_KNOWN: Final = 1000
"""Of sets of images that are wanted; then they are made anew."""


class Answers:
    """Remembers what stands behind the time, by what operators want of a kiosk."""

    def __init__(self) -> None:
        self._known: dict[tuple[bool, tuple[str, ...]], bytes] = {}

    def text(self, now: datetime, kiosk: RegisteredKiosk | None) -> bytes:
        """Return what a kiosk as registered is answered, as JSON, if it has no commands."""
        wanted = (False, ()) if kiosk is None else (kiosk.leaving, kiosk.images_wanted)
        rest = self._known.get(wanted)
        if rest is None:
            rest = self._known[wanted] = _behind_the_time(answer_of(now, kiosk))
            if len(self._known) > _MOST_KNOWN:
                self._known.clear()
        return b"".join((_BEGIN, now.isoformat().replace("+00:00", "Z").encode(), rest))


def answer_of(now: datetime, kiosk: RegisteredKiosk | None) -> HeartbeatAnswer:
    """Return the time, and what operators want of a kiosk as registered."""
    if kiosk is None:
        return HeartbeatAnswer(server_time=now)
    return HeartbeatAnswer(server_time=now, leave=kiosk.leaving, images_wanted=kiosk.images_wanted)


def _behind_the_time(answer: HeartbeatAnswer) -> bytes:
    whole = answer.model_dump_json().encode()
    if not whole.startswith(_BEGIN):
        msg = "an answer begins with the time"
        raise AssertionError(msg)
    return whole[whole.index(b'"', len(_BEGIN)) :]
