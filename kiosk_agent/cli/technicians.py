"""`kiosk-agent check-pin`: whether a PIN is a technician's, also while the agent is down."""

import argparse
import asyncio
import json
import os
import pwd
import sys
from typing import Any, Final

from kiosk_agent import exit_codes, log
from kiosk_agent.adapters.journal.store import open_journal
from kiosk_agent.adapters.lock_file import journal_lock
from kiosk_agent.adapters.pin_hashes import ArgonPinHashes
from kiosk_agent.adapters.roster_file import load_roster
from kiosk_agent.adapters.system_clock import SystemClock
from kiosk_agent.cli.reaching import AgentAwayError, Place, ask, find_place
from kiosk_agent.domain import refusals_staff
from kiosk_agent.services.known_staff import KnownStaff
from kiosk_agent.services.pin_tries import PinTries
from kiosk_agent.services.technicians import Technicians
from kiosk_agent.settings import AgentSettings
from kiosk_contracts.problem import ProblemCode, ProblemError
from kiosk_contracts.staff import Technician
from kiosk_texts import read_language, speaking, tr

_PIN_LENGTHS: Final = range(4, 13)


def check_pin(options: argparse.Namespace) -> int:
    """Read `{"pin", "locale"}` from standard input; write who it is, or the problem, as JSON."""
    log.configure("info")
    asked = json.loads(sys.stdin.read())
    pin, locale = str(asked["pin"]), str(asked.get("locale", "en_GB"))
    with speaking(read_language(locale)):
        try:
            found = asyncio.run(_check(find_place(options), pin, locale))
        except ProblemError as error:
            sys.stdout.write(json.dumps({"problem": error.problem.to_json()}) + "\n")
            return exit_codes.REFUSED
    sys.stdout.write(json.dumps(found) + "\n")
    return exit_codes.OK


async def _check(place: Place, pin: str, locale: str) -> dict[str, Any]:
    if len(pin) not in _PIN_LENGTHS:
        # Nobody's can be so long or short: as at the kiosk's sign-in, it does not count as a try.
        raise refusals_staff.pin_wrong()
    try:
        body = {"pin": pin, "locale": locale}
        return dict(await ask(place, "POST", "/v1/technician", body))
    except AgentAwayError:
        if place.settings is None:
            raise _not_to_be_told(tr("The agent is down.")) from None
        return (await _at_rest(place.settings, pin)).to_json()


async def _at_rest(settings: AgentSettings, pin: str) -> Technician:
    """Judge a PIN by the journal of an agent that is down, under its lock, as its own user.

    A wrong one is counted there, so this writes: what root wrote would shut the agent out.
    """
    if not settings.journal_path.exists() or not settings.journal_path.stat().st_size:
        raise _not_to_be_told(tr("The agent is down, and this kiosk has no journal yet."))
    roster = KnownStaff(load_roster(settings.roster_file))
    clock = SystemClock()
    _become_owner_of(settings)
    with journal_lock(settings.state_dir, "kiosk-agent check-pin"):
        async with open_journal(
            settings.journal_path, clock=clock, kiosk_id=settings.kiosk_id
        ) as journal:
            roster.learn(await journal.read(lambda reader: reader.roster()))
            tries = PinTries(journal, clock)
            return await Technicians(roster, ArgonPinHashes(), tries).let_in(pin)


def _become_owner_of(settings: AgentSettings) -> None:
    owner = settings.journal_path.stat()
    if os.geteuid() != 0 or owner.st_uid == 0:
        return
    os.initgroups(pwd.getpwuid(owner.st_uid).pw_name, owner.st_gid)
    os.setgid(owner.st_gid)
    os.setuid(owner.st_uid)


def _not_to_be_told(why: str) -> ProblemError:
    return ProblemError(
        503,
        ProblemCode.AGENT_STARTING,
        tr("Nobody can tell whose PIN it is"),
        detail=why,
        hint=tr("Log in on the next screen: Ctrl+Alt+F2."),
        retryable=True,
    )
