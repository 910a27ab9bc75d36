"""Control groups: without the memory controller Docker limits no container."""

from kiosk_agent.bootstrap.domain.checking import Found, bad, good
from kiosk_agent.bootstrap.host import Host

NAME = "cgroups"
_BOOT = "Add cgroup_enable=memory to the kernel's command line and boot again."


def check(host: Host) -> Found:
    """Say whether memory can be limited, by cgroups of version 2 or 1 (cgroups(7))."""
    unified = host.read("/sys/fs/cgroup/cgroup.controllers")
    if unified is not None:
        if "memory" in unified.split():
            return good("cgroups of version 2, with memory")
        return bad("cgroups have no memory controller", _BOOT)
    if host.has("/sys/fs/cgroup/memory"):
        return good("cgroups of version 1, with memory")
    return bad("cgroups are not mounted, or have no memory controller", _BOOT)
