"""A system and a processor that ECS Anywhere's installer knows.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-anywhere.html
"""

from typing import Final

from kiosk_agent.bootstrap.domain.checking import Found, bad, good, look
from kiosk_agent.bootstrap.host import Host

NAME = "system"
_OURS: Final = {("debian", "12")}
_KNOWN: Final = {
    *_OURS,
    ("debian", "10"),
    ("debian", "11"),
    *(("ubuntu", version) for version in ("18.04", "20.04", "22.04", "24.04")),
}
_ARCHITECTURES: Final = {"x86_64", "aarch64"}


def check(host: Host) -> Found:
    """Say whether the installer knows this system (os-release(5))."""
    release = _release(host.read("/etc/os-release") or host.read("/usr/lib/os-release") or "")
    found = (release.get("ID", ""), release.get("VERSION_ID", ""))
    name = release.get("PRETTY_NAME", "a system without a name")
    architecture = host.architecture()
    if architecture not in _ARCHITECTURES:
        return bad(
            f"the processor is {architecture}", f"Use one of {', '.join(sorted(_ARCHITECTURES))}."
        )
    if found in _OURS:
        return good(f"{name}, {architecture}")
    if found in _KNOWN:
        return look(f"{name}, {architecture}: kiosks are tried on Debian 12", "Use Debian 12.")
    return bad(f"{name} is no system that ECS Anywhere can be installed on", "Use Debian 12.")


def _release(text: str) -> dict[str, str]:
    pairs = (line.partition("=") for line in text.splitlines() if "=" in line)
    return {name.strip(): value.strip().strip("\"'") for name, _, value in pairs}
