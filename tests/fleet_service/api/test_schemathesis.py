"""Whatever is sent to any operation is answered as described: no fault of ours, no other shape.

`make fuzz-api` sends more, and each time something else.
"""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final

import aiohttp
import pytest
import pytest_asyncio
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from kiosk_contracts.version import KIOSK_TOKEN_HEADER, OPS_TOKEN_HEADER
from tests.support.documents import DOCS
from tests.support.fleet import fleet_process, open_session
from tests.support.operators import OPS_TOKEN, ops_settings
from tests.support.ticket_api import OPS_TOKEN as TICKET_OPS_TOKEN
from tests.support.ticket_api import api_process, run_cli, write_config

pytestmark = pytest.mark.asyncio(loop_scope="module")

EXAMPLES: Final = int(os.environ.get("FUZZ_EXAMPLES", "0"))
"""0: twenty of each, the same each time."""
DESCRIBED: Final = json.loads((DOCS / "openapi.json").read_text("utf-8"))
OPERATIONS: Final = sorted(
    (one["operationId"], method, path)
    for path, methods in DESCRIBED["paths"].items()
    for method, one in methods.items()
)
CHECKS: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
MANY_REQUESTS: Final = {
    "ops_requests_per_s": 1000,
    "ops_requests_burst": 10_000,
    "ops_failures_allowed": 1000,
}
WAYS_IN: Final = {
    "operatorToken": {"operator"},
    "kioskToken": {"kiosk"},
    "enrolmentToken": set[str](),
}
"""Who of those that ask has what an operation lets in."""
ENDLESS: Final = "stream_stream"


@dataclass
class Served:
    """A running fleet service, with a ticket API behind it."""

    url: str
    schema: Any
    askers: dict[str, dict[str, str]]
    """Headers by who asks."""


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def served(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    folder = tmp_path_factory.mktemp("cloud")
    fleet_folder = folder / "fleet"
    fleet_folder.mkdir()
    token = fleet_folder / "ops-token"
    token.write_text(TICKET_OPS_TOKEN)
    config = write_config(folder, fleet_keys_file=fleet_folder / "public-keys.json")
    status, _, told = await run_cli("seed", "--config", str(config))
    assert status == 0, told
    given = {
        **ops_settings(fleet_folder),
        **MANY_REQUESTS,
        "ticket_api_ops_token_file": str(token),
    }
    async with (
        api_process(config) as api,
        fleet_process(fleet_folder, api.url, **given) as fleet,
        aiohttp.ClientSession(fleet.url) as http,
    ):
        kiosk = await open_session(http)
        schema = await asyncio.to_thread(
            schemathesis.openapi.from_url, f"{fleet.url}/v1/openapi.json"
        )
        askers = {
            "operator": {OPS_TOKEN_HEADER: OPS_TOKEN},
            "kiosk": {KIOSK_TOKEN_HEADER: kiosk},
            "nobody": {},
        }
        yield Served(fleet.url, schema, askers)


@pytest.mark.parametrize("asker", ["operator", "kiosk", "nobody"])
@pytest.mark.parametrize(
    ("name", "method", "path"), [one for one in OPERATIONS if one[0] != ENDLESS]
)
async def test_it_answers_as_described(
    served: Served, asker: str, name: str, method: str, path: str
) -> None:
    headers = served.askers[asker]
    statuses = await asyncio.to_thread(_fuzz, served.schema[path][method.upper()], headers)
    one = DESCRIBED["paths"][path][method]
    if asker not in WAYS_IN.get(_way(one), {"operator", "kiosk", "nobody"}):
        assert statuses & {401, 403}, "whoever may not is not let in"
        assert min(statuses) >= 400
    elif method == "get" and not one["parameters"]:
        assert 200 in statuses, f"{name} was asked nothing that it answers"
    assert statuses


async def test_the_stream_refuses_what_is_none_and_begins_with_any_id(served: Served) -> None:
    headers = served.askers["operator"]
    async with aiohttp.ClientSession(served.url, headers=headers) as http:
        for since in ("", "x", "\x00", "0" * 4000, "ä"):
            async with http.get("/v1/stream", params={"since": since}) as answer:
                assert answer.status == 200
                assert answer.content_type == "text/event-stream"
        async with http.get("/v1/stream", params={"colour": "blue"}) as answer:
            assert answer.status == 422


def _way(one: dict[str, Any]) -> str:
    """Return by what an operation lets somebody in; empty: anybody."""
    return next(iter(one["security"][0])) if one["security"] else ""


def _fuzz(operation: Any, headers: dict[str, str]) -> set[int]:
    """Send what fits an operation, and what does not quite; return which statuses came."""
    statuses: set[int] = set()

    @settings(
        max_examples=EXAMPLES or 20,
        derandomize=not EXAMPLES,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def send(case: Any) -> None:
        # Who asks is said here, not made up: guessed tokens would be refused, and no more shown.
        case.headers = headers
        case.cookies = {}
        statuses.add(case.call_and_validate(checks=CHECKS, timeout=30).status_code)

    send()
    return statuses
