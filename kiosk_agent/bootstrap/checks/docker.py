"""Docker, if it is there already: one that the installer can work with."""

import re
from typing import Final

from kiosk_agent.bootstrap.domain.checking import Found, bad, good, look
from kiosk_agent.bootstrap.host import Host

NAME = "docker"
_LEAST: Final = (20, 10)


def check(host: Host) -> Found:
    """Say which Docker there is."""
    if host.find("podman") and not host.find("dockerd"):
        return bad("podman is installed", "Remove it: the ECS agent works with Docker alone.")
    if host.find("docker") is None:
        return good("Docker is not there yet; it is installed")
    ran = host.run("docker", "version", "--format", "{{.Server.Version}}")
    if ran.status:
        return look(
            "Docker is installed and does not answer",
            "See: systemctl status docker; then kiosk-agent doctor --fix docker.",
        )
    found = re.match(r"(\d+)\.(\d+)", ran.out)
    version = (int(found[1]), int(found[2])) if found else (0, 0)
    if version < _LEAST:
        least = ".".join(map(str, _LEAST))
        return bad(f"Docker is {ran.out.strip()}", f"Install {least} or newer.")
    return good(f"Docker {ran.out.strip()}")


def mend(host: Host) -> str:
    """Start Docker, where it is installed and does not answer; of one that does, nothing."""
    if host.find("docker") is None or not host.run("docker", "version").status:
        return "Docker answers: what is wrong with it is for a person to mend"
    ran = host.run("systemctl", "restart", "docker", within_s=120)
    return check(host).text if not ran.status else ran.last_words
