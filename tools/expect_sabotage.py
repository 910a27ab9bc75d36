"""Exit 0 if a report condemns a sabotaged run by the figure that the sabotage is about.

python tools/expect_sabotage.py .demo/report.json lose
python tools/expect_sabotage.py .evening-cash/report.json cash
"""

import json
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

FIGURES = {"lose": "lost", "duplicate": "duplicated", "oversell": "oversold"}
DRAWERS = {
    "cash": ("at_ticket_api", "drawer_differs_at_ticket_api"),
    "cash-journal": ("in_journal", "drawer_differs"),
}
"""By removal: which figure of its drawer must be short, and the finding that says so."""


def condemned(report: dict[str, Any], kind: str) -> bool:
    """Say whether the sabotage's figure is what it must be, and print it."""
    figure = FIGURES[kind]
    print(f"{kind}: {figure} = {report[figure]}, ok = {report['ok']}", flush=True)
    return report["ok"] is False and report[figure] >= 1


def drawer_condemned(report: dict[str, Any], kind: str, spoiled: dict[str, Any]) -> bool:
    """Say whether one shift alone is off by what was removed, and the report says so in words."""
    figure, code = DRAWERS[kind]
    off = {
        drawer["shift_id"]: Decimal(drawer["at_closing"]) - Decimal(drawer[figure])
        for drawer in report["drawers"]
    }
    words = [each["text"] for each in report["findings"] if each["code"] == code]
    print(f"{kind}: ok = {report['ok']}, {' '.join(words) or 'no drawer is found off'}", flush=True)
    wanted = {shift_id: Decimal(0) for shift_id in off} | {
        spoiled["shift_id"]: Decimal(spoiled["cash"])
    }
    told = [spoiled["kiosk_id"] in text and spoiled["cash"] in text for text in words]
    return report["ok"] is False and off == wanted and told == [True]


def main() -> int:
    """Read the report, say what it found, return the exit code."""
    path, kind = Path(sys.argv[1]), sys.argv[2]
    report = json.loads(path.read_text())
    if kind in FIGURES:
        return 0 if condemned(report, kind) else 1
    spoiled = json.loads((path.parent / "spoiled.json").read_text())
    return 0 if drawer_condemned(report, kind, spoiled) else 1


if __name__ == "__main__":
    raise SystemExit(main())
