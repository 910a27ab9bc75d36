"""An operator's desk for `kiosk-provision kiosk …`, before a fleet service and a region."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import structlog

from provisioning.cli import leaving, main
from tests.support import ticket_api
from tests.support.acs_agent import acs_line
from tests.support.enrolled import CLUSTER, Hall, Host, hall_of
from tests.support.operators import OPS_TOKEN
from tests.support.region import running_region
from tests.support.ticket_api import World, world

KIOSK = "till-hb1"
GONE = "deprovision"
WRITE_OFF = ("--write-off", "the disk is broken")


@dataclass
class Desk:
    """An operator's desk."""

    hall: Hall
    tickets: World
    folder: Path
    capsys: pytest.CaptureFixture[str]

    async def types(self, *words: str, status: int = 0, tickets: bool = False) -> tuple[str, str]:
        where = [
            *("--fleet-url", self.hall.office.fleet.url),
            *("--token-file", str(self.folder / "token")),
        ]
        if words[0] in {GONE, "replace"}:
            where += ["--region", self.hall.region.settings.region]
            where += [] if "--cluster" in words else ["--cluster", CLUSTER]
        if tickets:
            where += ["--ticket-api-url", self.tickets.url]
            where += ["--ticket-api-token-file", str(self.folder / "tickets-token")]
        self.capsys.readouterr()
        ended = await asyncio.to_thread(main, ["kiosk", *words, *where])
        said = self.capsys.readouterr()
        assert ended == status, said
        return said.out, said.err

    async def active(self) -> tuple[Host, dict[str, str]]:
        host = await self.hall.enrolled()
        return host, await host.opens()

    async def leased(self, quantity: int) -> UUID:
        """Lease tickets to the kiosk; return its journal."""
        journal_id = uuid4()
        kiosk = self.tickets.kiosk(KIOSK)
        assert (await kiosk.grant(journal_id, quantity)).status == 201
        return journal_id

    async def unsold(self) -> int:
        return sum(one["unsold"] for one in (await self.tickets.ledger())["journals"])

    async def runs_a_task(self, host: Host) -> None:
        """Have something run on a host, as its screen does to the end."""
        ecs = self.hall.region.client("ecs")
        screen = {"name": "ui", "image": "ui@sha256:" + "0" * 64, "memory": 128}
        ecs.register_task_definition(
            family="ui", requiresCompatibilities=["EXTERNAL"], containerDefinitions=[screen]
        )
        assert host.ecs_agent is not None
        async with acs_line(self.hall.region, host.ecs_agent):
            told = ecs.start_task(
                cluster=CLUSTER, containerInstances=[host.arn], taskDefinition="ui"
            )
        assert not told["failures"], told

    def registered(self, host: Host) -> tuple[list[str], list[str]]:
        """Return what ECS and SSM have of a host."""
        ecs, ssm = self.hall.region.client("ecs"), self.hall.region.client("ssm")
        at_ecs = ecs.list_container_instances(cluster=CLUSTER)["containerInstanceArns"]
        told = ssm.describe_instance_information()["InstanceInformationList"]
        at_ssm = [one["InstanceId"] for one in told if one["InstanceId"] == host.instance_id]
        return at_ecs, at_ssm


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the logs of what is in this process off what the command prints."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    try:
        yield
    finally:
        structlog.reset_defaults()


@asynccontextmanager
async def desk_in(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Desk]:
    """Open a desk, with what it talks to running in a folder."""
    for name, token in (("token", OPS_TOKEN), ("tickets-token", ticket_api.OPS_TOKEN)):
        (tmp_path / name).write_text(token)
        (tmp_path / name).chmod(0o600)
    monkeypatch.setattr(leaving, "_POLL_S", 0.05)
    (tmp_path / "tickets").mkdir()
    with quiet(), running_region() as region:
        monkeypatch.setenv("AWS_ENDPOINT_URL", region.url)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", region.operator.access_key_id)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", region.operator.secret_key)
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
        async with hall_of(tmp_path, region) as hall, world(tmp_path / "tickets") as tickets:
            yield Desk(hall, tickets, tmp_path, capsys)
