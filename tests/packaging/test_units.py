"""The venue host's units are without a mistake, and their sandboxes as tight as is said."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from kiosk_agent.bootstrap.finding import LABEL
from kiosk_agent.exit_codes import NO_BUNDLE
from kiosk_agent.supervisor.console.display.stage import Stage

ROOT = Path(__file__).resolve().parents[2]
UNITS = ROOT / "systemd"
PROGRAMS = (
    "usr/bin/kiosk-agent",
    "usr/bin/watch",
    "usr/bin/systemctl",
    "usr/bin/systemd-tmpfiles",
    "usr/bin/journalctl",
    "opt/eventpro/kiosk-agent/bin/after-bootstrap",
)
PROXY = "EnvironmentFile=-/etc/environment\n"
NO_SECRETS = re.compile(r"^(Environment|EnvironmentFile|PassEnvironment)=", re.MULTILINE)


@pytest.fixture(autouse=True)
def _needs_systemd_analyze() -> None:
    if shutil.which("systemd-analyze") is None:
        assert not os.environ.get("VENUE_REQUIRED"), "systemd-analyze is missing"
        pytest.skip("systemd-analyze is missing: apt-get install systemd")


@pytest.fixture
def host(tmp_path: Path) -> Path:
    """Lay a host's root: its system's units and ours, and programs of the right names."""
    units = tmp_path / "lib/systemd/system"
    shutil.copytree("/lib/systemd/system", units, symlinks=True)
    for unit in UNITS.glob("*.service"):
        shutil.copy(unit, units)
    for name in PROGRAMS:
        program = tmp_path / name
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text("#!/bin/true\n")
        program.chmod(0o755)
    return tmp_path


def _verify(host: Path) -> tuple[int, str]:
    names = [unit.name.replace("@.", "@tty1.") for unit in sorted(UNITS.glob("*.service"))]
    command = ["systemd-analyze", "verify", f"--root={host}", "--man=no", *names]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_systemd_finds_nothing_to_say_about_any_unit(host: Path) -> None:
    assert _verify(host) == (0, "")


def test_a_slip_in_a_unit_and_a_missing_program_would_be_found(host: Path) -> None:
    unit = host / "lib/systemd/system/kiosk-agent.service"
    unit.write_text(unit.read_text().replace("WatchdogSec=", "WatchDogSec="))
    assert "WatchDogSec" in _verify(host)[1]
    (host / "usr/bin/kiosk-agent").unlink()
    status, said = _verify(host)
    assert status != 0
    assert "/usr/bin/kiosk-agent is not executable" in said


@pytest.mark.parametrize(("unit", "most"), [("kiosk-agent", 2.5), ("kiosk-supervisor", 6.0)])
def test_a_sandbox_is_as_tight_as_is_said(unit: str, most: float) -> None:
    path = UNITS / f"{unit}.service"
    said = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", str(path)],
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    found = re.search(rf"exposure level for {unit}\.service: (\d+\.\d)", said)
    assert found, said
    assert float(found[1]) <= most
    documented = (ROOT / "docs/packaging.md").read_text()
    row = next(line for line in documented.splitlines() if line.startswith(f"| `{unit}`"))
    assert f"Exposure {found[1]} of 10" in row


def test_no_unit_takes_anything_from_its_environment_but_bootstrap_the_venues_proxy() -> None:
    for unit in UNITS.glob("*.service"):
        text = unit.read_text()
        if unit.name == "kiosk-bootstrap.service":
            assert (before := text) != (text := text.replace(PROXY, "")), before
        assert not NO_SECRETS.search(text), unit.name


def test_a_stick_that_is_not_in_yet_is_no_failure_and_starts_bootstrap_when_it_comes() -> None:
    text = (UNITS / "kiosk-bootstrap.service").read_text()
    assert f"\nSuccessExitStatus={NO_BUNDLE}\n" in text
    rules = (UNITS / "rules.d/70-eventpro-kiosk-agent.rules").read_text()
    for which in ('ENV{ID_BUS}=="usb"', f'ENV{{ID_FS_LABEL}}=="{LABEL}"'):
        [rule] = [line for line in rules.splitlines() if line.startswith(which)]
        assert 'TAG+="systemd", ENV{SYSTEMD_WANTS}+="kiosk-bootstrap.service"' in rule


SYSTEMCTL = """\
#!/bin/sh
case "$1 $2 $3" in
    "--quiet is-enabled $ENABLED") exit 0 ;;
    "--quiet is-enabled "*) exit 1 ;;
    *) echo "$*" >>"$CALLS" ;;
esac
"""
CONSOLE, LOGIN = "kiosk-console@tty1.service", "getty@tty1.service"


@pytest.mark.parametrize(
    ("ended", "enabled", "said", "started"),
    [
        ((NO_BUNDLE, "success"), CONSOLE, "Plug the stick in, and it goes on by itself;", ""),
        ((1, "exit-code"), CONSOLE, "Mend that and restart this host;", ""),
        ((0, "success"), CONSOLE, "Press Enter to see the kiosk", CONSOLE),
        ((0, "success"), LOGIN, "", LOGIN),
        ((0, "success"), "", "", ""),
    ],
)
def test_after_bootstrap_the_kiosk_comes_or_what_it_said_stays(
    tmp_path: Path, ended: tuple[int, str], enabled: str, said: str, started: str
) -> None:
    systemctl, calls = tmp_path / "systemctl", tmp_path / "calls"
    systemctl.write_text(SYSTEMCTL)
    systemctl.chmod(0o755)
    told = {
        "EXIT_STATUS": str(ended[0]),
        "SERVICE_RESULT": ended[1],
        "ENABLED": enabled,
        "CALLS": str(calls),
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
    }
    done = subprocess.run(
        [UNITS / "after-bootstrap"],
        env=told,
        input="\n",
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout.startswith(said), done.stderr) == (True, "")
    assert bool(done.stdout) is bool(said)
    start = f"--no-block start {started}\n" if started else ""
    assert (calls.read_text() if calls.exists() else "") == start


def test_nothing_clears_the_screen_behind_bootstrap() -> None:
    # Only a real console is cleared by that, so no host of `make test-venue` would show it.
    assert "\nTTYVTDisallocate=yes\n" not in (UNITS / "kiosk-bootstrap.service").read_text()


def test_a_service_is_never_given_up_and_waits_for_its_settings() -> None:
    for name, settings in (("agent", "agent.toml"), ("supervisor", "supervisor.toml")):
        text = (UNITS / f"kiosk-{name}.service").read_text()
        assert "\nStartLimitIntervalSec=0\n" in text
        assert "\nRestart=always\n" in text
        assert f"\nConditionPathExists=/etc/eventpro/{settings}\n" in text
        assert f" --config /etc/eventpro/{settings}\n" in text
        # A folder of that kind goes when the unit restarts, and a container keeps a dead mount.
        assert "\nRuntimeDirectory=" not in text


def test_the_display_is_a_user_s_of_its_own_who_may_have_the_seat_and_write_in_one_folder() -> None:
    name = "eventpro-kiosk-agent.conf"
    users = (UNITS / "sysusers.d" / name).read_text()
    folders = [line.split() for line in (UNITS / "tmpfiles.d" / name).read_text().splitlines()]
    stage = Stage()
    assert f"\nm {stage.user} video\n" in users
    assert ["d", str(stage.folder), "0750", "root", stage.user, "-"] in folders
    assert ["d", str(stage.folder / "user"), "0700", stage.user, stage.user, "-"] in folders
    recommended = (ROOT / "debian/control").read_text().partition("\nRecommends: ")[2]
    assert set(stage.programs) < set(recommended.partition("\n")[0].split(", "))
    # Standard output is the screen behind the display.
    assert "\nStandardError=journal\n" in (UNITS / "kiosk-console@.service").read_text()


def test_roots_half_can_not_write_where_the_journal_and_its_reserve_are() -> None:
    """Images are removed and logs vacuumed by it: never what the journal needs on a full disk."""
    unit = (UNITS / "kiosk-supervisor.service").read_text()
    assert "ProtectSystem=strict" in unit
    [writes] = re.findall(r"^ReadWritePaths=(.*)$", unit, re.MULTILINE)
    agents = Path("/var/lib/eventpro/agent")
    assert not any(
        agents.is_relative_to(one) or Path(one).is_relative_to(agents) for one in writes.split()
    )
