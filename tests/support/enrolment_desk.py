"""A stand-in of the fleet service for hosts that enrol: it grants names, and tells what AWS says.

The real one is asked by the venue hosts of `make test-venue`. This one answers oddly on demand.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import botocore.exceptions

from kiosk_contracts.version import ENROLMENT_TOKEN_HEADER
from tests.support.http import ask
from tests.support.region import RunningRegion

TOKEN = "enrolment-token-of-the-fleet"


@dataclass
class EnrolmentDesk:
    """What it knows, and what it is to answer oddly."""

    region: RunningRegion
    kiosks: dict[str, str]
    """Codes by kiosk ids."""
    granted: dict[str, str] = field(default_factory=dict)
    """Hosts by kiosk ids."""
    snatched: list[str] = field(default_factory=list)
    """Names that another host takes between the offer and the claim."""
    away: bool = False
    url: str = ""

    def offer(self, host_id: str) -> dict[str, Any]:
        mine = [name for name, host in self.granted.items() if host == host_id]
        return {
            "venue_id": "harbour-hall",
            "kiosks": [
                {"kiosk_id": name, "kiosk_code": code, "free": name not in self.granted}
                for name, code in self.kiosks.items()
            ],
            "granted": mine[0] if mine else None,
        }

    def claim(self, wanted: dict[str, str]) -> tuple[int, dict[str, Any]]:
        name = wanted["kiosk_id"]
        if name in self.snatched:
            self.snatched.remove(name)
            self.granted[name] = "another host"
        others = [one for one, host in self.granted.items() if host == wanted["host_id"]]
        if others and name not in others:
            title = "This host is another kiosk already"
            return 409, problem(409, "kiosk_taken", title, f"It was granted {others[0]}.")
        if self.granted.setdefault(name, wanted["host_id"]) != wanted["host_id"]:
            return 409, problem(
                409, "kiosk_taken", "Another host is this kiosk", f"{name} is gone."
            )
        code = self.kiosks[name]
        return 201, {"kiosk_id": name, "kiosk_code": code, "venue_id": "harbour-hall"}

    def evidence(self, wanted: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Let STS say who signed, as the fleet service does, and ask SSM and ECS about it."""
        url = wanted["proof"]["url"]
        signed = [("x-eventpro-audience", "fleet.example.com"), ("x-eventpro-nonce", NONCE)]
        parts = urlsplit(url)
        told = ask(f"{self.region.url}/?{parts.query}", headers=[("Host", parts.netloc), *signed])
        if told.status != 200:
            return 403, problem(403, "proof_refused", "The proof does not count", str(told.status))
        instance = told.body.decode().partition("/mi-")[2].partition("<")[0]
        return 200, self._known(f"mi-{instance}")

    def _known(self, instance: str) -> dict[str, Any]:
        ssm, ecs = self.region.client("ssm"), self.region.client("ecs")
        asked = [{"Key": "InstanceIds", "Values": [instance]}]
        nodes = ssm.describe_instance_information(Filters=asked)["InstanceInformationList"]
        told: dict[str, Any] = {"instance_id": instance, "ping": "", "container_instance": None}
        if nodes:
            told["ping"] = nodes[0]["PingStatus"]
        try:
            arns = ecs.list_container_instances(cluster="kiosks")["containerInstanceArns"]
        except botocore.exceptions.ClientError:
            return told
        described: list[dict[str, Any]] = []
        if arns:
            described = ecs.describe_container_instances(cluster="kiosks", containerInstances=arns)[
                "containerInstances"
            ]
        # One whose agent lost its state is there twice: the newest is it.
        here = [one for one in described if one["ec2InstanceId"] == instance]
        if here:
            newest = max(here, key=lambda one: one["registeredAt"])
            told["container_instance"] = {
                "cluster": "kiosks",
                "status": newest["status"],
                "connected": newest["agentConnected"],
                "attributes": {
                    each["name"]: each.get("value", "") for each in newest["attributes"]
                },
            }
        return told


NONCE = "nonce-of-the-stand-in-1"


def problem(status: int, code: str, title: str, detail: str) -> dict[str, Any]:
    return {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        "retryable": status >= 500,
        "hint": "Choose another name.",
    }


class _Handler(BaseHTTPRequestHandler):
    desk: EnrolmentDesk

    def do_HEAD(self) -> None:
        self.send_response(404)
        self.end_headers()

    def do_GET(self) -> None:
        self._answer(*self._guarded(lambda query, _: (200, self.desk.offer(query["host_id"][0]))))

    def do_POST(self) -> None:
        if self.path == "/v1/session-nonces":
            now = datetime.now(UTC).isoformat()
            self._answer(201, {"nonce": NONCE, "expires_in_s": 60, "server_time": now})
        elif self.path == "/v1/enrolment/evidence":
            self._answer(*self.desk.evidence(self._body()))
        else:
            self._answer(*self._guarded(lambda _, body: self.desk.claim(body)))

    def _guarded(self, answer: Any) -> tuple[int, dict[str, Any]]:
        if self.desk.away:
            return 503, problem(503, "upstream_busy", "Not now", "The fleet is away.")
        body = self._body() if self.command == "POST" else {}
        if self.headers.get(ENROLMENT_TOKEN_HEADER) != TOKEN:
            return 401, problem(401, "token_invalid", "No such token", "")
        told: tuple[int, dict[str, Any]] = answer(parse_qs(urlsplit(self.path).query), body)
        return told

    def _body(self) -> Any:
        return json.loads(self.rfile.read(int(self.headers.get("Content-Length", "0"))))

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        sent = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, *_: object) -> None:  # type: ignore[override]
        return


@contextmanager
def enrolment_desk(region: RunningRegion, **kiosks: str) -> Iterator[EnrolmentDesk]:
    """Serve a desk until the block ends; `kiosks`: codes by kiosk ids, `_` for `-`."""
    desk = EnrolmentDesk(region, {name.replace("_", "-"): code for name, code in kiosks.items()})

    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"desk": desk}))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    desk.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield desk
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()
