"""The line lost in the middle of each step: it is said, with the next act, and gone on from."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from kiosk_agent import exit_codes
from kiosk_agent.bootstrap.domain.steps import Step
from tests.support.bootstrap_process import Ended, began, ended, reached
from tests.support.bootstrap_venue import Venue
from tests.support.cut_line import CutLine, How, cut_line
from tests.support.growing_kiosk import HASTY, GrowingKiosk, growing_kiosk, over_line

CUTS = (How.REFUSED, How.BLACK_HOLE)
ONE_WAY_EACH = [(step, CUTS[number % len(CUTS)]) for number, step in enumerate(Step)]
"""Steps whose line goes; where it matters most, in the installer, it goes in either way."""
SAYS = {
    Step.PREFLIGHT: "endpoints: 127.0.0.1: it does not answer",
    Step.NAME: "the fleet service does not answer: 127.0.0.1",
    Step.PACKAGES: "packages can't be installed: E: Failed to fetch",
    Step.FETCH: "the installer can't be fetched: 127.0.0.1",
    # What needs no line goes on, and stops at the first that does.
    Step.VERIFY: "the fleet service does not answer: 127.0.0.1",
    Step.CONFIGURE: "the fleet service does not answer: 127.0.0.1",
    Step.REGISTER: "the fleet service does not answer: 127.0.0.1",
    Step.CONFIRM: "nobody says what AWS knows: 127.0.0.1",
    Step.UNITS: "the fleet service is to know this kiosk: No way to the cloud.",
    Step.HEARTBEAT: "the fleet service is to know this kiosk: No way to the cloud.",
    Step.STOCK: "the first tickets are to come: No way to the cloud.",
    Step.SELLING: "the kiosk is to sell: No way to the cloud.",
}
IN_INSTALLER = {
    b"GET /_region/installer/amazon-ssm-agent HTTP": "did not register this host",
    b"AmazonSSM.RequestManagedInstanceRoleToken": "",
    b"GET /_region/installer/amazon-ssm-agent-binaries": "the installer did not come to its end",
    b"GET /_region/installer/amazon-ecs-init HTTP": "the installer did not come to its end",
    b".RegisterContainerInstance": "",
}
"""What the installer, or what it started, has just asked; and what is said when that is lost."""


@contextmanager
def far_away(
    venue: Venue, *, half_installed: bool = False
) -> Iterator[tuple[GrowingKiosk, "Lines"]]:
    """Give a host whose cloud is behind lines."""
    with ExitStack() as opened:
        both = [opened.enter_context(cut_line(url)) for url in (venue.region.url, venue.desk.url)]
        beyond = over_line(venue, *(line.url for line in both))
        kiosk = opened.enter_context(growing_kiosk(beyond, half_installed=half_installed))
        apt = venue.host.root / "tools/apt-get"
        apt.write_text(
            f"#!/bin/bash\ncurl -sf -m 2 {both[0].url}/_region/health || "
            "{ echo 'E: Failed to fetch the archive' >&2; exit 100; }\n"
        )
        yield kiosk, Lines(kiosk, both)


class Lines:
    """All lines of a host."""

    def __init__(self, kiosk: GrowingKiosk, lines: list[CutLine]) -> None:
        self._kiosk, self._lines = kiosk, lines

    def cut(self, how: How) -> None:
        for line in self._lines:
            line.cut(how)
        self._kiosk.line = how

    def cut_at(self, asked: bytes, how: How) -> threading.Event:
        """Cut them when this is asked, before it is heard; the event says that it was."""
        fired = threading.Event()

        def heard(data: bytes) -> None:
            if asked in data and not fired.is_set():
                fired.set()
                self.cut(how)

        for line in self._lines:
            line.heard = heard
        return fired


def said_and_gone_on_from(kiosk: GrowingKiosk, lines: Lines, stopped: Ended, words: str) -> None:
    assert stopped.code == exit_codes.TRY_AGAIN, stopped.said
    assert words in stopped.said, stopped.said
    told = stopped.said[stopped.said.index("kiosk-agent: ") :].splitlines()
    assert len(told) == 2, "why, and what to do"
    assert any(act in told[1] for act in ("that the line is up", "let this name through"))
    lines.cut(How.UP)
    last = kiosk.run()
    assert last.code == exit_codes.OK, last.said
    assert "This host is till-1, kiosk code HB1. It sells." in last.said
    assert kiosk.venue.registrations() == 1
    assert len(kiosk.venue.instances()) == 1


@pytest.mark.parametrize(("step", "how"), ONE_WAY_EACH)
def test_a_line_that_goes_in_a_step_is_said_and_the_same_command_goes_on(
    venue_bare: Venue, step: Step, how: How
) -> None:
    with far_away(venue_bare, half_installed=step is Step.PACKAGES) as (kiosk, lines):
        order = kiosk.order(pause_in=step, hasty=HASTY)
        process = began(order)
        reached(order, process)
        lines.cut(how)
        order.go_on.set()
        said_and_gone_on_from(kiosk, lines, ended(order, process), SAYS[step])


@pytest.mark.parametrize("how", CUTS)
@pytest.mark.parametrize("asked", IN_INSTALLER)
def test_a_line_that_goes_inside_the_installer_uses_one_registration(
    venue_bare: Venue, asked: bytes, how: How
) -> None:
    with far_away(venue_bare) as (kiosk, lines):
        fired = lines.cut_at(asked, how)
        order = kiosk.order(pause_in=Step.REGISTER, hasty=HASTY)
        order.go_on.set()
        stopped = ended(order, began(order))
        assert fired.is_set(), stopped.said
        said_and_gone_on_from(kiosk, lines, stopped, IN_INSTALLER[asked])
