"""From `kiosk-agent bootstrap` to the first sale on a venue host, against the bare installer.

`make bench ONLY=bootstrap` runs it, as root, in a network of its own with real venue hosts: what is
downloaded comes over that network's bridge. It is no part of `make bench` without ONLY.
"""

import asyncio
import json
import logging
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from time import monotonic
from typing import Final

import structlog
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from benchmarks.bench import tell
from benchmarks.report import print_table, write_results
from benchmarks.rows import compare, no_more_than
from tests.support.cashier import cashier
from tests.support.venue.enrolling import BUCKET, EnrollingCloud, enrolling_cloud
from tests.support.venue.machine import VenueMachine
from tests.support.venue.settled import sockets
from tests.support.venue.venue import Venue, venue_in

_RUNS: Final = 3
_MOST_S: Final = 30
_KIOSKS: Final = " ".join(f"--kiosk harbour-till-{n}=HB{n}" for n in range(1, _RUNS + 1))
_COMMANDS: Final = f"""\
kiosk-provision bundle keygen --private bundle-key.pem --public bundle-key.pub.pem
kiosk-provision role create --role EventProKioskHost
kiosk-provision venue add harbour-hall --name "Harbour Hall" --time-zone Europe/Berlin {_KIOSKS}
kiosk-provision activation create --venue harbour-hall --role EventProKioskHost \\
  --cluster kiosks --key bundle-key.pem --installer-key ecs-key.asc
"""
_BUNDLE: Final = "/media/usb/harbour-hall.eventpro"
_PASSPHRASE: Final = "/root/passphrase"  # noqa: S105  a file's name
_WITHIN_S: Final = 300


def main() -> int:
    """Measure; return 0 only if the target is reached."""
    # The region runs in this process, and says each call that it answers.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, venue_in(Path(folder)) as venue:
        place = Path(folder) / "cloud"
        place.mkdir()
        ours, bare, steps = asyncio.run(_measure(venue, place))
    name, target = "the bare installer", no_more_than(_MOST_S, "s")
    row = compare("bootstrap", "s", ours, bare, baseline_name=name, target=target)
    results = Path(".bench/bootstrap.json")
    results.parent.mkdir(exist_ok=True)
    write_results(results, [row])
    _print_steps(steps)
    print_table([row], Console())
    return 0 if row.ok else 1


async def _measure(
    venue: Venue, folder: Path
) -> tuple[list[float], list[float], dict[str, list[float]]]:
    ours: list[float] = []
    bare: list[float] = []
    steps: dict[str, list[float]] = {}
    async with enrolling_cloud(folder) as cloud:
        await cloud.shell(_COMMANDS)
        for run in range(1, _RUNS + 1):
            ours.append(await _bootstrap(venue, cloud, f"harbour-till-{run}", steps))
            bare.append(await _installer(venue, cloud))
            tell(f"bootstrap: run {run} of {_RUNS}: {ours[-1]:.1f} s, bare {bare[-1]:.1f} s")
    return ours, bare, steps


async def _bootstrap(
    venue: Venue, cloud: EnrollingCloud, kiosk: str, steps: dict[str, list[float]]
) -> float:
    """Return the seconds from the command to the first sale; add those of each step."""
    async with venue.host() as host:
        await _ready(host, cloud)
        (host.root / "var/lib/eventpro/bootstrapped").unlink()
        host.inside(_PASSPHRASE).write_text(cloud.passphrase)
        began = monotonic()
        told = await host.tell(
            *("kiosk-agent", "bootstrap", "--json", "--bundle", _BUNDLE, "--kiosk", kiosk),
            *("--passphrase-file", _PASSPHRASE),
            timeout_s=_WITHIN_S,
        )
        sells = monotonic()
        async with cashier(sockets(host)) as person:
            await person.sell()
        sold = monotonic()
        for event in map(json.loads, told.splitlines()):
            if event["event"] == "done":
                steps.setdefault(event["step"], []).append(event["seconds"])
        steps.setdefault("first sale", []).append(sold - sells)
        return sold - began


async def _installer(venue: Venue, cloud: EnrollingCloud) -> float:
    """Return the seconds that the installer takes by itself, fetched and run as AWS says."""
    made = cloud.region.client("ssm").create_activation(IamRole="EventProKioskHost")
    async with venue.host() as host:
        await _ready(host, cloud)
        script = (
            f"curl -fsS -o /root/install.sh https://{BUCKET}/ecs-anywhere-install-latest.sh && "
            "HOME=/root bash /root/install.sh --region eu-central-1 --cluster kiosks "
            f"--activation-id {made['ActivationId']} --activation-code {made['ActivationCode']} "
            "--docker-install-source none"
        )
        began = monotonic()
        await host.tell("bash", "-c", script, timeout_s=_WITHIN_S)
        return monotonic() - began


async def _ready(host: VenueMachine, cloud: EnrollingCloud) -> None:
    cloud.lay(host)
    await host.boot(cloud.put_on_stick())


def _print_steps(steps: Mapping[str, Sequence[float]]) -> None:
    table = Table(title="Step by step (medians)", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("step")
    table.add_column("s", justify="right")
    for name, seconds in steps.items():
        table.add_row(name, f"{median(seconds):.2f}")
    Console().print(table)


if __name__ == "__main__":
    raise SystemExit(main())
