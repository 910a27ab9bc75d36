"""The cloud of a venue that is opened: AWS by a local region, the fleet service, the ticket API.

Operators type what docs/new-venue.md says; hosts find all of it under its real names.
"""

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from local_region.settings import RegionSettings
from tests.support.agent_process import STAFF_CASHIER, STAFF_MANAGER
from tests.support.cloud import seed_season
from tests.support.enrolled import CLUSTER, environment
from tests.support.enrolled import settings as instance_settings
from tests.support.fleet import FleetFiles, RunningFleet, fleet_process
from tests.support.http import ask
from tests.support.journal import VENUE_ID
from tests.support.operators import OPS_TOKEN, ops_settings
from tests.support.region import RunningRegion
from tests.support.ticket_api import OPS_TOKEN as TICKET_OPS_TOKEN
from tests.support.ticket_api import ApiProcess, api_process, write_config
from tests.support.venue.door import Door, tls_door
from tests.support.venue.machine import VenueMachine
from tests.support.venue.network import AWS_ADDRESS, CLOUD_ADDRESS
from tests.support.venue.region import belongs_to, venue_region
from tests.support.venue.required import ROOT
from tests.support.venue.venue import know, trust

FLEET = "fleet.example.com"
REGION = "eu-central-1"
ROLE = "EventProKioskHost"
GUIDE = ROOT / "docs/new-venue.md"
BUCKET = "amazon-ecs-agent.s3.amazonaws.com"


@dataclass
class EnrollingCloud:
    """All that is beyond the line, and the operators' desk before it."""

    folder: Path
    fleet: RunningFleet
    api: ApiProcess
    door: Door
    region: RunningRegion
    said: list[str] = field(default_factory=list)
    """What the operators' commands printed, one after the other."""

    @property
    def stick(self) -> Path:
        """The folder of the USB stick."""
        return self.folder / "stick"

    @property
    def passphrase(self) -> str:
        """What the operator was told of the last bundle that was made."""
        return re.findall(r"passphrase {3}(\S+)", "\n".join(self.said))[-1]

    async def types(self, block: int) -> str:
        """Type a block of the guide's commands as the operator; return what they printed."""
        return await self.shell(
            re.findall(r"```sh\n(.*?)```", GUIDE.read_text(), flags=re.DOTALL)[block]
        )

    async def shell(self, commands: str) -> str:
        """Type commands as the operator; return what they printed."""
        about = json.loads(ask(f"{self.region.url}/_region/installer").body)
        (self.folder / "ecs-key.asc").write_bytes(ask(about["key"]).body)
        # The guide has AWS's installer in mind; the local region's is signed by a key of its own.
        pin = f'set -- "$@" --fingerprint {about["fingerprint"]}'
        pinned = f'[ "$1 $2" != "activation create" ] || {pin}'
        typed = f'kiosk-provision() {{ {pinned}; {sys.executable} -m provisioning "$@"; }}\n'
        process = await asyncio.create_subprocess_exec(
            *("bash", "-euc", typed + commands),
            cwd=self.folder,
            env={**os.environ, **self._environment()},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        out, _ = await asyncio.wait_for(process.communicate(), 120)
        self.said.append(out.decode())
        assert process.returncode == 0, out.decode()
        return out.decode()

    def lay(self, host: VenueMachine) -> None:
        """Let a host that is off find the cloud, trust it, and believe this company's bundles."""
        belongs_to(host, self.region)
        # There is no mirror in this network, and the installer asks apt: seven seconds of retries.
        (host.root / "etc/apt/apt.conf.d/90venue").write_text('Acquire::Retries "0";\n')
        know(host, BUCKET, address=AWS_ADDRESS)
        know(host, FLEET)
        trust(host, "fleet", self.door.certificate)
        keys = host.root / "etc/eventpro/bundle-keys.d"
        keys.mkdir(exist_ok=True)
        (keys / "operators.pem").write_bytes((self.folder / "bundle-key.pub.pem").read_bytes())

    def put_on_stick(self) -> str:
        """Put the bundle on the stick; return the option that plugs it into a host."""
        self.stick.mkdir(exist_ok=True)
        bundle = self.folder / f"{VENUE_ID}.eventpro"
        (self.stick / bundle.name).write_bytes(bundle.read_bytes())
        return f"--bind-ro={self.stick}:/media/usb"

    def registrations(self) -> int:
        """Return how many registrations of all activations were used."""
        told = self.region.client("ssm").describe_activations()["ActivationList"]
        return sum(one["RegistrationsCount"] for one in told)

    def hosts(self) -> dict[str, str]:
        """Return the kiosks' names by managed instance, as ECS has them."""
        ecs = self.region.client("ecs")
        arns = ecs.list_container_instances(cluster="kiosks")["containerInstanceArns"]
        if not arns:
            return {}
        told = ecs.describe_container_instances(cluster="kiosks", containerInstances=arns)
        names = {}
        for one in told["containerInstances"]:
            attributes = {each["name"]: each.get("value", "") for each in one["attributes"]}
            names[one["ec2InstanceId"]] = attributes["kiosk.name"]
        return names

    def _environment(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": self.region.url,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": self.region.operator.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.region.operator.secret_key,
            "KIOSK_PROVISION_FLEET_URL": self.door.url,
            "KIOSK_PROVISION_TOKEN_FILE": str(self.folder / "operators-token"),
            "SSL_CERT_FILE": str(self.door.certificate),
            "PYTHONPATH": str(ROOT),
        }


@asynccontextmanager
async def enrolling_cloud(folder: Path) -> AsyncIterator[EnrollingCloud]:
    """Run all of it, with one event on sale and a roster at Harbour Hall, and no kiosk known."""
    files = folder / "fleet"
    files.mkdir()
    config = write_config(folder, fleet_keys_file=files / "public-keys.json")
    await seed_season(folder, config)
    FleetFiles(files).write().register()
    token = folder / "operators-token"
    token.write_text(OPS_TOKEN)
    token.chmod(0o600)
    settings = RegionSettings(tls_port=0, throttles=False, moto=True)
    async with (
        venue_region(settings) as region,
        api_process(config) as api,
        fleet_process(
            files, api.url, environment=environment(region), **_settings(files, region)
        ) as fleet,
        tls_door(FLEET, fleet.url, folder) as before,
    ):
        with _names_here(folder):
            region.client("ecs").create_cluster(clusterName=CLUSTER)
            await _put_roster(api)
            yield EnrollingCloud(folder, fleet, api, before, region)


def _settings(files: Path, region: RunningRegion) -> dict[str, object]:
    return {
        **ops_settings(files),
        **instance_settings(region),
        "instance_role": ROLE,
        "identity_audience": FLEET,
    }


@contextmanager
def _names_here(folder: Path) -> Iterator[None]:
    """Let operators' commands find the fleet service by its name, in this mount namespace alone."""
    hosts = folder / "hosts"
    hosts.write_text(f"127.0.0.1 localhost\n{CLOUD_ADDRESS} {FLEET}\n")
    subprocess.run(["mount", "--bind", str(hosts), "/etc/hosts"], check=True, timeout=20)
    try:
        yield
    finally:
        subprocess.run(["umount", "/etc/hosts"], check=True, timeout=20)


async def _put_roster(api: ApiProcess) -> None:
    headers = {"EventPro-Ops-Token": TICKET_OPS_TOKEN}
    body = {"members": [STAFF_CASHIER, STAFF_MANAGER]}
    async with (
        aiohttp.ClientSession(api.url, headers=headers) as http,
        http.put(f"/v1/ops/venues/{VENUE_ID}/roster", json=body) as answer,
    ):
        assert answer.status == 200, await answer.text()
