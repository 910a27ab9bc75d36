"""Where the fleet service's store is: settings, the command that makes the table, what is said."""

import asyncio
import json
import os
import sys
from pathlib import Path

import aiohttp
import pytest

from fleet_service.__main__ import main
from fleet_service.settings import FleetSettings
from kiosk_contracts.version import OPS_TOKEN_HEADER
from tests.support.dynamodb import REGION, make_table
from tests.support.fleet import FleetFiles, fleet_process
from tests.support.operators import OPS_TOKEN, ops_settings, venue

NOWHERE = "http://127.0.0.1:9"
OPERATORS = ops_settings(Path())["ops_token_sha256"]
TABLE = {"store_table": "fleet", "store_region": REGION, "ops_token_sha256": OPERATORS}


def write(folder: Path, **settings: object) -> Path:
    """Write settings and the files that they name."""
    given = FleetFiles(folder).write().settings(NOWHERE, **settings)
    config = folder / "fleet.toml"
    config.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in given.items()))
    return config


REFUSED = [
    ({**TABLE, "state_file": "fleet.db"}, "state_file and store_table are two stores; set one"),
    ({**TABLE, "store_region": None}, "belong together; store_region is missing"),
    ({**TABLE, "store_table": None}, "belong together; store_table is missing"),
    ({"ops_token_sha256": OPERATORS}, "needs state_file or store_table"),
    ({**TABLE, "store_table": "a b"}, "store_table is wrong"),
    ({**TABLE, "store_region": "mars"}, "store_region is wrong"),
]


@pytest.mark.parametrize(("given", "words"), REFUSED, ids=lambda each: str(each)[:40])
@pytest.mark.parametrize("command", [["serve"], ["store", "create"]])
def test_settings_that_name_no_store_or_two_are_refused_in_a_line(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    given: dict[str, object],
    words: str,
    command: list[str],
) -> None:
    config = write(tmp_path, **{name: value for name, value in given.items() if value is not None})

    assert main([*command, "--config", str(config)]) == 78

    (line,) = capsys.readouterr().err.splitlines()
    assert words in line


def test_a_table_is_no_file(tmp_path: Path) -> None:
    files = FleetFiles(tmp_path)
    place = FleetSettings.model_validate(files.settings(NOWHERE, **TABLE)).store_place()
    assert str(place) == "table fleet in eu-central-1"
    assert FleetSettings.model_validate(files.settings(NOWHERE)).store_place() is None


def test_a_store_needs_no_first_token_once_operators_have_their_own(tmp_path: Path) -> None:
    given = {name: TABLE[name] for name in ("store_table", "store_region")}
    assert FleetSettings.model_validate(FleetFiles(tmp_path).settings(NOWHERE, **given))


def test_a_table_can_only_be_made_where_one_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["store", "create", "--config", str(write(tmp_path))]) == 78
    assert "set store_table and store_region" in capsys.readouterr().err


async def test_the_table_is_made_by_the_command_and_then_serves(
    dynamodb: str, tmp_path: Path
) -> None:
    assert dynamodb
    config = write(tmp_path, **TABLE)
    status, _, err = await _run("serve", "--config", str(config))
    assert (status, len(err.splitlines())) == (78, 1)
    assert "there is no table fleet in eu-central-1: make it with `fleet-service store " in err

    for said in ("was made", "was there already"):
        status, out, err = await _run("store", "create", "--config", str(config))
        assert (status, err) == (0, "")
        assert out.startswith(f"table fleet in eu-central-1 {said}: ")

    ops = {OPS_TOKEN_HEADER: OPS_TOKEN}
    for number in range(2):
        async with (
            fleet_process(tmp_path, NOWHERE, **TABLE) as fleet,
            aiohttp.ClientSession(fleet.url, headers=ops) as office,
        ):
            if not number:
                body = venue("harbour-hall", "HB1")
                async with office.put("/v1/ops/venues/harbour-hall", json=body) as answer:
                    assert answer.status in {200, 201}, await answer.text()
            async with office.get("/v1/ops/venues/harbour-hall") as answer:
                assert answer.status == 200


async def test_another_programs_table_and_missing_credentials_are_said_in_a_line(
    dynamodb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert dynamodb
    place = await make_table()
    config = write(tmp_path, **{**TABLE, "store_table": place.name})
    status, _, err = await _run("serve", "--config", str(config))
    assert (status, len(err.splitlines())) == (78, 1)
    assert "is another program's: ticket-api" in err

    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    status, _, err = await _run("serve", "--config", str(config))
    assert (status, len(err.splitlines())) == (78, 1)
    assert "there are no AWS credentials" in err


async def _run(*words: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "fleet_service", *words),
        env=os.environ.copy(),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()
