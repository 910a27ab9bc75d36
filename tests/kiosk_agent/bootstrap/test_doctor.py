"""The doctor: one table of a host, repairs, and a file for support."""

import json
import os
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from kiosk_agent.bootstrap import doctor
from kiosk_agent.bootstrap.domain.checking import Level
from kiosk_agent.bootstrap.health import ecs, proof, selling, services, systems_manager
from kiosk_agent.bootstrap.host import Host
from kiosk_agent.bootstrap.lock import one_at_a_time
from kiosk_agent.bootstrap.refusing import StoppedError
from kiosk_agent.bootstrap.support import write_support_file
from kiosk_agent.cli import doctor as command
from kiosk_agent.cli import main
from tests.support.agent_saying import SELLING, agent_saying
from tests.support.bare_host import bare_host, ran
from tests.support.bootstrap_venue import PowerCutError
from tests.support.venue_host import VenueHost

CREDENTIALS = "root/.aws/credentials"
VAULT = "var/lib/amazon/ssm/Vault/Store/RegistrationKey"


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[VenueHost, Host]]:
    # A socket's path has room for 107 bytes.
    with TemporaryDirectory(prefix="h") as folder, bare_host(Path(folder), monkeypatch) as both:
        yield both


@pytest.fixture
def kiosk(bare: tuple[VenueHost, Host]) -> Iterator[tuple[VenueHost, Host]]:
    """Give a host that is a kiosk and sells, but for what a test takes away."""
    venue, host = bare
    venue.write("etc/eventpro/agent.toml", 'kiosk_id = "till-1"\n')
    for unit in ("amazon-ssm-agent", "ecs"):
        venue.write(f"etc/systemd/system/{unit}.service", "[Service]\nExecStart=/bin/sleep 600\n")
    venue.write(CREDENTIALS, "[default]\n")
    venue.write(VAULT, json.dumps({"instanceID": "mi-0a1b2c3d4e5f60718"}))
    for unit in ("kiosk-agent", "kiosk-supervisor", "amazon-ssm-agent", "ecs"):
        assert host.run("systemctl", "start", unit).status == 0
    with agent_saying(host.path("/run/eventpro/admin.sock"), SELLING):
        yield venue, host


def levels(host: Host) -> dict[str, Level]:
    return {one.name: one.found.level for one in doctor.examine(host)}


def test_a_bare_host_is_examined_as_one_that_is_to_become_a_kiosk(
    bare: tuple[VenueHost, Host],
) -> None:
    found = levels(bare[1])
    assert found["systemd"] is Level.GOOD
    assert "selling" not in found


def test_a_kiosk_is_examined_with_its_services(kiosk: tuple[VenueHost, Host]) -> None:
    _, host = kiosk
    found = levels(host)
    good = (services.NAME, systems_manager.NAME, selling.NAME)
    assert {name: found[name] for name in good} == dict.fromkeys(good, Level.GOOD)
    # No ECS agent answers here, and no supervisor.
    assert (found[ecs.NAME], found[proof.NAME]) == (Level.LOOK, Level.BAD)


def test_services_that_are_down_are_named_and_started(kiosk: tuple[VenueHost, Host]) -> None:
    venue, host = kiosk
    for unit in ("kiosk-agent", "amazon-ssm-agent", "ecs"):
        venue.run("systemctl", "stop", unit)
    found = doctor.examine(host)
    texts = {one.name: one.found.text for one in found}
    assert texts[services.NAME] == "kiosk-agent does not run"
    mended = doctor.mend(host, found, [])
    assert {services.NAME, systems_manager.NAME, ecs.NAME} <= {one.name for one in mended}
    assert host.is_active("kiosk-agent", "amazon-ssm-agent", "ecs")
    assert levels(host)[services.NAME] is Level.GOOD


def test_old_and_missing_credentials_are_seen(kiosk: tuple[VenueHost, Host]) -> None:
    venue, host = kiosk
    long_ago = time.time() - 3965
    os.utime(venue.root / CREDENTIALS, (long_ago, long_ago))
    assert "66 minutes old" in systems_manager.check(host).text
    (venue.root / CREDENTIALS).unlink()
    assert "no credentials of its role" in systems_manager.check(host).text


def test_a_kiosk_that_does_not_sell_says_why(bare: tuple[VenueHost, Host]) -> None:
    _, host = bare
    assert selling.check(host).text == "the agent does not answer"
    warnings = [{"code": "nothing_leased", "text": "No roll.", "hint": "It asks by itself."}]
    status = {**SELLING, "stock": [], "warnings": warnings}
    with agent_saying(host.path("/run/eventpro/admin.sock"), status):
        found = selling.check(host)
    assert (found.level, found.what_to_do) == (Level.BAD, "It asks by itself.")
    assert "it does not sell now: No roll." in found.text
    low = [{"code": "stock_low", "text": "Few left.", "hint": ""}]
    with agent_saying(host.path("/run/eventpro/admin.sock"), {**SELLING, "warnings": low}):
        found = selling.check(host)
    assert (found.level, "Few left." in found.text) == (Level.LOOK, True)


@pytest.mark.parametrize(
    ("told", "level", "words"),
    [
        ({"signed_at": None, "refusal": None, "agent_away": None}, Level.GOOD, "nothing was to be"),
        ({"signed_at": "12:00", "refusal": None, "agent_away": None}, Level.GOOD, "at 12:00"),
        ({"signed_at": None, "refusal": "no role", "agent_away": None}, Level.BAD, "no role"),
        ({"signed_at": None, "refusal": None, "agent_away": "gone"}, Level.LOOK, "gone"),
    ],
)
def test_the_supervisor_says_whether_it_could_sign(
    bare: tuple[VenueHost, Host], told: dict[str, str], level: Level, words: str
) -> None:
    _, host = bare
    with agent_saying(host.path("/run/eventpro-supervisor/supervisor.sock"), told):
        found = proof.check(host)
    assert (found.level, words in found.text) == (level, True)


def test_a_copied_registration_is_taken_off_only_where_it_is_named(
    kiosk: tuple[VenueHost, Host],
) -> None:
    venue, host = kiosk
    venue.write("var/lib/eventpro/bootstrap.json", json.dumps({"host_id": "another"}))
    venue.write("var/lib/eventpro/agent/journal.db", "sales")
    found = doctor.examine(host)
    assert levels(host)["identity"] is Level.BAD
    doctor.mend(host, found, [])
    assert host.has(f"/{VAULT}")
    [mended] = doctor.mend(host, found, ["identity"])
    assert "mi-0a1b2c3d4e5f60718 no more" in mended.text
    assert not host.has(f"/{VAULT}")
    assert not host.is_active("amazon-ssm-agent")
    assert levels(host)["identity"] is Level.GOOD
    assert venue.text("var/lib/eventpro/agent/journal.db") == "sales"
    assert host.has(f"/{VAULT}.aside")


@pytest.mark.parametrize("renames", range(6))
def test_an_identity_that_a_power_cut_left_half_taken_off_is_taken_off_by_the_same_again(
    kiosk: tuple[VenueHost, Host], monkeypatch: pytest.MonkeyPatch, renames: int
) -> None:
    venue, host = kiosk
    venue.write("var/lib/eventpro/bootstrap.json", json.dumps({"host_id": "another"}))
    others = [CREDENTIALS, "var/lib/eventpro/bootstrapped", "etc/issue.d/eventpro.issue"]
    for name in others:
        venue.write(name, "x")
    venue.write("var/lib/ecs/data/agent.db", "x")
    aside, done = Host.set_aside, []

    def cut_after(self: Host, name: str) -> None:
        if len(done) == renames:
            raise PowerCutError
        done.append(name)
        aside(self, name)

    with monkeypatch.context() as patched:
        patched.setattr(Host, "set_aside", cut_after)
        with pytest.raises(PowerCutError):
            doctor.mend(host, doctor.examine(host), ["identity"])
    assert len(done) == renames
    doctor.mend(host, doctor.examine(host), ["identity"])
    left = [VAULT, "var/lib/ecs/data", "var/lib/eventpro/bootstrap.json", *others]
    assert [name for name in left if host.has(f"/{name}")] == []


def test_nothing_is_mended_while_bootstrap_is_at_work(kiosk: tuple[VenueHost, Host]) -> None:
    venue, host = kiosk
    venue.write("var/lib/eventpro/bootstrap.json", json.dumps({"host_id": "another"}))
    found = doctor.examine(host)
    with one_at_a_time(host), pytest.raises(StoppedError) as stopped:
        doctor.mend(host, found, ["identity"])
    assert "another run of bootstrap is at work" in str(stopped.value)
    assert host.has(f"/{VAULT}")
    doctor.mend(host, found, ["identity"])
    assert not host.has(f"/{VAULT}")


def test_a_repair_that_is_none_is_refused(bare: tuple[VenueHost, Host]) -> None:
    with pytest.raises(StoppedError, match="there is no repair for selling"):
        doctor.mend(bare[1], [], ["selling"])


def test_half_installed_packages_are_finished(bare: tuple[VenueHost, Host]) -> None:
    venue, host = bare
    venue.write("run/half-installed", "gpg half installed\n")
    venue.write("var/lib/ecs/data/agent.db", "x")
    doctor.mend(host, doctor.examine(host), ["earlier try"])
    assert "dpkg --configure -a" in ran(venue)
    assert not host.has("/var/lib/ecs/data")


def test_the_file_for_support_has_no_secrets_and_no_people(
    kiosk: tuple[VenueHost, Host], tmp_path: Path
) -> None:
    venue, host = kiosk
    venue.write(
        "etc/eventpro/agent.toml",
        'kiosk_id = "till-1"\nenrolment_secret = "correct-horse-battery"\n',
    )
    steps = [{"step": "name", "outcome": "done", "at": "2026-11-26T12:00:00Z", "detail": "0.1 s"}]
    body = {"sealed": {"ciphertext": "00ff" * 30}, "cluster": "kiosks"}
    record = {"host_id": "x", "steps": steps, "bundle": {"body": body}}
    venue.write("var/lib/eventpro/bootstrap.json", json.dumps(record))
    path = tmp_path / "support.tar.gz"
    names = write_support_file(host, doctor.examine(host), path)
    with tarfile.open(path) as tar:
        files = {
            one.name.removeprefix("eventpro-support/"): tar.extractfile(one).read().decode()  # type: ignore[union-attr]
            for one in tar
        }
    assert set(names) == set(files)
    whole = "\n".join(files.values())
    assert "correct-horse" not in whole
    assert "00ff00ff" not in whole
    assert 'kiosk_id = "till-1"' in files["files/etc/eventpro/agent.toml"]
    assert '"step": "name"' in files["bootstrap.json"]
    checks = {one["check"]: one["level"] for one in json.loads(files["doctor.json"])}
    assert checks["selling"] == "good"
    assert "HB1" in files["agent.json"]
    with pytest.raises(StoppedError, match="File exists"):
        write_support_file(host, [], path)
    assert path.exists()
    with pytest.raises(StoppedError, match="No such file"):
        write_support_file(host, [], tmp_path / "no" / "x.tar.gz")


def test_the_command_shows_a_table_or_json_and_says_by_its_status(
    kiosk: tuple[VenueHost, Host],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(command, "Host", lambda: kiosk[1])
    assert main(["doctor"]) == 1
    told = capsys.readouterr().out
    assert "✔ selling" in told
    assert "kiosk-agent doctor --fix 'ECS agent'" in told
    assert main(["doctor", "--json", "--fix", "ECS agent"]) == 1
    read = json.loads(capsys.readouterr().out)
    assert read["mended"] == [{"name": "ECS agent", "text": "restarted"}]
    assert main(["doctor", "--fix", "tea"]) == 1
    assert "there is no repair for tea" in capsys.readouterr().err
