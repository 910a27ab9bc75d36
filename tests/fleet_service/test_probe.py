"""The health check of the fleet service's container, before real answers and none."""

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from fleet_service.health import probe

ROOT = Path(__file__).resolve().parents[2]


class Answering(BaseHTTPRequestHandler):
    """Answers `/healthz`, and nothing else, with what the test says."""

    answer = b""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/healthz" else 404)
        self.end_headers()
        self.wfile.write(self.answer)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    with HTTPServer(("127.0.0.1", 0), Answering) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def check(port: int) -> tuple[int, str]:
    """Run it as Docker does."""
    done = subprocess.run(
        [sys.executable, "-S", "-m", "fleet_service.health.probe"],
        cwd=ROOT,
        env={"FLEET_SERVICE_PORT": str(port)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize(("status", "code"), [("ok", 0), ("draining", 0), ("mad", 1)])
def test_a_service_that_lives_is_healthy_also_while_it_drains(
    port: int, status: str, code: int
) -> None:
    Answering.answer = json.dumps({"status": status}).encode()
    assert check(port) == (code, f"{status}\n")


@pytest.mark.parametrize("answer", [b"", b"hello", b"{}"])
def test_an_answer_that_is_none_of_the_service_is_unhealthy(port: int, answer: bytes) -> None:
    Answering.answer = answer
    code, said = check(port)
    assert code == 1
    assert f"does not answer at port {port}" in said


def test_nobody_there_is_unhealthy() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        code, said = check(taken.getsockname()[1])
    assert code == 1
    assert "ConnectionRefusedError" in said


def test_a_service_that_hangs_is_unhealthy(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(probe, "PATIENCE_S", 0.1)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        monkeypatch.setenv("FLEET_SERVICE_PORT", str(listening.getsockname()[1]))
        assert probe.main() == 1
    assert "TimeoutError" in capsys.readouterr().out
