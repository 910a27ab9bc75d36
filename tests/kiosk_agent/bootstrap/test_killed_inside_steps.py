"""SIGKILL wherever a step asks something of the host or of others: it goes on, registered once."""

import signal

import pytest

from kiosk_agent import exit_codes
from kiosk_agent.bootstrap.domain.checking import Level
from kiosk_agent.bootstrap.domain.steps import Step
from kiosk_agent.bootstrap.health import bootstrapping
from tests.support.bare_host import steps_recorded
from tests.support.bootstrap_process import points
from tests.support.bootstrap_venue import Venue
from tests.support.growing_kiosk import GrowingKiosk, cuts_installer, growing_kiosk

LEAST = {
    Step.PREFLIGHT: {"before write /var/lib/eventpro/bootstrap.json"},
    Step.NAME: {"before send POST /v1/enrolment/claims"},
    Step.PACKAGES: {"before run dpkg --configure -a", "while dpkg --configure -a runs"},
    Step.FETCH: {"before write /var/lib/eventpro/installer/ecs-anywhere-install.sh.asc"},
    Step.VERIFY: {"before gpg --import", "before gpg --verify"},
    Step.CONFIGURE: {
        "before write /etc/ecs/ecs.config",
        "before write /etc/docker/daemon.json",
        "while systemctl restart docker runs",
        "before remove /run/eventpro-docker-pending",
    },
    Step.REGISTER: {"before send POST /v1/enrolment/claims", "while bash -c", "curl "},
    Step.CONFIRM: {"before send POST /v1/enrolment/evidence"},
    Step.UNITS: {
        "before write /etc/eventpro/agent.toml",
        "while systemctl restart kiosk-supervisor runs",
        "before run systemctl restart kiosk-agent",
    },
    Step.HEARTBEAT: {"before write /var/lib/eventpro/bootstrap.json"},
    Step.STOCK: {"before write /var/lib/eventpro/bootstrap.json"},
    Step.SELLING: {"before write /var/lib/eventpro/bootstrap.json"},
}
"""Points, or how they begin, that must be among those at which a step is killed."""


@pytest.mark.parametrize("step", Step)
def test_killed_anywhere_in_a_step_it_goes_on_and_registers_once(
    venue_bare: Venue, step: Step
) -> None:
    with growing_kiosk(venue_bare, half_installed=step is Step.PACKAGES) as kiosk:
        if step is Step.REGISTER:
            cuts_installer(kiosk)
        last = kiosk.run(kill_in=step)
        while last.code == -signal.SIGKILL:
            kiosk.wait_for_orphans()
            says_what_to_do(kiosk)
            last = kiosk.run(kill_in=step)
        assert last.code == exit_codes.OK, last.said
        assert "This host is till-1, kiosk code HB1. It sells." in last.said
        made = points(kiosk.place)
        for point in LEAST[step]:
            assert any(one.startswith(point) for one in made), made
        # One that was killed behind its last act is not done again, and nobody recorded its end.
        assert step.value in {name for name, _ in steps_recorded(venue_bare.venue)}
        assert venue_bare.registrations() == 1
        assert len(venue_bare.instances()) == 1
        assert set(venue_bare.desk.granted) == {"till-1"}
        again = kiosk.run()
        assert (again.code, "Nothing is to be done" in again.said) == (exit_codes.OK, True)
        running_as_configured(kiosk)


def says_what_to_do(kiosk: GrowingKiosk) -> None:
    """Hold that who finds this host after the kill is told where it stopped and what to do."""
    found = bootstrapping.check(kiosk.venue.host)
    if found.text == "it was not run yet":
        assert not kiosk.venue.host.has("/var/lib/eventpro/bootstrap.json")
    elif not kiosk.venue.host.has("/var/lib/eventpro/bootstrapped"):
        assert found.level is Level.LOOK
        assert found.what_to_do == "Run: kiosk-agent bootstrap."


def running_as_configured(kiosk: GrowingKiosk) -> None:
    """Hold that whatever was given settings was started with them."""
    venue = kiosk.venue
    assert not venue.host.has("/run/eventpro-docker-pending")
    assert kiosk.still_as_before() == set()
    for unit in ("kiosk-agent", "kiosk-supervisor", "docker", "ecs", "amazon-ssm-agent"):
        assert venue.host.is_active(unit), unit
