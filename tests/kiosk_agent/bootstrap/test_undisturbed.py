"""A kiosk that may be selling is not disturbed: what its screen stands on is restarted later."""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kiosk_agent.bootstrap import doctor
from kiosk_agent.bootstrap.checks.cloned import SSM_STORE
from kiosk_agent.bootstrap.domain.checking import Level
from kiosk_agent.bootstrap.domain.steps import Step
from kiosk_agent.bootstrap.places import DOCKER_PENDING
from tests.support.agent_saying import SELLING, agent_saying
from tests.support.bare_host import ran
from tests.support.bootstrap_venue import PowerCutError, Shown, Venue

DOCKER_CONFIG = "etc/docker/daemon.json"
PROXY = "http://proxy.example.com:3128"


def restarts(venue: Venue) -> int:
    return venue.venue.calls().count("restart docker")


@pytest.fixture
def docker(venue: Venue) -> Venue:
    """Give a venue on whose host Docker runs."""
    venue.venue.write("etc/systemd/system/docker.service", "[Service]\nExecStart=/bin/sleep 600\n")
    assert venue.venue.run("systemctl", "start", "docker").returncode == 0
    pid = venue.venue.text("run/docker.pid").strip()
    while Path(f"/proc/{pid}/comm").read_text() != "sleep\n":
        time.sleep(0.01)
    return venue


@contextmanager
def drained(venue: Venue, **more: object) -> Iterator[None]:
    """Let another agent answer: one that takes no carts."""
    usual = venue.host.path("/run/eventpro/admin.sock")
    away = usual.with_name("usual.sock")
    usual.rename(away)
    with agent_saying(usual, {**SELLING, "draining": True, **more}):
        yield
    away.rename(usual)


def test_before_the_first_registration_docker_is_restarted_once(docker: Venue) -> None:
    docker.run(docker.bundle())
    assert restarts(docker) == 1
    assert not docker.host.has(DOCKER_PENDING)
    assert docker.run().plans == [[]]
    assert restarts(docker) == 1


def test_a_proxy_alone_has_docker_restarted(docker: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", PROXY)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    docker.venue.write(DOCKER_CONFIG, json.dumps({"log-opts": {"max-size": "5m"}}))
    docker.run(docker.bundle())
    assert restarts(docker) == 1


def test_docker_that_does_not_start_with_its_settings_registers_nobody(docker: Venue) -> None:
    (docker.host.root / "etc/systemd/system/docker.service").unlink()
    stopped = docker.stopped(docker.bundle())
    assert "Docker does not start with its settings" in str(stopped)
    assert "journalctl -u docker" in stopped.what_to_do
    assert docker.registrations() == 0


def test_killed_before_dockers_restart_it_is_made_up_for(docker: Venue) -> None:
    """The settings are there, and Docker runs with the old: the file alone says all is well."""
    with pytest.raises(PowerCutError):
        docker.run(docker.bundle(), Shown(cut_before=Step.CONFIGURE))
    docker.venue.write(DOCKER_CONFIG, json.dumps({"log-opts": {"max-size": "10m"}}))
    docker.venue.write(DOCKER_PENDING.lstrip("/"), "")
    assert Step.CONFIGURE in docker.run().steps
    assert restarts(docker) == 1


def test_a_second_bootstrap_restarts_nothing_of_a_kiosk_that_sells(docker: Venue) -> None:
    docker.run(docker.bundle())
    before = docker.venue.calls()
    (docker.host.root / DOCKER_CONFIG).unlink()
    (docker.host.root / "run/kiosk-supervisor.pid").rename(docker.folder / "pid")
    shown = docker.run()
    assert shown.steps[1:] == [Step.CONFIGURE, Step.UNITS]
    assert "max-size" in docker.venue.text(DOCKER_CONFIG)
    [told] = [note for note in shown.notes if "Docker has new settings" in note]
    assert "When nobody buys: kiosk-agent drain" in told
    since = docker.venue.calls()[len(before) :]
    assert [one for one in since if one.startswith(("stop", "restart"))] == [
        "stop kiosk-supervisor",
        "restart kiosk-supervisor",
        "stop kiosk-supervisor",
    ]
    assert docker.run().plans == [[]], "what waits is not done again and again"
    os.kill(int((docker.folder / "pid").read_text()), 15)


def test_the_doctor_restarts_docker_only_when_nobody_buys(docker: Venue) -> None:
    docker.run(docker.bundle())
    docker.venue.write(DOCKER_PENDING.lstrip("/"), "")
    [told] = [one for one in doctor.examine(docker.host) if one.name == "docker"]
    assert told.found.level is Level.LOOK
    assert "kiosk-agent drain; then kiosk-agent doctor --fix 'docker'" in told.found.what_to_do
    for how in ([], ["docker"]):
        mended = doctor.mend(docker.host, [told], how)
        assert "not restarted: this kiosk may be selling" in mended[0].text
    with drained(docker, open_carts=1):
        assert "not restarted" in doctor.mend(docker.host, [told], [])[0].text
    assert restarts(docker) == 1
    with drained(docker):
        assert doctor.mend(docker.host, [told], [])[0].text.startswith("Docker 24")
    assert restarts(docker) == 2
    assert not docker.host.has(DOCKER_PENDING)


def test_a_kiosk_whose_registration_is_lost_sells_on_undisturbed(docker: Venue) -> None:
    docker.run(docker.bundle())
    docker.host.path(SSM_STORE).unlink()
    docker.venue.write(DOCKER_PENDING.lstrip("/"), "")
    found = [one for one in doctor.examine(docker.host) if one.name == "docker"]
    assert "not restarted" in doctor.mend(docker.host, found, ["docker"])[0].text
    assert restarts(docker) == 1


def test_docker_that_does_not_answer_is_left_to_a_drained_kiosk(docker: Venue) -> None:
    docker.run(docker.bundle())
    (docker.host.root / "tools/docker").write_text("#!/bin/bash\nexit 1\n")
    found = [one for one in doctor.examine(docker.host) if one.name == "docker"]
    assert "not restarted" in doctor.mend(docker.host, found, [])[0].text
    with drained(docker):
        doctor.mend(docker.host, found, [])
    assert restarts(docker) == 2


def test_packages_are_not_finished_while_somebody_may_be_buying(docker: Venue) -> None:
    docker.run(docker.bundle())
    docker.venue.write("run/half-installed", " docker.io   Linux container runtime\n")
    stopped = docker.stopped()
    assert "packages are not installed while this kiosk may be selling" in str(stopped)
    assert "--fix 'earlier try'" in stopped.what_to_do
    found = doctor.examine(docker.host)
    texts = {one.name: one.text for one in doctor.mend(docker.host, found, ["earlier try"])}
    assert "not finished: this kiosk may be selling" in texts["earlier try"]
    assert not any("--configure" in one for one in ran(docker.venue))
    with drained(docker):
        doctor.mend(docker.host, found, ["earlier try"])
    assert any("--configure" in one for one in ran(docker.venue))
