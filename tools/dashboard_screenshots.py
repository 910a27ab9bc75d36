"""Write `docs/screenshots/dashboard/` from the real page in Chromium, before a real fleet service.

    python tools/dashboard_screenshots.py

What is shown is tests/support/dashboard_night.py: a night on which much goes wrong.
"""

import asyncio
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
SHOTS: Final = ROOT / "docs" / "screenshots" / "dashboard"
_TALL: Final = {"width": 1280, "height": 1500}
_LONG: Final = {"width": 360, "height": 1400}
_PLACES: Final = {
    "kiosks": "#/",
    "kiosk": "#/kiosk/till-hb2",
    "alarms": "#/alarms",
    "move": "#/move/0197a000-0000-7000-8000-00000000a001",
    "runbook": "#/runbook/ui_down",
}
_READY: Final = {
    "kiosks": ".venue",
    "kiosk": ".history li",
    "alarms": ".alarm",
    "move": ".history li",
    "runbook": ".runbook h2",
}
"""What comes last of each."""
_LOOKS: Final[dict[str, dict[str, Any]]] = {
    "": {"viewport": _TALL},
    "dark-": {"viewport": _TALL, "color_scheme": "dark"},
    "phone-": {"viewport": _LONG, "device_scale_factor": 2},
}


async def _take() -> None:
    # They are found only now.
    from tests.support.dashboard import chromium, opened  # noqa: PLC0415
    from tests.support.dashboard_night import bad_night, night_service  # noqa: PLC0415

    with TemporaryDirectory() as folder:
        async with night_service(Path(folder), bad_night()) as (fleet, http), chromium() as browser:
            for look, given in _LOOKS.items():
                async with opened(browser, fleet, http, **given) as shown:
                    await shown.reports()
                    await shown.sign_in()
                    await shown.all_there()
                    await shown.page.locator('#liveness[data-live="yes"]').wait_for()
                    for name, place in _PLACES.items():
                        await shown.page.goto(f"{shown.url}/{place}")
                        await shown.page.locator(_READY[name]).first.wait_for()
                        await shown.page.screenshot(path=SHOTS / f"{look}{name}.png")


def main() -> int:
    """Write them; return the exit code."""
    sys.path.insert(0, str(ROOT))
    SHOTS.mkdir(parents=True, exist_ok=True)
    for path in SHOTS.glob("*.png"):
        path.unlink()
    asyncio.run(_take())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
