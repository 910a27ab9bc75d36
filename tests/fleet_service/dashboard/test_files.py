"""What a browser gets of the dashboard: our own files alone, each whole and of one release."""

import re
from pathlib import Path

import pytest

from fleet_service.alarms.causes import ALL_CAUSES
from fleet_service.api.hardening import PAGE_POLICY
from fleet_service.dashboard.files import page_files
from tests.support.operator_desk import OperatorDesk, operator_desk

FOLDER = Path(__file__).parents[3] / "fleet_service" / "dashboard"
FILES = page_files()
SCRIPTS = sorted(name for name in FILES if name.endswith(".js"))
_MARKUP = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\(|new Function"
    r"|\.style\b|setAttribute\(\"style|javascript:"
)


@pytest.fixture
async def desk(tmp_path: Path) -> object:
    async with operator_desk(tmp_path) as built:
        yield built


@pytest.mark.parametrize(
    "path", ["/", "/dashboard", "/dashboard/app.css", "/dashboard/app/main.js"]
)
async def test_the_page_needs_no_token_and_runs_our_own_files_alone(
    desk: OperatorDesk, path: str
) -> None:
    told = await desk.ask("GET", path, token=None)
    assert told.status == 200
    assert told.headers["Content-Security-Policy"] == PAGE_POLICY
    assert told.headers["X-Content-Type-Options"] == "nosniff"
    assert told.headers["Cache-Control"] == "no-cache"
    assert told.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    again = await desk.ask("GET", path, token=None, headers={"If-None-Match": told.headers["ETag"]})
    assert (again.status, again.text) == (304, "")
    assert again.headers["Content-Security-Policy"] == PAGE_POLICY


@pytest.mark.parametrize(
    "path",
    [
        "/dashboard/",
        "/dashboard/files.py",
        "/dashboard/app/",
        "/dashboard/app/../files.py",
        "/dashboard/%2e%2e/runtime.py",
        "/dashboard/..%2fruntime.py",
        "/dashboard//etc/passwd",
        "/dashboard/runbooks/nothing.md",
    ],
)
async def test_nothing_else_is_there(desk: OperatorDesk, path: str) -> None:
    assert (await desk.ask("GET", path, token=None)).status == 404


async def test_each_cause_has_its_runbook_there(desk: OperatorDesk) -> None:
    for cause in ALL_CAUSES:
        told = await desk.ask("GET", f"/dashboard/runbooks/{cause}.md", token=None)
        assert told.status == 200, cause
        assert told.text.startswith("# ")


def test_every_script_is_asked_for_at_once() -> None:
    page = FILES["index.html"].body.decode()
    named = re.findall(r'(?:src|href)="/dashboard/(app/[a-z_]+\.js)"', page)
    assert sorted(named) == SCRIPTS


@pytest.mark.parametrize("name", SCRIPTS)
def test_no_script_makes_markup_or_asks_elsewhere(name: str) -> None:
    text = FILES[name].body.decode()
    assert _MARKUP.search(text) is None
    assert re.findall(r"https?://", text) == []
    for other in re.findall(r'from "(.+)"', text):
        assert f"app/{other.removeprefix('./')}" in SCRIPTS


def test_the_page_and_its_looks_name_nothing_elsewhere() -> None:
    for name in ("index.html", "app.css"):
        assert re.findall(r"https?://|//\w|@import|url\(", FILES[name].body.decode()) == []
    page = FILES["index.html"].body.decode()
    assert re.search(r"\son\w+=|style=|<script>|<style", page) is None


def test_files_are_short_enough_to_be_read() -> None:
    for path in (*FOLDER.glob("app/*.js"), FOLDER / "app.css"):
        assert len(path.read_text("utf-8").splitlines()) <= 350, path.name
