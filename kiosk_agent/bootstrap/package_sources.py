"""Where this host's packages come from, by its own settings of apt (sources.list(5), apt.conf(5)).

So a mirror that a venue or an operator has pinned there is what is looked at, not Debian's own.
"""

import re
from collections.abc import Iterator
from itertools import product
from typing import Final

from kiosk_agent.bootstrap.host import Host

_LIST: Final = "/etc/apt/sources.list"
_FOLDER: Final = "/etc/apt/sources.list.d"
_LINE: Final = re.compile(r"^\s*deb\s+(?:\[[^\]]*\]\s*)?(\S+)\s+(\S+)", re.MULTILINE)
_PROXY: Final = re.compile(r"^(http|https)='(.*)'$", re.MULTILINE)
_DIRECT: Final = "DIRECT"


def package_sources(host: Host) -> list[str]:
    """Return what apt fetches first of each source that comes over the line, each once."""
    found = _LINE.findall(host.read(_LIST) or "")
    for name in host.names(_FOLDER):
        text = host.read(f"{_FOLDER}/{name}") or ""
        if name.endswith(".list"):
            found += _LINE.findall(text)
        elif name.endswith(".sources"):
            found += _of_stanzas(text)
    files = dict.fromkeys(_first_file(address, suite) for address, suite in found)
    return [one for one in files if one.startswith(("http://", "https://"))]


def apt_proxies(host: Host) -> dict[str, str]:
    """Return the proxies that apt itself is set to, by scheme; they go before the environment's.

    Empty: it is told to use none.
    """
    words = ("http", "Acquire::http::Proxy", "https", "Acquire::https::Proxy")
    told = dict(_PROXY.findall(host.run("apt-config", "shell", *words).out))
    return {scheme: "" if told[scheme] == _DIRECT else told[scheme] for scheme in told}


def _first_file(address: str, suite: str) -> str:
    address = address.rstrip("/")
    # A suite that ends so is a folder by itself.
    return (
        f"{address}/{suite}InRelease" if suite[-1] == "/" else f"{address}/dists/{suite}/InRelease"
    )


def _of_stanzas(text: str) -> Iterator[tuple[str, str]]:
    for stanza in re.split(r"\n\s*\n", text):
        lines = (line.partition(":") for line in stanza.splitlines() if line[:1] not in {"#", " "})
        fields = {name.strip().lower(): value.strip() for name, _, value in lines}
        is_on = fields.get("enabled", "yes").lower() not in {"no", "false"}
        if is_on and "deb" in fields.get("types", "").split():
            yield from product(fields.get("uris", "").split(), fields.get("suites", "").split())
