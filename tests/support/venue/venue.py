"""A venue for tests: its network, and hosts on whose disks the package is already installed."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from tests.support.venue.machine import VenueMachine, on_disk, venue_machine
from tests.support.venue.network import CLOUD_ADDRESS, VenueNetwork, venue_network
from tests.support.venue.required import PLACE
from tests.support.venue.spaces import layered

BASE = PLACE / "base"
HOSTS_SEE_PACKAGE = "/srv/package"
"""Where a host's disk has the folder of the package, while something is run on it."""


@dataclass
class Venue:
    """Hands out hosts, each with a disk, a line and a screen of its own."""

    network: VenueNetwork
    installed: Path
    """The layer that installing the package has written over the base tree."""
    folder: Path
    _number: "count[int]" = field(default_factory=lambda: count(1))

    @asynccontextmanager
    async def host(
        self, *, bare: bool = False, bootstrapped: bool = True
    ) -> AsyncIterator[VenueMachine]:
        """Yield a host that is off.

        A `bare` one has no package yet. One that is not `bootstrapped` runs bootstrap as it boots.
        """
        name = f"host-{next(self._number)}"
        layers = [BASE] if bare else [self.installed, BASE]
        with self.network.line() as line:
            async with venue_machine(name, self.folder / name, layers, line) as machine:
                if bootstrapped and not bare:
                    (machine.root / "var/lib/eventpro/bootstrapped").touch()
                yield machine


def package() -> Path:
    """Return the package that is tested."""
    return next(PLACE.glob("eventpro-kiosk-agent_*_amd64.deb"))


def in_host(path: Path) -> str:
    """Return where a host sees the package."""
    return f"{HOSTS_SEE_PACKAGE}/{path.name}"


@contextmanager
def venue_in(folder: Path) -> Iterator[Venue]:
    """Make the network, and install the package once."""
    layer = folder / "installed"
    with layered([BASE], layer) as root:
        install(root)
    with venue_network() as network:
        yield Venue(network, layer / "written", folder)


def install(root: Path) -> str:
    """Install the package on a disk; return what dpkg said."""
    deb = package()
    ran = on_disk(root, "dpkg", "-i", in_host(deb), bind=[f"{deb.parent}:{HOSTS_SEE_PACKAGE}"])
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout + ran.stderr


def trust(machine: VenueMachine, name: str, certificate: Path) -> None:
    """Let a host that is off trust an authority, as a venue's people would (ca-certificates)."""
    target = machine.root / f"usr/local/share/ca-certificates/{name}.crt"
    target.write_bytes(certificate.read_bytes())
    ran = on_disk(machine.root, "update-ca-certificates")
    assert ran.returncode == 0, ran.stderr


def know(machine: VenueMachine, *names: str, address: str = CLOUD_ADDRESS) -> None:
    """Let a host that is off find names of the cloud, in place of DNS."""
    with (machine.root / "etc/hosts").open("a") as hosts:
        hosts.writelines(f"{address} {name}\n" for name in names)
