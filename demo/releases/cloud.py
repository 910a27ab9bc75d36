"""The cloud of a venue whose hosts are managed instances: region, fleet service, ticket API."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from typing import Final

import aiohttp

from demo.configs import Kiosk, SettingValue, roster_of
from demo.layout import Layout
from demo.ledger_watch import OPS_HEADER
from demo.releases.images import FIRST
from demo.season import VENUE_ID
from demo.stack import Stack
from demo.terminal import python_module

REGION: Final = "eu-central-1"
CLUSTER: Final = "kiosks"
AUDIENCE: Final = "fleet.example.com"
ROLE: Final = "EventProKioskHost"
_ACCOUNT: Final = "111122223333"


class Cloud(Stack):
    """All that is beyond a venue's line; its kiosks are brought by `demo.releases.host`."""

    def __init__(self, layout: Layout, seed: int) -> None:
        super().__init__(layout, seed)
        self.operator_token = f"evp_{self._random.randbytes(16).hex()}"
        self._key = f"AKIA{self._random.randbytes(8).hex().upper()}"
        self._secret = self._random.randbytes(20).hex()
        self.region_port = 0

    @property
    def region_url(self) -> str:
        """Where AWS's APIs are, in plain http on loopback."""
        return f"http://127.0.0.1:{self.region_port}"

    @property
    def fleet_url(self) -> str:
        """The fleet service's own address, which operators use."""
        return f"http://127.0.0.1:{self.fleet_port}"

    @property
    def operator_key(self) -> tuple[str, str]:
        """The operator's key of AWS: its id and its secret."""
        return self._key, self._secret

    async def _start(self) -> None:
        argv = python_module(
            *("local_region", "--no-moto", "--no-throttles", "--moves", "stop-first"),
            *("--region", REGION, "--account", _ACCOUNT),
            *("--operator-key", f"{self._key}:{self._secret}"),
        )
        self.region_port = await self._start_service("region", argv)
        await asyncio.gather(self._keys(), self._seed())
        self.ticket_api_url = f"http://127.0.0.1:{await self._start_ticket_api()}"
        await self._put_roster()
        self.fleet_port = await self._start_fleet()

    def _fleet_settings(self) -> dict[str, SettingValue]:
        return {
            **super()._fleet_settings(),
            "state_file": str(self.layout.fleet / "fleet.db"),
            "ops_token_sha256": hashlib.sha256(self.operator_token.encode()).hexdigest(),
            "instance_account": _ACCOUNT,
            "instance_role": ROLE,
            "instance_regions": [REGION],
            "identity_audience": AUDIENCE,
            "instance_cluster": CLUSTER,
            "first_release": FIRST,
            "sts_connect_to": self.region_url,
            # An evening's fleet is more patient; this is over in minutes.
            "sweep_every_s": 2,
            "judge_every_s": 5,
            "move_every_s": 0.5,
        }

    def _fleet_environment(self) -> Mapping[str, str]:
        return {
            "AWS_ENDPOINT_URL": self.region_url,
            "AWS_ACCESS_KEY_ID": self._key,
            "AWS_SECRET_ACCESS_KEY": self._secret,
        }

    def _registered(self) -> Sequence[Kiosk]:
        # A managed instance becomes a kiosk by what AWS says of it.
        return ()

    async def _put_roster(self) -> None:
        people = {
            one.staff_id: one for kiosk in self.kiosks for one in (kiosk.cashier, kiosk.manager)
        }
        async with (
            aiohttp.ClientSession(headers={OPS_HEADER: self.ops_token}) as http,
            http.put(
                f"{self.ticket_api_url}/v1/ops/venues/{VENUE_ID}/roster",
                json={"members": roster_of(list(people.values()))},
            ) as answer,
        ):
            answer.raise_for_status()
