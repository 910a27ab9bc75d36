"""The package on a real Debian: installed, upgraded, removed, purged; the journal is untouched."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from provisioning.bundles.keys import make_bundle_key
from tests.support.agent_process import files_in
from tests.support.venue.machine import VenueMachine
from tests.support.venue.required import ROOT
from tests.support.venue.venue import HOSTS_SEE_PACKAGE, Venue, in_host, package

pytestmark = [pytest.mark.venue, pytest.mark.timeout(300)]

NAME = "eventpro-kiosk-agent"
UNITS = ("kiosk-agent.service", "kiosk-supervisor.service", "kiosk-bootstrap.service")


async def _boot(host: VenueMachine) -> None:
    await host.boot(f"--bind-ro={package().parent}:{HOSTS_SEE_PACKAGE}")


async def test_it_installs_upgrades_removes_and_purges_and_never_touches_the_journal(
    venue: Venue,
) -> None:
    async with venue.host(bare=True) as host:
        await _boot(host)
        said = await host.tell("dpkg", "-i", in_host(package()))
        assert "no key is here that verifies enrolment bundles" in said
        assert "put in the stick with the enrolment bundle" in said
        for unit in UNITS:
            assert (await host.run("systemctl", "is-enabled", unit)).out == "enabled\n"
            # Without settings there is nothing to run; and nothing has failed by that.
            assert await host.state(unit) == "inactive"
        assert (await host.tell("kiosk-agent", "--version")).startswith("kiosk-agent ")
        assert await host.tell("dpkg", "--verify", NAME) == ""

        journal = host.root / "var/lib/eventpro/agent"
        (journal / "journal.db").write_bytes(b"what a kiosk has sold")
        key = host.root / "etc/eventpro/bundle-keys.d/operators.pem"
        key.write_text("a key that an operator put here")
        kept = files_in(journal), key.read_bytes()

        for act in (("-i", in_host(package())), ("--remove", NAME), ("--purge", NAME)):
            said = await host.tell("dpkg", *act)
            assert (files_in(journal), key.read_bytes()) == kept
        assert "/var/lib/eventpro (the journal) and /etc/eventpro (settings, secrets) stay" in said
        assert not (host.root / "opt/eventpro").exists()
        assert not (host.root / "usr/bin/kiosk-agent").is_symlink()
        for unit in UNITS:
            assert (await host.run("systemctl", "cat", unit)).status != 0
        left = (await host.run("systemctl", "list-unit-files", "kiosk*", "--no-legend")).out
        assert left.strip() == ""


async def test_the_package_s_own_key_comes_and_goes_with_it_and_an_operator_s_stays(
    venue: Venue, tmp_path: Path
) -> None:
    ids, debs = [], [in_host(package())]
    for number in (1, 2):
        public = tmp_path / f"{number}.pub.pem"
        ids.append(make_bundle_key(tmp_path / f"{number}.pem", public))
        debs.append(
            f"/srv/{number}/{_build(tmp_path / str(number), '--bundle-key', str(public)).name}"
        )
    async with venue.host(bare=True) as host:
        binds = [f"--bind-ro={tmp_path / str(number)}:/srv/{number}" for number in (1, 2)]
        await host.boot(f"--bind-ro={package().parent}:{HOSTS_SEE_PACKAGE}", *binds)
        keys = host.root / "etc/eventpro/bundle-keys.d"
        bare, first, second = debs
        seen = []
        for act in (("-i", first), ("-i", second), ("-i", bare), ("-i", first), ("--remove", NAME)):
            said = await host.tell("dpkg", *act)
            seen.append(sorted(path.name for path in keys.iterdir()))
            if act[1] == first:
                assert "no key is here" not in said
                link = host.inside(f"/etc/eventpro/bundle-keys.d/{ids[0]}.pem")
                shipped = host.root / f"usr/share/{NAME}/bundle-keys.d/{ids[0]}.pem"
                assert link.is_symlink()
                assert shipped.read_bytes() == (tmp_path / "1.pub.pem").read_bytes()
                (keys / "operators.pem").write_text("a key that an operator put here")
    others = ["operators.pem"]
    own = [[f"{one}.pem"] for one in ids]
    assert seen == [own[0], sorted(own[1] + others), others, sorted(own[0] + others), others]


def _build(folder: Path, *options: str) -> Path:
    """Build a package."""
    folder.mkdir()
    # Its wheels are in uv's cache from the first time: here is no index.
    environment = {**os.environ, "UV_OFFLINE": "1"}
    command = [sys.executable, str(ROOT / "tools/deb.py"), "--fast", "--output", str(folder)]
    command += options
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    [made] = folder.glob("*.deb")
    return made


async def test_removal_says_that_something_is_left_that_may_be_settled_nowhere_else(
    venue: Venue,
) -> None:
    async with venue.host() as host:
        await _boot(host)
        journal = host.root / "var/lib/eventpro/agent/journal.db"
        journal.write_bytes(b"no journal that could be read")
        ran = await host.run("dpkg", "--remove", NAME)
        assert ran.status == 0, ran.said
        assert "don't erase this disk" in ran.err


async def test_systemd_has_nothing_to_say_about_the_units_where_they_are_installed(
    venue: Venue,
) -> None:
    async with venue.host() as host:
        await host.boot()
        ran = await host.run("systemd-analyze", "verify", *UNITS, "kiosk-console@tty1.service")
        assert (ran.status, ran.said) == (0, "")
        for unit, most in (("kiosk-agent", 25), ("kiosk-supervisor", 60)):
            await host.tell("systemd-analyze", "security", f"--threshold={most}", unit)


def test_the_same_sources_give_the_same_bytes(venue: Venue, tmp_path: Path) -> None:
    del venue
    again = _build(tmp_path / "again")
    assert again.read_bytes() == package().read_bytes()
