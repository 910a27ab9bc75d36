"""Agent and supervisor under their real units, on a host that loses its processes and its power."""

import asyncio
from pathlib import Path

import pytest

from tests.support.cashier import cashier
from tests.support.cloud import until_status
from tests.support.fake_printer import FakePrinter, on_network
from tests.support.venue.door import door
from tests.support.venue.machine import VenueMachine
from tests.support.venue.network import CLOUD_ADDRESS
from tests.support.venue.selling_host import FLEET, kiosk_host, may_sell, sell, until_restarted
from tests.support.venue.settled import sockets
from tests.support.venue.venue import HOSTS_SEE_PACKAGE, Venue, in_host, package

pytestmark = [pytest.mark.venue, pytest.mark.timeout(300)]

UI_USER = 10600
CANT_CONNECT = 7
"""What curl(1) exits with."""
SERVICES = ("kiosk-agent", "kiosk-supervisor")
INSTANCES = {
    "instance_account": "111122223333",
    "instance_role": "KioskHost",
    "instance_regions": ["eu-central-1"],
    "identity_audience": FLEET,
}
OF_INSTANCE = {"identity": "managed_instance", "enrolment_secret_file": None}
ROLE_CREDENTIALS = """\
[default]
aws_access_key_id = ASIAVENUE
aws_secret_access_key = secret
aws_session_token = token
"""


async def test_neither_a_kill_nor_a_power_cut_loses_a_sale_and_both_services_come_back(
    venue: Venue, tmp_path: Path
) -> None:
    async with kiosk_host(venue, tmp_path) as (host, cloud):
        await host.boot()
        for unit in SERVICES:
            assert await host.state(unit) == "active"
        await sell(host)

        for unit in SERVICES:
            before = await host.main_pid(unit)
            await host.tell("kill", "-9", str(before))
            await until_restarted(host, unit, before)
        await sell(host)

        host.line.cut()
        await until_status(sockets(host), lambda status: status.line == "offline")
        async with cashier(sockets(host)) as person:
            await person.sell()
        await host.power_cut()
        host.line.restore()
        await host.boot()
        await sell(host)
        await until_status(sockets(host), lambda status: status.unsent == 0)
        await host.tell("kiosk-agent", "journal", "verify")
        # The shift, and four sales.
        expected = {"settled": 5, "quarantined": 0, "unreadable": 0}
        assert (await cloud.ledger())["transactions"] == expected


async def test_a_hung_agent_is_killed_by_its_watchdog_and_comes_back(
    venue: Venue, tmp_path: Path
) -> None:
    async with kiosk_host(venue, tmp_path) as (host, _):
        quicker = host.root / "etc/systemd/system/kiosk-agent.service.d/quicker.conf"
        quicker.parent.mkdir()
        quicker.write_text("[Service]\nWatchdogSec=2\nTimeoutStopSec=2\n")
        await host.boot()
        before = await host.main_pid("kiosk-agent")
        await host.tell("kill", "-STOP", str(before))
        await until_restarted(host, "kiosk-agent", before)
        assert any("Watchdog timeout" in line for line in await host.journal("kiosk-agent"))


async def test_the_ui_s_user_opens_its_socket_and_no_other(venue: Venue, tmp_path: Path) -> None:
    async with kiosk_host(venue, tmp_path) as (host, _):
        await host.boot()
        ui, admin = "/run/eventpro/ui.sock", "/run/eventpro/admin.sock"
        supervisor = "/run/eventpro-supervisor/supervisor.sock"
        for socket in (ui, admin, supervisor):
            assert await _status_as(host, 0, socket) == 0
        assert await _status_as(host, UI_USER, ui) == 0
        for user, socket in ((UI_USER, admin), (UI_USER, supervisor), (4711, ui)):
            assert await _status_as(host, user, socket) == CANT_CONNECT


async def _status_as(host: VenueMachine, user: int, socket: str) -> int:
    """Ask for a status at a socket, as a user with the group of the same number."""
    ids = (f"--reuid={user}", f"--regid={user}", "--clear-groups")
    ask = ("curl", "--silent", "--fail", "--unix-socket", socket, "http://host/v1/status")
    return (await host.run("setpriv", *ids, *ask)).status


async def test_a_restart_leaves_the_folders_of_sockets_where_containers_have_them(
    venue: Venue, tmp_path: Path
) -> None:
    async with kiosk_host(venue, tmp_path) as (host, _):
        await host.boot()
        folders = [host.inside(path) for path in ("/run/eventpro", "/run/eventpro-supervisor")]
        before = [folder.stat().st_ino for folder in folders]
        await host.tell("systemctl", "restart", *SERVICES)
        assert [folder.stat().st_ino for folder in folders] == before


async def test_the_supervisor_signs_with_role_credentials_that_the_agent_can_t_see(
    venue: Venue, tmp_path: Path
) -> None:
    async with kiosk_host(venue, tmp_path, INSTANCES, **OF_INSTANCE) as (host, _):
        await host.boot()
        # The SSM agent brings them after both have started.
        credentials = host.inside("/root/.aws/credentials")
        credentials.parent.mkdir(mode=0o700)
        credentials.write_text(ROLE_CREDENTIALS)
        look = ("cat", "/root/.aws/credentials")
        views = {}
        for unit in SERVICES:
            pid = await host.main_pid(unit)
            views[unit] = await host.run("nsenter", f"--target={pid}", "--mount", "--", *look)
        assert views["kiosk-supervisor"].out == ROLE_CREDENTIALS
        assert "No such file" in views["kiosk-agent"].err
        await host.until_journal("kiosk-supervisor", '"ASIAVENUE", "event": "proof_signed"')


async def test_an_upgrade_waits_for_the_customer_and_the_till_goes_on_behind_it(
    venue: Venue, tmp_path: Path
) -> None:
    async with kiosk_host(venue, tmp_path) as (host, _):
        await host.boot(f"--bind-ro={package().parent}:{HOSTS_SEE_PACKAGE}")
        await until_status(sockets(host), may_sell)
        before = await host.main_pid("kiosk-agent")
        dpkg = ("systemd-run", "--wait", "--unit=upgrade", "dpkg", "-i", in_host(package()))
        async with cashier(sockets(host)) as person:
            sale = await person.pay()
            upgrade = asyncio.create_task(host.run(*dpkg, timeout_s=120))
            await host.until_journal("upgrade", "a customer is being served")
            assert await host.main_pid("kiosk-agent") == before
            assert (await person.close(sale))[0] == 201
        ran = await upgrade
        assert ran.status == 0, ran.said
        assert await host.main_pid("kiosk-agent") not in {0, before}
        assert await host.state("kiosk-supervisor") == "active"
        await sell(host)


async def test_tickets_are_printed_out_of_the_sandbox(venue: Venue, tmp_path: Path) -> None:
    printer, at = FakePrinter(), (CLOUD_ADDRESS, 9100)
    with on_network(printer) as address:
        port = int(address.rpartition(":")[2])
        async with (
            door(at, ("127.0.0.1", port)),
            kiosk_host(venue, tmp_path, printer=f"network:{CLOUD_ADDRESS}:9100") as (host, _),
        ):
            await host.boot()
            await sell(host)
            await until_status(sockets(host), lambda status: not status.to_print)
    assert len(printer.codes) == 1


async def test_the_sandbox_lets_the_library_of_usb_printers_look_for_one(
    venue: Venue, tmp_path: Path
) -> None:
    async with kiosk_host(venue, tmp_path) as (host, _):
        python = "/opt/eventpro/kiosk-agent/bin/python3"
        look = "import usb.core; assert list(usb.core.find(find_all=True)) == []"
        before = host.root / "etc/systemd/system/kiosk-agent.service.d/look.conf"
        before.parent.mkdir()
        before.write_text(f'[Service]\nExecStartPre={python} -c "{look}"\n')
        await host.boot()
        assert await host.state("kiosk-agent") == "active", await host.journal("kiosk-agent")


async def test_what_was_removed_starts_again_with_the_package_and_what_was_stopped_does_not(
    venue: Venue, tmp_path: Path
) -> None:
    async with kiosk_host(venue, tmp_path) as (host, cloud):
        await host.boot(f"--bind-ro={package().parent}:{HOSTS_SEE_PACKAGE}")
        await sell(host)
        await until_status(sockets(host), lambda status: status.unsent == 0)
        said = await host.tell("dpkg", "--remove", "eventpro-kiosk-agent")
        assert "all that this kiosk owed is settled" in said
        for unit in SERVICES:
            assert await host.state(unit) != "active"
        await host.tell("dpkg", "-i", in_host(package()))
        await sell(host)
        assert await host.state("kiosk-supervisor") == "active"

        await host.tell("systemctl", "stop", "kiosk-supervisor")
        await host.tell("dpkg", "-i", in_host(package()))
        assert await host.state("kiosk-supervisor") == "inactive"
        await until_status(sockets(host), lambda status: status.unsent == 0)
        assert (await cloud.ledger())["transactions"]["settled"] == 3
