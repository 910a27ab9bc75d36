"""Two runs at once, a run that was killed, and hosts that are not what they seem."""

import json
import os
import shutil
import signal
import sqlite3
import threading
import time
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from kiosk_agent.bootstrap import doctor, runner
from kiosk_agent.bootstrap.domain.settings_files import DOCKER_CONFIG
from kiosk_agent.bootstrap.domain.steps import Step
from kiosk_agent.bootstrap.host import Host
from kiosk_agent.bootstrap.journals import journal_of
from kiosk_agent.bootstrap.places import DONE, ISSUE
from kiosk_agent.bootstrap.preparing import Choices, prepare
from kiosk_agent.bootstrap.refusing import StoppedError
from tests.support.bare_host import ran as commands
from tests.support.bootstrap_venue import (
    QUICK,
    PowerCutError,
    Shown,
    Technician,
    Venue,
)

OTHER_BUNDLE = "0f5b1a52-9999-4222-8333-444455556666"


@dataclass
class Slow(Technician):
    """Looks for the passphrase until told to type it."""

    asked_for: threading.Event = field(default_factory=threading.Event)
    found: threading.Event = field(default_factory=threading.Event)

    def passphrase(self, why: str) -> str:
        self.asked_for.set()
        assert self.found.wait(30)
        return super().passphrase(why)


def test_while_one_run_waits_for_the_passphrase_another_is_refused(venue: Venue) -> None:
    bundle, shown = venue.bundle(), Shown()
    slow = Slow([venue.passphrase], ["till-1"])
    job = prepare(venue.host, Choices(bundle, [venue.key_file]), slow, shown, QUICK)
    waiting = threading.Thread(target=runner.run, args=(job, shown))
    waiting.start()
    assert slow.asked_for.wait(30)
    stopped = venue.stopped(bundle)
    assert "another run of bootstrap is at work" in str(stopped)
    assert stopped.again
    slow.found.set()
    waiting.join(60)
    assert shown.names == ["till-1 HB1"]
    assert venue.registrations() == 1


def test_what_another_run_did_between_preparing_and_running_is_seen(venue: Venue) -> None:
    bundle, shown = venue.bundle(), Shown()
    choices = Choices(bundle, [venue.key_file])
    job = prepare(venue.host, choices, venue.technician, shown, QUICK)
    venue.run(bundle)
    before = venue.venue.text("var/lib/eventpro/bootstrap.json")
    with pytest.raises(StoppedError) as stopped:
        runner.run(job, shown)
    assert "another run changed this host meanwhile" in str(stopped.value)
    assert stopped.value.again
    assert venue.venue.text("var/lib/eventpro/bootstrap.json") == before
    assert venue.registrations() == 1


def _asks_ssm(venue: Venue) -> bool:
    root = str(venue.host.root).encode()
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            words = process.read_bytes().split(b"\0")
            if b"-register" in words and any(root in word for word in words):
                return True
    return False


def test_killed_in_the_middle_of_the_installer_no_second_one_runs_beside_it(venue: Venue) -> None:
    bundle = venue.bundle()
    venue.region.fault(service="ssm", operation="RegisterManagedInstance", kind="slow", seconds=3)
    child = os.fork()
    if not child:
        with suppress(BaseException):
            venue.run(bundle)
        os._exit(0)
    while not _asks_ssm(venue):
        time.sleep(0.005)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert "another run of bootstrap" in str(venue.stopped(bundle))
    while _asks_ssm(venue):
        time.sleep(0.05)
    shown = Shown()
    while not shown.names:
        with suppress(StoppedError):
            venue.run(bundle, shown)
    assert shown.names == ["till-1 HB1"]
    assert venue.registrations() == 1


def test_no_command_line_of_ours_shows_the_activation_code(venue: Venue) -> None:
    bundle, code = venue.bundle(), venue.activation["ActivationCode"].encode()
    seen: set[bytes] = set()
    ran: set[bytes] = set()
    over = threading.Event()

    def watch() -> None:
        while not over.is_set():
            for process in Path("/proc").glob("[0-9]*/cmdline"):
                with suppress(OSError):
                    words = process.read_bytes()
                    ours = b"ecs-anywhere-install" in words
                    ran.update([words] if ours else [])
                    # The SSM agent's own command line has it while it registers.
                    seen.update([words] if ours and code in words else [])

    watching = threading.Thread(target=watch)
    watching.start()
    venue.run(bundle)
    over.set()
    watching.join()
    assert ran
    assert not seen
    assert code.decode() not in venue.venue.text("var/lib/eventpro/installer/last-run.txt")


def test_packages_that_stay_half_installed_stop_before_anything_is_registered(
    venue: Venue,
) -> None:
    audit = "The following packages are in a mess:\n docker.io   Linux container runtime\n"
    venue.venue.write("run/half-installed", audit)
    stopped = venue.stopped(venue.bundle())
    assert "packages was done, and is still needed: a package is half installed" in str(stopped)
    assert any("--fix-broken install" in one for one in commands(venue.venue))
    assert any(one.endswith("--reinstall install docker.io") for one in commands(venue.venue))
    assert venue.registrations() == 0


def _journal(venue: Venue, kiosk_id: str) -> None:
    folder = venue.host.path("/var/lib/eventpro/agent")
    folder.mkdir(parents=True)
    with closing(sqlite3.connect(folder / "journal.db")) as connection, connection:
        connection.execute("CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT)")
        connection.execute("INSERT INTO meta VALUES ('kiosk_id', ?)", (kiosk_id,))


def test_another_kiosks_journal_is_seen_before_anything_is_claimed(venue: Venue) -> None:
    _journal(venue, "old-mill-1")
    stopped = venue.stopped(venue.bundle())
    assert "the journal of old-mill-1 is on this host" in str(stopped)
    assert "Never delete it" in stopped.what_to_do
    assert (venue.registrations(), venue.desk.granted) == (0, {})


def test_a_journal_that_a_power_cut_left_in_its_log_alone_is_seen(
    venue: Venue, tmp_path: Path
) -> None:
    path = venue.host.path("/var/lib/eventpro/agent/journal.db")
    path.parent.mkdir(parents=True)
    living = tmp_path / "journal.db"
    with closing(sqlite3.connect(living)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT)")
        connection.execute("INSERT INTO meta VALUES ('kiosk_id', 'old-mill-1')")
        connection.commit()
        for name in ("journal.db", "journal.db-wal"):
            shutil.copy(tmp_path / name, path.with_name(name))
    before = {one.name: one.read_bytes() for one in path.parent.iterdir()}
    seen = journal_of(venue.host)
    assert seen is not None
    assert seen.kiosk_id == "old-mill-1"
    assert {one.name: one.read_bytes() for one in path.parent.iterdir()} == before


def test_the_kiosks_own_journal_is_no_hindrance(venue: Venue) -> None:
    _journal(venue, "till-1")
    assert venue.run(venue.bundle()).names == ["till-1 HB1"]


def test_a_journal_that_cannot_be_read_is_told_and_stays(venue: Venue) -> None:
    venue.venue.write("var/lib/eventpro/agent/journal.db", "no journal at all")
    seen = journal_of(venue.host)
    assert seen is not None
    assert seen.kiosk_id is None
    shown = venue.run(venue.bundle())
    assert any("a journal is here that can't be read" in note for note in shown.notes)
    assert venue.venue.text("var/lib/eventpro/agent/journal.db") == "no journal at all"


def test_a_stick_that_counts_for_nothing_is_said_and_the_old_bundle_not_taken(
    venue: Venue,
) -> None:
    with pytest.raises(PowerCutError):
        venue.run(venue.bundle(), Shown(cut_after=Step.NAME))
    told = json.loads(venue.bundle(bundle_id=OTHER_BUNDLE).read_text())
    told["body"]["cluster"] = "altered"
    venue.venue.write("media/usb/new.eventpro", json.dumps(told))
    assert "signature does not hold" in str(venue.stopped())
    assert venue.registrations() == 0


def test_looking_what_another_bundle_would_do_forgets_nothing(venue: Venue) -> None:
    with pytest.raises(PowerCutError):
        venue.run(venue.bundle(), Shown(cut_after=Step.NAME))
    before = venue.venue.text("var/lib/eventpro/bootstrap.json")
    choices = Choices(venue.bundle(bundle_id=OTHER_BUNDLE), [venue.key_file])
    job = prepare(venue.host, choices, venue.technician, Shown(), QUICK)
    _, steps = runner.look_and_plan(job)
    assert Step.NAME in [one.step for one in steps]
    assert venue.venue.text("var/lib/eventpro/bootstrap.json") == before


def test_a_name_that_was_not_granted_here_is_not_passed_over(venue: Venue) -> None:
    with pytest.raises(PowerCutError):
        venue.run(venue.bundle(), Shown(cut_after=Step.NAME))
    stopped = venue.stopped(venue.bundle(), kiosk="till-2")
    assert "this host was granted till-1, not till-2" in str(stopped)
    assert venue.run(venue.bundle(), kiosk="till-1").names == ["till-1 HB1"]


def test_a_name_that_was_freed_and_taken_meanwhile_uses_no_registration(venue: Venue) -> None:
    with pytest.raises(PowerCutError):
        venue.run(venue.bundle(), Shown(cut_before=Step.REGISTER))
    venue.desk.granted["till-1"] = "another host"
    assert "till-1 is gone" in str(venue.stopped())
    assert venue.registrations() == 0
    venue.technician.kiosks[:] = ["till-2"]
    assert venue.run().names == ["till-2 HB2"]
    [instance] = venue.instances()
    assert {"name": "kiosk.name", "value": "till-2"} in instance["attributes"]


def test_a_machine_that_looks_like_another_is_asked_and_gets_no_name_by_itself(
    venue: Venue,
) -> None:
    """Of one image, and without marks of its own: to the fleet service it is the other one."""
    venue.run(venue.bundle())
    for unit in ("amazon-ssm-agent", "ecs"):
        venue.venue.run("systemctl", "stop", unit)
    for name in ("var/lib", "root"):
        path = venue.host.root / name
        if path.exists():
            path.rename(venue.folder / f"other-{path.name}")
    # Who stands there chooses another name, hears why not, and goes to ask the operators.
    venue.technician.kiosks[:] = ["till-2"]
    with pytest.raises(IndexError):
        venue.run(venue.bundle())
    asks = "kiosk till-1 till-2"
    refused = "This host is another kiosk already: It was granted till-1."
    assert venue.technician.asked[-2:] == [
        f"{asks} This machine was granted till-1 before.",
        f"{asks} {refused} This machine was granted till-1 before.",
    ]
    assert venue.registrations() == 1


def test_a_healthy_registration_is_not_taken_off(venue: Venue) -> None:
    venue.run(venue.bundle())
    with pytest.raises(StoppedError) as stopped:
        doctor.mend(venue.host, doctor.examine(venue.host), ["identity"])
    assert "identity is good" in str(stopped.value)
    assert venue.run().plans == [[]]


def test_the_doctor_says_at_which_step_bootstrap_stopped(venue: Venue) -> None:
    venue.desk.granted.update({"till-1": "another host", "till-2": "a third"})
    venue.stopped(venue.bundle())
    [told] = [one for one in doctor.examine(venue.host) if one.name == "bootstrap"]
    assert told.found.text.startswith("name failed at ")
    assert "none of this bundle's kiosk names is free" in told.found.text


def test_the_login_says_which_kiosk_it_is(venue: Venue) -> None:
    venue.run(venue.bundle())
    issue = venue.venue.text("etc/issue.d/eventpro.issue")
    assert "This host is till-1, kiosk code HB1." in issue
    assert "▀" in issue


@pytest.mark.parametrize("name", [DONE, ISSUE])
def test_cut_off_while_it_is_written_that_it_is_done_the_same_again_ends_it(
    venue: Venue, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    really = Host.write

    def cut(self: Host, at: str, content: str | bytes, mode: int = 0o600) -> None:
        if at == name:
            raise PowerCutError
        really(self, at, content, mode)

    with monkeypatch.context() as patched:
        patched.setattr(Host, "write", cut)
        with pytest.raises(PowerCutError):
            venue.run(venue.bundle())
    # Its service starts at the next boot only until it is written that it is done.
    assert not venue.host.has(DONE)
    venue.run()
    assert venue.host.has(DONE)
    assert "This host is till-1" in venue.venue.text(ISSUE.lstrip("/"))


def test_settings_of_docker_that_can_not_be_read_are_not_written_over(
    venue: Venue, monkeypatch: pytest.MonkeyPatch
) -> None:
    venue.venue.write(DOCKER_CONFIG.lstrip("/"), '{"data-root": "/srv/docker"}')
    really = Host.read
    monkeypatch.setattr(
        Host, "read", lambda self, name: None if name == DOCKER_CONFIG else really(self, name)
    )
    stopped = venue.stopped(venue.bundle())
    assert f"{DOCKER_CONFIG} can't be read" in str(stopped)
    assert venue.venue.text(DOCKER_CONFIG.lstrip("/")) == '{"data-root": "/srv/docker"}'
    assert venue.registrations() == 0


def test_docker_that_answers_is_not_restarted(venue: Venue) -> None:
    old = venue.host.root / "tools/docker"
    old.write_text("#!/bin/bash\necho 19.3.1\n")
    found = [one for one in doctor.examine(venue.host) if one.name == "docker"]
    [mended] = doctor.mend(venue.host, found, [])
    assert "for a person to mend" in mended.text
    assert not (venue.host.root / "run/calls").exists(), "systemctl was asked nothing"


def test_an_installer_that_stops_behind_the_registration_is_said_and_goes_on(
    venue: Venue,
) -> None:
    """The line goes while it fetches what comes behind the SSM agent."""
    tool = venue.host.root / "tools/tar"
    tool.write_text("#!/bin/bash\necho 'tar: This does not look like a tar archive'\nexit 2\n")
    tool.chmod(0o755)
    stopped = venue.stopped(venue.bundle())
    assert "the installer did not come to its end: tar: This does not look like" in str(stopped)
    assert "going on uses no other" in stopped.what_to_do
    assert stopped.again
    assert venue.registrations() == 1
    tool.unlink()
    assert venue.run().names == ["till-1 HB1"]
    assert venue.registrations() == 1


def test_why_the_installer_failed_is_told_without_its_last_formula(venue: Venue) -> None:
    with pytest.raises(PowerCutError):
        venue.run(venue.bundle(), Shown(cut_before=Step.REGISTER))
    venue.region.fault(service="ssm", operation="RegisterManagedInstance", kind="5xx", status=500)
    stopped = venue.stopped(venue.bundle())
    assert "Registration failed due to error registering the instance" in str(stopped)
    assert "InternalServerError" in str(stopped)
    assert "\x1b" not in str(stopped)
