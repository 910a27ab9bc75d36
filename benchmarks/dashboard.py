"""The dashboard with 2,000 kiosks in Chromium: how soon something is seen, and an event.

`make bench ONLY=dashboard` runs it, with Debian's Chromium: the real page before a real fleet
service. It is no part of `make bench` without ONLY.
"""

import asyncio
import re
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, Page
from rich.console import Console

from benchmarks.bench import tell
from benchmarks.report import print_table, write_results
from benchmarks.rows import Row, at_most, compare, no_more_than
from tests.support.dashboard import Dashboard, chromium, opened
from tests.support.dashboard_night import large_fleet, night_service
from tests.support.fleet import KIOSK_ID

_KIOSKS: Final = 2000
_RUNS: Final = 7
_EVENTS: Final = 20
_FIRST_PAINT: Final = """() => new Promise((told) => {
  const known = performance.getEntriesByName("first-contentful-paint")[0];
  if (known) return told(known.startTime);
  new PerformanceObserver((list) => list.getEntries().forEach(
    (one) => one.name === "first-contentful-paint" && told(one.startTime))
  ).observe({type: "paint", buffered: true});
})"""
_ALL_THERE: Final = f"""() => new Promise((told) => {{
  const look = () => document.querySelectorAll("a[data-key]").length > {_KIOSKS}
    ? requestAnimationFrame(() => told(performance.now())) : requestAnimationFrame(look);
  look();
}})"""
_SHOWN: Final = """([key, words]) => new Promise((told) => {
  const look = () => document.querySelector(`[data-key="${key}"]`)?.textContent.includes(words)
    ? requestAnimationFrame(() => told(Date.now())) : requestAnimationFrame(look);
  look();
})"""
_PLAIN: Final = "a static page with the same rows"


def main() -> int:
    """Measure; return 0 only if all targets are reached."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        rows = asyncio.run(_measure(Path(name)))
    results = Path(".bench/dashboard.json")
    results.parent.mkdir(exist_ok=True)
    write_results(results, rows)
    print_table(rows, Console())
    return 0 if all(row.ok for row in rows) else 1


async def _measure(folder: Path) -> Sequence[Row]:
    paints: tuple[list[float], list[float]] = ([], [])
    wholes: tuple[list[float], list[float]] = ([], [])
    limits = {"ops_requests_per_s": 1000, "ops_requests_burst": 10_000}
    async with (
        night_service(folder, large_fleet(_KIOSKS), **limits) as (fleet, http),
        chromium() as browser,
        opened(browser, fleet, http) as first,
    ):
        await first.reports()
        await first.sign_in()
        await first.page.evaluate(_ALL_THERE)
        state: Any = await first.page.context.storage_state()
        async with _static(first) as plain:
            for run in range(1, _RUNS + 1):
                # A window of its own each time: nothing is in its cache, but who is signed in.
                sides = [(0, fleet.url), (1, plain)]
                for side, url in sides if run % 2 else reversed(sides):
                    paint, whole = await _load(browser, url, state)
                    paints[side].append(paint)
                    wholes[side].append(whole)
                told = f"ours {paints[0][-1]:.2f} s, static {paints[1][-1]:.2f} s"
                tell(f"dashboard: run {run} of {_RUNS}: first paint {told}")
        seen, answered = await _events(first)
    return [
        compare("dashboard", "s", *paints, baseline_name=_PLAIN, target=at_most(1.5)),
        compare(
            "dashboard.all_rows",
            "s",
            *wholes,
            baseline_name=_PLAIN,
            target=no_more_than(2.0, "s"),
        ),
        compare(
            "dashboard.event",
            "s",
            seen,
            answered,
            baseline_name="the kiosk's report answered",
            target=no_more_than(0.5, "s"),
        ),
    ]


async def _load(browser: Browser, url: str, state: Any) -> tuple[float, float]:
    """Return the seconds to the first contentful paint, and until all rows are there."""
    context = await browser.new_context(
        storage_state=state, viewport={"width": 1280, "height": 800}
    )
    try:
        page = await context.new_page()
        await page.goto(url, wait_until="commit")
        paint: float = await page.evaluate(_FIRST_PAINT)
        whole: float = await page.evaluate(_ALL_THERE)
        return paint / 1000, whole / 1000
    finally:
        await context.close()


@asynccontextmanager
async def _static(shown: Dashboard) -> AsyncIterator[str]:
    """Serve what the dashboard shows as a page without scripts; gives its address."""
    body = _without_scripts(await shown.page.content())
    async with shown.http.get("/dashboard/app.css") as answer:
        looks = await answer.text()

    async def page(_: web.Request) -> web.Response:
        return web.Response(text=body, content_type="text/html")

    async def css(_: web.Request) -> web.Response:
        return web.Response(text=looks, content_type="text/css")

    app = web.Application()
    app.router.add_get("/", page)
    app.router.add_get("/dashboard/app.css", css)
    async with TestServer(app) as server:
        yield str(server.make_url("/"))


def _without_scripts(page: str) -> str:
    bare = re.sub(r"<script.*?</script>|<link rel=\"(modulepreload|icon)\".*?>|<img.*?>", "", page)
    if bare.count("data-key=") <= _KIOSKS:
        msg = "the static page does not have all rows"
        raise RuntimeError(msg)
    return bare


async def _events(shown: Dashboard) -> tuple[list[float], list[float]]:
    """Return the seconds from a kiosk's report until it is seen, and until it is answered."""
    seen: list[float] = []
    answered: list[float] = []
    for number in range(_EVENTS):
        words = f"{number + 2} transactions could not be settled"
        watching = asyncio.create_task(_until_shown(shown.page, words))
        await shown.page.evaluate("0")  # It watches once this is answered.
        headers = await shown.kiosk()
        began = time.time()
        await shown.reports(headers, quarantined=number + 2)
        answered.append(time.time() - began)
        seen.append(await watching - began)
        # Not in step with whoever reads changes every quarter of a second.
        await asyncio.sleep(0.3 + number / _EVENTS / 4)
    return seen, answered


async def _until_shown(page: Page, words: str) -> float:
    at: float = await page.evaluate(_SHOWN, [KIOSK_ID, words])
    return at / 1000


if __name__ == "__main__":
    raise SystemExit(main())
