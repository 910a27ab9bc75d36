"""The same of a service that has a fleet: in two clusters, asked about ids that are somebody's."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import uuid4

import pytest
import pytest_asyncio
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from fleet_service.commands.records import CommandContentRecord, content_pk
from fleet_service.releases.records import ReleasePlace, ReleaseRecord
from kiosk_contracts.version import KIOSK_TOKEN_HEADER, OPS_TOKEN_HEADER
from tests.fleet_service.api.test_schemathesis import (
    CHECKS,
    ENDLESS,
    EXAMPLES,
    MANY_REQUESTS,
    OPERATIONS,
)
from tests.support.dashboard_night import MOVE_ID, REGION, Night, bad_night, night_service
from tests.support.enrolled import environment
from tests.support.fleet import JOURNAL_ID, KIOSK_ID, open_session
from tests.support.operators import OPS_TOKEN, venue
from tests.support.region import RunningRegion, running_region
from tests.support.ticket_api import OPS_TOKEN as TICKET_OPS_TOKEN
from tests.support.ticket_api import api_process, run_cli, write_config

pytestmark = pytest.mark.asyncio(loop_scope="module")

HB2: Final = "till-hb2"
CLUSTERS: Final = ("kiosks", "kiosks-north")
OFTEN: Final = {"sweep_every_s": 0.5, "judge_every_s": 0.5}
FILLED: Final = [one for one in OPERATIONS if one[0] != ENDLESS]
_IDS: Final[Mapping[str, Sequence[str]]] = {
    "kiosk_id": [HB2, KIOSK_ID, "till-op1", "till-nh1", "till-nh2", "till-nh3", "till-cy1"],
    "venue_id": ["harbour-hall", "old-opera", "humour", "garden", "new-house"],
    "release_id": ["r-2026-11", "r-2026-12", "r-new"],
    "move_id": [MOVE_ID],
    "alarm_id": ["harbour-hall.till-hb2.ui_down", "castle-yard.-.venue_unreachable"],
    "scope": ["venue:castle-yard", "harbour-hall.till-hb2.ui_down"],
}


def _later(**time: float) -> str:
    return (datetime.now(UTC) + timedelta(**time)).isoformat()


def _fitting() -> dict[str, dict[str, Any]]:
    """Return bodies that are taken: what is made up alone is refused before anything is done."""
    silence = {"until": _later(hours=1), "reason": "it is rebuilt"}
    task = {"image": f"registry.example.com/kiosk-ui@sha256:{'7' * 64}"}
    return {
        "alarms_silence": silence,
        "alarms_silence_venue": silence,
        "operators_make_token": {"name": "Ana", "role": "viewer", "expires_at": _later(days=1)},
        "venues_put_venue": venue("harbour-hall", "HB1", "HB2", "HB3"),
        "releases_create_release": {"release_id": "r-new", "task": task},
        "releases_begin_move": {
            "move_id": str(uuid4()),
            "to": "r-2026-12",
            "venue_id": "harbour-hall",
        },
        "enrolment_add_activation": {
            "activation_id": str(uuid4()),
            "bundle_id": str(uuid4()),
            "venue_id": "new-house",
            "kiosk_ids": ["till-nh1"],
            "expires_at": _later(days=1),
            "enrolment_token_sha256": "0" * 64,
        },
        "heartbeats_take_heartbeat": {
            "kiosk_id": KIOSK_ID,
            "journal_id": str(JOURNAL_ID),
            "epoch": 1,
            "agent_version": "0.7.2",
            "device_time": _later(),
            **dict.fromkeys(("last_sequence", "queued", "parked", "quarantined"), 0),
        },
        "commands_order": {"command_id": str(uuid4()), "kind": "logs"},
    }


@dataclass
class Filled:
    """A running fleet service, and what there is in it."""

    schema: Any
    operator: dict[str, str]
    kiosk: dict[str, str]
    ids: Mapping[str, Sequence[str]]

    def headers(self, operation: Any) -> dict[str, str]:
        """Return who may ask."""
        ways = (operation.definition.raw.get("security") or [{}])[0]
        return self.kiosk if "kioskToken" in ways else self.operator


def _night() -> tuple[Night, dict[str, Sequence[str]]]:
    """Return a bad night, and its ids."""
    night = bad_night()
    for key, record in [*night.records.items()]:
        if isinstance(record, ReleaseRecord):
            # Nothing is made of them yet: of what ECS has not it says, rightly, that it failed.
            places = (ReleasePlace(region=REGION, cluster=CLUSTERS[0]),)
            night.records[key] = record.model_copy(update={"places": places})
    told = {"fetched_at": night.ago(minutes=8), "ended_at": night.ago(minutes=8), "end": "done"}
    text = {"content_type": "text/plain", "content_bytes": 2, "content_parts": 1}
    brought = night.command(HB2, "logs", ago_min=9, **told, **text)
    night.put(CommandContentRecord(text="eAo="), content_pk(HB2, brought), 0)
    waits = night.command(HB2, "reboot", ago_min=1, lasts_min=600)
    asked = night.command(KIOSK_ID, "doctor", ago_min=1, lasts_min=600, fetched_at=night.at)
    return night, {**_IDS, "command_id": [brought, waits, asked]}


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def filled(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Filled]:
    folder = tmp_path_factory.mktemp("cloud")
    fleet_folder = folder / "fleet"
    fleet_folder.mkdir()
    token = fleet_folder / "ops-token"
    token.write_text(TICKET_OPS_TOKEN)
    config = write_config(folder, fleet_keys_file=fleet_folder / "public-keys.json")
    status, _, said = await run_cli("seed", "--config", str(config))
    assert status == 0, said
    night, ids = _night()
    with running_region() as region:
        given = {
            **MANY_REQUESTS,
            **OFTEN,
            **_clusters(region),
            "ticket_api_ops_token_file": str(token),
        }
        aws = environment(region)
        async with (
            api_process(config) as api,
            night_service(fleet_folder, night, ticket_api_url=api.url, aws=aws, **given) as (
                fleet,
                http,
            ),
        ):
            url = f"{fleet.url}/v1/openapi.json"
            schema = await asyncio.to_thread(schemathesis.openapi.from_url, url)
            kiosk = {KIOSK_TOKEN_HEADER: await open_session(http)}
            yield Filled(schema, {OPS_TOKEN_HEADER: OPS_TOKEN}, kiosk, ids)


def _clusters(region: RunningRegion) -> dict[str, Any]:
    for name in CLUSTERS:
        region.client("ecs").create_cluster(clusterName=name)
    return {
        "instance_account": region.settings.account,
        "instance_clusters": [f"{region.settings.region}/{name}" for name in CLUSTERS],
    }


@pytest.mark.parametrize(("name", "method", "path"), FILLED)
async def test_of_what_there_is_it_answers_as_described(
    filled: Filled, name: str, method: str, path: str
) -> None:
    operation = filled.schema[path][method.upper()]
    fitting = _fitting()
    statuses = await asyncio.to_thread(_fuzz, operation, filled, fitting.get(name))
    assert statuses
    if name in fitting:
        assert statuses & {200, 201}, f"{name} took nothing of what fits"


def _fuzz(operation: Any, filled: Filled, fitting: dict[str, Any] | None) -> set[int]:
    """Send what fits an operation, of ids that there are; return which statuses came."""
    statuses: set[int] = set()

    @settings(
        max_examples=EXAMPLES or 10,
        derandomize=not EXAMPLES,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(), data=st.data())
    def send(case: Any, data: Any) -> None:
        case.headers, case.cookies = filled.headers(operation), {}
        for one in {*(case.path_parameters or {})} & {*filled.ids}:
            case.path_parameters[one] = data.draw(st.sampled_from(filled.ids[one]))
        if fitting is not None and isinstance(case.body, dict):
            # All of it fits, but for what is made up of one field.
            mine = data.draw(st.sampled_from([(), *sorted(case.body.items(), key=str)]))
            case.body = {**fitting, **dict([mine] if mine else [])}
        statuses.add(case.call_and_validate(checks=CHECKS, timeout=30).status_code)

    send()
    return statuses
