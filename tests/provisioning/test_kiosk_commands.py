"""`kiosk-provision kiosk …`, as an operator types it, before a fleet service and a region."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import structlog

from kiosk_contracts.enrolment import BundleBody
from provisioning.cli import leaving, main
from provisioning.fleet import FleetOffice
from provisioning.kiosks.hosts import Hosts
from provisioning.ticket_api import TicketOffice
from tests.support import ticket_api
from tests.support.acs_agent import acs_line
from tests.support.bootstrap_venue import PowerCutError
from tests.support.bundles import bundle_key
from tests.support.enrolled import CLUSTER, ROLE, Hall, Host, hall_of
from tests.support.http import ask
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


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Keep the logs of what is in this process off what the command prints."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    yield
    structlog.reset_defaults()


@pytest.fixture
async def desk(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Desk]:
    for name, token in (("token", OPS_TOKEN), ("tickets-token", ticket_api.OPS_TOKEN)):
        (tmp_path / name).write_text(token)
        (tmp_path / name).chmod(0o600)
    monkeypatch.setattr(leaving, "_POLL_S", 0.05)
    (tmp_path / "tickets").mkdir()
    with running_region() as region:
        monkeypatch.setenv("AWS_ENDPOINT_URL", region.url)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", region.operator.access_key_id)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", region.operator.secret_key)
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
        async with hall_of(tmp_path, region) as hall, world(tmp_path / "tickets") as tickets:
            yield Desk(hall, tickets, tmp_path, capsys)


async def test_kiosks_are_listed_and_shown(desk: Desk) -> None:
    host, headers = await desk.active()
    await host.report(headers, queued=2)
    out, _ = await desk.types("list")
    assert [line.split()[:4] for line in out.splitlines()[1:]] == [
        [KIOSK, "HB1", "harbour-hall", "active"],
        ["till-hb2", "HB2", "harbour-hall", "expected"],
    ]
    out, _ = await desk.types("list", "--venue", "harbour-hall", "--json")
    assert [one["instance_id"] for one in json.loads(out)] == [host.instance_id, None]
    _, err = await desk.types("list", "--venue", "nowhere", status=1)
    assert "no venue" in err.lower()
    out, _ = await desk.types("show", KIOSK)
    assert host.instance_id in out
    assert "2 queued, 0 parked" in out
    out, _ = await desk.types("show", KIOSK, "--json")
    assert json.loads(out)["seen"]["queued"] == 2
    _, err = await desk.types("show", "no/body", status=1)
    assert "kiosk-provision kiosk list" in err


async def test_a_host_that_was_refused_is_seen_in_the_list_and_at_its_kiosk(desk: Desk) -> None:
    first = await desk.hall.enrolled()
    await desk.types("free", KIOSK, "--yes")
    second = desk.hall.host(2)
    assert (await second.claim(KIOSK))[0] == 201
    assert (await first.prove())[1]["code"] == "host_not_matched"
    out, _ = await desk.types("show", KIOSK)
    assert f"refused        {first.instance_id} was registered by the machine" in out
    assert f"to the machine {second.host_id[:12]}" in out
    out, _ = await desk.types("list", "--json")
    assert [first.instance_id in one["refused"] for one in json.loads(out)] == [True, False]
    out, _ = await desk.types("list")
    assert "REFUSED" in out
    assert first.instance_id in out


async def test_a_kiosk_is_revoked_and_restored(desk: Desk) -> None:
    await desk.active()
    out, _ = await desk.types("revoke", KIOSK, "--dry-run")
    assert "would revoke" in out
    told = json.loads((await desk.types("revoke", KIOSK, "--dry-run", "--json"))[0])
    assert (told["kiosk_id"], told["standing"]) == (KIOSK, "active")
    assert told["plan"] == out.strip()
    _, err = await desk.types("revoke", KIOSK, status=1)
    assert "--yes" in err
    assert (await desk.hall.standing())[0] == "active"
    out, _ = await desk.types("revoke", KIOSK, "--yes")
    assert f"kiosk restore {KIOSK}" in out
    assert (await desk.hall.standing())[0] == "revoked"
    out, _ = await desk.types("restore", KIOSK, "--json")
    assert json.loads(out)["standing"] == "active"
    _, err = await desk.types("free", KIOSK, "--yes", status=1)
    assert "has been the kiosk" in err


async def test_a_name_is_freed(desk: Desk) -> None:
    await desk.hall.enrolled()
    _, err = await desk.types("free", KIOSK, status=1)
    assert "--yes" in err
    out, _ = await desk.types("free", KIOSK, "--yes")
    assert "may claim it" in out
    assert await desk.hall.standing() == ("expected", None)


async def test_a_kiosk_goes_once_it_has_left(desk: Desk) -> None:
    host, headers = await desk.active()
    out, _ = await desk.types(GONE, KIOSK, "--dry-run")
    assert (
        f"would ask it to drain, and wait until it has left; deregister {host.instance_id}" in out
    )
    _, err = await desk.types(GONE, KIOSK, status=1)
    assert "--yes" in err
    assert json.loads((await desk.types("show", KIOSK, "--json"))[0])["leaving_since"] is None
    _, err = await desk.types(GONE, KIOSK, "--yes", "--wait", "0", status=1)
    assert "has not left yet: it has not reported since" in err
    assert "--write-off" in err
    await host.report(headers, why_not_left=["tickets that have not gone back: 3"])
    _, err = await desk.types("restore", KIOSK)
    assert "drain --off" in err
    assert json.loads((await desk.types("show", KIOSK, "--json"))[0])["leaving_since"] is None
    _, err = await desk.types(GONE, KIOSK, "--yes", "--wait", "0", status=1)
    async with asyncio.timeout(60):
        while "has not left yet: tickets that have not gone back: 3" not in err:
            # Within a second it hears that it was asked anew.
            await host.report(headers, why_not_left=["tickets that have not gone back: 3"])
            # Asked once, it is not asked about again.
            _, err = await desk.types(GONE, KIOSK, "--wait", "0", status=1)
    assert (await desk.hall.standing())[0] == "active"
    await desk.runs_a_task(host)
    going = asyncio.create_task(desk.types(GONE, KIOSK, "--json"))
    await host.report(headers, left=True)
    out, err = await going
    assert "has left" in err
    told = json.loads(out)
    assert (told["standing"], told["container_instances"], told["managed_instance"]) == (
        "retired",
        1,
        True,
    )
    assert desk.registered(host) == ([], [])
    out, err = await desk.types(GONE, KIOSK, "--json")
    told = json.loads(out)
    assert (told["container_instances"], told["managed_instance"]) == (0, False)
    assert "stay leased: with --ticket-api-url" in err


async def test_tickets_of_a_sealed_reserve_are_written_off_at_the_end(desk: Desk) -> None:
    host, headers = await desk.active()
    await desk.leased(4)
    await desk.types(GONE, KIOSK, "--yes", "--wait", "0", status=1)
    await host.report(headers, left=True)
    out, err = await desk.types(GONE, KIOSK, "--json", tickets=True)
    assert json.loads(out)["written_off_tickets"] == 4
    assert "4 tickets written off" in err
    assert await desk.unsold() == 0


async def test_as_many_tickets_of_a_later_host_in_the_same_journal_are_written_off_too(
    desk: Desk,
) -> None:
    journal_id = uuid4()
    for host in ("mi-0a1b2c3d4e5f60718", "mi-0a1b2c3d4e5f60719"):
        assert (await desk.tickets.kiosk(KIOSK).grant(journal_id, 3)).status == 201
        assert await desk.unsold() == 3
        async with TicketOffice(desk.tickets.url, ticket_api.OPS_TOKEN) as tickets:
            told = [one async for one in tickets.write_off(KIOSK, "it is broken", host)]
        assert told == [(journal_id, 3)]
        assert await desk.unsold() == 0


AT = "2026-11-27T12:00:00Z"
HELPED = {"name": "clock", "why": "not set", "at": AT, "outcome": "helped", "in_a_row": 2}
CRASHES = {
    "source": "standby",
    "crashing": [
        {
            "image": "r/kiosk@sha256:b",
            "ends": 3,
            "last_exit": "status 1: no",
            "last_at": "2026-11-27T12:00:00Z",
        }
    ],
}
FAILS = {
    "name": "ecs_agent",
    "why": "it has ended",
    "at": AT,
    "outcome": "not_helped",
    "in_a_row": 3,
}


async def test_one_that_can_not_be_reached_is_written_off_after_its_risk_was_read(
    desk: Desk,
) -> None:
    host, headers = await desk.active()
    images = [{"image": "registry.example.com/a@sha256:b", "state": "failed", "why": "no route"}]
    refunds = ["HB1-1-000018: 30.00 EUR"]
    lock = {"until": AT, "why": "doors", "by": "Max Manager"}
    told = {
        "refunds_to_give": refunds,
        "repairs": [HELPED, FAILS],
        "images": images,
        "ui": CRASHES,
        "update_lock": lock,
    }
    await host.report(headers, queued=3, quarantined=1, **told)
    await desk.leased(5)
    out, _ = await desk.types("show", KIOSK)
    assert "image          registry.example.com/a@sha256:b failed: no route" in out
    assert "owes refund    HB1-1-000018: 30.00 EUR" in out
    assert "no update      until 2026-11-27 12:00 UTC: doors (Max Manager)" in out
    assert "not mended     ecs_agent: it has ended; 3 tries, at last: not_helped" in out
    assert "crashes        r/kiosk@sha256:b: 3 times, the last: status 1: no" in out
    assert "clock" not in out
    _, err = await desk.types(GONE, KIOSK, *WRITE_OFF, "--yes", status=1)
    assert "--ticket-api-url" in err
    _, err = await desk.types(GONE, KIOSK, *WRITE_OFF, status=1, tickets=True)
    assert "--yes" in err
    for words in (
        "on its disk alone",
        "stay valid",
        "two customers have one place",
        "4 trans",
        "HB1-1-000018: 30",
    ):
        assert words in err
    assert (await desk.hall.standing())[0] == "active"
    assert await desk.unsold() == 5
    out, _ = await desk.types(GONE, KIOSK, *WRITE_OFF, "--yes", "--json", tickets=True)
    told = json.loads(out)
    assert (told["standing"], told["written_off"]) == ("retired", "the disk is broken")
    assert told["written_off_tickets"] == 5
    assert await desk.unsold() == 0
    assert desk.registered(host) == ([], [])
    async with asyncio.timeout(30):
        while (await host.use(headers))[1]["code"] != "kiosk_retired":
            pass  # within a second


@pytest.mark.parametrize(
    ("service", "operation"),
    [("ecs", "DeregisterContainerInstance"), ("ssm", "DeregisterManagedInstance")],
)
async def test_what_aws_refused_in_the_middle_goes_on_at_the_next_run(
    desk: Desk, service: str, operation: str
) -> None:
    host, _ = await desk.active()
    await desk.leased(2)
    desk.hall.region.fault(service=service, operation=operation, kind="throttle", times=1)
    words = ("replace", KIOSK, *WRITE_OFF, "--yes", "--json")
    _, err = await desk.types(*words, status=1, tickets=True)
    assert f"AWS refused {operation}" in err
    assert desk.hall.region.hits() == {f"{service}.{operation}.throttle": 1}
    assert await desk.hall.standing() == ("expected", None)
    out, _ = await desk.types(*words, tickets=True)
    assert json.loads(out)["standing"] == "expected"
    assert desk.registered(host) == ([], [])


def cut(patch: pytest.MonkeyPatch, where: str, *, before: bool) -> None:
    """Have the command be killed at one thing that it does: before it, or before it is told."""
    owner, name, word = CUTS[where]
    really = getattr(owner, name)

    def at(words: tuple[Any, ...]) -> bool:
        return word is None or word in words

    async def over_http(*words: Any) -> Any:
        if before and at(words):
            raise PowerCutError
        told = await really(*words)
        if at(words):
            raise PowerCutError
        return told

    def over_boto(*words: Any) -> Any:
        if before:
            raise PowerCutError
        really(*words)
        raise PowerCutError

    patch.setattr(owner, name, over_boto if owner is Hosts else over_http)


CUTS: dict[str, tuple[Any, str, str | None]] = {
    "leave": (FleetOffice, "act", "leave"),
    "write off": (FleetOffice, "write_off", None),
    "tickets": (TicketOffice, "ask", "POST"),
    "renew": (FleetOffice, "act", "renew"),
    "ecs and ssm": (Hosts, "deregister", None),
    "ssm": (Hosts, "_deregister_instance", None),
}
"""What a replacement does, in its order."""


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize(
    ("how", "where"),
    [
        *((WRITE_OFF, one) for one in CUTS if one != "leave"),
        *(((), one) for one in CUTS if one != "write off"),
    ],
)
async def test_a_replacement_that_was_cut_off_goes_on_at_the_next_run(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, how: tuple[str, ...], where: str, *, before: bool
) -> None:
    host, headers = await desk.active()
    await desk.leased(2)
    words = ("replace", KIOSK, *how, "--yes", "--json")
    if not how:
        await desk.types(*words, "--wait", "0", status=1, tickets=True)
        await host.report(headers, left=True)
    with monkeypatch.context() as patch:
        cut(patch, where, before=before)
        with pytest.raises(PowerCutError):
            await desk.types(*words, tickets=True)
    await desk.types(*words, tickets=True)
    assert await desk.hall.standing() == ("expected", None)
    assert desk.registered(host) == ([], [])
    assert await desk.unsold() == 0
    told = json.loads((await desk.types("show", KIOSK, "--json"))[0])
    assert [one["instance_id"] for one in told["former"]] == [host.instance_id]


async def test_a_replacement_that_was_cut_off_ends_without_touching_the_new_host(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, _ = await desk.active()
    words = ("replace", KIOSK, *WRITE_OFF, "--yes")
    with monkeypatch.context() as patch:
        cut(patch, "ecs and ssm", before=True)
        with pytest.raises(PowerCutError):
            await desk.types(*words, tickets=True)
    await desk.hall.activate(KIOSK, token="another")
    new = desk.hall.host(2)
    assert (await new.claim(KIOSK, token="another"))[0] == 201
    new.register(KIOSK)
    await new.opens()
    out, err = await desk.types(*words, tickets=True)
    assert f"{old.instance_id}: ECS deregistered, Systems Manager deregistered" in err
    assert "nothing was done to its host of now" in out
    assert await desk.hall.standing() == ("active", new.instance_id)
    assert desk.registered(new) == ([new.arn], [new.instance_id])
    assert f"former host    {old.instance_id}" in (await desk.types("show", KIOSK))[0]


async def test_a_broken_host_is_replaced_and_its_name_gets_a_new_one(desk: Desk) -> None:
    old, headers = await desk.active()
    await desk.leased(3)
    out, _ = await desk.types("replace", KIOSK, *WRITE_OFF, "--dry-run")
    assert "would write it off, with what is on its disk" in out
    assert (await desk.hall.standing())[0] == "active"
    out, err = await desk.types("replace", KIOSK, *WRITE_OFF, "--yes", tickets=True)
    assert f"activation create --venue harbour-hall --kiosk {KIOSK}" in out
    assert "expects another host" in out
    assert "3 tickets written off" in err
    assert await desk.hall.standing() == ("expected", None)
    assert desk.registered(old) == ([], [])
    # The same again says the same, and asks nothing.
    again, _ = await desk.types("replace", KIOSK)
    assert again == out
    await desk.hall.activate(KIOSK, token="another")
    new = desk.hall.host(2)
    assert (await new.claim(KIOSK, token="another"))[0] == 201
    new.register(KIOSK)
    await new.opens()
    assert (await old.use(headers))[1]["code"] == "kiosk_retired"
    told: dict[str, Any] = json.loads((await desk.types("show", KIOSK, "--json"))[0])
    assert (told["kiosk_code"], told["instance_id"]) == ("HB1", new.instance_id)


async def test_a_healthy_host_is_replaced_once_it_has_left(desk: Desk) -> None:
    host, headers = await desk.active()
    await desk.types("replace", KIOSK, "--yes", "--wait", "0", status=1)
    await host.report(headers, left=True)
    await desk.types("replace", KIOSK)
    assert await desk.hall.standing() == ("expected", None)
    assert desk.registered(host) == ([], [])


@pytest.mark.parametrize("act", [GONE, "replace"])
async def test_a_host_that_aws_does_not_know_here_is_looked_for_elsewhere_first(
    desk: Desk, act: str
) -> None:
    host, headers = await desk.active()
    ecs, ssm = desk.hall.region.client("ecs"), desk.hall.region.client("ssm")
    ecs.deregister_container_instance(cluster=CLUSTER, containerInstance=host.arn, force=True)
    ssm.deregister_managed_instance(InstanceId=host.instance_id)
    region = desk.hall.region.settings
    _, err = await desk.types(act, KIOSK, "--yes", "--wait", "0", status=1)
    assert f"AWS knows no host {host.instance_id} of {KIOSK}" in err
    assert f"in region {region.region} of account {region.account}" in err
    for option in ("--region", "--profile", "--host-gone"):
        assert option in err
    told = json.loads((await desk.types("show", KIOSK, "--json"))[0])
    assert (told["standing"], told["leaving_since"]) == ("active", None)
    _, err = await desk.types(act, KIOSK, "--yes", "--wait", "0", "--host-gone", status=1)
    assert "has not left yet" in err
    await host.report(headers, left=True)
    _, err = await desk.types(act, KIOSK, "--host-gone")
    assert f"warning: if nobody has deregistered {host.instance_id} before" in err
    gone = "retired" if act == GONE else "expected"
    assert (await desk.hall.standing())[0] == gone


async def test_the_printer_of_a_replaced_host_is_that_of_the_new_one(desk: Desk) -> None:
    printer = {"printer": "tcp://192.0.2.7:9100", "print_receipts": True, "printer_columns": 48}
    desk.hall.settings = {KIOSK: printer}
    await desk.hall.activate(KIOSK, token="with a printer")
    old = desk.hall.host()
    assert (await old.claim(KIOSK, token="with a printer"))[0] == 201
    old.register(KIOSK)
    await old.opens()
    out, _ = await desk.types("show", KIOSK)
    assert "printer = tcp://192.0.2.7:9100" in out
    out, _ = await desk.types("replace", KIOSK, *WRITE_OFF, "--yes", tickets=True)
    assert "the printer" in out
    bundle_key(desk.folder)
    about = json.loads(ask(f"{desk.hall.region.url}/_region/installer").body)
    installer_key = desk.folder / "installer-key.asc"
    installer_key.write_bytes(ask(about["key"]).body)
    bundle = desk.folder / "new.eventpro"
    words = ["activation", "create", "--venue", "harbour-hall", "--kiosk", KIOSK]
    words += ["--kiosk", "till-hb2", "--role", ROLE, "--cluster", CLUSTER]
    words += ["--key", str(desk.folder / "bundle-key.pem"), "--output", str(bundle)]
    words += ["--installer-key", str(installer_key), "--fingerprint", about["fingerprint"]]
    words += ["--set", "printer_columns=32"]
    words += ["--region", desk.hall.region.settings.region]
    words += ["--fleet-url", desk.hall.office.fleet.url]
    words += ["--token-file", str(desk.folder / "token")]
    desk.capsys.readouterr()
    assert await asyncio.to_thread(main, words) == 0, desk.capsys.readouterr()
    assert f"{KIOSK} keeps printer = tcp://192.0.2.7:9100" in desk.capsys.readouterr().out
    made = BundleBody.model_validate(json.loads(bundle.read_text())["body"])
    assert made.settings_of(KIOSK) == {**printer, "printer_columns": 32}
    assert made.settings_of("till-hb2") == {"printer_columns": 32}
    # Until another host is the kiosk, by what its bundle says.
    _, page = await desk.hall.office.ask("GET", "venues/harbour-hall")
    assert page["kiosks"][0]["settings"] == printer


@pytest.mark.parametrize("act", [GONE, "replace"])
@pytest.mark.parametrize("how", [(), WRITE_OFF])
async def test_a_host_that_is_in_another_cluster_is_not_half_deregistered(
    desk: Desk, act: str, how: tuple[str, ...]
) -> None:
    host, _ = await desk.active()
    await desk.leased(2)
    desk.hall.region.client("ecs").create_cluster(clusterName="other")
    before = desk.registered(host)
    for cluster in ("other", "nowhere"):
        words = (act, KIOSK, *how, "--yes", "--wait", "0", "--cluster", cluster)
        _, err = await desk.types(*words, status=1, tickets=True)
        assert f"in the cluster {cluster}" in err or "ClusterNotFound" in err
    assert "--cluster" in (await desk.types(*words[:-1], "other", status=1, tickets=True))[1]
    told = json.loads((await desk.types("show", KIOSK, "--json"))[0])
    assert (told["standing"], told["leaving_since"], told["written_off"]) == ("active", None, "")
    assert desk.registered(host) == before == ([host.arn], [host.instance_id])
    assert await desk.unsold() == 2
    # Somebody was at ECS before: they say so.
    ecs = desk.hall.region.client("ecs")
    ecs.deregister_container_instance(cluster=CLUSTER, containerInstance=host.arn, force=True)
    _, err = await desk.types(act, KIOSK, *how, "--yes", "--wait", "0", status=1, tickets=True)
    assert "--host-gone" in err
    assert (await desk.hall.standing())[0] == "active"
    await desk.types(act, KIOSK, *WRITE_OFF, "--yes", "--host-gone", tickets=True)
    assert desk.registered(host) == ([], [])


@pytest.mark.parametrize("act", [GONE, "replace"])
async def test_a_name_without_a_host_is_not_taken_away(desk: Desk, act: str) -> None:
    await desk.hall.enrolled()
    _, err = await desk.types(act, KIOSK, "--yes", status=1)
    assert f"kiosk free {KIOSK}" in err
    _, err = await desk.types(GONE, "till-hb2", "--yes", status=1)
    assert "it has no host" in err
