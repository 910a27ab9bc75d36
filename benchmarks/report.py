"""The results as a file for programs and a table for people."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from benchmarks.rows import Row

_FIGURES: Final = frozenset({"ours", "baseline", "ratio"})
_TINY: Final = 0.1
_LONGEST_NAME: Final = len("journal_burst.persist_queue")
"""So that a table of 80 columns shortens no name."""


def write_results(path: Path, rows: Sequence[Row]) -> None:
    """Write `results.json`, a list of rows."""
    text = json.dumps([row.to_json() for row in rows], indent=1, ensure_ascii=False)
    path.write_text(f"{text}\n", encoding="utf-8")


def print_table(rows: Sequence[Row], console: Console) -> None:
    """Print a row for each; what misses its target has a cross, so that no colour is needed."""
    table = Table(title="Speed against baselines (medians)", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("bench and baseline", min_width=_LONGEST_NAME)
    for name in ("unit", "ours", "baseline", "ratio", "target"):
        table.add_column(name, justify="right" if name in _FIGURES else "left", no_wrap=True)
    for row in rows:
        table.add_row(
            f"{row.name}\n  {row.baseline_name}",
            row.unit,
            f"{row.ours:,.2f}",
            f"{row.baseline:,.2f}",
            f"{row.ratio:.2f}" if row.ratio > _TINY else f"{row.ratio:.4f}",
            f"{'✔' if row.ok else '✖'} {row.target}",
        )
    console.print(table)
