"""A region in a thread of the test, with a clock of the test's own."""

import asyncio
import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

import boto3
from botocore.config import Config

from local_region.identity.credentials import Credential
from local_region.runtime import build_region
from local_region.settings import RegionSettings
from local_region.sites import Sites, serving
from tests.support.http import ask

# One session reads botocore's models once, whatever keys its clients have.
_SESSION = boto3.Session()


class SetClock:
    """The real time, moved as far as the test says, also backwards."""

    def __init__(self) -> None:
        self.ahead = timedelta()
        self._stopped_at: datetime | None = None

    def stop(self) -> None:
        """Let no time pass from now on: what is counted by the second fills no more."""
        self._stopped_at = datetime.now(UTC)

    def now(self) -> datetime:
        return (self._stopped_at or datetime.now(UTC)) + self.ahead

    def monotonic(self) -> float:
        return self.now().timestamp()


@dataclass(frozen=True, slots=True)
class RunningRegion:
    """A region that serves. `url` has no slash at its end."""

    url: str
    settings: RegionSettings
    operator: Credential
    clock: SetClock
    sites: Sites

    def client(self, service: str, **more: Any) -> Any:
        """Return a boto3 client as the operator, which repeats nothing by itself."""
        given: dict[str, Any] = {
            "endpoint_url": self.url,
            "region_name": self.settings.region,
            "aws_access_key_id": self.operator.access_key_id,
            "aws_secret_access_key": self.operator.secret_key,
            "config": Config(retries={"total_max_attempts": 1}),
            **more,
        }
        return _SESSION.client(service, **given)

    def client_of(self, issued: dict[str, Any], service: str, **more: Any) -> Any:
        """Return a client with credentials that `issue` gave."""
        return self.client(
            service,
            aws_access_key_id=issued["access_key_id"],
            aws_secret_access_key=issued["secret_access_key"],
            aws_session_token=issued["session_token"],
            **more,
        )

    def issue(self, **wanted: Any) -> dict[str, Any]:
        """Have credentials issued: `user=`, or `role=` and `session=`; `account=`, `valid_s=`."""
        return self.admin("POST", "credentials", wanted)

    def fault(self, **order: Any) -> None:
        """Order a fault."""
        self.admin("POST", "faults", order)

    def hits(self) -> dict[str, int]:
        """Return which faults have hit how often."""
        hits: dict[str, int] = self.admin("GET", "faults")["hits"]
        return hits

    def admin(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Ask one of the region's own paths."""
        sent = None if body is None else json.dumps(body).encode()
        answer = ask(f"{self.url}/_region/{path}", method=method, body=sent)
        if answer.status != HTTPStatus.OK:
            raise ValueError(answer.body.decode())
        told: dict[str, Any] = json.loads(answer.body)
        return told


@contextlib.contextmanager
def running_region(settings: RegionSettings | None = None) -> Iterator[RunningRegion]:
    """Serve a region until the block ends.

    Clients of its TLS port must be closed before: their ends of the lines stay open otherwise.
    """
    settings = settings or RegionSettings()
    clock = SetClock()
    region = build_region(settings, clock)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="region")
    thread.start()
    served = serving(region.app, settings)
    sites = asyncio.run_coroutine_threadsafe(served.__aenter__(), loop).result(30)
    try:
        yield RunningRegion(
            f"http://127.0.0.1:{sites.port}", settings, region.operator, clock, sites
        )
    finally:
        leaving = served.__aexit__(None, None, None)
        asyncio.run_coroutine_threadsafe(leaving, loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
        loop.close()
