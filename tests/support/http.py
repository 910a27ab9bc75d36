"""One HTTP request as it is written down, with headers repeated if they are given twice."""

import http.client
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; names of headers are in small letters."""

    status: int
    headers: dict[str, str]
    body: bytes


def ask(
    url: str,
    *,
    method: str = "GET",
    headers: Iterable[tuple[str, str]] = (),
    body: bytes | None = None,
) -> Answer:
    """Send one request and read its answer; raises OSError or HTTPException without one."""
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    line = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    try:
        given = list(headers)
        own_host = any(name.lower() == "host" for name, _ in given)
        line.putrequest(method, target, skip_host=own_host, skip_accept_encoding=True)
        for name, value in given:
            if name.lower() != "content-length":
                line.putheader(name, value)
        if body is not None:
            line.putheader("Content-Length", str(len(body)))
        line.endheaders(body)
        answer = line.getresponse()
        named = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, named, answer.read())
    finally:
        line.close()
