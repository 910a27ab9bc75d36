"""What bootstrap fetches goes the way that the preflight has found open."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from kiosk_agent.bootstrap.web import NotReachedError, fetch

NOWHERE = "http://127.0.0.1:1"


@contextmanager
def serving(asked: list[str]) -> Iterator[str]:
    """Serve on loopback, as a proxy or as a site; tell what each request's line asked for."""

    class Told(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"here")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Told) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(autouse=True)
def _no_proxy_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize(
    "names", [("https_proxy",), ("http_proxy",), ("http_proxy", "HTTPS_PROXY")]
)
def test_http_goes_by_the_venues_one_way_out(
    monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...]
) -> None:
    asked: list[str] = []
    with serving(asked) as proxy:
        for name in names:
            monkeypatch.setenv(name, proxy if name == names[0] else NOWHERE)
        assert fetch("http://mirror.example.com/installer.sh") == b"here"
    assert asked == ["http://mirror.example.com/installer.sh"]


def test_what_is_reached_without_the_proxy_is_not_asked_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []
    with serving(asked) as proxy:
        monkeypatch.setenv("https_proxy", proxy)
        monkeypatch.setenv("no_proxy", "invalid")
        with pytest.raises(NotReachedError, match=r"mirror\.invalid"):
            fetch("http://mirror.invalid/installer.sh")
    assert asked == []


def test_this_host_itself_is_reached_straight(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", NOWHERE)
    with serving([]) as here:
        assert fetch(f"{here}/v1/metadata") == b"here"


def test_a_proxy_that_does_not_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", NOWHERE)
    with pytest.raises(NotReachedError, match="refused"):
        fetch("http://mirror.example.com/installer.sh")
