"""Whom a kiosk must reach, and when; by which proxy."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from kiosk_agent.bootstrap.checks import endpoints
from kiosk_agent.bootstrap.package_sources import apt_proxies, package_sources
from kiosk_agent.bootstrap.places import ECS_INIT
from kiosk_agent.bootstrap.preflight import check_host
from kiosk_agent.bootstrap.probing import reach
from kiosk_agent.bootstrap.proxies import proxy_environment
from kiosk_agent.bootstrap.web import ask
from kiosk_contracts.enrolment import BundleBody
from tests.support.bootstrap_venue import Venue
from tests.support.bundles import body

KEYS = "installer-keys"


def bundle(**changes: Any) -> BundleBody:
    sealed = {
        "cipher": "chacha20-poly1305",
        "kdf": {"memory_kib": 8192, "passes": 1, "lanes": 1, "salt": "00" * 16},
        "nonce": "00" * 12,
        "ciphertext": "00",
    }
    return BundleBody.model_validate(body(sealed=sealed, **changes))


def test_agents_and_images_need_these_always() -> None:
    found = endpoints.needed(bundle(), installs=False)
    assert found == {
        "fleet-service": "https://fleet.example.com/",
        **{
            service: f"https://{service}.eu-central-1.amazonaws.com"
            for service in (
                *("ssm", "ssmmessages", "ec2messages", "ecs", "ecs-a-1", "ecs-t-1", "sts", "s3"),
            )
        },
        "ecr": "https://api.ecr.eu-central-1.amazonaws.com",
        "ecr-registry": "https://111122223333.dkr.ecr.eu-central-1.amazonaws.com",
        "ecr-layers": "https://prod-eu-central-1-starport-layer-bucket.s3.eu-central-1.amazonaws.com",
    }
    in_china = endpoints.needed(bundle(region="cn-north-1"), installs=False)
    assert in_china["ssm"] == "https://ssm.cn-north-1.amazonaws.com.cn"
    assert in_china["ecr-registry"].endswith(".dkr.ecr.cn-north-1.amazonaws.com.cn")


def test_the_installer_needs_its_script_and_the_keys_that_it_fetches() -> None:
    before = endpoints.needed(bundle(), installs=False)
    found = endpoints.needed(bundle(), installs=True)
    script = "https://downloads.example.com/ecs-anywhere-install-latest.sh"
    assert {name: found[name] for name in found if name not in before} == {
        "installer": script,
        "installer-signature": f"{script}.asc",
        KEYS: "https://raw.githubusercontent.com",
    }


def test_a_mirror_that_the_bundle_pins_is_needed_instead() -> None:
    pinned = {KEYS: "https://mirror.example.com/keys", "ecr-layers": "https://layers.example.com/"}
    found = endpoints.needed(bundle(endpoints=pinned), installs=True)
    assert {name: found[name] for name in pinned} == pinned
    assert not any("githubusercontent" in url or "starport" in url for url in found.values())


@contextmanager
def serving(status: int = 200) -> Iterator[tuple[str, list[str]]]:
    """Serve anything, as a mirror or a proxy does; give the address and what was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            asked.append(self.path)
            self.send_response(status)
            self.end_headers()

        def do_GET(self) -> None:
            self.do_HEAD()

        def log_message(self, *_: object) -> None:  # type: ignore[override]
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def endpoints_of(venue: Venue, **changes: Any) -> str:
    told = check_host(venue.host, BundleBody.model_validate(_body(venue, **changes)))
    return next(one.found.text for one in told if one.name == endpoints.NAME)


def _body(venue: Venue, **changes: Any) -> Any:
    return json.loads(venue.bundle(**changes).read_text())["body"]


def test_the_keys_are_looked_for_only_while_the_installer_is_to_be_run(venue: Venue) -> None:
    dead = {"installer-keys": "http://127.0.0.1:1/"}
    whole = _body(venue)["endpoints"]
    assert "127.0.0.1: it does not answer" in endpoints_of(venue, endpoints={**whole, **dead})
    venue.run(venue.bundle())
    assert "endpoints answer" in endpoints_of(venue, endpoints={**whole, **dead})
    venue.host.path(ECS_INIT).unlink()
    assert "it does not answer" in endpoints_of(venue, endpoints={**whole, **dead})


def test_the_mirror_is_looked_for_only_while_packages_are_missing(venue: Venue) -> None:
    with serving() as (mirror, asked):
        venue.venue.write("etc/apt/sources.list", f"deb {mirror}/debian bookworm main\n")
        assert "endpoints answer" in endpoints_of(venue)
        assert asked == []
        venue.venue.write("run/half-installed", " gpg half\n")
        assert "endpoints answer" in endpoints_of(venue)
        assert asked == ["/debian/dists/bookworm/InRelease"]
    assert "127.0.0.1: it does not answer" in endpoints_of(venue)
    told = check_host(venue.host, BundleBody.model_validate(_body(venue)))
    [found] = [one.found for one in told if one.name == endpoints.NAME]
    assert f"port {mirror.rpartition(':')[2]}" in found.what_to_do


SOURCES = """\
Types: deb
URIs: http://mirror.example.com/debian/ https://second.example.com/debian
Suites: bookworm bookworm-updates
Components: main
# Enabled: no
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb-src
URIs: http://sources.example.com/debian
Suites: bookworm

Enabled: no
Types: deb
URIs: http://off.example.com/debian
Suites: bookworm
"""


def test_the_mirrors_are_those_that_apt_has(venue: Venue) -> None:
    assert package_sources(venue.host) == []
    venue.venue.write(
        "etc/apt/sources.list",
        "# deb http://no.example.com x main\n"
        "deb [arch=amd64 signed-by=/x] http://one.example.com/d bookworm main\n"
        "deb-src http://src.example.com/d bookworm main\n"
        "deb cdrom:[Debian]/ bookworm main\ndeb http://flat.example.com ./\n",
    )
    venue.venue.write("etc/apt/sources.list.d/debian.sources", SOURCES)
    venue.venue.write("etc/apt/sources.list.d/old.list", "deb http://one.example.com/d bookworm x")
    venue.venue.write("etc/apt/sources.list.d/old.list.bak", "deb http://bak.example.com/d b main")
    suites = ("bookworm", "bookworm-updates")
    assert package_sources(venue.host) == [
        "http://one.example.com/d/dists/bookworm/InRelease",
        "http://flat.example.com/./InRelease",
        *(f"http://mirror.example.com/debian/dists/{suite}/InRelease" for suite in suites),
        *(f"https://second.example.com/debian/dists/{suite}/InRelease" for suite in suites),
    ]


def test_a_mirror_is_asked_by_way_of_the_proxy_that_is_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = "http://deb.example.com/debian/dists/bookworm/InRelease"
    with serving() as (proxy, asked):
        # Said as docs/new-venue.md says it, for https alone.
        monkeypatch.setenv("https_proxy", proxy)
        assert reach(url).ok
        assert asked == [url]
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
        found = reach(url)
        assert "by way of the proxy 127.0.0.1" in found.why
        assert "Check http_proxy" in found.what_to_do
    monkeypatch.delenv("http_proxy")
    with serving(403) as (proxy, _):
        monkeypatch.setenv("https_proxy", proxy)
        assert "it answers 403" in reach(url).why


def test_what_apt_is_set_to_goes_before_the_environment(
    venue: Venue, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert apt_proxies(venue.host) == {}
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
    with serving() as (proxy, asked):
        venue.venue.write("run/apt-config", f"http='{proxy}'\nhttps='DIRECT'\n")
        proxies = apt_proxies(venue.host)
        assert proxies == {"http": proxy, "https": ""}
        assert reach("http://deb.example.com/x", proxies=proxies).ok
        assert asked == ["http://deb.example.com/x"]


def test_commands_go_by_the_proxy_and_never_by_it_to_this_host(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert proxy_environment() == {}
    monkeypatch.setenv("https_proxy", "http://proxy.example.com:3128")
    monkeypatch.setenv("no_proxy", "fleet.example.com")
    told = proxy_environment()
    assert told["http_proxy"] == told["https_proxy"] == "http://proxy.example.com:3128"
    assert {"fleet.example.com", "127.0.0.1", "localhost"} <= set(told["no_proxy"].split(","))


def test_this_host_itself_is_asked_straight(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with serving() as (here, asked):
        assert ask("GET", f"{here}/v1/metadata", {}).status == 200
    assert asked == ["/v1/metadata"]


def test_packages_are_fetched_by_way_of_the_proxy(
    venue: Venue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy.example.com:3128")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    apt = venue.host.root / "tools/apt-get"
    apt.write_text('#!/bin/bash\necho "$http_proxy" >>"$LOCAL_REGION_ROOT/run/by"\n')
    venue.venue.write("run/half-installed", " gpg half\n")
    venue.stopped(venue.bundle())
    assert set(venue.venue.text("run/by").split()) == {"http://proxy.example.com:3128"}


def test_every_name_stands_in_the_bundle_s_documentation() -> None:
    told = (Path(__file__).parents[4] / "docs/enrolment-bundle.md").read_text()
    for name in endpoints.needed(bundle(), installs=True):
        assert f"`{name}`" in told
