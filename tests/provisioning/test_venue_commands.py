"""`kiosk-provision venue …`, as an operator types it, before a real fleet service."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from kiosk_contracts.version import OPS_TOKEN_HEADER
from provisioning.cli import main
from tests.support.fleet import fleet_process

TOKEN = "open-the-venues"
HALL = (
    *("harbour-hall", "--name", "Harbour Hall", "--time-zone", "Europe/Berlin"),
    *("--opening-hours", "mo-fr 10:00-18:00, sa 12:00-01:00", "--contact", "+49 40 1234"),
    *("--kiosk", "harbour-till-1=HB1", "--kiosk", "harbour-till-2=HB2"),
)
TABLE = """\
venue_id,name,time_zone,address,opening_hours,contact,kiosks
harbour-hall,Harbour Hall,Europe/Berlin,"Kai, HH","mo-fr 10:00-18:00, sa 12:00-23:30",,h1=HB1 h2=HB2
old-mill,Old Mill,Europe/London,,,Ida,m1=OM1
"""


@dataclass
class Operator:
    """Who types, and what was said."""

    url: str
    token_file: Path
    folder: Path
    capsys: pytest.CaptureFixture[str]

    async def types(self, *words: str, status: int = 0, fleet: bool = True) -> tuple[str, str]:
        where = ("--fleet-url", self.url, "--token-file", str(self.token_file)) if fleet else ()
        self.capsys.readouterr()
        ended = await asyncio.to_thread(main, [*words, *where])
        said = self.capsys.readouterr()
        assert ended == status, said
        return said.out, said.err

    async def json(self, *words: str) -> Any:
        return json.loads((await self.types(*words, "--json"))[0])

    def table(self, text: str = TABLE) -> str:
        path = self.folder / "venues.csv"
        path.write_text(text, "utf-8")
        return str(path)


@pytest.fixture
async def operator(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> AsyncIterator[Operator]:
    token = tmp_path / "token"
    token.write_text(f"{TOKEN}\n")
    token.chmod(0o600)
    operators = {
        "state_file": str(tmp_path / "fleet.db"),
        "ops_token_sha256": hashlib.sha256(TOKEN.encode()).hexdigest(),
    }
    async with fleet_process(tmp_path, "http://127.0.0.1:9", **operators) as fleet:
        yield Operator(fleet.url, token, tmp_path, capsys)


async def test_a_venue_is_opened_shown_and_closed(operator: Operator) -> None:
    out, _ = await operator.types("venue", "add", *HALL)
    assert "HB1:expected HB2:expected" in out
    out, _ = await operator.types("venue", "show", "harbour-hall")
    for words in ("Harbour Hall", "mo-fr 10:00-18:00, sa 12:00-01:00", "+49 40 1234", "HB2"):
        assert words in out
    told = await operator.json("venue", "show", "harbour-hall")
    assert [kiosk["standing"] for kiosk in told["kiosks"]] == ["expected", "expected"]
    _, err = await operator.types("venue", "remove", "harbour-hall", status=1)
    assert "Close Harbour Hall (harbour-hall)?" in err
    assert "--yes" in err
    out, _ = await operator.types("venue", "remove", "harbour-hall", "--dry-run")
    assert out == "would close harbour-hall, with 2 kiosks\n"
    told = await operator.json("venue", "remove", "harbour-hall", "--dry-run")
    assert (told["venue"]["venue_id"], told["plan"]) == ("harbour-hall", out.strip())
    assert await operator.json("venue", "remove", "harbour-hall", "--yes") == {
        "removed": "harbour-hall",
        "revoked_activations": [],
    }
    out, _ = await operator.types("venue", "list")
    assert "There are no venues" in out
    _, err = await operator.types("venue", "show", "harbour-hall", status=1)
    assert err.splitlines() == [
        "kiosk-provision: There is no such venue: No venue has the id harbour-hall.",
        "kiosk-provision: List them: kiosk-provision venue list.",
    ]


async def test_a_table_opens_all_of_its_venues_and_says_first_what_it_would_do(
    operator: Operator,
) -> None:
    table = operator.table()
    plan = await operator.json("venue", "add", "--csv", table, "--dry-run")
    assert plan == {"harbour-hall": "open", "old-mill": "open"}
    assert await operator.json("venue", "list") == []
    out, err = await operator.types("venue", "add", "--csv", table)
    assert "Old Mill" in out
    assert err.splitlines() == ["1 of 2: harbour-hall", "2 of 2: old-mill"]
    changed = operator.table(TABLE.replace("Ida", "Ben"))
    plan = await operator.json("venue", "add", "--csv", changed, "--dry-run")
    assert plan == {"harbour-hall": "nothing to do", "old-mill": "change"}
    await operator.types("venue", "add", "--csv", changed)
    told = await operator.json("venue", "list")
    assert [one["venue"]["contact"] for one in told] == ["", "Ben"]


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (
            "Europe/London",
            "Europe/Londn",
            "line 3: time_zone: there is no time zone 'Europe/Londn'",
        ),
        ("mo-fr 10:00", "mon-fri 10", "line 2: opening_hours: 'mon-fri 10-18:00' is no opening"),
        ("m1=OM1", "m1", "line 3: kiosks: 'm1' has no code; write e.g. harbour-till-1=HB1"),
        ("m1=OM1", "m1=om1", "line 3: kiosks.0.kiosk_code"),
        ("old-mill,", "harbour-hall,", "two lines have the venue_id harbour-hall"),
        ("Old Mill,", ",", "line 3: name"),
        ("Ida,m1=OM1", "Ida,m1=OM1,more", "line 3: there are more cells than titles"),
        ("contact", "phone", "has an unknown column 'phone'"),
        ("time_zone,", "", "lacks the column time_zone"),
        ('"Kai, HH"', '"Kai"x', "behind line 1"),
    ],
)
async def test_a_table_that_is_wrong_anywhere_changes_nothing_and_names_the_line(
    operator: Operator, old: str, new: str, why: str
) -> None:
    assert old in TABLE
    table = operator.table(TABLE.replace(old, new, 1))
    _, err = await operator.types("venue", "add", "--csv", table, status=1)
    assert why in err
    assert await operator.json("venue", "list") == []


async def test_several_wrong_lines_are_all_named(operator: Operator) -> None:
    table = operator.table(TABLE.replace("Europe/", "Europa/"))
    _, err = await operator.types("venue", "add", "--csv", table, status=1)
    assert ["line 2: time_zone" in err, "line 3: time_zone" in err] == [True, True]


async def test_what_the_fleet_service_refuses_in_the_middle_says_what_was_done(
    operator: Operator,
) -> None:
    await operator.types("venue", "add", *HALL)
    table = operator.table(
        "venue_id,name,time_zone,kiosks\nnew,New,Europe/Berlin,n1=NN1\nother,O,Europe/Berlin,x=HB1\n"
    )
    _, err = await operator.types("venue", "add", "--csv", table, status=1)
    assert "other: The kiosk's id or code is taken: harbour-till-1 has the kiosk code HB1" in err
    assert "Done before it: new" in err


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("venue", "add"), "no venue is named"),
        (("venue", "add", "x", "--name", "X"), "time_zone"),
        (("venue", "add", "--csv", "nowhere.csv"), "nowhere.csv: No such file"),
        (("venue", "add", "--csv", "x.csv", "--name", "X"), "have no place beside --csv"),
        (("venue", "add", "x", "--csv", "x.csv"), "have no place beside --csv"),
    ],
)
async def test_a_command_that_says_too_little_or_too_much(
    operator: Operator, words: tuple[str, ...], why: str
) -> None:
    _, err = await operator.types(*words, status=1)
    assert why in err


async def test_where_and_who_must_be_known(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, err = await operator.types("venue", "list", fleet=False, status=1)
    assert "KIOSK_PROVISION_FLEET_URL" in err
    monkeypatch.setenv("KIOSK_PROVISION_FLEET_URL", "fleet")
    _, err = await operator.types("venue", "list", fleet=False, status=1)
    assert "fleet is no address" in err
    monkeypatch.setenv("KIOSK_PROVISION_FLEET_URL", "http://fleet.example.com")
    _, err = await operator.types("venue", "list", fleet=False, status=1)
    assert "Use https" in err
    monkeypatch.setenv("KIOSK_PROVISION_FLEET_URL", operator.url)
    _, err = await operator.types("venue", "list", fleet=False, status=1)
    assert "token is missing" in err
    monkeypatch.setenv("KIOSK_PROVISION_TOKEN_FILE", str(operator.token_file))
    assert "There are no venues" in (await operator.types("venue", "list", fleet=False))[0]
    operator.token_file.write_text("guess")
    _, err = await operator.types("venue", "list", fleet=False, status=1)
    assert "token is not valid" in err
    operator.token_file.write_text("  \n")
    assert "is empty" in (await operator.types("venue", "list", status=1))[1]
    operator.token_file.chmod(0o644)
    operator.token_file.write_text(TOKEN)
    assert "chmod 600" in (await operator.types("venue", "list", status=1))[1]
    operator.token_file.unlink()
    assert "No such file" in (await operator.types("venue", "list", status=1))[1]


async def test_a_fleet_service_that_is_away_or_none_is_said(operator: Operator) -> None:
    where = ("--token-file", str(operator.token_file))
    _, err = await operator.types(
        "venue", "list", "--fleet-url", "http://127.0.0.1:9", *where, fleet=False, status=1
    )
    assert "does not answer" in err
    assert "Check --fleet-url" in err


async def test_what_is_not_said_of_a_venue_stays(operator: Operator) -> None:
    await operator.types("venue", "add", *HALL, "--address", "Kai 1")
    [told] = await operator.json("venue", "add", "harbour-hall", "--contact", "Otto")
    assert told["venue"]["contact"] == "Otto"
    assert told["venue"]["address"] == "Kai 1"
    assert told["venue"]["opening_hours"]
    assert [kiosk["kiosk_code"] for kiosk in told["kiosks"]] == ["HB1", "HB2"]
    table = operator.table("venue_id,name,time_zone\nharbour-hall,The Hall,Europe/Berlin\n")
    [told] = await operator.json("venue", "add", "--csv", table)
    assert (told["venue"]["name"], told["venue"]["contact"]) == ("The Hall", "Otto")
    assert len(told["kiosks"]) == 2
    [told] = await operator.json("venue", "add", "harbour-hall", "--contact", "")
    assert told["venue"]["contact"] == ""


async def test_no_kiosk_is_dropped_of_a_plan_without_asking(operator: Operator) -> None:
    await operator.types("venue", "add", *HALL)
    fewer = ("venue", "add", "harbour-hall", "--kiosk", "harbour-till-1=HB1")
    plan = await operator.json(*fewer, "--dry-run")
    assert plan == {"harbour-hall": "change, and drop harbour-till-2"}
    _, err = await operator.types(*fewer, status=1)
    assert "Drop harbour-till-2 of harbour-hall's plan?" in err
    told = await operator.json("venue", "show", "harbour-hall")
    assert len(told["kiosks"]) == 2
    [told] = await operator.json(*fewer, "--yes")
    assert [kiosk["kiosk_code"] for kiosk in told["kiosks"]] == ["HB1"]


async def made_token(operator: Operator, role: str) -> Path:
    """Have an administrator make a token of a role; return its file."""
    ends = datetime.now(UTC) + timedelta(days=30)
    wanted = {"name": f"some {role}", "role": role, "expires_at": ends.isoformat()}
    async with (
        aiohttp.ClientSession(operator.url, headers={OPS_TOKEN_HEADER: TOKEN}) as admin,
        admin.post("/v1/ops/operator-tokens", json=wanted) as answer,
    ):
        assert answer.status == 201
        path = operator.folder / f"{role}.txt"
        path.touch(0o600)
        path.write_text(f"{(await answer.json())['token']}\n")
        return path


async def test_an_operator_s_own_token_does_what_its_role_allows(operator: Operator) -> None:
    operator.token_file = await made_token(operator, "operator")
    out, _ = await operator.types("venue", "add", *HALL)
    assert "HB1:expected" in out
    operator.token_file = await made_token(operator, "viewer")
    assert len(await operator.json("venue", "list")) == 1
    _, err = await operator.types("venue", "remove", "harbour-hall", "--yes", status=1)
    refused = "Your token's role does not allow that"
    assert err.splitlines() == [
        f"kiosk-provision: {refused}: It takes the role operator; the token has viewer.",
        "kiosk-provision: Ask somebody who has it.",
    ]
    assert len(await operator.json("venue", "list")) == 1
