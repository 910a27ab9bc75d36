"""`kiosk-provision kiosk replace`, and what AWS refuses or a cut leaves half done."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from kiosk_contracts.enrolment import BundleBody
from provisioning.cli import main
from provisioning.fleet import FleetOffice
from provisioning.kiosks.hosts import Hosts
from provisioning.ticket_api import TicketOffice
from tests.support.bootstrap_venue import PowerCutError
from tests.support.bundles import bundle_key
from tests.support.enrolled import CLUSTER, ROLE
from tests.support.http import ask
from tests.support.kiosk_desk import GONE, KIOSK, WRITE_OFF, Desk, desk_in


@pytest.fixture
async def desk(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Desk]:
    async with desk_in(tmp_path, capsys, monkeypatch) as desk:
        yield desk


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
