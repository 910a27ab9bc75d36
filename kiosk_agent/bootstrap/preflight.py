"""All checks of a host, in the order in which a technician mends them."""

from collections.abc import Mapping, Sequence
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
from kiosk_agent.bootstrap.checks.cloned import instance_id
from kiosk_agent.bootstrap.domain.checking import Checked
from kiosk_agent.bootstrap.half_installed import is_half_installed
from kiosk_agent.bootstrap.host import Host
from kiosk_agent.bootstrap.observing import missing_packages
from kiosk_agent.bootstrap.package_sources import apt_proxies, package_sources
from kiosk_agent.bootstrap.places import ECS_INIT
from kiosk_agent.bootstrap.probing import Reached, reach
from kiosk_contracts.enrolment import BundleBody


def check_host(host: Host, bundle: BundleBody | None) -> list[Checked]:
    """Return every check's answer; those of the line need a bundle, which says whom to reach."""
    reached = _reached(host, bundle) if bundle is not None else []
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


def _reached(host: Host, bundle: BundleBody) -> Sequence[Reached]:
    """Return how far each was reached that is needed from here on.

    One that is done with, such as the installer's keys on a host that is registered, is no fault.
    """
    installs = instance_id(host) is None or not host.has(ECS_INIT)
    urls: dict[str, Mapping[str, str]] = {
        url: {} for url in endpoints.needed(bundle, installs=installs).values()
    }
    if is_half_installed(host) or missing_packages(host):
        urls |= dict.fromkeys(package_sources(host), apt_proxies(host))
    with ThreadPoolExecutor(len(urls)) as pool:
        # One after the other, those that are dead would take ten seconds each.
        return list(pool.map(lambda url: reach(url, proxies=urls[url]), urls))
