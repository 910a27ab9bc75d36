"""What the host shows the UI on: a bare console gets the plain look, unless a look was named."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from kiosk_contracts.screens import REPORT_EVERY_S
from kiosk_ui.looking_app import LookingApp
from kiosk_ui.looks import Look
from kiosk_ui.settings import parse
from tests.support.agent_process import client, running_agent
from tests.support.real_kiosk import real_kiosk

pytestmark = pytest.mark.timeout(180)


def app(look: Look = Look.STANDARD, *, named: bool = False, console: str = "") -> LookingApp:
    return LookingApp(look, "eventpro-dark", named=named, console=console)


def test_a_bare_console_gets_the_plain_look_and_a_display_the_own_one_again() -> None:
    shown = app(Look.LARGE)
    for told, look in (
        ("", Look.LARGE),
        ("display", Look.LARGE),
        ("bare", Look.PLAIN),
        ("", Look.PLAIN),
        ("bare", Look.PLAIN),
        ("display", Look.LARGE),
    ):
        shown.shown_on(told)
        assert shown.look is look, told


def test_what_a_person_chooses_stays_until_another_console_is_there() -> None:
    shown = app()
    shown.shown_on("bare")
    shown.look = Look.HIGH_CONTRAST
    shown.shown_on("bare")
    assert shown.look is Look.HIGH_CONTRAST
    shown.shown_on("display")
    assert shown.look is Look.HIGH_CONTRAST


def test_a_look_that_was_named_stays_and_so_does_one_that_was_told_of_before() -> None:
    for shown in (app(Look.LARGE, named=True), app(Look.LARGE, console="bare")):
        shown.shown_on("bare")
        assert shown.look is Look.LARGE


def test_which_settings_name_a_look(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not parse("kiosk-ui", ["--socket", "/run/a.sock"]).look_named
    assert parse("kiosk-ui", ["--socket", "/run/a.sock", "--look", "standard"]).look_named
    monkeypatch.setenv("KIOSK_UI_LOOK", "standard")
    assert parse("kiosk-ui", ["--socket", "/run/a.sock"]).look_named


async def test_a_ui_that_runs_is_painted_plain_and_back(tmp_path: Path) -> None:
    async with (
        real_kiosk(tmp_path) as kiosk,
        running_agent(kiosk.folder),
        kiosk.turn("one") as screen,
        client(kiosk.folder.admin_socket) as admin,
    ):
        await screen.wait_for("Who is at this kiosk", 60)
        await screen.wait_until(lambda: _draws(screen.text), "its own look", 20)

        async def say(kind: str) -> int:
            async with admin.put("/v1/console", json={"kind": kind}) as answer:
                return answer.status

        assert await say("nonsense") == 422
        told = asyncio.create_task(_say_on(say, "bare"))
        await screen.wait_until(lambda: not _draws(screen.text), "the plain look", 60)
        told.cancel()
        told = asyncio.create_task(_say_on(say, "display"))
        await screen.wait_until(lambda: _draws(screen.text), "its own look", 60)
        told.cancel()


async def _say_on(say: Callable[[str], Awaitable[int]], kind: str) -> None:
    """Say it again and again, as the console does."""
    while True:
        assert await say(kind) == 204
        await asyncio.sleep(REPORT_EVERY_S)


def _draws(text: str) -> bool:
    """Say whether there is what the plain look has words for."""
    return "·" in text or any(0x2500 <= ord(char) < 0x25A0 for char in text)
