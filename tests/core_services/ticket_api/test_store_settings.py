"""Where the ticket API's store is: settings, the command that makes the table, what is said."""

import sys
from asyncio.subprocess import PIPE, create_subprocess_exec
from pathlib import Path

import pytest

from core_services.ticket_api.__main__ import main
from tests.support.dynamodb import FLEET_SERVICE, REGION, make_table
from tests.support.ticket_api import api_process, run_cli, write_config

TABLE = {"database": None, "store_table": "tickets", "store_region": REGION}
REFUSED = [
    ({"database": None}, "there is no store: set database, or store_table and store_region"),
    ({**TABLE, "database": "store.db"}, "database and store_table are two stores; set one"),
    ({**TABLE, "store_region": None}, "belong together; store_region is missing"),
    ({**TABLE, "store_table": None}, "belong together; store_table is missing"),
    ({**TABLE, "store_table": "a b"}, "setting store_table is wrong"),
    ({**TABLE, "store_region": "mars"}, "setting store_region is wrong"),
]


def settled(folder: Path, **changes: object) -> str:
    """Write settings; a change to None leaves one out."""
    config = write_config(folder)
    kept = [
        line for line in config.read_text().splitlines() if line.partition(" ")[0] not in changes
    ]
    kept += [f'{name} = "{value}"' for name, value in changes.items() if value is not None]
    config.write_text("\n".join(kept))
    return str(config)


@pytest.mark.parametrize(("changes", "words"), REFUSED, ids=lambda each: str(each)[:40])
def test_settings_that_name_no_store_or_two_are_refused_in_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], changes: dict[str, object], words: str
) -> None:
    assert main(["serve", "--config", settled(tmp_path, **changes)]) == 78

    (line,) = capsys.readouterr().err.splitlines()
    assert words in line


def test_a_table_can_only_be_made_where_one_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["store", "create", "--config", settled(tmp_path)]) == 78
    assert "set store_table and store_region" in capsys.readouterr().err


async def test_the_table_is_made_by_the_command_is_seeded_and_serves(
    dynamodb: str, tmp_path: Path
) -> None:
    assert dynamodb
    config = settled(tmp_path, **TABLE)
    status, _, err = await run_cli("seed", "--config", config)
    assert (status, len(err.splitlines())) == (78, 1)
    assert "there is no table tickets in eu-central-1: make it with `ticket-api store " in err

    for said in ("was made", "was there already"):
        status, out, err = await run_cli("store", "create", "--config", config)
        assert (status, err) == (0, "")
        assert out.startswith(f"table tickets in eu-central-1 {said}: ")
    for _ in range(2):
        status, out, _ = await run_cli("seed", "--config", config)
        assert (status, out.endswith("are in table tickets in eu-central-1\n")) == (0, True)
    async with api_process(Path(config)) as api:
        assert api.url
    assert not (tmp_path / "store.db").exists()


async def test_another_programs_table_is_refused_in_a_line(dynamodb: str, tmp_path: Path) -> None:
    assert dynamodb
    place = await make_table(FLEET_SERVICE)
    config = settled(tmp_path, **{**TABLE, "store_table": place.name})
    status, _, err = await run_cli("serve", "--config", config)
    assert (status, len(err.splitlines())) == (78, 1)
    assert "is another program's: fleet-service" in err


async def test_whoever_keeps_a_file_reads_no_boto3() -> None:
    said = "import sys, core_services.ticket_api.__main__; print('boto3' in sys.modules)"
    process = await create_subprocess_exec(sys.executable, "-c", said, stdout=PIPE)
    assert (await process.communicate())[0] == b"False\n"
