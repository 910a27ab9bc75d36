"""`docs/season.md` holds: its example seeds, and its refusals are refused in those words."""

import asyncio
import copy
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cloud_store.sqlite import TICKET_API, open_sqlite
from core_services.ticket_api.__main__ import main
from core_services.ticket_api.catalogue.season import Season, SeasonVenue
from core_services.ticket_api.catalogue.service import CatalogueService
from kiosk_contracts.catalogue import Catalogue, Event, PriceList, StockRule, TicketType
from kiosk_contracts.price_terms import Concession, PriceRule, RulePart
from tests.support.documents import section, table
from tests.support.ticket_api import run_cli, write_config

TODAY = "2026-11-23"
EXAMPLE: dict[str, Any] = json.loads(
    section("season.md", "Example").partition("```json\n")[2].partition("```")[0]
)
REFUSED = table("season.md", "What is refused")
Seed = Callable[[Any], int]


@pytest.fixture(autouse=True)
def _our_logs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the logs of this process alone: the streams that a test captures are closed after."""
    monkeypatch.setattr("core_services.ticket_api.__main__.configure_logs", lambda _stream: None)


@pytest.fixture
def seed(tmp_path: Path) -> Seed:
    """Seed a season, as `ticket-api seed` does, and return the exit status."""
    config, file = write_config(tmp_path), tmp_path / "season.json"

    def run(season: Any) -> int:
        file.write_text(season if isinstance(season, str) else json.dumps(season), "utf-8")
        words = ["seed", "--config", str(config), "--season", str(file), "--today", TODAY]
        return main(words)

    return run


def _catalogue(folder: Path) -> Catalogue:
    async def read() -> Catalogue:
        async with open_sqlite(folder / "store.db", TICKET_API) as store:
            return await CatalogueService(store).catalogue("kurhaus", "?")

    return asyncio.run(read())


def _changed(path: str, value: Any) -> Any:
    """Return the example with one value replaced; `path` has keys and places, by dots."""
    season = copy.deepcopy(EXAMPLE)
    inner: Any = season
    *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    for part in way:
        inner = inner[part]
    inner[last] = value
    return season


async def test_the_example_seeds_by_the_command_that_is_documented(tmp_path: Path) -> None:
    config, file = write_config(tmp_path), tmp_path / "season.json"
    file.write_text(json.dumps(EXAMPLE), "utf-8")
    words = ("seed", "--config", str(config), "--season", str(file))

    status, said, _ = await run_cli(*words)

    assert status == 0
    assert said == f"2 events at 1 venues are in {tmp_path / 'store.db'}\n"


def test_the_example_is_in_the_catalogue_as_it_is_written(seed: Seed, tmp_path: Path) -> None:
    assert seed(EXAMPLE) == 0

    catalogue = _catalogue(tmp_path)

    assert catalogue.venue_name == "Kurhaus am Dünenweg"
    messiah, rehearsal = catalogue.events
    written = EXAMPLE["venues"][0]["events"][0]
    moved = {"starts_at", "sales_close_at"}
    kept = {name: value for name, value in messiah.to_json().items() if name not in moved}
    assert kept == {
        **{name: value for name, value in written.items() if name not in moved},
        "venue_id": "kurhaus",
        "state": "on_sale",
    }
    assert messiah.starts_at == datetime(2026, 12, 19, 17, 30, tzinfo=UTC)
    assert rehearsal.starts_at == datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
    assert rehearsal.sales_close_at == datetime(2026, 11, 25, 16, 0, tzinfo=UTC)


def test_seeding_again_changes_nothing(seed: Seed, tmp_path: Path) -> None:
    assert seed(EXAMPLE) == 0
    before = _catalogue(tmp_path)

    assert seed(EXAMPLE) == 0

    assert _catalogue(tmp_path) == before


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: f"{row[0]}={row[1]}")
def test_a_change_of_the_document_is_refused_in_the_words_written_there(
    row: tuple[str, ...], seed: Seed, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, value, status, words = row
    assert seed(EXAMPLE) == 0
    before = _catalogue(tmp_path)
    capsys.readouterr()

    assert seed(_changed(path, json.loads(value))) == int(status)

    assert capsys.readouterr().err.splitlines()[0] == f"ticket-api: {words}"
    assert _catalogue(tmp_path) == before


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("venues.0.name", "Kurhaus"),
        ("venues.0.events.0.name", "Messiah"),
        ("venues.0.events.0.starts_at", "2026-12-20T18:30:00Z"),
        ("venues.0.events.0.sales_close_at", "+30d 19:00"),
        ("venues.0.events.0.state", "cancelled"),
        ("venues.0.events.0.ticket_types.0.name", "Stalls, seated"),
        ("venues.0.events.0.ticket_types.0.capacity", 0),
        ("venues.0.events.0.stock_rule", {"per_kiosk": 1, "keep_back": 0, "top_up_below": 0}),
        (
            "venues.0.events.0.price_list",
            {
                "version": 2,
                "prices": {
                    "stalls": {"amount": "36.00", "currency": "EUR"},
                    "student": {"amount": "12.50", "currency": "EUR"},
                },
            },
        ),
    ],
)
def test_what_may_change_changes(path: str, value: Any, seed: Seed, tmp_path: Path) -> None:
    assert seed(EXAMPLE) == 0
    before = _catalogue(tmp_path)

    assert seed(_changed(path, value)) == 0

    after = _catalogue(tmp_path)
    assert after.version > before.version
    assert after.events[1] == before.events[1]
    assert (after.venue_name, after.events[0]) != (before.venue_name, before.events[0])


def test_an_event_left_out_stays(seed: Seed, tmp_path: Path) -> None:
    assert seed(EXAMPLE) == 0
    before = _catalogue(tmp_path)

    assert seed(_changed("venues.0.events", EXAMPLE["venues"][0]["events"][:1])) == 0

    assert _catalogue(tmp_path) == before


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"venues": 1}', '{"venues": [1]}'])
def test_what_is_no_season_is_refused_and_makes_nothing(
    text: str, seed: Seed, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert seed(text) == 78
    assert capsys.readouterr().err.startswith("ticket-api: the season file is ")
    assert not (tmp_path / "store.db").exists()


def test_a_season_file_that_is_not_there_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = tmp_path / "nowhere.json"
    words = ["seed", "--config", str(write_config(tmp_path)), "--season", str(missing)]
    assert main(words) == 78
    assert str(missing) in capsys.readouterr().err


def test_every_field_that_a_season_has_is_documented() -> None:
    cells = [row[0] for row in table("season.md", "Fields")]
    documented = {cell.strip("`").split("`")[0].rpartition(".")[2] for cell in cells}
    terms = (Concession, PriceRule, RulePart)
    models = (Season, SeasonVenue, Event, TicketType, PriceList, StockRule, *terms)
    fields = {name for model in models for name in model.model_fields}
    assert documented | {"price_list", "stock_rule"} == fields
