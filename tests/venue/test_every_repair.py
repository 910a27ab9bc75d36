"""Every repair on a real host, one after the other: broken for real, mended, told to the cloud.

The host has what it would have at a venue: systemd, Docker, the stand-ins of the SSM agent and of
the ECS agent. Two things it shares with this machine, and nobody breaks those: its clock, so the
program that says whether the network keeps it is a stand-in, and so is what keeps it; and its disk,
so one of its own is laid under the supervisor's folder.
"""

import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest

from kiosk_contracts.kiosks import KioskDetail
from kiosk_contracts.version import OPS_TOKEN_HEADER
from tests.support.external_instance import until
from tests.support.journal import KIOSK_ID
from tests.support.operators import OPS_TOKEN
from tests.support.venue.docker_host import require_kiosk_ui
from tests.support.venue.machine import VenueMachine
from tests.support.venue.screened import SIGN_IN, ScreenedKiosk, screened_kiosk
from tests.support.venue.venue import Venue

pytestmark = [pytest.mark.venue, pytest.mark.timeout(1500)]

QUICKER = """\
import sys
from kiosk_agent.cli import main
from kiosk_agent.supervisor.adapters import host_signs
from kiosk_agent.supervisor.repairs import limits
from kiosk_agent.supervisor.repairs.every_repair import EVERY_REPAIR
host_signs.ASK_EVERY_MS = 5_000
limits.FIRST_MS, limits.PAUSES_MS = 0, (15_000,)
for one in EVERY_REPAIR:
    type(one).lasts_ms = 15_000
sys.exit(main())
"""
"""The supervisor itself, which waits for seconds where it waits for minutes elsewhere."""
STATE = "/var/lib/eventpro-supervisor"
CREDENTIALS = "/root/.aws/credentials"
ROOM = "mount -o remount,size=4g /srv/disk"
METADATA = "http://127.0.0.1:51678/v1/metadata"
KEPT = "/run/clock-is-kept"
SAYS_WHETHER_IT_IS_KEPT = f"#!/bin/sh\n[ -e {KEPT} ] && echo yes || echo no\n"
KEEPS_IT = f"""\
[Service]
ExecStart=/bin/sh -c 'touch {KEPT}; exec sleep infinity'
[Install]
WantedBy=multi-user.target
"""


async def _sh(host: VenueMachine, words: str) -> str:
    return await host.tell("sh", "-ec", words)


async def _hurry(host: VenueMachine) -> None:
    """Have the supervisor wait for seconds, on a small disk and with a clock that can be unset."""
    (host.root / "srv/quicker.py").write_text(QUICKER)
    program = host.root / "usr/local/bin/timedatectl"
    program.write_text(SAYS_WHETHER_IT_IS_KEPT)
    program.chmod(0o755)
    (host.root / "etc/systemd/system/chrony.service").write_text(KEEPS_IT)
    drop_in = host.root / "etc/systemd/system/kiosk-supervisor.service.d/quicker.conf"
    drop_in.parent.mkdir(exist_ok=True)
    command = "/opt/eventpro/kiosk-agent/bin/python3 /srv/quicker.py supervise"
    settings = "--config /etc/eventpro/supervisor.toml"
    drop_in.write_text(f"[Service]\nExecStart=\nExecStart={command} {settings}\n")
    await _sh(
        host,
        f"mkdir /srv/disk; mount -t tmpfs -o size=4g disk /srv/disk; cp -a {STATE}/. /srv/disk/;"
        f"mount --bind /srv/disk {STATE}; systemctl daemon-reload;"
        "systemctl enable --now chrony; systemctl restart kiosk-supervisor",
    )


async def _until_mended(host: VenueMachine, name: str, why: str) -> None:
    """Wait until the supervisor says that it has made a repair, for that reason."""
    said = (f'"what": "repair {name}: ', f'"why": "{why}"', '"outcome": "done"')
    wanted = "".join(f"(?=.*{re.escape(one)})" for one in said)
    await host.until_journal("kiosk-supervisor", wanted, timeout_s=150)


async def _until(host: VenueMachine, words: str) -> None:
    """Wait until a command goes well on the host."""
    loop = f"until {{ {words}; }} >/dev/null 2>&1; do sleep 1; done"
    await host.tell("sh", "-c", loop, timeout_s=120)


async def _seen_by_the_cloud(kiosk: ScreenedKiosk) -> dict[str, str]:
    """Return the repairs of the kiosk's last report, why by name."""
    headers = {OPS_TOKEN_HEADER: OPS_TOKEN}
    async with (
        aiohttp.ClientSession(kiosk.cloud.fleet.url, headers=headers) as http,
        http.get(f"/v1/ops/kiosks/{KIOSK_ID}") as answer,
    ):
        told = KioskDetail.model_validate_json(await answer.read())
    assert told.seen is not None
    return {one.why: one.name for one in told.seen.repairs}


Break = Callable[[VenueMachine], Awaitable[object]]


def _by(words: str) -> Break:
    return lambda host: _sh(host, words)


FAULTS: list[tuple[str, str, Break, str]] = [
    (
        "disk",
        f"less than 2 GB are free on the disk of {STATE}",
        _by("mount -o remount,size=1g /srv/disk"),
        "journalctl --unit=kiosk-log-vacuum | grep -q 'Vacuuming done' && " + ROOM,
    ),
    (
        "ssm_agent",
        "the SSM agent hibernates, though the cloud answers",
        _by("systemctl kill --kill-whom=main --signal=USR1 amazon-ssm-agent"),
        "tail -1 /var/log/amazon/ssm/amazon-ssm-agent.log | grep -q 'Credentials ready'",
    ),
    (
        "ssm_agent",
        "the SSM agent does not run",
        _by("systemctl stop amazon-ssm-agent"),
        "systemctl is-active amazon-ssm-agent",
    ),
    (
        "credentials",
        "the credentials of this host's role have expired",
        _by(f"touch --date='2 hours ago' {CREDENTIALS}"),
        f"find {CREDENTIALS} -mmin -5 | grep -q .",
    ),
    (
        "ecs_agent",
        "the ECS agent has ended",
        _by("systemctl stop ecs"),
        f"curl --silent --fail {METADATA}",
    ),
    (
        "ecs_agent",
        "the ECS agent does not answer, though Docker does",
        _by("systemctl kill --kill-whom=all --signal=STOP ecs"),
        f"curl --silent --fail --max-time 5 {METADATA}",
    ),
    ("clock", "the clock is not synchronised", _by(f"rm {KEPT}"), f"test -e {KEPT}"),
    (
        "docker",
        "Docker does not answer",
        _by("systemctl kill --kill-whom=main --signal=STOP docker"),
        "timeout 5 docker ps",
    ),
]
"""Which repair, why, what is done to the host, and what goes well there once it is mended."""


async def test_every_repair_mends_a_real_host_and_the_cloud_hears_of_it(
    venue: Venue, tmp_path: Path
) -> None:
    require_kiosk_ui()
    async with screened_kiosk(venue, tmp_path) as kiosk:
        host = kiosk.host
        await _hurry(host)
        at_first = await kiosk.names()
        for name, why, breaks, mended in FAULTS:
            assert not await _told_of(kiosk, name, why)
            await breaks(host)
            await _until_mended(host, name, why)
            await _until(host, mended)
            if name != "docker":
                assert await kiosk.names() == at_first, "nobody's screen was ended for it"
        await _stopped_with_its_socket(host)

        said = await host.tell("kiosk-agent", "status", "--why")
        for name, why, *_ in FAULTS:
            assert f"repair {name}" in said
            assert why in said

        async def heard() -> bool:
            told = await _seen_by_the_cloud(kiosk)
            return all(told.get(why) == name for name, why, *_ in FAULTS)

        await until(heard, "all repairs in the kiosk's report", within_s=120)
        await kiosk.sign_in()
        await kiosk.open_shift()
        await kiosk.sell()


async def _told_of(kiosk: ScreenedKiosk, name: str, why: str) -> bool:
    return any(
        one["what"].startswith(f"repair {name}: ") and one["why"] == why
        for one in await kiosk.why()
    )


async def _stopped_with_its_socket(host: VenueMachine) -> None:
    """Stop Docker so that nothing wakes it: all containers end, and it comes back all the same."""
    await host.screen.until(SIGN_IN, 120)
    before = await _docker_repairs(host)
    await host.tell("systemctl", "stop", "docker.socket", "docker")
    host.screen.wipe()
    await _until(host, "systemctl is-active docker")
    assert await _docker_repairs(host) == before + 1
    await host.screen.until(SIGN_IN, 120)


async def _docker_repairs(host: VenueMachine) -> int:
    said = await host.journal("kiosk-supervisor")
    return sum('"repair docker: restart docker"' in line for line in said)
