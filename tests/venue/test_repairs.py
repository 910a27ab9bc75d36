"""What mends itself under a real systemd: a blocked event loop, sockets whose folder is gone."""

import shutil
import time
from pathlib import Path

import pytest

from kiosk_agent.supervisor.repairs.limits import FIRST_MS
from tests.support.cloud import until_status
from tests.support.venue.machine import VenueMachine
from tests.support.venue.selling_host import kiosk_host, sell, until_restarted
from tests.support.venue.settled import sockets
from tests.support.venue.venue import Venue

pytestmark = [pytest.mark.venue, pytest.mark.timeout(500)]

PYTHON = "/opt/eventpro/kiosk-agent/bin/python3"
BLOCKABLE = """\
import signal, sys, time
signal.signal(signal.SIGUSR1, lambda *_: time.sleep(1e6))
from kiosk_agent.cli import main
sys.exit(main())
"""
"""The service itself, whose event loop a signal blocks: its handler runs in the loop's thread."""
WORDS = {
    "kiosk-agent": "run --config /etc/eventpro/agent.toml",
    "kiosk-supervisor": "supervise --config /etc/eventpro/supervisor.toml",
}


def _make_blockable(host: VenueMachine, unit: str) -> None:
    program = host.root / "srv/blockable.py"
    program.write_text(BLOCKABLE)
    drop_in = host.root / f"etc/systemd/system/{unit}.service.d/blockable.conf"
    drop_in.parent.mkdir()
    command = f"{PYTHON} /srv/blockable.py {WORDS[unit]}"
    drop_in.write_text(f"[Service]\nWatchdogSec=2\nExecStart=\nExecStart={command}\n")


async def test_a_blocked_event_loop_is_restarted_by_its_watchdog_and_no_sale_is_lost(
    venue: Venue, tmp_path: Path
) -> None:
    async with kiosk_host(venue, tmp_path) as (host, cloud):
        for unit in WORDS:
            _make_blockable(host, unit)
        await host.boot()
        for unit in WORDS:
            await sell(host)
            before = await host.main_pid(unit)
            await host.tell("kill", "-USR1", str(before))
            await until_restarted(host, unit, before)
            assert any("Watchdog timeout" in line for line in await host.journal(unit))
        await sell(host)
        await until_status(sockets(host), lambda status: status.unsent == 0)
        await host.tell("kiosk-agent", "journal", "verify")
        # The shift, and three sales.
        expected = {"settled": 4, "quarantined": 0, "unreadable": 0}
        assert (await cloud.ledger())["transactions"] == expected


async def test_sockets_whose_folder_is_gone_come_back_out_of_the_supervisor_s_sandbox(
    venue: Venue, tmp_path: Path
) -> None:
    async with kiosk_host(venue, tmp_path) as (host, _):
        await host.boot()
        # Without its folder an agent that ends just then could not start again.
        await sell(host)
        before = await host.main_pid("kiosk-agent")
        shutil.rmtree(host.inside("/run/eventpro"))
        await host.tell("kill", "-9", str(before))
        await until_restarted(host, "kiosk-agent", before)
        await sell(host)
        before = await host.main_pid("kiosk-agent")
        shutil.rmtree(host.inside("/run/eventpro"))
        repaired = '"repair ui_socket: start kiosk-socket-folders, restart kiosk-agent"'
        # The machine of the tests, whose clock a host has, may have begun just now.
        first_s = max(0.0, FIRST_MS / 1000 - time.clock_gettime(time.CLOCK_BOOTTIME))
        wanted = f'{repaired}.*"outcome": "done"'
        await host.until_journal("kiosk-supervisor", wanted, timeout_s=first_s + 60)
        assert await host.main_pid("kiosk-agent") not in {0, before}
        folder = host.inside("/run/eventpro").stat()
        assert oct(folder.st_mode & 0o7777) == "0o2750"
        await sell(host)
        said = await host.tell("kiosk-agent", "status", "--why")
        assert "repair ui_socket" in said
        # Nor could the supervisor, whose own nobody but itself misses.
        before = await host.main_pid("kiosk-supervisor")
        shutil.rmtree(host.inside("/run/eventpro-supervisor"))
        await until_restarted(host, "kiosk-supervisor", before)
        # And the other unit of ours that a repair starts.
        await host.tell("systemctl", "start", "kiosk-log-vacuum")
