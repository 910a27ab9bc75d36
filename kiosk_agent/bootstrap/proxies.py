"""The venue's proxy, as the environment sets it: `https_proxy`, `http_proxy`, `no_proxy`.

One that is set for https is gone by for http too: a venue has one way out, and packages of Debian
come by http.
"""

import os

from kiosk_agent.bootstrap.domain.settings_files import never_by_proxy


def proxy_for(host: str, scheme: str = "https") -> str:
    """Return the proxy by which a host is reached; empty for none."""
    for name in (part.strip().lstrip(".").lower() for part in skipped_hosts().split(",")):
        if name and (name in {"*", host} or host.endswith(f".{name}")):
            return ""
    by_https = os.environ.get("https_proxy") or os.environ.get("HTTPS_PROXY") or ""
    return by_https if scheme == "https" else os.environ.get("http_proxy") or by_https


def skipped_hosts() -> str:
    """Return what the environment says is reached without the proxy, as it says it."""
    return os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""


def proxy_environment() -> dict[str, str]:
    """Return what has a command go by the proxy, and never to this host itself; {} for none."""
    by_https, by_http = proxy_for("", "https"), proxy_for("", "http")
    if not by_https and not by_http:
        return {}
    names = {"http_proxy": by_http, "https_proxy": by_https}
    return {
        **{name: proxy for name, proxy in names.items() if proxy},
        "no_proxy": never_by_proxy(skipped_hosts()),
    }
