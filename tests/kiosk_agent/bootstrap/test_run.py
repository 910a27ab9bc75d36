"""From a bare host to a kiosk that sells: the real installer of the region, run for real."""

import json
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from kiosk_agent.bootstrap import runner
from kiosk_agent.bootstrap.domain.steps import Step
from kiosk_agent.bootstrap.host import Host
from kiosk_agent.bootstrap.preparing import Choices, prepare
from kiosk_agent.bootstrap.refusing import StoppedError
from provisioning.bundles.sealing import make_passphrase
from tests.support.agent_saying import SELLING, agent_saying
from tests.support.bare_host import ran, steps_recorded
from tests.support.bootstrap_venue import QUICK, CutAnew, PowerCutError, Shown, Venue
from tests.support.http import ask
from tests.support.ssm_agent import SsmAgent


def test_a_bare_host_becomes_a_kiosk_that_sells(venue: Venue) -> None:
    shown = venue.run(venue.bundle())

    assert shown.names == ["till-1 HB1"]
    assert shown.plans[0][:2] == [Step.PREFLIGHT, Step.NAME]
    assert shown.steps == [
        *(Step.PREFLIGHT, Step.NAME, Step.FETCH, Step.VERIFY, Step.CONFIGURE, Step.REGISTER),
        *([Step.CONFIRM] if Step.CONFIRM in shown.steps else []),
        Step.UNITS,
    ]
    assert venue.registrations() == 1
    [instance] = venue.instances()
    attributes = {one["name"]: one.get("value") for one in instance["attributes"]}
    assert attributes["kiosk.name"] == "till-1"
    assert attributes["kiosk.venue"] == "harbour-hall"
    assert (instance["status"], instance["agentConnected"]) == ("ACTIVE", True)
    assert 'kiosk_id = "till-1"' in venue.venue.text("etc/eventpro/agent.toml")
    assert 'locale = "de_DE"' in venue.venue.text("etc/eventpro/agent.toml")
    assert 'region = "eu-central-1"' in venue.venue.text("etc/eventpro/supervisor.toml")
    assert {"restart kiosk-agent", "enable kiosk-agent"} <= set(venue.venue.calls())
    assert venue.venue.text("var/lib/eventpro/bootstrapped") == "till-1\n"
    assert [one for one in ran(venue.venue) if "apt-get" in one] == ["apt-get install -y curl jq"]
    assert set(venue.technician.asked) == {"passphrase", "kiosk till-1 till-2"}
    remembered = steps_recorded(venue.venue)
    assert ("install and register", "began") in remembered
    assert ("install and register", "done") in remembered

    again = venue.run()
    assert (again.plans, again.steps, again.names) == ([[]], [], ["till-1 HB1"])
    assert venue.registrations() == 1


def test_whatever_step_the_power_is_cut_at_it_goes_on_and_registers_once(venue: Venue) -> None:
    bundle = venue.bundle()
    cuts = CutAnew()
    # Each run is cut where none before it was: before and after each step that comes.
    while not cuts.names:
        with suppress(PowerCutError):
            venue.run(bundle, cuts)
    before_and_after = {
        (moment, step)
        for moment in ("before", "after")
        for step in (Step.NAME, Step.FETCH, Step.VERIFY, Step.CONFIGURE, Step.REGISTER, Step.UNITS)
    }
    assert before_and_after <= cuts.made
    assert venue.registrations() == 1
    assert len(venue.instances()) == 1


@pytest.mark.parametrize("there", [True, False])
def test_the_first_screen_becomes_the_kiosks_where_there_is_one(
    venue: Venue, *, there: bool
) -> None:
    if there:
        venue.venue.write("dev/tty1", "")
    else:
        (venue.host.root / "dev/tty1").unlink(missing_ok=True)
    shown = venue.run(venue.bundle())
    wanted = {"enable kiosk-console@tty1", "disable getty@tty1"}
    assert (wanted <= set(venue.venue.calls())) is there
    assert any("the first screen (tty1)" in note for note in shown.notes) is there


def test_a_bundle_is_left_aside_once_this_host_is_registered(venue: Venue) -> None:
    venue.run(venue.bundle())
    expired = venue.bundle(
        bundle_id="0f5b1a52-9999-4222-8333-444455556666", expires_at="2026-01-01T00:00:00Z"
    )
    shown = venue.run(expired)
    assert "is left aside: this host is registered already" in shown.notes[0]
    assert shown.plans == [[]]


def test_a_registered_host_asks_for_no_passphrase(venue: Venue) -> None:
    with pytest.raises(PowerCutError):
        venue.run(venue.bundle(), Shown(cut_after=Step.REGISTER))
    venue.technician.passphrases.clear()
    assert venue.run().names == ["till-1 HB1"]


def test_a_wrong_passphrase_changes_nothing(venue: Venue) -> None:
    venue.technician.passphrases[:] = [make_passphrase() for _ in range(5)]
    stopped = venue.stopped(venue.bundle())
    assert "wrong 5 times" in str(stopped)
    assert venue.technician.asked[1].startswith("passphrase it is not this bundle's passphrase")
    assert venue.registrations() == 0
    assert venue.desk.granted == {}


def test_a_slip_in_the_passphrase_is_said_and_asked_again(venue: Venue) -> None:
    slip = venue.passphrase[:-1] + ("0" if venue.passphrase[-1] != "0" else "1")
    venue.technician.passphrases[:] = [slip, "short", venue.passphrase]
    assert venue.run(venue.bundle()).names == ["till-1 HB1"]
    assert len([one for one in venue.technician.asked if "Try again" in one]) == 2


def test_a_name_that_is_taken_meanwhile_is_chosen_anew(venue: Venue) -> None:
    venue.desk.snatched = ["till-1"]
    venue.technician.kiosks[:] = ["till-1", "till-2"]
    assert venue.run(venue.bundle()).names == ["till-2 HB2"]
    assert venue.technician.asked[-1] == "kiosk till-2 Another host is this kiosk: till-1 is gone."


def test_a_named_kiosk_that_is_taken_stops(venue: Venue) -> None:
    venue.desk.granted["till-1"] = "another host"
    stopped = venue.stopped(venue.bundle(), kiosk="till-1")
    assert "till-1 is gone" in str(stopped)
    assert venue.registrations() == 0


def test_no_free_name_stops_before_anything_is_registered(venue: Venue) -> None:
    venue.desk.granted.update({"till-1": "another host", "till-2": "a third"})
    stopped = venue.stopped(venue.bundle())
    assert "none of this bundle's kiosk names is free" in str(stopped)
    assert venue.registrations() == 0


def test_another_cluster_is_caught_and_mended(venue: Venue) -> None:
    venue.run(venue.bundle())
    config = venue.venue.text("etc/ecs/ecs.config")
    venue.venue.write("etc/ecs/ecs.config", config.replace("=kiosks", "=others"))
    venue.venue.run("systemctl", "stop", "ecs")
    (venue.host.path("/var/lib/ecs/data")).rename(venue.folder / "gone")
    venue.venue.run("systemctl", "start", "ecs")
    assert until(lambda: in_cluster(venue), "others")

    shown = venue.run()

    assert shown.plans[0] == [Step.PREFLIGHT, Step.CONFIGURE, Step.CONFIRM]
    assert any("it is moved to kiosks" in note for note in shown.notes)
    assert in_cluster(venue) == "kiosks"
    assert shown.names == ["till-1 HB1"]
    assert venue.registrations() == 1


def test_a_disk_that_was_copied_from_a_kiosk_becomes_no_second_one(venue: Venue) -> None:
    venue.run(venue.bundle())
    venue.venue.write("etc/machine-id", "fedcba9876543210fedcba9876543210\n")
    stopped = venue.stopped(venue.bundle())
    assert "this disk was copied" in str(stopped)
    assert "--fix identity" in stopped.what_to_do
    assert venue.registrations() == 1


def test_a_registration_in_another_region_is_left_alone(venue: Venue) -> None:
    venue.run(venue.bundle())
    vault = "var/lib/amazon/ssm/Vault/Store/RegistrationKey"
    known = venue.venue.json(vault)
    venue.venue.write(vault, json.dumps({**known, "region": "us-east-1"}))
    assert "in us-east-1, and the bundle is for eu-central-1" in str(venue.stopped())


def test_a_cut_off_installer_is_finished_with_its_own_registration(venue: Venue) -> None:
    """After SSM registered it and before the ECS agent was there, the power went."""
    with pytest.raises(PowerCutError):
        venue.run(venue.bundle(), Shown(cut_after=Step.REGISTER))
    venue.venue.run("systemctl", "stop", "ecs")
    # A binary without its unit is what a cut in the middle of the installer leaves.
    venue.host.path("/etc/systemd/system/ecs.service").unlink()
    venue.host.path("/var/lib/ecs/data").rename(venue.folder / "gone")
    shown = venue.run()
    assert Step.REGISTER in shown.plans[0]
    assert shown.names == ["till-1 HB1"]
    assert venue.registrations() == 1


@pytest.mark.parametrize(
    ("how", "code", "words"),
    [
        ("used up", "RegistrationLimitExceeded", "All registrations of the activation are used up"),
        ("ended", "ActivationExpired", "no registration was used"),
        ("revoked", "InvalidActivation", "Ask the operators whether it was revoked"),
    ],
)
def test_what_ssm_refuses_is_said_with_the_next_act(
    make_venue: Callable[..., Venue], how: str, code: str, words: str
) -> None:
    venue = make_venue(RegistrationLimit=1)
    bundle = venue.bundle()
    ssm = venue.region.client("ssm")
    match how:
        case "used up":
            spoil(venue)
        case "ended":
            venue.region.clock.ahead = timedelta(days=2)
        case _:
            ssm.delete_activation(ActivationId=venue.activation["ActivationId"])
    try:
        stopped = venue.stopped(bundle)
    finally:
        if how == "ended":
            venue.region.clock.ahead = timedelta()
    assert code in str(stopped)
    assert words in stopped.what_to_do
    assert not stopped.again


def test_all_of_a_kiosk_goes_by_the_proxy_that_is_set(
    venue: Venue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy.example.com:3128")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with pytest.raises(PowerCutError):
        venue.run(venue.bundle(), Shown(cut_after=Step.CONFIGURE))
    for unit in ("amazon-ssm-agent", "ecs", "docker"):
        path = f"etc/systemd/system/{unit}.service.d/eventpro-proxy.conf"
        assert "https_proxy=http://proxy.example.com:3128" in venue.venue.text(path)
    venue.run()
    # The fleet service of this test is on this host, which no_proxy has.
    assert "https_proxy" not in venue.venue.text("etc/eventpro/agent.toml")


def test_a_fleet_service_that_is_away_is_worth_another_try(venue: Venue) -> None:
    venue.desk.away = True
    stopped = venue.stopped(venue.bundle())
    assert stopped.again
    assert "The fleet is away" in str(stopped)
    venue.desk.away = False
    assert venue.run().names == ["till-1 HB1"]


def test_a_line_that_is_down_stops_before_anything_is_changed(venue: Venue) -> None:
    dead = dict.fromkeys(("ssm", "ecs"), "http://127.0.0.1:1/")
    stopped = venue.stopped(venue.bundle(endpoints=dead))
    assert "endpoints: " in str(stopped)
    assert not venue.host.path("/var/lib/eventpro").exists()


def test_settings_that_no_agent_would_start_with_stop_first(venue: Venue) -> None:
    stopped = venue.stopped(venue.bundle(agent_settings={"printer_columns": 4, "colour": "red"}))
    assert "printer_columns: " in str(stopped)
    assert "colour is no setting of the agent" in str(stopped)
    assert not venue.host.path("/var/lib/eventpro").exists()


def test_an_expired_bundle_registers_nobody(venue: Venue) -> None:
    stopped = venue.stopped(venue.bundle(expires_at="2026-01-01T00:00:00Z"))
    assert "the bundle expired at 2026-01-01" in str(stopped)
    assert "Check the clock" in stopped.what_to_do


def test_a_changed_installer_is_not_run(venue: Venue) -> None:
    with pytest.raises(PowerCutError):
        venue.run(venue.bundle(), Shown(cut_before=Step.REGISTER))
    script = venue.host.path("/var/lib/eventpro/installer/ecs-anywhere-install.sh")
    script.write_text(script.read_text() + "\n# changed\n")
    shown = venue.run()
    assert [one for one in shown.plans[0] if one in {Step.FETCH, Step.VERIFY}] == [
        Step.FETCH,
        Step.VERIFY,
    ]
    assert "changed" not in script.read_text()
    assert venue.registrations() == 1


def test_missing_and_half_installed_packages_come_first(venue: Venue) -> None:
    (venue.host.root / "tools/docker").unlink()
    venue.venue.write("run/half-installed", "gpg half installed\n")
    tool = venue.host.root / "tools/dpkg"
    finishes = '[ "$1" != --configure ] || rm "$LOCAL_REGION_ROOT/run/half-installed"'
    tool.write_text(f"{tool.read_text()}{finishes}\n")

    missing = replace_find(venue, "docker")
    shown = Shown()
    with pytest.raises(PowerCutError):
        missing.run(missing.bundle(), Shown(cut_after=Step.PACKAGES))
    said = ran(venue.venue)
    assert "dpkg --configure -a" in said
    assert any(one.startswith("apt-get") and one.endswith("docker.io") for one in said)
    assert shown.plans == []


def test_packages_that_cannot_be_had_stop_with_what_apt_said(venue: Venue) -> None:
    tool = venue.host.root / "tools/apt-get"
    tool.write_text('#!/bin/bash\necho "E: Unable to locate package docker.io" >&2\nexit 100\n')
    missing = replace_find(venue, "docker")
    stopped = missing.stopped(missing.bundle())
    assert "Unable to locate package docker.io" in str(stopped)
    assert stopped.again


def test_a_kiosk_without_tickets_says_so_and_goes_on_by_itself(
    make_venue: Callable[..., Venue],
) -> None:
    venue = make_venue()
    without = {**SELLING, "stock": [], "warnings": [{"code": "nothing_leased", "text": "No roll."}]}
    with agent_saying(venue.host.path("/run/eventpro/admin.sock"), without):
        quick = replace(QUICK, stock_s=0.2)
        shown = Shown()
        job = prepare(
            venue.host, Choices(venue.bundle(), [venue.key_file]), venue.technician, shown, quick
        )
        with pytest.raises(StoppedError) as stopped:
            runner.run(job, shown)
    assert "the first tickets are to come: No roll." in str(stopped.value)
    assert "goes on trying by itself" in stopped.value.what_to_do
    assert shown.failures == [Step.STOCK]
    assert not venue.host.path("/var/lib/eventpro/bootstrapped").exists()


def test_a_step_that_is_done_and_still_needed_ends_the_run(
    venue: Venue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(runner._DOING, Step.UNITS, lambda _: None)  # type: ignore[misc]
    stopped = venue.stopped(venue.bundle())
    assert "its services do not run as this kiosk" in str(stopped)
    assert "kiosk-agent doctor" in stopped.what_to_do


def in_cluster(venue: Venue) -> str:
    try:
        return str(json.loads(ask(f"{venue.host.introspection}/v1/metadata").body)["Cluster"])
    except (OSError, ValueError):
        return ""


def until(read: Callable[[], Any], wanted: Any) -> bool:
    pause = threading.Event()
    for _ in range(300):
        if read() == wanted:
            return True
        pause.wait(0.05)
    return False


def spoil(venue: Venue) -> None:
    """Let another host use the activation up."""
    SsmAgent(venue.region.url).register(venue.activation)


def replace_find(venue: Venue, lost: str) -> Venue:
    """Have a command be found nowhere, however this machine is equipped."""

    @dataclass(frozen=True, slots=True)
    class Without(type(venue.host)):  # type: ignore[misc]
        def find(self, command: str) -> str | None:
            return None if command == lost else Host.find(self, command)

    return replace(venue, host=Without(venue.host.root, venue.host.introspection))
