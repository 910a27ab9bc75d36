"""Writes the report as JSON; one that could not be judged says so and claims nothing."""

import json
from pathlib import Path
from typing import Any

from verifier.figures import as_json
from verifier.verdict import Verdict


def report_of(verdict: Verdict) -> dict[str, Any]:
    """Return the report's JSON form."""
    return {
        **as_json(verdict.figures),
        "ok": verdict.ok,
        "kiosks": [as_json(kiosk) for kiosk in verdict.kiosks],
        "ticket_types": [as_json(house) for house in verdict.houses],
        "drawers": [as_json(drawer) for drawer in verdict.drawers],
        "findings": [as_json(finding) for finding in verdict.findings],
    }


def write_report(path: Path, report: dict[str, Any]) -> None:
    """Write the report in place of any older one; raises OSError."""
    text = json.dumps(report, indent=2, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")
