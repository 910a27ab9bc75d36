"""The first screen belongs to bootstrap until it has ended; then to who logs in.

`kiosk-agent bootstrap` is stood in for by a program that asks for a passphrase as it does: what is
shown here is the unit.
"""

import pytest

from tests.support.venue.machine import VenueMachine
from tests.support.venue.venue import Venue

pytestmark = [pytest.mark.venue, pytest.mark.timeout(300)]

PROMPT = "Passphrase of the stick"
STAND_IN = f"""\
#!/bin/sh
[ "$1 $2" = "bootstrap --unattended" ] || exit 2
echo Making this host a kiosk
systemd-ask-password '{PROMPT}:' >/run/answer && touch /var/lib/eventpro/bootstrapped
[ "$(cat /run/answer)" != wrong ] || {{ rm /var/lib/eventpro/bootstrapped; exit 1; }}
"""
LOGIN = r"(?m)^\S+ login:"


def _stand_in(host: VenueMachine) -> None:
    program = host.root / "usr/local/lib/stand-in"
    program.write_text(STAND_IN)
    program.chmod(0o755)
    usual = host.root / "etc/systemd/system/kiosk-bootstrap.service.d/stand-in.conf"
    usual.parent.mkdir(parents=True, exist_ok=True)
    command = "/usr/local/lib/stand-in bootstrap --unattended"
    usual.write_text(f"[Service]\nExecStart=\nExecStart={command}\n")


async def test_bootstrap_asks_on_the_first_screen_and_the_login_comes_behind_it(
    venue: Venue,
) -> None:
    async with venue.host(bootstrapped=False) as host:
        _stand_in(host)
        await host.boot(until_ready=False)
        await host.screen.until(PROMPT)
        # A login waits some seconds before it shows itself; so it must not even have begun.
        assert await host.state("getty@tty1") == "inactive"
        await host.answer_password("7KQ4-9MZ2", PROMPT)
        await host.screen.until(LOGIN)
        assert host.inside("/run/answer").read_text() == "7KQ4-9MZ2\n"
        assert "7KQ4" not in host.screen.text
        assert await host.state("kiosk-bootstrap") == "inactive"
        await host.shut_down()

        host.screen.wipe()
        await host.boot()
        await host.screen.until(LOGIN)
        assert PROMPT not in host.screen.text
        said = await host.tell("systemctl", "show", "--property=ConditionResult", "kiosk-bootstrap")
        assert said == "ConditionResult=no\n"


async def test_what_went_wrong_stays_on_the_screen_until_somebody_does_something(
    venue: Venue,
) -> None:
    async with venue.host(bootstrapped=False) as host:
        _stand_in(host)
        await host.boot(until_ready=False)
        await host.answer_password("wrong", PROMPT)
        await host.screen.until("systemctl start kiosk-bootstrap")
        assert "Making this host a kiosk" in host.screen.text
        assert (await host.run("systemctl", "is-system-running", "--wait")).out == "degraded\n"
        # A login would clear the screen as it begins.
        assert await host.state("getty@tty1") == "inactive"
        assert await host.state("kiosk-bootstrap") == "failed"

        host.screen.wipe()
        await host.tell("systemctl", "start", "--no-block", "kiosk-bootstrap")
        await host.answer_password("7KQ4-9MZ2", PROMPT)
        await host.screen.until(LOGIN)


async def test_a_bootstrap_that_is_started_by_hand_takes_the_screen_from_the_login(
    venue: Venue,
) -> None:
    async with venue.host() as host:
        _stand_in(host)
        await host.boot()
        await host.screen.until(LOGIN)
        await host.tell("rm", "/var/lib/eventpro/bootstrapped")
        host.screen.wipe()
        await host.tell("systemctl", "start", "--no-block", "kiosk-bootstrap")
        await host.answer_password("7KQ4-9MZ2", PROMPT)
        await host.screen.until(LOGIN)
        # All that was typed came to who asked, though a login had stood there.
        assert host.inside("/run/answer").read_text() == "7KQ4-9MZ2\n"
        assert await host.state("getty@tty1") == "active"
