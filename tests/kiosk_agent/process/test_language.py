"""The real agent in a venue's language."""

from kiosk_contracts.kiosk_status import KioskStatus
from tests.support.agent_process import client, kiosk_folder, running_agent

NO_LINE = "http://127.0.0.1:9"


async def _codes(locale: str) -> list[str]:
    with kiosk_folder(NO_LINE, locale=locale) as folder:
        async with (
            running_agent(folder),
            client(folder.admin_socket) as http,
            http.get("/v1/status") as answer,
        ):
            status = KioskStatus.model_validate(await answer.json())
    return [warning.code for warning in status.warnings]


async def test_a_locale_without_a_catalogue_is_told_of_and_keeps_nobody_from_selling() -> None:
    assert "texts_missing" in await _codes("fr_FR")
    assert "texts_missing" not in await _codes("de_AT")
