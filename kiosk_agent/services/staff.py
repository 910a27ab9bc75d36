"""Who is signed in: PINs and tokens. The agent checks, whatever the UI shows."""

import hashlib
import secrets

import structlog

from kiosk_agent.domain import refusals_staff
from kiosk_agent.domain.people import StaffMember, rank, with_role, works_at_the_kiosk
from kiosk_agent.ports.pins import PinHashes
from kiosk_agent.services.kiosk import Kiosk
from kiosk_agent.services.known_staff import StaffView
from kiosk_agent.services.people_by_pin import PeopleByPin
from kiosk_agent.services.pin_tries import PinTries
from kiosk_contracts.staff import StaffRole, StaffSession

log = structlog.get_logger(__name__)
_TOKEN_BYTES = 32


class Staff:
    """Signs people in and out, and finds who a token belongs to."""

    def __init__(self, kiosk: Kiosk, roster: StaffView, pins: PinHashes, tries: PinTries) -> None:
        self._kiosk = kiosk
        self._roster = roster
        self._people = PeopleByPin(pins, tries)
        self._signed_in: dict[str, str] = {}
        """Ids by the hash of the token, so that a request needs no read of the journal."""
        self._sign_outs = 0

    async def sign_in(self, pin: str) -> StaffSession:
        """Return a session with a new token.

        Raises ProblemError `pin_wrong`, `pin_locked`, `role_too_low` to a technician, and
        `roster_missing` (retryable).
        """
        member = await self._people.known(pin, self._roster.members)
        if not works_at_the_kiosk(member):
            raise refusals_staff.technician_at_the_desk()
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        hashed, now = _hash(token), self._kiosk.clock.now()
        await self._kiosk.journal.write(
            lambda writer: writer.put_staff_session(hashed, member.staff_id, now)
        )
        log.info("staff_signed_in", staff_id=member.staff_id, role=member.role)
        return await self._session(member, token)

    async def approve(self, person: StaffMember, pin: str | None) -> StaffMember:
        """Return the manager who approves: the person themself, or whose PIN was typed.

        Raises ProblemError `approval_needed`, `pin_wrong`, `pin_locked`.
        """
        if rank(person.role) >= rank(StaffRole.MANAGER):
            return person
        if pin is None:
            raise refusals_staff.approval_needed()
        managers = with_role(self._roster.members, StaffRole.MANAGER)
        approver = await self._people.whose(pin, managers, beside=[person])
        if approver is None:
            raise refusals_staff.approver_unknown()
        return approver

    async def sign_out(self, token: str) -> None:
        """End a session. Idempotent."""
        hashed = _hash(token)
        await self._kiosk.journal.write(lambda writer: writer.end_staff_session(hashed))
        self._sign_outs += 1
        self._signed_in.pop(hashed, None)

    async def who(self, token: str | None) -> StaffMember:
        """Return whose token it is; ProblemError `not_signed_in`."""
        if not token:
            raise refusals_staff.not_signed_in()
        hashed = _hash(token)
        known = self._signed_in.get(hashed)
        # Whoever was taken off the roster meanwhile is nobody here any more.
        return (self._find(known) if known else None) or await self._look_up(hashed)

    def _find(self, staff_id: str) -> StaffMember | None:
        member = self._roster.find(staff_id)
        return member if member is not None and works_at_the_kiosk(member) else None

    async def _look_up(self, hashed: str) -> StaffMember:
        seen = self._sign_outs
        session = await self._kiosk.journal.read(lambda reader: reader.staff_session(hashed))
        member = None if session is None else self._find(session[0])
        if member is None:
            raise refusals_staff.not_signed_in()
        # A sign-out that came during the read must not be undone by what was read before it.
        if seen == self._sign_outs:
            self._signed_in[hashed] = member.staff_id
        return member

    async def session(self, token: str) -> StaffSession:
        """Return the session of a token, after the UI was restarted."""
        return await self._session(await self.who(token), token)

    async def _session(self, member: StaffMember, token: str) -> StaffSession:
        shift_id = await self._kiosk.journal.read(lambda reader: reader.open_shift(member.staff_id))
        return StaffSession(
            staff_id=member.staff_id,
            name=member.name,
            role=member.role,
            staff_token=token,
            shift_id=shift_id,
            currency=self._kiosk.currency,
            limits=self._kiosk.limits.told(self._kiosk.currency),
        )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
