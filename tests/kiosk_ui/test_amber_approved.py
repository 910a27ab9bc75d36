"""A manager lets in after AMBER, at the real agent: their PIN and a reason, in the journal."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from kiosk_contracts.gates import GateFeedEntry
from kiosk_contracts.payloads import AdmissionPayload
from kiosk_contracts.serials import format_serial
from kiosk_ui.agent_answers import AgentAwayError
from kiosk_ui.notices import Tone
from kiosk_ui.places import Place
from kiosk_ui.screens.let_in import LetInScreen
from tests.support.journal import at
from tests.support.tickets import Signer
from tests.support.ui_socket import PINS, till_in
from tests.support.ui_socket import Till as Agent
from tests.support.ui_till import AgentClock, Till, kiosk_app

SERIAL = format_serial(4711)
NEXT_KEY = Signer(key_id=2)
CODE = NEXT_KEY.code(SERIAL, "tide")
_AWAY = AgentAwayError("the answer was lost")
MAY = "A manager may let them in after asking: Admit, F8."


@asynccontextmanager
async def gate(folder: Path, who: str = "gus") -> AsyncIterator[tuple[Agent, Till]]:
    """Run the app where somebody is at the gate."""
    async with till_in(folder) as agent:
        await agent.opened.stock(2)
        if who == "mia":
            await agent.sign_in("mia")
            await agent.open_shift()
        app = kiosk_app(folder / "ui.sock", AgentClock(agent.clock))
        async with app.run_test(size=(80, 24)) as pilot:
            till = Till(app, pilot)
            await till.says("PIN")
            await till.press(*PINS[who], "enter")
            await till.until(lambda: app.kiosk.place is not Place.SIGN_IN, "signed in")
            if app.kiosk.place is Place.OPENING_FLOAT:
                await till.press(*"100", "enter")
            await till.at(Place.EVENTS)
            await till.says("Tide & Timber")
            await till.press("f3")
            await till.at(Place.ADMIT)
            yield agent, till


async def admissions(agent: Agent) -> list[AdmissionPayload]:
    rows = await agent.opened.journal.read(lambda reader: reader.rows_page(before=None, limit=50))
    payloads = [row.read_payload() for row in rows]
    return [one for one in payloads if isinstance(one, AdmissionPayload)]


def asks(till: Till) -> bool:
    return isinstance(till.app.screen, LetInScreen)


async def test_a_manager_lets_in_whom_the_gate_cannot_judge(tmp_path: Path) -> None:
    async with gate(tmp_path) as (agent, till):
        till.scan(CODE)
        await till.says("AMBER · ASK")
        await till.says(MAY)
        await till.press("f8")
        await till.until(lambda: asks(till))
        await till.says(f"Let in {SERIAL}?")
        await till.press(*"order mail", "enter", *PINS["mia"], "enter")
        await till.says("GREEN · LET IN")
        await till.says("let in by a manager")
        await till.until(lambda: f"admission {SERIAL}" in till.headline)
        [payload] = await admissions(agent)
        assert (payload.serial, payload.by_hand) == (SERIAL, False)
        assert (payload.approved_by, payload.reason) == ("mia", "order mail")
        assert payload.cashier_id == "gus"


async def test_a_typed_serial_that_is_not_known_here_can_be_let_in_too(tmp_path: Path) -> None:
    async with gate(tmp_path) as (agent, till):
        await till.press(*SERIAL, "enter")
        await till.says("AMBER · ASK")
        await till.press("f8")
        await till.until(lambda: asks(till))
        await till.press(*"box office called", "enter", *PINS["mia"], "enter")
        await till.says("by hand · let in by a manager")
        [payload] = await admissions(agent)
        assert (payload.by_hand, payload.approved_by) == (True, "mia")


async def test_a_wrong_pin_is_asked_for_again_with_the_reason_kept(tmp_path: Path) -> None:
    async with gate(tmp_path) as (agent, till):
        till.scan(CODE)
        await till.says("AMBER · ASK")
        await till.press("f8")
        await till.until(lambda: asks(till))
        await till.press(*"order mail", "enter", *PINS["ana"], "enter")
        await till.says("No manager here has this PIN")
        assert asks(till)
        assert not await admissions(agent)
        await till.press(*PINS["mia"], "enter")
        await till.says("GREEN · LET IN")
        [payload] = await admissions(agent)
        assert payload.reason == "order mail"


async def test_no_reason_and_esc_let_nobody_in(tmp_path: Path) -> None:
    async with gate(tmp_path) as (agent, till):
        till.scan(CODE)
        await till.says("AMBER · ASK")
        await till.press("f8")
        await till.until(lambda: asks(till))
        await till.press("enter")
        await till.says("Type why this person is let in.")
        await till.press("escape")
        await till.until(lambda: not asks(till))
        # It stands still: F8 asks again.
        await till.says("AMBER · ASK")
        await till.press("f8")
        await till.until(lambda: asks(till))
        assert not await admissions(agent)


async def test_a_manager_who_is_signed_in_types_no_pin(tmp_path: Path) -> None:
    async with gate(tmp_path, "mia") as (agent, till):
        till.scan(CODE)
        await till.says("AMBER · ASK")
        await till.press("f8")
        await till.until(lambda: asks(till))
        assert "Manager's PIN" not in till.text
        await till.press(*"order mail", "enter")
        await till.says("GREEN · LET IN")
        [payload] = await admissions(agent)
        assert (payload.approved_by, payload.cashier_id) == ("mia", "mia")


async def test_red_and_a_ticket_that_was_not_sold_are_not_overridden(tmp_path: Path) -> None:
    async with gate(tmp_path) as (agent, till):
        revoked = GateFeedEntry(
            cursor=1,
            fact="revoked",
            serial=SERIAL,
            event_id="tide",
            at=at("18:55:00"),
            gate="South",
        )
        await agent.opened.journal.write(lambda writer: writer.add_gate_facts([revoked], 1))
        till.scan(CODE)
        await till.says("RED · STOP")
        assert MAY not in till.text
        await till.press("f8")
        await till.until(lambda: till.tone is Tone.REFUSED)
        await till.says("There is nobody whom a manager may let in here")
        assert not asks(till)
        (unsold,) = await agent.opened.stock(1)
        await till.press(*unsold, "enter")
        await till.says("Not sold")
        await till.says("AMBER · ASK")
        assert MAY not in till.text
        await till.press("f8")
        await till.says("There is nobody whom a manager may let in here")
        assert not asks(till)
        assert not await admissions(agent)


async def test_what_was_presented_since_is_what_f8_is_about(tmp_path: Path) -> None:
    async with gate(tmp_path) as (agent, till):
        till.scan(CODE)
        await till.says("AMBER · ASK")
        till.scan(agent.signer.code(format_serial(9), "tide"))
        await till.says("GREEN · LET IN")
        await till.press("f8")
        await till.says("There is nobody whom a manager may let in here")
        assert not asks(till)


async def test_amber_on_events_is_decided_on_admit(tmp_path: Path) -> None:
    async with gate(tmp_path) as (agent, till):
        await till.press("escape")
        await till.at(Place.EVENTS)
        till.scan(CODE)
        await till.says(MAY)
        await till.press("f3")
        await till.at(Place.ADMIT)
        await till.says("AMBER · ASK")
        await till.press("f8")
        await till.until(lambda: asks(till))
        till.scan(CODE)
        await till.until(lambda: till.headline == "✖ Let this person in, or leave it, first")
        await till.press(*"order mail", "enter", *PINS["mia"], "enter")
        await till.says("GREEN · LET IN")
        assert len(await admissions(agent)) == 1


async def test_an_answer_that_is_lost_counts_once(tmp_path: Path) -> None:
    async with gate(tmp_path) as (agent, till):
        till.scan(CODE)
        await till.says("AMBER · ASK")
        admit, lost = till.app.kiosk.desk.client.admit, []

        async def losing(request: object) -> object:
            answer = await admit(request)  # type: ignore[arg-type]
            if not lost:
                lost.append(answer)
                raise _AWAY
            return answer

        till.app.kiosk.desk.client.admit = losing  # type: ignore[method-assign,assignment]
        await till.press("f8")
        await till.until(lambda: asks(till))
        await till.press(*"order mail", "enter", *PINS["mia"], "enter")
        await till.says("GREEN · LET IN")
        assert lost
        assert len(await admissions(agent)) == 1


async def test_what_a_manager_may_decide_is_taken_down_with_its_event(tmp_path: Path) -> None:
    async with gate(tmp_path) as (agent, till):
        await till.press(*SERIAL, "enter")
        await till.says("AMBER · ASK")
        await till.press("escape", "down", "f3")
        await till.at(Place.ADMIT)
        await till.says("Quay Blues")
        assert till.app.kiosk.gate.latest is None
        await till.press("f8")
        assert not asks(till)
        assert await admissions(agent) == []


async def test_what_a_manager_may_decide_goes_with_whoever_stood_there(tmp_path: Path) -> None:
    async with gate(tmp_path) as (_, till):
        await till.press(*SERIAL, "enter")
        await till.says("AMBER · ASK")
        till.app.kiosk.signed_out()
        await till.says("Who is at this kiosk?")
        await till.press(*PINS["gus"], "enter")
        await till.at(Place.EVENTS)
        await till.press("f3")
        await till.at(Place.ADMIT)
        assert till.app.kiosk.gate.latest is None
        await till.press("f8")
        assert not asks(till)


async def test_nobody_is_let_out_by_a_manager(tmp_path: Path) -> None:
    async with gate(tmp_path) as (_, till):
        await till.press("f6", *SERIAL, "enter")
        await till.says("AMBER · ASK")
        assert MAY not in " ".join(till.text.split())
        await till.press("f8")
        assert not asks(till)


async def test_who_needs_no_manager_is_not_said_to_be_let_in_by_one(tmp_path: Path) -> None:
    async with gate(tmp_path) as (agent, till):
        till.scan(CODE)
        await till.says("AMBER · ASK")
        await till.press("f8")
        await till.until(lambda: asks(till))
        key = NEXT_KEY.verify_key()
        await agent.opened.journal.write(lambda writer: writer.put_verify_keys([key]))
        await till.press(*"order mail", "enter", *PINS["mia"], "enter")
        await till.says("GREEN · LET IN")
        assert "let in by a manager" not in till.text
        [payload] = await admissions(agent)
        assert payload.approved_by is None


async def test_before_the_next_ticket_is_judged_nobody_is_let_in_for_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with gate(tmp_path) as (_, till):
        till.scan(CODE)
        await till.says("AMBER · ASK")
        kiosk_gate = till.app.kiosk.gate
        ask, standing = kiosk_gate._in_turn, []

        async def asking(question: Any) -> None:
            # Before its answer, and before a picture of asking.
            standing.append((kiosk_gate.latest, kiosk_gate.asking))
            await ask(question)

        monkeypatch.setattr(kiosk_gate, "_in_turn", asking)
        other = format_serial(4712)
        till.scan(NEXT_KEY.code(other, "tide"))
        await till.until(lambda: len(kiosk_gate.verdicts) == 2)
        assert standing == [(None, other)]
