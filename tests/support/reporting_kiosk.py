"""Kiosks that report all the time, and show whatever release ECS told their hosts."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from botocore.exceptions import ClientError

from kiosk_contracts.commands import CommandEnd, CommandKind, outcome
from tests.support.acs_agent import obeying
from tests.support.enrolled import Hall, Host

_EVERY_S = 0.3
_DOES = {
    CommandKind.LOGS: outcome(
        CommandEnd.DONE, "20 lines", content=b"nothing unusual\n", content_type="text/plain"
    ),
    CommandKind.DOCTOR: outcome(
        CommandEnd.DONE, "all is well", content=b"{}", content_type="application/json"
    ),
    CommandKind.RESTART_UI: outcome(CommandEnd.DONE, "the screen is back"),
    CommandKind.REBOOT: outcome(CommandEnd.REFUSED, "somebody is served there"),
}
"""What comes of a command there."""


@contextmanager
def _throttled() -> Iterator[None]:
    """Let a call be that ECS has no room for."""
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] != "ThrottlingException":
            raise


@asynccontextmanager
async def reporting_kiosk(
    hall: Hall,
    host: Host,
    kiosk_id: str,
    images: Mapping[str, str],
    *,
    sells: bool = True,
    **told: Any,
) -> AsyncIterator[None]:
    """Report, with all images ready and, if it `sells`, one more sale settled each time."""
    headers = await host.opens(kiosk_id)
    assert host.ecs_agent is not None

    async def report() -> None:
        sold = 7
        release: str | None = None
        while True:
            # Where the fleet service has had all that ECS gives, it is what it was.
            with _throttled():
                release = await asyncio.to_thread(hall.release, host)
            answer = await host.report(
                headers,
                kiosk_id,
                last_sequence=sold,
                last_settled_sale=sold,
                images=[{"image": image, "state": "ready"} for image in images.values()],
                ui={"source": "ecs", "image": images.get(release or "", "")},
                screen={"holder": "a"},
                **told,
            )
            for command in answer.get("commands", ()):
                path = f"/v1/commands/{command['command_id']}/outcome"
                body = _DOES[CommandKind(command["kind"])].to_json()
                async with hall.office.http.put(path, json=body, headers=headers) as took:
                    assert took.status == 204, await took.text()
            sold += sells
            await asyncio.sleep(_EVERY_S)

    async with obeying(hall.region, host.ecs_agent):
        reports = asyncio.create_task(report())
        try:
            yield
            assert not reports.done(), reports.exception()
        finally:
            reports.cancel()
            await asyncio.wait({reports})
