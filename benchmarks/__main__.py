"""`python -m benchmarks`: measure, write `results.json`, print the table."""

import argparse
import asyncio
import shutil
from collections.abc import Mapping
from pathlib import Path
from time import monotonic
from types import MappingProxyType
from typing import Final

from rich.console import Console

from benchmarks.agent_footprint import agent_footprint
from benchmarks.bench import FULL, SMOKE, Bench, Ground, Sizes, tell
from benchmarks.drain import drain
from benchmarks.fleet_10k import fleet_10k
from benchmarks.heartbeats import heartbeats
from benchmarks.journal_burst import journal_burst
from benchmarks.journal_burst_slow_disk import journal_burst_slow_disk
from benchmarks.journal_size import journal_size
from benchmarks.key_to_paint import key_to_paint
from benchmarks.reconnect_storm import reconnect_storm
from benchmarks.relay import relay
from benchmarks.report import print_table, write_results
from benchmarks.rows import Row
from benchmarks.sale_latency import sale_latency, sale_latency_slow_disk
from benchmarks.scan_to_verdict import scan_to_verdict
from benchmarks.six_keys import six_keys
from benchmarks.ui_start import ui_start

BENCHES: Final[Mapping[str, Bench]] = MappingProxyType(
    {
        "sale_latency": sale_latency,
        "sale_latency_slow_disk": sale_latency_slow_disk,
        "journal_burst": journal_burst,
        "journal_burst_slow_disk": journal_burst_slow_disk,
        "drain": drain,
        "relay": relay,
        "journal_size": journal_size,
        "agent_footprint": agent_footprint,
        "key_to_paint": key_to_paint,
        "scan_to_verdict": scan_to_verdict,
        "ui_start": ui_start,
        "six_keys": six_keys,
        "heartbeats": heartbeats,
        "fleet_10k": fleet_10k,
        "reconnect_storm": reconnect_storm,
    }
)


def main(words: list[str] | None = None) -> int:
    """Run the benchmarks; return 0 only if every row reaches its target."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", choices=BENCHES, help="run one of them")
    parser.add_argument("--dir", type=Path, default=Path(".bench"), help="default: %(default)s")
    parser.add_argument("--smoke", action="store_true", help="tiny: shows that all of them run")
    options = parser.parse_args(words)
    names = [options.only] if options.only else list(BENCHES)
    rows = asyncio.run(_measure(names, options.dir, SMOKE if options.smoke else FULL))
    write_results(options.dir / "results.json", rows)
    print_table(rows, Console())
    return 0 if all(row.ok for row in rows) else 1


async def _measure(names: list[str], folder: Path, sizes: Sizes) -> list[Row]:
    rows: list[Row] = []
    cache = folder / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    for name in names:
        run = folder / "run" / name
        shutil.rmtree(run, ignore_errors=True)
        run.mkdir(parents=True)
        tell(f"{name}: begins")
        began = monotonic()
        rows += await BENCHES[name](Ground(run.absolute(), cache.absolute(), sizes))
        shutil.rmtree(run)
        tell(f"{name}: done in {monotonic() - began:.0f} s")
    return rows


if __name__ == "__main__":
    raise SystemExit(main())
