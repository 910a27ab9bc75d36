"""`fleetctl kiosk revoke | restore`: who is let in."""

import argparse
import asyncio
from typing import Final

from fleet_service.fleetctl.fleet import fleet, named
from kiosk_contracts.kiosks import KioskDetail
from operator_cli.showing import confirm, say, say_json

_QUESTION: Final = "Let {kiosk} in nowhere from now on? It sells on with what it has."
_TOLD: Final = {
    "revoke": "{kiosk} is let in nowhere; to undo it: fleetctl kiosk restore {kiosk}",
    "restore": "{kiosk} is let in again",
}


def run(options: argparse.Namespace) -> None:
    """Let a kiosk in nowhere, or again."""
    if options.act == "revoke":
        confirm(options, _QUESTION.format(kiosk=options.kiosk_id))

    async def send() -> KioskDetail:
        async with fleet(options) as service:
            path = named(f"/v1/ops/kiosks/{{kiosk}}/{options.act}", kiosk=options.kiosk_id)
            return await service.send(KioskDetail, path)

    told = asyncio.run(send())
    if options.json:
        say_json(told.to_json())
    else:
        say(_TOLD[options.act].format(kiosk=options.kiosk_id))
