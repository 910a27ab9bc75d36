"""Writes what support needs to see of a host into one file, without secrets and people."""

import io
import json
import os
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from kiosk_agent import AGENT_VERSION
from kiosk_agent.bootstrap.adapters.over_socket import get_json
from kiosk_agent.bootstrap.checks.cloned import RECORD
from kiosk_agent.bootstrap.domain.checking import Checked
from kiosk_agent.bootstrap.domain.redacting import redact, redact_json
from kiosk_agent.bootstrap.domain.settings_files import DOCKER_CONFIG, ECS_CONFIG
from kiosk_agent.bootstrap.host import Host
from kiosk_agent.bootstrap.places import (
    ADMIN_SOCKET,
    AGENT_SETTINGS,
    ECS_INIT_CONFIG,
    ECS_UNIT,
    INSTALLER_LOG,
    SSM_UNIT,
    SUPERVISOR_SETTINGS,
    SUPERVISOR_SOCKET,
    UNITS,
)
from kiosk_agent.bootstrap.refusing import StoppedError

_LINES: Final = "4000"
_LOG_S: Final = 60
_FILES: Final = (
    INSTALLER_LOG,
    *(AGENT_SETTINGS, SUPERVISOR_SETTINGS, ECS_CONFIG, ECS_INIT_CONFIG, DOCKER_CONFIG),
    *("/etc/os-release", "/proc/meminfo", "/proc/mounts", "/proc/uptime"),
)
_LOGS: Final = (*UNITS, "kiosk-bootstrap", SSM_UNIT, ECS_UNIT, "docker")
_COMMANDS: Final = {
    "units.txt": ("systemctl", "--no-pager", "list-units", "--all", "--type=service"),
    "disk.txt": ("df", "-h"),
    "inodes.txt": ("df", "-i"),
    "addresses.txt": ("ip", "-brief", "address"),
    "clock.txt": ("timedatectl",),
    "containers.txt": ("docker", "ps", "--all", "--no-trunc"),
    "packages.txt": ("dpkg-query", "-W", "eventpro*", "docker*", "amazon*", "systemd"),
}


def write_support_file(host: Host, found: Sequence[Checked], path: Path) -> list[str]:
    """Write a new gzipped tar file and return the names of what is in it.

    Raises StoppedError; then there is no such file.
    """
    parts = _parts(host, found)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, text in parts.items():
            content = text.encode()
            entry = tarfile.TarInfo(f"eventpro-support/{name}")
            entry.size, entry.mtime = len(content), int(datetime.now(UTC).timestamp())
            tar.addfile(entry, io.BytesIO(content))
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(packed.getvalue())
    except OSError as error:
        if not isinstance(error, FileExistsError):
            path.unlink(missing_ok=True)
        raise StoppedError(f"{path}: {error.strerror}", "Name a new file.") from error
    return list(parts)


def _parts(host: Host, found: Sequence[Checked]) -> Mapping[str, str]:
    about = {"version": AGENT_VERSION, "made_at": datetime.now(UTC).isoformat()}
    checks = [{"check": one.name, **asdict(one.found)} for one in found]
    parts = {
        "about.json": _json(about),
        "doctor.json": _json(redact_json(checks)),
        "bootstrap.json": _record(host),
        "agent.json": _json(redact_json(get_json(host.path(ADMIN_SOCKET), "/v1/status"))),
        "supervisor.json": _json(redact_json(get_json(host.path(SUPERVISOR_SOCKET), "/v1/status"))),
    }
    for name in _FILES:
        parts[f"files{name}"] = redact(host.read(name) or "")
    for name, words in _COMMANDS.items():
        ran = host.run(*words)
        parts[name] = redact(ran.out + ran.err)
    for unit in _LOGS:
        words = ("journalctl", "--no-pager", "-o", "short-iso", "-n", _LINES, "-u", unit)
        parts[f"logs/{unit}.txt"] = redact(host.run(*words, within_s=_LOG_S).out)
    return parts


def _record(host: Host) -> str:
    try:
        return _json(redact_json(json.loads(host.read(RECORD) or "null")))
    except ValueError:
        return "it can't be read\n"


def _json(value: object) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False, default=str) + "\n"
