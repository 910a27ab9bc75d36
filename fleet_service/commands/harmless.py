"""What commands bring back, as it is kept: no word of a kiosk's reaches anybody as it came.

Pure, and slow for what is long: not for an event loop.
"""

import json
from typing import Final

from fleet_service.commands.refusing import content_refused
from kiosk_contracts.commands import MOST_TEXT, CommandOutcome
from kiosk_contracts.shown_text import shown, shown_json

TEXT: Final = "text/plain"
JSON: Final = "application/json"
SEALED: Final = "application/age"
_SEAL: Final = b"age-encryption.org/v1\n"
_LONGEST_LINE: Final = 2000


def harmless(outcome: CommandOutcome) -> bytes:
    """Return what is kept of what it brings back; raises ProblemError 422.

    What is sealed can be read by nobody here: it is kept as it is, if it is sealed at all.
    """
    raw = outcome.raw
    match outcome.content_type:
        case "" if not raw:
            return b""
        case "text/plain":
            return _text(_bounded(raw))
        case "application/json":
            return _json(_bounded(raw))
        case "application/age" if raw.startswith(_SEAL):
            return raw
        case _:
            raise content_refused(f"it is none of {TEXT}, {JSON}, {SEALED}, or not what it says")


def _bounded(raw: bytes) -> str:
    if len(raw) > MOST_TEXT:
        raise content_refused(f"a text may have {MOST_TEXT} bytes")
    return raw.decode(errors="replace")


def _text(text: str) -> bytes:
    lines = [shown(line, _LONGEST_LINE) for line in text.splitlines()]
    return "".join(f"{line}\n" for line in lines).encode()


def _json(text: str) -> bytes:
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        raise content_refused("it is no JSON") from None
    return json.dumps(shown_json(told), ensure_ascii=False).encode()
