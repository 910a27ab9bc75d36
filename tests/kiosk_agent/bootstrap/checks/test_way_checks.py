"""Endpoints, the clock, and whose identity this is."""

import hashlib
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from kiosk_agent.bootstrap.checks import clock, cloned, earlier, endpoints, journal
from kiosk_agent.bootstrap.domain.checking import Level
from kiosk_agent.bootstrap.host import Host, Ran
from kiosk_agent.bootstrap.probing import Reached, reach
from kiosk_agent.bootstrap.proxies import proxy_for
from tests.kiosk_agent.bootstrap.checks.test_host_checks import host

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


@dataclass
class Endpoint:
    """An https server on loopback, with a certificate of its own."""

    port: int
    authority: Path

    def url(self, name: str = "localhost") -> str:
        return f"https://{name}:{self.port}/"

    def trusting(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.authority))


class _Quiet(BaseHTTPRequestHandler):
    def do_HEAD(self) -> None:
        self.send_response(403)
        self.end_headers()

    def log_message(self, *_: object) -> None:  # type: ignore[override]
        return


def certificate(folder: Path) -> Path:
    """Make a certificate for localhost, signed by itself, with its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("localhost")]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


@pytest.fixture
def endpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    for name in ("https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    path = certificate(tmp_path)
    server = HTTPServer(("127.0.0.1", 0), _Quiet)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    known = socket.getaddrinfo

    def look_up(name: str, *more: Any, **named: Any) -> Any:
        if name.endswith(".invalid"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return known(name, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    yield Endpoint(server.server_address[1], path)
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_endpoint_is_reached_whatever_it_answers(endpoint: Endpoint) -> None:
    found = reach(endpoint.url(), endpoint.trusting())
    assert found.ok, found
    assert found.server_time is not None
    assert abs(found.server_time - datetime.now(UTC)) < timedelta(minutes=1)
    assert endpoints.check([found]).level is Level.GOOD
    assert clock.check([found], datetime.now(UTC)).level is Level.GOOD


def test_how_far_it_came_is_said(endpoint: Endpoint) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        closed = free.getsockname()[1]
    lost = [
        reach(endpoint.url()),
        reach(endpoint.url("127.0.0.1"), endpoint.trusting()),
        reach(f"https://localhost:{closed}/"),
        reach("https://no-such-name.invalid/"),
    ]
    assert [one.ok for one in lost] == [False] * 4
    for one, why in zip(
        lost, ("certificate", "certificate", "does not answer", "is not found"), strict=True
    ):
        assert why in one.why
        assert one.what_to_do
    found = endpoints.check(lost)
    assert found.level is Level.BAD
    assert found.text.count(";") == 3


def test_the_proxy_that_is_set_is_used_and_named(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tunnel() as (port, asked):
        monkeypatch.setenv("https_proxy", f"http://ada:s%40fe@127.0.0.1:{port}")
        assert reach(endpoint.url(), endpoint.trusting()).ok
        assert asked[0].startswith(f"CONNECT localhost:{endpoint.port}")
        assert "Basic YWRhOnNAZmU=" in asked[0]
        monkeypatch.setenv("no_proxy", "other.example, .localhost")
        assert reach(endpoint.url(), endpoint.trusting()).ok
        assert len(asked) == 1
    monkeypatch.delenv("no_proxy")
    found = reach(endpoint.url(), endpoint.trusting())
    assert "by way of the proxy 127.0.0.1" in found.why
    assert "https_proxy" in found.what_to_do
    monkeypatch.setenv("https_proxy", "http://no-such-proxy.invalid:3128")
    assert "the name no-such-proxy.invalid is not found" in reach(endpoint.url()).why
    monkeypatch.setenv("NO_PROXY", "*")
    assert proxy_for("ssm.eu-central-1.amazonaws.com") == ""


class tunnel:  # noqa: N801  used as a function
    """A proxy that passes CONNECT on, and what it was asked."""

    def __enter__(self) -> tuple[int, list[str]]:
        self._asked: list[str] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()
        return self._server.getsockname()[1], self._asked

    def __exit__(self, *_: object) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                near, _ = self._server.accept()
            except OSError:
                return
            request = near.recv(4096).decode()
            self._asked.append(request)
            name, _, port = request.split()[1].partition(":")
            far = socket.create_connection((name, int(port)))
            near.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            passing = [
                threading.Thread(target=_pass_on, args=pair) for pair in ((near, far), (far, near))
            ]
            for one in passing:
                one.start()
            for one in passing:
                one.join()
            near.close()
            far.close()


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    while data := source.recv(65536):
        sink.sendall(data)
    try:
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        return


@pytest.mark.parametrize(
    ("seconds", "level", "words"),
    [
        (0, Level.GOOD, "right"),
        (5, Level.GOOD, "right"),
        (-6, Level.LOOK, "6 s behind ssm"),
        (240, Level.LOOK, "240 s ahead of ssm"),
        (241, Level.BAD, "241 s ahead of ssm"),
        (-86400, Level.BAD, "86400 s behind ssm"),
    ],
)
def test_the_clock_is_held_to_what_an_endpoint_says(seconds: int, level: Level, words: str) -> None:
    told = [Reached("fleet", "away", "x"), Reached("ssm", server_time=NOW)]
    found = clock.check(told, NOW + timedelta(seconds=seconds))
    assert (found.level, words in found.text) == (level, True)
    assert clock.check(told[:1], NOW).level is Level.LOOK


MACHINE = {"/etc/machine-id": "0123456789abcdef0123456789abcdef\n"}
REGISTERED = {cloned.SSM_STORE: '{"instanceID": "mi-0a1b2c3d4e5f60718", "region": "eu-central-1"}'}


UUID = "/sys/class/dmi/id/product_uuid"
SERIAL = "/sys/class/dmi/id/board_serial"
OWN_UUID = "4c4c4544-0042-3010-8054-b7c04f4d3432"
UNFILLED = {UUID: "03000200-0400-0500-0006-000700080009\n", SERIAL: "To be filled by O.E.M.\n"}


def card(name: str, address: str, kind: str = "0", device: str = "device/vendor") -> dict[str, str]:
    at = f"/sys/class/net/{name}"
    return {f"{at}/address": address, f"{at}/addr_assign_type": kind, f"{at}/{device}": "1"}


@pytest.mark.parametrize("marks", [UNFILLED, {}, {UUID: "0" * 32}, {SERIAL: "Default string"}])
def test_two_machines_of_one_kind_with_one_disk_are_two(
    tmp_path: Path, marks: dict[str, str]
) -> None:
    one = host(tmp_path / "1", {**MACHINE, **marks, **card("eno1", "52:54:00:12:34:56")})
    two = host(tmp_path / "2", {**MACHINE, **marks, **card("eno1", "52:54:00:12:34:57")})
    assert cloned.host_id(one) != cloned.host_id(two)
    assert cloned.check(one).level is Level.GOOD
    # What was plugged in, made up or is of no device is none of its marks.
    for more in (
        card("docker0", "02:42:00:00:00:01", "3", "bridge/id"),
        card("wlan0", "02:42:00:00:00:02", "1"),
        card("veth1", "02:42:00:00:00:03", "0", "operstate"),
    ):
        before = cloned.host_id(one)
        assert cloned.host_id(host(tmp_path / "1", more)) == before
    usb = tmp_path / "1/sys/devices/pci0000:00/usb1/1-1"
    usb.mkdir(parents=True)
    host(tmp_path / "1", card("enx1", "52:54:00:00:00:09", device="operstate"))
    (tmp_path / "1/sys/class/net/enx1/device").symlink_to(usb)
    assert cloned.host_id(one) == before


def test_a_real_mark_of_the_hardware_is_enough_whatever_card_is_put_in(tmp_path: Path) -> None:
    one = host(tmp_path, {**MACHINE, **UNFILLED, UUID: OWN_UUID})
    before = cloned.host_id(one)
    assert cloned.host_id(host(tmp_path, card("eno1", "52:54:00:12:34:56"))) == before
    assert cloned.host_id(host(tmp_path, {SERIAL: "Default string"})) == before
    assert cloned.host_id(host(tmp_path, {SERIAL: "PF2X81QK"})) != before


def test_machines_that_nothing_tells_apart_are_said_to_be(tmp_path: Path) -> None:
    found = cloned.check(host(tmp_path, {**MACHINE, **UNFILLED}))
    assert (found.level, "nothing but its machine id" in found.text) == (Level.LOOK, True)
    assert "systemd-machine-id-setup" in found.what_to_do


def test_a_host_enrolled_with_unfilled_marks_stays_what_it_was(tmp_path: Path) -> None:
    parts = (MACHINE["/etc/machine-id"], UNFILLED[UUID], UNFILLED[SERIAL])
    words = "\n".join(part.strip() for part in parts)
    was = hashlib.sha256(b"eventpro kiosk host\n" + words.encode()).hexdigest()
    old = {cloned.RECORD: json.dumps({"host_id": was}), **REGISTERED}
    cards = card("eno1", "52:54:00:12:34:56")
    here = host(tmp_path, {**MACHINE, **UNFILLED, **cards, **old})
    assert cloned.host_id(here) == was
    assert cloned.check(here).level is Level.GOOD


def test_a_host_that_is_registered_nowhere(tmp_path: Path) -> None:
    assert cloned.check(host(tmp_path, {**MACHINE, UUID: OWN_UUID})).level is Level.GOOD
    assert cloned.instance_id(host(tmp_path)) is None


@pytest.mark.parametrize("machine", ["", "uninitialized\n"])
def test_a_host_without_an_id(tmp_path: Path, machine: str) -> None:
    found = cloned.check(host(tmp_path, {"/etc/machine-id": machine}))
    assert (found.level, "systemd-machine-id-setup" in found.what_to_do) == (Level.BAD, True)


def test_a_host_of_its_own_and_a_copy_of_its_disk(tmp_path: Path) -> None:
    here = host(tmp_path, {**MACHINE, **REGISTERED})
    assert cloned.instance_id(here) == "mi-0a1b2c3d4e5f60718"
    found = cloned.check(here)
    assert (found.level, "not by us" in found.text) == (Level.LOOK, True)
    record = {cloned.RECORD: json.dumps({"host_id": cloned.host_id(here)})}
    assert cloned.check(host(tmp_path, record)).level is Level.GOOD
    # The same disk in another machine: the machine id came along, the hardware did not.
    other = host(tmp_path, {"/sys/class/dmi/id/product_uuid": "another"})
    found = cloned.check(other)
    assert (found.level, "was copied" in found.text) == (Level.BAD, True)
    assert "doctor --fix identity" in found.what_to_do
    # A new board looks the same from here, and its kiosk is to go on.
    assert "If only the board was changed, leave it: it sells on" in found.what_to_do


@pytest.mark.parametrize("store", ["", "no JSON", "[]", '{"instanceID": ""}', '{"instanceID": 7}'])
def test_a_store_without_a_registration(tmp_path: Path, store: str) -> None:
    assert cloned.instance_id(host(tmp_path, {cloned.SSM_STORE: store})) is None


def test_a_host_s_id_says_nothing_of_its_machine_id(tmp_path: Path) -> None:
    told = cloned.host_id(host(tmp_path, MACHINE))
    assert len(told) == 64
    assert MACHINE["/etc/machine-id"].strip() not in told
    assert cloned.host_id(Host()) != told


def test_what_an_earlier_try_left(tmp_path: Path) -> None:
    dpkg = {"commands": ("dpkg",)}
    assert earlier.check(host(tmp_path)).level is Level.GOOD
    assert earlier.check(host(tmp_path, ran=Ran(0, "", ""), **dpkg)).level is Level.GOOD
    found = earlier.check(host(tmp_path, ran=Ran(0, "docker.io half\n", ""), **dpkg))
    assert (found.level, "half installed" in found.text) == (Level.LOOK, True)
    left = host(tmp_path, {"/var/lib/ecs/data/agent.db": "x"})
    assert earlier.check(left).level is Level.LOOK
    assert earlier.check(host(tmp_path, REGISTERED)).level is Level.GOOD


def test_a_journal_is_moved_out_from_under_no_running_agent_and_its_folder_made_anew() -> None:
    acts = ("export", "systemctl stop kiosk-agent", "mv /var/lib/eventpro/agent ")
    then = ("systemd-tmpfiles --create", "systemctl start kiosk-agent", "Never delete it")
    places = [journal.MOVE_OUT.index(act) for act in (*acts, *then)]
    assert places == sorted(places)
    assert "kiosk-agent bootstrap --again" in journal.MOVE_OUT
