"""What the supervisor tells of repairs: in the status, in reports to the cloud, and how long."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from kiosk_agent.services.agent_state import AgentState
from kiosk_agent.services.changes import Changes
from kiosk_agent.services.host_repairs import KNOWN_MS, HostRepairs
from kiosk_agent.services.sessions import Heartbeats
from kiosk_contracts.repairs import MOST_REPAIRS, HostRepair, RepairsReport
from kiosk_texts import read_language, speaking
from tests.support.far_kit import Kit, at_work, kit_in

AT = datetime(2026, 11, 27, 12, tzinfo=UTC)


def made(name: str = "ecs_agent", outcome: str = "done", in_a_row: int = 1) -> HostRepair:
    return HostRepair(name=name, why="it has ended", at=AT, outcome=outcome, in_a_row=in_a_row)


class Desk:
    """HostRepairs of a kit's kiosk, with its state."""

    def __init__(self, kit: Kit) -> None:
        self.kit = kit
        self.changes = Changes()
        self.state = AgentState(self.changes)
        self.repairs = HostRepairs(kit.clock, kit.line, self.state)

    def tell(self, *repairs: HostRepair) -> str:
        return self.repairs.take(RepairsReport(repairs=repairs)).line

    def warnings(self) -> list[str]:
        return [f"{one.code}: {one.text}" for one in self.state.warnings()]


async def test_a_warning_shows_while_one_keeps_failing_and_no_longer(tmp_path: Path) -> None:
    async with kit_in(tmp_path) as kit:
        desk = Desk(kit)
        first = made(outcome="not_helped")
        for once in ((), (made(),), (made(outcome="no such unit"),)):
            desk.tell(*once)
            assert desk.warnings() == []
        for outcome in ("done", "not_helped", "no such unit"):
            desk.tell(first, made(outcome=outcome, in_a_row=2))
            expected = ["repair_fails: The ECS agent does not come right by itself."]
            assert desk.warnings() == expected
        before = desk.changes.version
        desk.tell(first, made(outcome="not_helped", in_a_row=2))
        assert desk.changes.version == before
        desk.tell(first)
        assert (desk.warnings(), desk.changes.version) == ([], before + 1)
        desk.tell(first, made(outcome="not_helped", in_a_row=2), made("clock", "done", 2))
        assert len(desk.warnings()) == 2
        desk.tell(first, made(outcome="helped", in_a_row=2), made("clock", "done", 2))
        assert desk.warnings() == ["repair_fails: The host's clock does not come right by itself."]
        # A later one of the same name, that is the first of its row.
        desk.tell(made("clock", "done", 2), made("clock", "helped", 3), made("clock"))
        assert desk.warnings() == []


async def test_it_is_said_in_the_venue_s_language_and_a_name_of_a_newer_supervisor_as_it_is(
    tmp_path: Path,
) -> None:
    async with kit_in(tmp_path) as kit:
        desk = Desk(kit)
        desk.tell(made(in_a_row=2), made("printer_daemon", in_a_row=2))
        with speaking(read_language("de_DE")):
            assert desk.warnings() == [
                "repair_fails: Der ECS-Agent kommt nicht von selbst in Ordnung.",
                "repair_fails: printer_daemon kommt nicht von selbst in Ordnung.",
            ]


async def test_what_a_silent_supervisor_said_is_told_no_more(tmp_path: Path) -> None:
    async with kit_in(tmp_path) as kit:
        desk = Desk(kit)
        desk.tell(made(in_a_row=2))
        kit.clock.advance(KNOWN_MS / 1000 - 1)
        assert len(desk.warnings()) == len(desk.repairs.known()) == 1
        kit.clock.advance(1)
        assert desk.warnings() == []
        assert desk.repairs.known() == ()


async def test_the_supervisor_learns_how_the_line_is(tmp_path: Path) -> None:
    async with kit_in(tmp_path) as kit:
        desk = Desk(kit)
        assert desk.tell() == "connecting"
        kit.line.reached()
        assert desk.tell() == "online"
        kit.line.lost("down", kit.line.contacts)
        assert desk.tell() == "offline"


async def test_a_heartbeat_carries_the_repairs(tmp_path: Path) -> None:
    async with kit_in(tmp_path) as kit:
        desk = Desk(kit)
        desk.tell(made(), made("clock"))
        heartbeats = Heartbeats(
            kit.here,
            kit.there,
            kit.leaving,
            kit.retiring,
            every_s=15,
            agent_version="0.1.0",
            repairs=desk.repairs.known,
        )
        async with at_work(heartbeats.run):
            await kit.clock.wait_for_sleepers()
        [report] = kit.far.heartbeats
        assert report["repairs"] == [made().to_json(), made("clock").to_json()]


def test_twenty_repairs_are_told_and_no_more() -> None:
    assert RepairsReport(repairs=(made(),) * MOST_REPAIRS)
    with pytest.raises(ValidationError, match="at most 20"):
        RepairsReport(repairs=(made(),) * (MOST_REPAIRS + 1))
