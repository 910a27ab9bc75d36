"""Docker, if it is there already: one that the installer can work with."""

import re
from typing import Final

from kiosk_agent.bootstrap.domain.checking import Found, bad, good, look
from kiosk_agent.bootstrap.host import Host
from kiosk_agent.bootstrap.places import DOCKER_PENDING
from kiosk_agent.bootstrap.screen import WHEN_NOBODY_BUYS, may_be_selling

NAME = "docker"
_LEAST: Final = (20, 10)
PENDING: Final = "Docker has new settings, and runs with the old until it starts anew"
PENDING_ACT: Final = f"That is when this host does. {WHEN_NOBODY_BUYS.format(NAME)}"


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
    if host.has(DOCKER_PENDING):
        return look(PENDING, PENDING_ACT)
    return good(f"Docker {ran.out.strip()}")


def mend(host: Host) -> str:
    """Restart Docker where it does not answer or has new settings; of another, nothing.

    Its start ends containers, the screen's among them: never while somebody may be buying.
    """
    answers = host.find("docker") is None or not host.run("docker", "version").status
    if answers and not host.has(DOCKER_PENDING):
        return "Docker answers: what is wrong with it is for a person to mend"
    if may_be_selling(host):
        return f"not restarted: this kiosk may be selling. {WHEN_NOBODY_BUYS.format(NAME)}"
    ran = host.run("systemctl", "restart", "docker", within_s=120)
    if ran.status:
        return ran.last_words
    host.remove(DOCKER_PENDING)
    return check(host).text
