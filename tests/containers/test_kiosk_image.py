"""The kiosk UI's image, in real containers, run as its task definition says."""

import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kiosk_contracts.payloads import SalePayload
from kiosk_contracts.ticket_code import TicketCode
from tests.support.containers.docker import DockerError, away, container, docker, health_of, inspect
from tests.support.containers.from_inside import FROM_INSIDE
from tests.support.containers.images import Image, built, changed_checkout
from tests.support.containers.registry import Registry
from tests.support.containers.venue_kiosk import VenueKiosk, facts, venue_kiosk
from tests.support.real_kiosk import sell_one, sign_in

pytestmark = [pytest.mark.containers, pytest.mark.timeout(300)]


@pytest.fixture
async def kiosk(kiosk_image: Image, tmp_path: Path) -> AsyncIterator[VenueKiosk]:
    # The image is built first: nobody waits for it with an agent at hand.
    assert kiosk_image.digest
    async with venue_kiosk(tmp_path) as running:
        yield running


async def test_from_inside_there_is_no_network_no_capability_and_nothing_to_write_to(
    kiosk: VenueKiosk, kiosk_image: Image
) -> None:
    zone = "--volume=/usr/share/zoneinfo/Asia/Tokyo:/etc/localtime:ro"
    words = [
        one if ":/etc/localtime:" not in one else zone for one in kiosk.words(kiosk_image.digest)
    ]
    async with container(words) as made:
        seen = facts(await made.python(FROM_INSIDE))
    assert seen["ids"] == [["10600"] * 4, ["10600"] * 4, ["10600"]]
    assert seen["capabilities"] == ["0" * 16] * 5
    assert (seen["no_new_privileges"], seen["seccomp"]) == ("1", "2")
    assert seen["networks"] == ["lo"]
    assert seen["routes"] == []
    assert seen["writing"] == ["Read-only file system"] * 5
    assert seen["removing"] == "Read-only file system"
    assert seen["admin"] == "Permission denied"
    assert seen["becoming_root"] == "Operation not permitted"
    assert seen["zone"] == "JST"
    # What it runs in is a terminal; a program that is called in has none.
    assert seen["terminal"] == ["xterm-256color", "C.UTF-8", False]


async def test_a_cashier_sells_at_its_terminal(kiosk: VenueKiosk, kiosk_image: Image) -> None:
    async with kiosk.screen(kiosk_image.digest) as terminal:
        await sign_in(terminal)
        code = TicketCode.decode(await sell_one(terminal))
    assert await kiosk.agent.stop() == 0
    rows = [row.transaction for row in await kiosk.kiosk.folder.rows()]
    [sale] = [
        SalePayload.model_validate(one.payload) for one in rows if one.envelope.kind == "sale"
    ]
    assert sale.serials() == (code.facts.serial,)


async def test_it_needs_no_shell_and_answers_its_health_check_without_one(
    kiosk: VenueKiosk, kiosk_image: Image, tmp_path: Path
) -> None:
    nothing = tmp_path / "nothing"
    nothing.touch(mode=0o644)
    shells = [f"--volume={nothing}:/usr/bin/{name}:ro" for name in ("dash", "bash")]
    words = kiosk.words(kiosk_image.digest, *shells, health_s=1)
    async with container(words) as made, health_of(made) as health:
        with pytest.raises(DockerError, match="permission denied"):
            docker("exec", made.name, "/bin/sh", "-c", "true")
        await health.until("healthy")


async def test_a_ui_that_hangs_is_unhealthy_until_it_goes_on(
    kiosk: VenueKiosk, kiosk_image: Image
) -> None:
    words = kiosk.words(kiosk_image.digest, health_s=1)
    async with container(words) as made, health_of(made) as health:
        await health.until("healthy")
        await away("kill", "--signal", "STOP", made.name)
        await health.until("unhealthy")
        said = made.state["Health"]["Log"][-1]["Output"]
        assert said.strip() == "the UI does not answer within 3 s: it hangs"
        await away("kill", "--signal", "CONT", made.name)
        await health.until("healthy")


async def test_it_ends_when_it_is_told_to(kiosk: VenueKiosk, kiosk_image: Image) -> None:
    words = kiosk.words(kiosk_image.digest, health_s=1)
    async with container(words) as made, health_of(made) as health:
        await health.until("healthy")
        await away("kill", "--signal", "TERM", made.name)
        assert await made.ended() == 0
        assert made.state["OOMKilled"] is False


async def test_it_ends_as_well_before_it_shows_anything(
    kiosk: VenueKiosk, kiosk_image: Image
) -> None:
    async with container(kiosk.words(kiosk_image.digest)) as made:
        pid = made.state["Pid"]
        # Nothing tells when a process has a handler but its own status.
        while not catches(pid, signal.SIGTERM):
            os.sched_yield()
        os.kill(pid, signal.SIGTERM)
        assert await made.ended() == 0
        assert await made.log() == ""


def catches(pid: int, number: signal.Signals) -> bool:
    """Say whether a process has a handler for a signal."""
    status = Path(f"/proc/{pid}/status").read_text()
    caught = next(line for line in status.splitlines() if line.startswith("SigCgt:"))
    return bool(int(caught.split()[1], 16) >> (number - 1) & 1)


async def test_a_setting_that_is_wrong_is_said_in_its_log_and_by_its_exit_status(
    kiosk: VenueKiosk, kiosk_image: Image
) -> None:
    words = kiosk.words(kiosk_image.digest, "--env=KIOSK_UI_LOOK=tiny")
    async with container(words) as made:
        assert await made.ended() == 78
        assert "look: there is no look 'tiny'" in await made.log()


def test_it_says_what_it_is_and_who_may_run_it(kiosk_image: Image) -> None:
    config = inspect("image", kiosk_image.digest)["Config"]
    labels = {
        name.removeprefix("org.opencontainers.image."): value
        for name, value in config["Labels"].items()
    }
    assert labels["title"] == "EventPro kiosk UI"
    assert f":{labels['version']}-{labels['revision'][:12]}" in kiosk_image.told["image"]
    assert labels["created"].endswith("Z")
    assert labels["source"]
    assert config["User"] == "10600:10600"
    assert config["StopSignal"] == "SIGTERM"
    # An exec form: no shell stands between.
    assert config["Entrypoint"] == ["python3", "-m", "kiosk_ui"]
    assert config["Healthcheck"]["Test"][:2] == ["CMD", "python3"]
    assert not config.get("ExposedPorts")


def test_a_registry_gives_it_back_by_its_digest_and_a_tag_that_moved_changes_nothing(
    kiosk_image: Image, registry: Registry
) -> None:
    tag = f"{registry.place}/kiosk:desired"
    docker("tag", kiosk_image.told["base"], tag)
    docker("push", tag)
    docker("rmi", tag, kiosk_image.digest)
    docker("pull", kiosk_image.digest)
    assert inspect("image", kiosk_image.digest)["Id"] == kiosk_image.told["id"]
    with pytest.raises(DockerError, match="manifest unknown"):
        docker("pull", f"{registry.place}/kiosk@sha256:{'0' * 64}")


def test_a_changed_line_moves_the_part_of_our_code_that_it_is_in_and_nothing_else(
    kiosk_image: Image, registry: Registry, tmp_path: Path
) -> None:
    # Built from nothing, as on a machine that has built none before.
    checkout = changed_checkout(tmp_path / "checkout", "kiosk")
    changed = built("kiosk", registry, "--source", str(checkout), "--no-cache")
    before, after = kiosk_image.layers, changed.layers
    assert len(before) == len(after) == 4
    differing = [one != other for one, other in zip(before, after, strict=True)]
    assert differing == [False, False, True, False]
    moved = registry.moved(changed.digest, had=kiosk_image.digest)
    assert moved < 300_000
    assert moved > sum(
        one["size"]
        for one in registry.manifest(changed.digest)["layers"]
        if one not in registry.manifest(kiosk_image.digest)["layers"]
    )
    assert kiosk_image.told["size"] <= 60_000_000
