#!/usr/bin/env python3
"""A stand-in for the ECS agent and its init, of Python's standard library alone.

It registers, holds ACS, answers the introspection port, and says of each task what it was told to
do: it runs no container. Calls, files and frames as github.com/aws/amazon-ecs-agent has them.

LOCAL_REGION_ROOT: where it was installed, if not in /. LOCAL_REGION_INTROSPECTION_PORT: 51678.
"""

import base64
import configparser
import hashlib
import hmac
import http.client
import json
import os
import secrets
import socket
import ssl
import struct
import sys
import threading
import time
import uuid
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

ROOT = Path(os.environ.get("LOCAL_REGION_ROOT", "") or "/")
PORT = int(os.environ.get("LOCAL_REGION_INTROSPECTION_PORT", "51678"))
VERSION = "1.105.1"
STATE = ROOT / "var/lib/ecs/data/stand-in.json"
CAPABILITIES = (
    "ecs.capability.external",
    "com.amazonaws.ecs.capability.logging-driver.json-file",
    "com.amazonaws.ecs.capability.docker-remote-api.1.44",
)
RESOURCES = [
    {"name": "CPU", "type": "INTEGER", "integerValue": 1024 * (os.cpu_count() or 1)},
    {"name": "MEMORY", "type": "INTEGER", "integerValue": 3800},
    {"name": "PORTS", "type": "STRINGSET", "stringSetValue": ["22", "2375", "2376", "51678"]},
    {"name": "PORTS_UDP", "type": "STRINGSET", "stringSetValue": []},
]


class RefusedError(Exception):
    """ECS refused a call; the text is its code and message."""


class Host:
    """What this host is configured to be, and what it remembers."""

    def __init__(self) -> None:
        self.settings = settings()
        self.url = self.settings["ECS_BACKEND_HOST"]
        if "://" not in self.url:
            self.url = f"https://{self.url}"
        self.region = self.settings["AWS_DEFAULT_REGION"]
        self.cluster = self.settings.get("ECS_CLUSTER", "default")
        self.known = json.loads(STATE.read_text()) if STATE.exists() else {}
        self.tasks: dict[str, dict[str, str]] = {}

    def remember(self, **facts: str) -> None:
        """Keep facts over restarts."""
        self.known.update(facts)
        STATE.parent.mkdir(parents=True, exist_ok=True)
        fresh = STATE.with_suffix(".new")
        fresh.write_text(json.dumps(self.known))
        fresh.replace(STATE)


def settings() -> dict[str, str]:
    """Read both configuration files; the init's own comes last."""
    found: dict[str, str] = {}
    for name in ("etc/ecs/ecs.config", "var/lib/ecs/ecs.config"):
        path = ROOT / name
        for line in path.read_text().splitlines() if path.exists() else ():
            key, sign, value = line.partition("=")
            if sign and not key.startswith("#"):
                found[key.strip()] = value.strip()
    return found


def signed(
    method: str, url: str, region: str, headers: dict[str, str], body: bytes
) -> dict[str, str]:
    """Return headers with a signature by the credentials that the SSM agent keeps."""
    file = configparser.ConfigParser()
    file.read(ROOT / "root/.aws/credentials")
    keys = file["default"]
    parts = urlsplit(url)
    date = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    signing = {
        **{name.lower(): value for name, value in headers.items()},
        "host": parts.netloc,
        "x-amz-date": date,
        "x-amz-security-token": keys["aws_session_token"],
    }
    names = ";".join(sorted(signing))
    pairs = sorted(part.partition("=")[::2] for part in parts.query.split("&") if part)
    canonical = "\n".join(
        [
            *(method, quote(parts.path or "/"), "&".join(f"{n}={v}" for n, v in pairs)),
            *(f"{name}:{signing[name]}" for name in sorted(signing)),
            *("", names, hashlib.sha256(body).hexdigest()),
        ]
    )
    scope = f"{date[:8]}/{region}/ecs/aws4_request"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    key = f"AWS4{keys['aws_secret_access_key']}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    to_sign = f"AWS4-HMAC-SHA256\n{date}\n{scope}\n{digest}".encode()
    signature = hmac.new(key, to_sign, hashlib.sha256).hexdigest()
    return {
        **headers,
        "X-Amz-Date": date,
        "X-Amz-Security-Token": keys["aws_session_token"],
        "Authorization": f"AWS4-HMAC-SHA256 Credential={keys['aws_access_key_id']}/{scope}, "
        f"SignedHeaders={names}, Signature={signature}",
    }


def connection(url: str) -> http.client.HTTPConnection:
    """Open a connection; raises OSError."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    return kind(parts.netloc, timeout=30)


def call(host: Host, operation: str, params: dict[str, Any]) -> dict[str, Any]:
    """Call ECS; raises RefusedError, OSError or KeyError (no credentials yet)."""
    body = json.dumps(params).encode()
    headers = {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": f"AmazonEC2ContainerServiceV20141113.{operation}",
    }
    line = connection(host.url)
    try:
        line.request("POST", "/", body, signed("POST", f"{host.url}/", host.region, headers, body))
        answer = line.getresponse()
        told: dict[str, Any] = json.loads(answer.read() or b"{}")
    finally:
        line.close()
    if answer.status != http.client.OK:
        raise RefusedError(f"{told.get('__type')}: {told.get('message')}")
    return told


def register(host: Host) -> None:
    """Register, or register again; raises as `call` does."""
    attributes: list[dict[str, str]] = [{"name": name} for name in CAPABILITIES]
    attributes.append({"name": "ecs.os-type", "value": "linux"})
    params: dict[str, Any] = {
        "cluster": host.cluster,
        "attributes": attributes,
        "instanceIdentityDocument": "",
        "instanceIdentityDocumentSignature": "",
        "totalResources": RESOURCES,
        "versionInfo": {"agentVersion": VERSION, "agentHash": "stand-in", "dockerVersion": "none"},
    }
    if "arn" in host.known:
        params["containerInstanceArn"] = host.known["arn"]
    else:
        if "token" not in host.known:
            host.remember(token=str(uuid.uuid4()))
        custom = json.loads(host.settings.get("ECS_INSTANCE_ATTRIBUTES", "{}"))
        attributes += [{"name": name, "value": value} for name, value in custom.items()]
        params["clientToken"] = host.known["token"]
    told = call(host, "RegisterContainerInstance", params)["containerInstance"]
    host.remember(arn=told["containerInstanceArn"])


def opened(secure: bool, host: str, port: int | None) -> socket.socket:  # noqa: FBT001  the scheme
    """Return a connected socket; raises OSError."""
    sock = socket.create_connection((host, port or (443 if secure else 80)), timeout=120)
    if not secure:
        return sock
    return ssl.create_default_context().wrap_socket(sock, server_hostname=host)


class Line:
    """A websocket client: as much of RFC 6455 as ACS needs."""

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        """Open it; raises OSError or RefusedError."""
        parts = urlsplit(url)
        # http.client ends its reading with the answer's head, so the head is read by hand.
        self._sock = opened(parts.scheme == "https", parts.hostname or "", parts.port)
        self._file = self._sock.makefile("rb")
        asked = {
            **headers,
            "Host": parts.netloc,
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": base64.b64encode(secrets.token_bytes(16)).decode(),
        }
        lines = [f"GET {parts.path}?{parts.query} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in asked.items()]
        self._sock.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        status = self._file.readline().split()
        head = http.client.parse_headers(self._file)
        if status[1:2] != [b"101"]:
            raise RefusedError(self._file.read(int(head.get("Content-Length", "0"))).decode())

    def send(self, kind: str, message: dict[str, Any]) -> None:
        """Send a text frame, masked as a client's must be."""
        data = json.dumps({"type": kind, "message": message}).encode()
        self._frame(0x1, data)

    def receive(self) -> tuple[str, dict[str, Any]]:
        """Return the next text frame's type and message; raises OSError at the end."""
        while True:
            first, second = self._exactly(2)
            length = second & 0x7F
            if length >= 126:
                length = int.from_bytes(self._exactly(2 if length == 126 else 8), "big")
            data = self._exactly(length)
            match first & 0x0F:
                case 0x1:
                    frame = json.loads(data)
                    return frame["type"], frame["message"]
                case 0x8:
                    raise ConnectionError("the line was closed")
                case 0x9:
                    self._frame(0xA, data)
                case _:
                    continue

    def _frame(self, kind: int, data: bytes) -> None:
        mask = secrets.token_bytes(4)
        size = len(data)
        head = bytes([0x80 | kind])
        if size < 126:
            head += bytes([0x80 | size])
        else:
            head += bytes([0x80 | (126 if size < 65536 else 127)])
            head += struct.pack(">H" if size < 65536 else ">Q", size)
        masked = bytes(byte ^ mask[place % 4] for place, byte in enumerate(data))
        self._sock.sendall(head + mask + masked)

    def _exactly(self, size: int) -> bytes:
        data = self._file.read(size)
        if len(data) != size:
            raise ConnectionError("the line ended")
        return data


def hold(host: Host) -> None:
    """Hold a line to ACS until it ends; raises OSError, RefusedError."""
    found = call(
        host,
        "DiscoverPollEndpoint",
        {"cluster": host.cluster, "containerInstance": host.known["arn"], "zoneId": ""},
    )
    query = {
        "agentHash": "stand-in",
        "agentVersion": VERSION,
        "clusterArn": host.cluster,
        "containerInstanceArn": host.known["arn"],
        "protocolVersion": "2",
        "sendCredentials": "true",
        "seqNum": "1",
    }
    url = f"{found['endpoint']}ws?{urlencode(sorted(query.items()), quote_via=quote, safe='')}"
    line = Line(url, signed("GET", url, host.region, {}, b""))
    say("connected")
    while True:
        kind, message = line.receive()
        if kind == "HeartbeatMessage":
            line.send("HeartbeatAckRequest", {"messageId": message["messageId"]})
        elif kind == "PayloadMessage":
            ack = {"cluster": message["clusterArn"], "messageId": message["messageId"]}
            line.send("AckRequest", {**ack, "containerInstance": message["containerInstanceArn"]})
            for task in message["tasks"]:
                report(host, task)


def report(host: Host, task: dict[str, str]) -> None:
    """Say that a task is as it was told to be."""
    status = task["desiredStatus"]
    host.tasks[task["arn"]] = {
        "Arn": task["arn"],
        "DesiredStatus": status,
        "KnownStatus": status,
        "Family": task["family"],
        "Version": task["version"],
    }
    call(
        host,
        "SubmitTaskStateChange",
        {"cluster": host.cluster, "task": task["arn"], "status": status},
    )


def introspection(host: Host) -> ThreadingHTTPServer:
    """Return the server of /v1/metadata and /v1/tasks."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """Answer."""
            bodies: dict[str, Any] = {
                "/v1/metadata": {
                    "Cluster": host.cluster,
                    "ContainerInstanceArn": host.known.get("arn"),
                    "Version": f"Amazon ECS Agent - v{VERSION} (stand-in)",
                },
                "/v1/tasks": {
                    "Tasks": [{**task, "Containers": []} for task in host.tasks.values()]
                },
            }
            body = json.dumps(bodies.get(self.path, {})).encode()
            self.send_response(200 if self.path in bodies else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return ThreadingHTTPServer(("", PORT), Handler)


def say(text: str) -> None:
    """Say something in the log."""
    print(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {text}", file=sys.stderr, flush=True)  # noqa: T201  the log


def main() -> int:
    """Register before anything else, as the agent does; then hold the line for good."""
    host = Host()
    while True:
        try:
            register(host)
            break
        except RefusedError as error:
            say(f"not registered: {error}")
            return 1
        except (OSError, KeyError) as error:
            # No line, or the SSM agent has no credentials yet: the init starts the agent again.
            say(f"not registered: {error!r}")
            time.sleep(1)
    threading.Thread(target=introspection(host).serve_forever, daemon=True).start()
    pause = 0.3
    while True:
        began = time.monotonic()
        try:
            hold(host)
        except RefusedError as error:
            say(f"refused: {error}")
            pause = 3600.0 if "InactiveInstanceException" in str(error) else pause
        except (OSError, http.client.HTTPException, KeyError, ValueError) as error:
            say(f"the line ended: {error!r}")
        pause = 0.3 if time.monotonic() - began > 60 else min(120.0, pause * 1.5)
        time.sleep(pause)


if __name__ == "__main__":
    sys.exit(main())
