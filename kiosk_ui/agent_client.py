"""The agent's UI socket, typed: models in, models out, refusals as ProblemError.

Every call either is answered, or raises AgentAwayError, which says nothing of whether it
happened: what records something is asked again with the same `txn_id`.
"""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from uuid import UUID

import aiohttp

from kiosk_contracts.clock import ClockConfirmed, ConfirmClock
from kiosk_contracts.kiosk_status import MOST_ROWS, KioskStatus, TransactionPage, TransactionRow
from kiosk_contracts.problem import ProblemCode, ProblemError
from kiosk_contracts.quarantine import HandOver
from kiosk_contracts.scanning import SCANS_TAKEN_OVER, AgentScan
from kiosk_contracts.screens import SCREEN_HEADER, ScreenAnswer, ScreenReport
from kiosk_contracts.selling import (
    Cart,
    Carts,
    FreeCart,
    KioskCatalogue,
    MakeSale,
    MakeVoid,
    PutCart,
    Recorded,
    SaleRecorded,
    TakenSoFar,
    VoidRecorded,
)
from kiosk_contracts.shifts import (
    CloseShift,
    Drawer,
    MoveCash,
    OpenShift,
    ShiftClosed,
    ShiftReport,
)
from kiosk_contracts.staff import StaffSession
from kiosk_contracts.status_changes import CHANGES
from kiosk_contracts.version import PROTOCOL_HEADER, PROTOCOL_VERSION, STAFF_TOKEN_HEADER
from kiosk_ui.after_sale_calls import AfterSaleCalls
from kiosk_ui.agent_answers import AgentAwayError, M, changed, read_as, refusal_of, unreadable
from kiosk_ui.calls import limit_s, with_pin
from kiosk_ui.gate_calls import GateCalls

_STREAM_SILENCE_S: Final = 25
"""The agent says something every 10 seconds; silence beyond this is an agent that hangs."""
_LINE_LIMIT: Final = 1 << 20


class AgentClient(GateCalls, AfterSaleCalls):
    """Calls of the UI socket at `socket_path`; an async context manager.

    `timeout_s` bounds each call, so that an agent that hangs counts as away; one
    with a PIN has LONGEST_PIN_S.
    """

    def __init__(self, socket_path: Path, *, screen: str = "", timeout_s: float = 10) -> None:
        """`screen`: its name, where several take turns."""
        self._socket_path = socket_path
        self._screen = screen
        self._timeout_s = timeout_s
        self._silence_s: float = _STREAM_SILENCE_S
        self._http: aiohttp.ClientSession | None = None
        self.staff_token: str | None = None
        """Whose requests these are; it stays valid when the agent restarts."""

    async def __aenter__(self) -> Self:
        """Make the connection pool; nothing is sent yet."""
        self._http = aiohttp.ClientSession(
            base_url="http://agent",
            connector=aiohttp.UnixConnector(str(self._socket_path), limit=8),
            headers={
                PROTOCOL_HEADER: str(PROTOCOL_VERSION),
                **({SCREEN_HEADER: self._screen} if self._screen else {}),
            },
            read_bufsize=_LINE_LIMIT,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close every connection."""
        if self._http is not None:
            await self._http.close()

    async def sign_in(self, pin: str) -> StaffSession:
        """Sign in; later calls carry the staff token."""
        session = await self.call(StaffSession, "POST", "/v1/sign-in", {"pin": pin})
        self.staff_token = session.staff_token
        return session

    async def sign_out(self) -> None:
        """Sign out; the token is forgotten."""
        await self._send("POST", "/v1/sign-out")
        self.staff_token = None

    def same_session(self) -> "AgentClient":
        """Return a client, not open yet, whose requests are those of whoever is signed in now."""
        other = AgentClient(self._socket_path, screen=self._screen)
        other.staff_token = self.staff_token
        return other

    async def session(self) -> StaffSession:
        """Return who is signed in."""
        return await self.call(StaffSession, "GET", "/v1/session")

    async def open_shift(self, shift: OpenShift) -> Recorded:
        """Open a shift; idempotent by txn_id."""
        return await self.call(Recorded, "POST", "/v1/shifts", shift.to_json())

    async def shift_report(self) -> ShiftReport:
        """Return the X report of the open shift of whoever is signed in."""
        return await self.call(ShiftReport, "GET", "/v1/shifts/current")

    async def drawer(self) -> Drawer:
        """Return what the last closed shift left in the drawer."""
        return await self.call(Drawer, "GET", "/v1/drawer")

    async def pay_in(self, move: MoveCash) -> Recorded:
        """Put cash into the drawer; idempotent by txn_id."""
        return await self.call(Recorded, "POST", "/v1/cash-in", with_pin(move))

    async def pay_out(self, move: MoveCash) -> Recorded:
        """Take cash out of the drawer; idempotent by txn_id."""
        return await self.call(Recorded, "POST", "/v1/cash-out", with_pin(move))

    async def close_shift(self, shift_id: UUID, close: CloseShift) -> ShiftClosed:
        """Close a shift; idempotent by txn_id."""
        path = f"/v1/shifts/{shift_id}/close"
        return await self.call(ShiftClosed, "POST", path, with_pin(close))

    async def catalogue(self) -> KioskCatalogue:
        """Return what this kiosk can sell and admit now."""
        return await self.call(KioskCatalogue, "GET", "/v1/catalogue")

    async def carts(self) -> Carts:
        """Return the carts that are open or in payment."""
        return await self.call(Carts, "GET", "/v1/carts")

    async def put_cart(self, txn_id: UUID, cart: PutCart) -> Cart:
        """Set a cart's whole content; idempotent."""
        return await self.call(Cart, "PUT", f"/v1/carts/{txn_id}", cart.to_json())

    async def delete_cart(self, txn_id: UUID) -> None:
        """Release a cart; one that is gone already is released."""
        await self._delete_known(f"/v1/carts/{txn_id}")

    async def start_payment(self, txn_id: UUID) -> Cart:
        """Put `payment_started` on disk; idempotent."""
        return await self.call(Cart, "POST", f"/v1/carts/{txn_id}/payment")

    async def take(self, txn_id: UUID, so_far: TakenSoFar) -> Cart:
        """Put on disk what was taken of the payment so far; idempotent."""
        return await self.call(Cart, "PUT", f"/v1/carts/{txn_id}/payment", so_far.to_json())

    async def cancel_payment(self, txn_id: UUID) -> Cart:
        """Open a cart again whose payment came to nothing; idempotent."""
        return await self.call(Cart, "DELETE", f"/v1/carts/{txn_id}/payment")

    async def make_sale(self, sale: MakeSale) -> SaleRecorded:
        """Close a cart with a sale; idempotent by txn_id."""
        return await self.call(SaleRecorded, "POST", "/v1/sales", with_pin(sale))

    async def free_cart(self, txn_id: UUID, free: FreeCart) -> Cart:
        """Release a cart that its cashier left, in payment or not; idempotent."""
        return await self.call(Cart, "POST", f"/v1/carts/{txn_id}/free", with_pin(free))

    async def void(self, void: MakeVoid) -> VoidRecorded:
        """Undo a sale; idempotent by txn_id."""
        return await self.call(VoidRecorded, "POST", "/v1/voids", with_pin(void))

    async def retry(self, txn_id: UUID) -> TransactionRow:
        """Let a quarantined transaction be judged afresh; done once, it is `not_quarantined`."""
        return await self.call(TransactionRow, "POST", f"/v1/quarantine/{txn_id}/retry")

    async def hand_over(self, txn_id: UUID, note: HandOver) -> TransactionRow:
        """Hand a quarantined transaction over; repeated, the newest note is kept."""
        path = f"/v1/quarantine/{txn_id}/hand-over"
        return await self.call(TransactionRow, "POST", path, with_pin(note))

    async def confirm_clock(self, confirm: ConfirmClock) -> ClockConfirmed:
        """Let a manager confirm the time that was shown; idempotent."""
        return await self.call(ClockConfirmed, "POST", "/v1/clock/confirm", with_pin(confirm))

    async def transactions(
        self, *, before: int | None = None, limit: int = 50, states: Sequence[str] = ()
    ) -> TransactionPage:
        """Return transactions, newest first, older than sequence `before`.

        More than fit into a page are asked for page by page.
        """
        found: list[TransactionRow] = []
        while True:
            limit_here = min(limit - len(found), MOST_ROWS)
            query = [("limit", str(limit_here)), *(("state", state) for state in states)]
            if before is not None:
                query.append(("before", str(before)))
            page = await self.call(TransactionPage, "GET", "/v1/transactions", query=query)
            found += page.transactions
            before = page.next_before
            if before is None or len(found) >= limit:
                return TransactionPage(transactions=tuple(found), next_before=before)

    async def sale(self, txn_id: UUID) -> SaleRecorded:
        """Return the first answer of a sale, with its tickets."""
        return await self.call(SaleRecorded, "GET", f"/v1/transactions/{txn_id}")

    async def report_screen(self, name: str, report: ScreenReport) -> ScreenAnswer:
        """Say how a screen is; return whether it answers keys."""
        return await self.call(ScreenAnswer, "PUT", f"/v1/screens/{name}", report.to_json())

    async def end_screen(self, name: str) -> None:
        """Say that a screen ends: another one may have its turn at once."""
        await self._send("DELETE", f"/v1/screens/{name}")

    async def stream(self) -> AsyncIterator[KioskStatus]:
        """Yield the agent's status at once and after every change, until the agent goes away."""
        whole: KioskStatus | None = None
        async for name, line in self._events("/v1/stream?changes=yes"):
            told = read_as(KioskStatus, json.loads(line))
            whole = told if name != CHANGES else changed(whole, told)
            yield whole

    async def scans(self) -> AsyncIterator[AgentScan]:
        """Yield what the agent's own scanner reads, each scan once.

        Ends where another screen has taken over; AgentAwayError if the agent goes away.
        """
        async for name, line in self._events("/v1/scans"):
            if name == SCANS_TAKEN_OVER:
                return
            yield read_as(AgentScan, json.loads(line))

    async def _events(self, path: str) -> AsyncIterator[tuple[str, str]]:
        """Yield (name, JSON) of server-sent events until the agent goes away."""
        timeout = aiohttp.ClientTimeout(total=None, sock_read=self._silence_s)
        name = ""
        try:
            async with self._session().get(path, timeout=timeout) as answer:
                if answer.status != 200:  # noqa: PLR2004  HTTP's own number
                    raise AgentAwayError(f"the stream was refused with {answer.status}")
                async for line in answer.content:
                    if line.startswith(b"event:"):
                        name = line[6:].decode().strip()
                    elif line.startswith(b"data:"):
                        yield name, line[5:].decode()
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise AgentAwayError(str(error)) from error
        except ValueError as error:
            raise AgentAwayError(f"the stream could not be read: {error}") from error
        raise AgentAwayError("the stream ended")

    async def _delete_known(self, path: str) -> None:
        try:
            await self._send("DELETE", path)
        except ProblemError as refusal:
            if refusal.code != ProblemCode.CART_UNKNOWN:
                raise

    async def call(
        self,
        model: type[M],
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        query: Sequence[tuple[str, str]] = (),
    ) -> M:
        """Return the answer as `model`. What one part of the UI alone asks, it asks by this.

        Raises ProblemError for a refusal, AgentAwayError where there is no whole answer.
        """
        return read_as(model, await self._send(method, path, body, query))

    async def _send(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        query: Sequence[tuple[str, str]] = (),
    ) -> Any:
        headers = {STAFF_TOKEN_HEADER: self.staff_token} if self.staff_token else {}
        timeout = aiohttp.ClientTimeout(total=limit_s(body or {}, self._timeout_s))
        try:
            async with self._session().request(
                method, path, json=body, params=list(query), headers=headers, timeout=timeout
            ) as answer:
                content = await answer.read()
                status = answer.status
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise AgentAwayError(str(error) or type(error).__name__) from error
        if status >= 400:  # noqa: PLR2004  HTTP's own number
            raise refusal_of(status, content)
        if not content:
            return None
        try:
            return json.loads(content)
        except ValueError as error:
            raise unreadable() from error

    def _session(self) -> aiohttp.ClientSession:
        if self._http is None:
            msg = "use the client inside `async with`"
            raise RuntimeError(msg)
        return self._http
