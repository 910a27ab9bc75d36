"""Why an operator pauses, resumes or aborts a move stands beside the decision."""

from pathlib import Path
from typing import Any

import pytest

from kiosk_contracts.version import OPS_TOKEN_HEADER
from tests.support.dashboard_night import MOVE_ID, bad_night, night_service
from tests.support.operators import OPS_TOKEN


@pytest.mark.parametrize(
    ("body", "why"), [({"why": "it is late"}, "settings: it is late"), (None, "settings")]
)
async def test_it_is_kept_and_told(tmp_path: Path, body: dict[str, str] | None, why: str) -> None:
    async with night_service(tmp_path, bad_night()) as (_, http):

        async def ask(method: str, at: str, **sent: Any) -> Any:
            headers = {OPS_TOKEN_HEADER: OPS_TOKEN}
            async with http.request(method, at, headers=headers, **sent) as answer:
                assert answer.status == 200
                return await answer.json()

        told = await ask(
            "POST", f"/v1/ops/moves/{MOVE_ID}/pause", **({"json": body} if body else {})
        )
        assert (told["state"], told["why"]) == ("paused", f"paused by {why}")
        decisions = (await ask("GET", f"/v1/moves/{MOVE_ID}/decisions"))["decisions"]
        assert (decisions[-1]["what"], decisions[-1]["why"]) == ("pause", why)
