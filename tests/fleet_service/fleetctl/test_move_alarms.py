"""What somebody is called for stands with the move, and with the release, and says what to do."""

import json
from pathlib import Path
from typing import Any

import pytest

from fleet_service.fleetctl import main
from fleet_service.fleetctl.fleet import Fleet
from kiosk_contracts.alarms import Alarm, AlarmPage
from kiosk_contracts.releases import (
    DecisionPage,
    MovePage,
    MoveStanding,
    MoveState,
    ReleasePlace,
    ReleaseStanding,
    ReleaseState,
)
from kiosk_contracts.ui_task_terms import UiTaskTerms
from kiosk_contracts.wire import WireModel
from tests.support.moving_fleet import BEGAN, IMAGES, NEW
from tests.support.moving_store import MOVE_ID

ID = str(MOVE_ID)
OTHER = ID[:-1] + "b"
WORDS = f"the move {ID} to {NEW} is running; till-hb1: busy"


def move(move_id: str) -> MoveStanding:
    told = {"to": NEW, "venue_id": "hall", "canary": None, "settle_s": 60, "by": "Olga"}
    more = {"made_at": BEGAN, "state": MoveState.RUNNING, "why": "", "kiosks": ()}
    return MoveStanding.model_validate({"move_id": move_id, **told, **more})


def alarm(cause: str, move_id: str = "", release: str = "") -> Alarm:
    told = {"words": WORDS, "runbook": f"docs/runbooks/{cause}.md", "move_id": move_id}
    more = {"cause": cause, "release": release, "opened_at": BEGAN, "last_seen": BEGAN}
    return Alarm.model_validate({"alarm_id": f"hall.-.{cause}", "venue_id": "hall", **told, **more})


ANSWERS: dict[str, WireModel] = {
    "/v1/alarms": AlarmPage(
        alarms=(alarm("move_stuck", ID, NEW), alarm("path"), alarm("release_left", "x", "r-9")),
        next_after=None,
    ),
    "/v1/moves": MovePage(moves=(move(ID), move(OTHER)), next_after=None),
    f"/v1/moves/{ID}": move(ID),
    f"/v1/moves/{OTHER}": move(OTHER),
    f"/v1/moves/{ID}/decisions": DecisionPage(decisions=(), next_after=None),
    f"/v1/moves/{OTHER}/decisions": DecisionPage(decisions=(), next_after=None),
    f"/v1/releases/{NEW}": ReleaseStanding(
        release_id=NEW,
        state=ReleaseState.LIVE,
        task=UiTaskTerms(image=IMAGES[NEW]),
        made_at=BEGAN,
        by="Olga",
        places=(
            ReleasePlace(region="eu-central-1", cluster="kiosks", task_definition="arn:1"),
            ReleasePlace(region="eu-west-1", cluster="kiosks"),
        ),
    ),
}


@pytest.fixture(autouse=True)
def service(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    async def ask(_service: Fleet, _method: str, path: str, body: Any = None) -> bytes:
        del body
        return json.dumps(ANSWERS[path.partition("?")[0]].to_json()).encode()

    (tmp_path / "token").write_text("a token")
    (tmp_path / "token").chmod(0o600)
    monkeypatch.setattr(Fleet, "ask", ask)
    monkeypatch.setenv("COLUMNS", "250")
    monkeypatch.setenv("FLEETCTL_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("FLEETCTL_TOKEN_FILE", str(tmp_path / "token"))


def typed(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main([*words]) == 0
    return capsys.readouterr().out


def test_the_list_of_moves_says_which_somebody_is_called_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    head, first, second, *_ = typed(capsys, "move", "list").splitlines()
    assert head.split() == ["MOVE", "VENUE", "TO", "STATE", "ALARM", "MOVED", "BY", "BEGUN"]
    assert [one.split()[4:6] for one in (first, second)] == [["move", "stuck"], ["-", "0"]]


@pytest.mark.parametrize("shown", [("move", "show", ID), ("release", "show", NEW)])
def test_a_move_and_a_release_say_why_somebody_is_called_and_what_to_do(
    capsys: pytest.CaptureFixture[str], shown: tuple[str, ...]
) -> None:
    out = typed(capsys, *shown)
    assert "hall.-.move_stuck" in out
    assert WORDS in out
    assert "docs/runbooks/move_stuck.md" in out
    assert not [one for one in ("path", "release_left") if one in out]
    told = json.loads(typed(capsys, *shown, "--json"))
    assert [one["alarm_id"] for one in told["alarms"]] == ["hall.-.move_stuck"]


def test_a_move_that_nobody_is_called_for_has_no_table_of_alarms(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert "WHAT TO DO" not in typed(capsys, "move", "show", OTHER)
    assert json.loads(typed(capsys, "move", "show", OTHER, "--json"))["alarms"] == []


def test_a_release_says_where_nothing_of_it_is_and_when_it_comes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = [" ".join(one.split()) for one in typed(capsys, "release", "show", NEW).splitlines()]
    assert "eu-central-1/kiosks arn:1" in lines
    later = "made before a kiosk there is moved to it, or by the same create again"
    assert f"eu-west-1/kiosks nothing yet: {later}" in lines
