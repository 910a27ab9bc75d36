"""All checks of a host, in the order in which a technician mends them."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from kiosk_agent.bootstrap.checks import (
    cgroups,
    clock,
    cloned,
    console,
    credentials,
    disk,
    docker,
    earlier,
    elsewhere,
    endpoints,
    journal,
    memory,
    rights,
    service_manager,
    system,
)
from kiosk_agent.bootstrap.domain.checking import Checked
from kiosk_agent.bootstrap.host import Host
from kiosk_agent.bootstrap.probing import Reached, reach
from kiosk_contracts.enrolment import BundleBody


def check_host(host: Host, bundle: BundleBody | None) -> list[Checked]:
    """Return every check's answer; those of the line need a bundle, which says whom to reach."""
    reached = _reached(bundle) if bundle is not None else []
    found = [
        Checked(rights.NAME, rights.check(host)),
        Checked(service_manager.NAME, service_manager.check(host)),
        Checked(system.NAME, system.check(host)),
        Checked(elsewhere.NAME, elsewhere.check(host)),
        Checked(disk.NAME, disk.check(host)),
        Checked(memory.NAME, memory.check(host)),
        Checked(cgroups.NAME, cgroups.check(host)),
        Checked(console.NAME, console.check(host)),
        Checked(docker.NAME, docker.check(host)),
        Checked(cloned.NAME, cloned.check(host)),
        Checked(credentials.NAME, credentials.check(host)),
        Checked(earlier.NAME, earlier.check(host)),
        Checked(journal.NAME, journal.check(host)),
    ]
    if bundle is not None:
        found.append(Checked(endpoints.NAME, endpoints.check(reached)))
        found.append(Checked(clock.NAME, clock.check(reached, datetime.now(UTC))))
    return found


def _reached(bundle: BundleBody) -> Sequence[Reached]:
    urls = endpoints.needed(bundle.region, str(bundle.fleet_url), str(bundle.installer.url))
    instead = {name: str(url) for name, url in bundle.endpoints.items()}
    with ThreadPoolExecutor(len(urls)) as pool:
        # One after the other, those that are dead would take ten seconds each.
        return list(pool.map(reach, (instead.get(name, url) for name, url in urls.items())))
