"""`kiosk-agent update-lock set | show | lift`: until when no update comes to the screen."""

import argparse
import asyncio
import re
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

from kiosk_agent import exit_codes
from kiosk_agent.cli.reaching import AgentAwayError, ask, find_place
from kiosk_agent.cli.resting import away_problem
from kiosk_agent.cli.showing import lock_words, say, say_json
from kiosk_contracts.problem import ProblemCode, ProblemError
from kiosk_contracts.update_lock import UpdateLockState

_PATH: Final = "/v1/update-lock"
_LASTS: Final = re.compile(r"(?:(\d{1,3})h)?(?:(\d{1,4})m)?", re.ASCII)


def lock_set(options: argparse.Namespace) -> int:
    """Set one in place of the one before."""
    now = datetime.now().astimezone()
    until = end_of(options.lasts, now) if options.lasts else end_at(options.until, now)
    state = _ask(options, "PUT", {"until": until.isoformat(), "why": options.why})
    if not options.json and state.update_lock is not None:
        say(f"Updates: {lock_words(state.update_lock)}.")
    return exit_codes.OK


def lock_show(options: argparse.Namespace) -> int:
    """Show the one in force."""
    state = _ask(options, "GET")
    if not options.json:
        lock = state.update_lock
        say(f"Updates: {lock_words(lock)}." if lock else "No update lock is in force.")
    return exit_codes.OK


def lock_lift(options: argparse.Namespace) -> int:
    """Let an update come now."""
    state = _ask(options, "DELETE")
    if not options.json:
        before = state.before
        said = f"Lifted; it was: {lock_words(before)}." if before else "There was none to lift."
        say(said)
    return exit_codes.OK


def end_of(text: str, now: datetime) -> datetime:
    """Return when a lock of that length ends, e.g. `1h30m`; ProblemError `body_invalid`."""
    found = _LASTS.fullmatch(text.strip())
    hours, minutes = (int(part or 0) for part in found.groups()) if found else (0, 0)
    if not hours and not minutes:
        raise _not_readable(f"'{text}' is no length of time.", "Give one like 90m, 2h or 1h30m.")
    return now.astimezone(UTC) + timedelta(hours=hours, minutes=minutes)


def end_at(text: str, now: datetime) -> datetime:
    """Return the next time that a clock in `now`'s zone shows it; ProblemError `body_invalid`.

    A whole time, with its day, is taken as it is; without a zone it is this host's.
    """
    try:
        shown = time.fromisoformat(text)
    except ValueError:
        return _moment(text)
    if shown.tzinfo is not None:
        raise _not_a_time(text)
    today = datetime.combine(now.date(), shown).astimezone()
    tomorrow = datetime.combine(now.date() + timedelta(days=1), shown).astimezone()
    return today if today > now else tomorrow


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError):
        raise _not_a_time(text) from None


def _not_a_time(text: str) -> ProblemError:
    hint = "Give one like 22:30, or with its day: 2026-11-27T22:30+01:00."
    return _not_readable(f"'{text}' is no time.", hint)


def _not_readable(detail: str, hint: str) -> ProblemError:
    return ProblemError(
        422, ProblemCode.BODY_INVALID, "Nothing was changed", detail=detail, hint=hint
    )


def _ask(options: argparse.Namespace, method: str, body: Any = None) -> UpdateLockState:
    return asyncio.run(_asked(options, method, body))


async def _asked(options: argparse.Namespace, method: str, body: Any) -> UpdateLockState:
    place = find_place(options)
    try:
        answer = await ask(place, method, _PATH, body)
    except AgentAwayError as error:
        raise away_problem(error, place) from error
    if options.json:
        say_json(answer)
    return UpdateLockState.model_validate(answer)
