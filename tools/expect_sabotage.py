"""Exit 0 if a report condemns a sabotaged run by the figure that the sabotage is about.

python tools/expect_sabotage.py .demo/report.json lose
"""

import json
import sys
from pathlib import Path

FIGURES = {"lose": "lost", "duplicate": "duplicated", "oversell": "oversold"}


def main() -> int:
    """Read the report, say what it found, return the exit code."""
    report = json.loads(Path(sys.argv[1]).read_text())
    figure = FIGURES[sys.argv[2]]
    caught = report["ok"] is False and report[figure] >= 1
    print(f"{sys.argv[2]}: {figure} = {report[figure]}, ok = {report['ok']}", flush=True)
    return 0 if caught else 1


if __name__ == "__main__":
    raise SystemExit(main())
