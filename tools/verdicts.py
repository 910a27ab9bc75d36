"""Write the README's table of verdicts from the reports of a run and its three sabotages.

python tools/verdicts.py .demo lose=.demo-lose duplicate=.demo-duplicate oversell=.demo-oversell
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

README: Final = Path(__file__).resolve().parent.parent / "README.md"
BEGINS: Final = "<!-- verdicts: written by `make recording` -->\n"
ENDS: Final = "<!-- end of verdicts -->\n"
ROWS: Final[Mapping[str, str]] = {
    "acknowledged": "transactions that the kiosks acknowledged",
    "settled": "… settled at the ticket API",
    "quarantined": "… kept for a person, with a reason",
    "lost": "**lost**",
    "duplicated": "**counted twice**",
    "oversold": "**tickets sold beyond the house**",
    "sold_online": "sales with a line",
    "sold_offline": "sales without a line",
    "admitted_offline": "admissions without a line",
    "voided": "sales voided",
    "refused_sold_out": "sales refused because sold out",
    "agent_kills": "agents killed while they worked",
    "answers_lost": "answers lost on the way",
    "replays_absorbed": "repeats that counted once",
    "outage_seconds": "seconds without a line",
    "drain_seconds": "seconds to catch up",
}
_ALARMS: Final = frozenset({"lost", "duplicated", "oversold"})


def table(reports: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the Markdown table: a column a run, a row a figure, the verdict last."""
    lines = [_row("", *reports), _row("---", *("--:" for _ in reports))]
    for key, words in ROWS.items():
        lines.append(_row(words, *(_figure(key, report[key]) for report in reports.values())))
    verdicts = ("well" if report["ok"] else "**not well**" for report in reports.values())
    lines.append(_row("verdict", *verdicts))
    return "\n".join(lines) + "\n"


def put_into(text: str, rows: str) -> str:
    """Return `text` with what stands between the marks replaced. Raises ValueError without them."""
    before, begins, rest = text.partition(BEGINS)
    _, ends, after = rest.partition(ENDS)
    if not begins or not ends:
        raise ValueError(f"{README.name} has no marks {BEGINS.strip()} … {ENDS.strip()}")
    return before + begins + "\n" + rows + "\n" + ends + after


def _figure(key: str, value: float | None) -> str:
    if value is None:
        return "-"
    text = f"{value:.1f}" if isinstance(value, float) else str(value)
    return f"**{text}**" if key in _ALARMS and value else text


def _row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


def main(words: Sequence[str]) -> int:
    """Write the table into README.md; return the exit status."""
    run, *sabotaged = words
    folders = {"`make demo`": run}
    for kind, _, folder in (each.partition("=") for each in sabotaged):
        folders[f"`BREAK={kind}`"] = folder
    try:
        reports = {
            name: json.loads((Path(folder) / "report.json").read_text())
            for name, folder in folders.items()
        }
        README.write_text(put_into(README.read_text(), table(reports)))
    except (OSError, ValueError, KeyError) as error:
        print(f"no table: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
