"""What the preflight says of hosts as they may be found: trees of files, and commands."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from kiosk_agent.bootstrap import checks
from kiosk_agent.bootstrap.checks import (
    cgroups,
    console,
    credentials,
    disk,
    docker,
    elsewhere,
    memory,
    rights,
    service_manager,
    system,
)
from kiosk_agent.bootstrap.domain.checking import GIB, Found, Level
from kiosk_agent.bootstrap.host import Host, Ran

DEBIAN = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\n'


class OtherHost(Host):
    """A host of a tree, with commands and room that a test says."""

    def __init__(self, root: Path, **said: Any) -> None:
        super().__init__(root)
        object.__setattr__(self, "said", said)

    def is_root(self) -> bool:
        return bool(self.said.get("as_root", True))  # type: ignore[attr-defined]

    def architecture(self) -> str:
        return str(self.said.get("architecture", "x86_64"))  # type: ignore[attr-defined]

    def find(self, command: str) -> str | None:
        return command if command in self.said.get("commands", ()) else None  # type: ignore[attr-defined]

    def run(self, *words: str) -> Ran:
        assert words
        ran: Ran = self.said["ran"]  # type: ignore[attr-defined]
        return ran

    def room(self, name: str) -> Any:
        given = self.said.get("room", {}).get(name, {})  # type: ignore[attr-defined]
        room = {"f_bavail": 20 * GIB, "f_frsize": 1, "f_files": 10**6, "f_favail": 10**6}
        return SimpleNamespace(**{**room, **given})


def host(root: Path, files: dict[str, str] | None = None, **said: Any) -> OtherHost:
    for name, text in (files or {}).items():
        path = root / name.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return OtherHost(root, **said)


Case = tuple[Callable[[Host], Found], dict[str, str], dict[str, Any], Level, str]
CASES: list[Case] = [
    (rights.check, {}, {}, Level.GOOD, "as root"),
    (rights.check, {}, {"as_root": False}, Level.BAD, "not run as root"),
    (service_manager.check, {"/run/systemd/system/x": ""}, {}, Level.GOOD, "systemd runs"),
    (service_manager.check, {}, {}, Level.BAD, "does not run this host"),
    (system.check, {"/etc/os-release": DEBIAN}, {}, Level.GOOD, "bookworm"),
    (system.check, {"/usr/lib/os-release": DEBIAN}, {}, Level.GOOD, "bookworm"),
    (system.check, {"/etc/os-release": DEBIAN.replace("12", "11")}, {}, Level.LOOK, "Debian 12"),
    (system.check, {"/etc/os-release": DEBIAN.replace('"12"', '"13"')}, {}, Level.BAD, "no system"),
    (system.check, {}, {}, Level.BAD, "without a name"),
    (
        system.check,
        {"/etc/os-release": DEBIAN},
        {"architecture": "armv7l"},
        Level.BAD,
        "the processor is armv7l",
    ),
    (disk.check, {}, {}, Level.GOOD, "20 GiB"),
    (disk.check, {}, {"room": {"/var/lib": {"f_bavail": 5 * GIB}}}, Level.LOOK, "5.0 GiB"),
    (
        disk.check,
        {},
        {"room": {"/var/lib": {"f_bavail": 4 * GIB - 1}}},
        Level.BAD,
        "4.0 are needed",
    ),
    (disk.check, {}, {"room": {"/etc": {"f_bavail": 1000}}}, Level.BAD, "/etc has 0.0 GiB"),
    (disk.check, {}, {"room": {"/var/lib": {"f_favail": 99_999}}}, Level.BAD, "99999 inodes"),
    (disk.check, {}, {"room": {"/var/lib": {"f_files": 0, "f_favail": 0}}}, Level.GOOD, "GiB"),
    (memory.check, {"/proc/meminfo": "MemTotal: 4000000 kB\n"}, {}, Level.GOOD, "3906 MiB"),
    (memory.check, {"/proc/meminfo": "MemTotal: 1000000 kB\n"}, {}, Level.LOOK, "976 MiB"),
    (memory.check, {"/proc/meminfo": "MemTotal: 500000 kB\n"}, {}, Level.BAD, "488 MiB"),
    (memory.check, {}, {}, Level.LOOK, "can't be read"),
    (cgroups.check, {"/sys/fs/cgroup/cgroup.controllers": "cpu memory"}, {}, Level.GOOD, "2"),
    (cgroups.check, {"/sys/fs/cgroup/cgroup.controllers": "cpu"}, {}, Level.BAD, "no memory"),
    (cgroups.check, {"/sys/fs/cgroup/memory/x": ""}, {}, Level.GOOD, "version 1"),
    (cgroups.check, {}, {}, Level.BAD, "not mounted"),
    (docker.check, {}, {}, Level.GOOD, "it is installed"),
    (
        docker.check,
        {},
        {"commands": ("docker", "dockerd"), "ran": Ran(0, "20.10.24+dfsg1\n", "")},
        Level.GOOD,
        "Docker 20.10.24",
    ),
    (
        docker.check,
        {},
        {"commands": ("docker",), "ran": Ran(0, "19.03.1\n", "")},
        Level.BAD,
        "Docker is 19.03.1",
    ),
    (
        docker.check,
        {},
        {"commands": ("docker",), "ran": Ran(1, "", "Cannot connect")},
        Level.LOOK,
        "does not answer",
    ),
    (docker.check, {}, {"commands": ("podman", "docker")}, Level.BAD, "podman"),
    (elsewhere.check, {"/sys/class/dmi/id/sys_vendor": "Dell Inc.\n"}, {}, Level.GOOD, "no EC2"),
    (elsewhere.check, {}, {}, Level.GOOD, "no EC2"),
    (elsewhere.check, {"/sys/class/dmi/id/sys_vendor": "Amazon EC2\n"}, {}, Level.BAD, "is an EC2"),
    (elsewhere.check, {"/sys/hypervisor/uuid": "ec2e1916-9099\n"}, {}, Level.BAD, "is an EC2"),
    (credentials.check, {}, {}, Level.GOOD, "no stray"),
    (credentials.check, {"/root/.aws/credentials": "x"}, {}, Level.BAD, "credentials is there"),
    (credentials.check, {"/root/.aws/config": "x"}, {}, Level.BAD, "config is there"),
    (
        credentials.check,
        {
            "/root/.aws/credentials": "x",
            "/var/lib/amazon/ssm/Vault/Store/RegistrationKey": "{}",
        },
        {},
        Level.GOOD,
        "no stray",
    ),
    (credentials.check, {"/etc/environment": "AWS_ACCESS_KEY_ID=x"}, {}, Level.BAD, "environment"),
    (console.check, {"/dev/tty1": ""}, {}, Level.GOOD, "tty1"),
    (console.check, {}, {}, Level.LOOK, "no console"),
]


@pytest.mark.parametrize("case", CASES)
def test_a_host_as_it_may_be_found(tmp_path: Path, case: Case) -> None:
    check, files, said, level, text = case
    found = check(host(tmp_path, files, **said))
    assert (found.level, text in found.text) == (level, True), found
    assert bool(found.what_to_do) is (level is not Level.GOOD)


@pytest.mark.parametrize("name", ["AWS_ACCESS_KEY_ID", "AWS_PROFILE"])
def test_a_variable_with_credentials_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "x")
    found = credentials.check(host(tmp_path))
    assert (found.level, f"{name} is set" in found.text) == (Level.BAD, True)


def test_each_check_is_a_file_with_a_name_and_every_level_is_tried() -> None:
    folder = Path(checks.__file__).parent
    # The others are in test_way_checks and test_hard_cases.
    others = {"__init__", "clock", "cloned", "earlier", "endpoints", "journal"}
    modules = {path.stem for path in folder.glob("*.py")} - others
    tried = {check.__module__.rpartition(".")[2] for check, *_ in CASES}
    assert tried == modules


def test_this_host_can_be_looked_at() -> None:
    here = Host()
    assert here.read("/proc/meminfo") is not None
    assert here.read("/nowhere") is None
    assert here.room("/var/lib/nothing/there").f_bavail > 0
    assert here.run("nothing-of-that-name").status == 127
    assert here.run("sh", "-c", "echo out; echo err >&2; exit 3") == Ran(3, "out\n", "err\n")
