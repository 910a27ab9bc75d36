"""The gate's panel: a verdict stands no longer than until anything else is presented."""

import asyncio

import pytest

from kiosk_ui.gate import _GLANCE_S
from kiosk_ui.looks import Look
from kiosk_ui.notices import Notice, Tone
from kiosk_ui.places import Place
from kiosk_ui.widgets.gate.verdict_panel import VerdictPanel
from tests.support.ui_agent import UiAgent
from tests.support.ui_till import Till, asked, kiosk_app, open_till

ADMIT = "POST /v1/admissions"
GREEN = "GREEN · LET IN"
NONE = "Scan a ticket, or type its serial"


@pytest.fixture
def rung(till: Till, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what the gate's panel showed each time that the bell rang."""
    rings: list[str] = []
    gate = till.app.kiosk.gate
    monkeypatch.setattr(gate, "_ring", lambda: rings.append(till.headline))
    return rings


async def at_the_gate(till: Till, tickets: str = "2") -> list[str]:
    """Sell tickets, let the first in; return the codes."""
    await till.sign_in()
    sold = await till.sell(tickets)
    await till.press("escape", "f3")
    await till.at(Place.ADMIT)
    till.scan(sold[0])
    await till.until(lambda: is_green(till))
    return sold


def panel(till: Till) -> str:
    """Return what stands in the panel."""
    words = till.app.screen.query_one(VerdictPanel).query_one("VerdictWords")
    return str(words.render())


def is_green(till: Till) -> bool:
    return till.app.screen.query_one(VerdictPanel).has_class("green")


async def test_while_the_next_ticket_is_asked_about_no_green_stands(
    till: Till, agent: UiAgent
) -> None:
    _, second = await at_the_gate(till)
    agent.faults.hold_back[ADMIT] = asyncio.Event()
    till.scan(second)
    await till.says("The agent is being asked about it.")
    assert panel(till).splitlines()[0] == "WAIT"
    assert not is_green(till)
    assert GREEN not in panel(till)
    agent.faults.hold_back[ADMIT].set()
    await till.until(lambda: panel(till).startswith(GREEN))
    assert is_green(till)


def test_a_picture_of_asking_is_no_longer_away_than_a_glance() -> None:
    # Within a twentieth of a second nobody has read the verdict before.
    assert _GLANCE_S <= 0.05


async def test_a_ticket_that_is_read_twice_while_another_waits_is_said_of_itself(
    till: Till, agent: UiAgent
) -> None:
    first, second = await at_the_gate(till)
    said: dict[str, bool] = {}
    announce = till.app.kiosk.announce

    def hear(notice: Notice | None) -> None:
        announce(notice)
        if notice is not None:
            twice = any("Scanned twice" in line for line in notice.details)
            said[notice.text] = twice

    till.app.kiosk.announce = hear  # type: ignore[method-assign]
    held = agent.faults.hold_back[ADMIT] = asyncio.Event()
    till.scan(first)
    await till.until(lambda: asked(agent, ADMIT) == 2)
    till.scan(second)
    till.scan_soon(second, 0.5)
    await till.until(lambda: bool(till.app.kiosk.gate._twice))
    held.set()
    await till.until(lambda: len(till.app.kiosk.gate.verdicts) == 3)
    assert said["Already used"] is False
    assert [twice for text, twice in said.items() if "admission" in text] == [True]


async def test_while_the_agent_is_away_no_green_stands_for_the_next_ticket(
    till: Till, agent: UiAgent
) -> None:
    _, second = await at_the_gate(till)
    await agent.go_away()
    till.scan(second)
    await till.until(lambda: till.headline == "… asking again: the agent was away")
    await till.until(lambda: panel(till).splitlines()[0] == "WAIT")
    assert not is_green(till)
    await agent.come_back()
    await till.until(lambda: panel(till).startswith(GREEN))


async def test_a_ticket_that_waits_behind_another_gets_its_own_wait(
    till: Till, agent: UiAgent
) -> None:
    first, second = await at_the_gate(till)
    held = agent.faults.hold_back[ADMIT] = asyncio.Event()
    till.scan(first)
    till.scan(second)
    await till.until(lambda: asked(agent, ADMIT) == 2)
    agent.faults.hold_back[ADMIT] = asyncio.Event()
    held.set()
    # The first is answered, RED; a moment later the second is what is asked about.
    await till.until(lambda: len(till.app.kiosk.gate.verdicts) == 2)
    await till.until(lambda: panel(till).startswith("WAIT"))
    agent.faults.hold_back[ADMIT].set()
    await till.until(lambda: panel(till).startswith(GREEN))


async def test_another_code_takes_the_verdict_down(till: Till) -> None:
    await at_the_gate(till)
    till.burst(*"4006381333931", "enter")
    await till.until(lambda: till.headline == "✖ That was no ticket's code")
    assert panel(till) == NONE
    assert not is_green(till)


@pytest.mark.parametrize("typed", ["Nobody", "zz"])
async def test_a_name_that_leads_to_nothing_takes_the_verdict_down_and_is_heard(
    till: Till, rung: list[str], typed: str
) -> None:
    await at_the_gate(till)
    assert not rung
    await till.press(*typed, "enter")
    await till.until(lambda: till.tone is Tone.REFUSED)
    assert panel(till) == NONE
    await till.until(lambda: rung)


async def test_red_and_amber_are_heard_on_events_too_and_green_is_not(
    till: Till, rung: list[str]
) -> None:
    first, second = await at_the_gate(till)
    await till.press("escape")
    await till.at(Place.EVENTS)
    till.scan(second)
    await till.until(lambda: "admission" in till.headline)
    assert not rung
    till.scan(first)
    await till.until(lambda: till.headline == "✖ Already used")
    assert len(rung) == 1


async def test_a_typed_serial_that_is_refused_is_heard(till: Till, rung: list[str]) -> None:
    await at_the_gate(till)
    serial = till.app.kiosk.gate.verdicts[0].subject
    await till.press(*serial, "enter")
    await till.until(lambda: till.headline == "✖ Already used")
    assert len(rung) == 1


async def test_what_rings_is_the_terminal_s_bell(till: Till) -> None:
    assert till.app.kiosk.gate._ring == till.app.bell


async def test_an_answer_that_is_no_verdict_leaves_nothing_standing_and_is_heard(
    till: Till, agent: UiAgent, rung: list[str]
) -> None:
    _, second = await at_the_gate(till)
    agent.books.tokens.clear()
    till.scan(second)
    await till.at(Place.SIGN_IN)
    assert till.app.kiosk.gate.latest is None
    assert not till.app.kiosk.gate.asking
    assert len(rung) == 1


@pytest.mark.parametrize("look", [Look.PLAIN, Look.LARGE, Look.HIGH_CONTRAST])
async def test_waiting_is_said_in_a_word_in_every_look(agent: UiAgent, look: Look) -> None:
    app = kiosk_app(agent.socket_path, look=look)
    async with open_till(agent, app=app) as till:
        _, second = await at_the_gate(till)
        agent.faults.hold_back[ADMIT] = asyncio.Event()
        till.scan(second)
        await till.says("The agent is being asked about it.")
        assert "WAIT" in till.text
        assert till.app.kiosk.gate.asking in till.text
        agent.faults.hold_back[ADMIT].set()
        await till.until(lambda: till.settled)
