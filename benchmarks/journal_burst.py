"""How many durable acknowledgements a second 64 callers get, against one commit each."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final

from benchmarks import peers
from benchmarks.bench import Ground, tell
from benchmarks.burst import both, in_a_thread, rate_of, rows_of
from benchmarks.rows import Row, at_least, compare

_PEERS: Final[Mapping[str, Any]] = {
    "persist_queue": ("persist-queue SQLiteAckQueue", peers.persist_queue),
    "litequeue": ("litequeue forced to FULL", peers.litequeue),
    "huey": ("huey SqliteStorage with fsync", peers.huey),
}


async def journal_burst(ground: Ground) -> Sequence[Row]:
    """Measure a burst of sales; each run is followed by the same rows through every baseline."""
    ours: list[float] = []
    bare: list[float] = []
    theirs: dict[str, list[float]] = {name: [] for name in _PEERS}
    for run in range(ground.sizes.runs):
        folder = ground.new(str(run))
        rates = await both(folder, ground.sizes.burst)
        ours.append(rates[0])
        bare.append(rates[1])
        bodies = ["".join(str(value) for value in row).encode() for row in rows_of(folder)]
        for name, (_, opened) in _PEERS.items():
            theirs[name].append(await _peer_burst(opened, ground.new(f"{run}/{name}"), bodies))
        tell(f"journal_burst: run {run + 1} of {ground.sizes.runs}")
    return [
        _row("journal_burst", ours, bare, "the same rows, one commit each"),
        *(
            _row(f"journal_burst.{name}", ours, theirs[name], title)
            for name, (title, _) in _PEERS.items()
        ),
    ]


async def _peer_burst(
    opened: "type[AbstractContextManager[peers.Put]]", folder: Path, bodies: Sequence[bytes]
) -> float:
    with opened(folder) as put, in_a_thread(put) as ack:  # type: ignore[call-arg]
        return await rate_of(ack, bodies)


def _row(name: str, ours: list[float], baseline: list[float], title: str) -> Row:
    return compare(name, "acks/s", ours, baseline, baseline_name=title, target=at_least(2))
