"""Reads the terminal recordings (asciicast v2) of all kiosks."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from verifier.evidence import EvidenceError, Json, Shown, Terminals
from verifier.replay import Sightings, replay
from verifier.wording import Acknowledgement

_ASCIICAST_VERSION: Final = 2


@dataclass(slots=True)
class _Gathered:
    """What all recordings together showed."""

    kiosks: set[str] = field(default_factory=set)
    times: dict[tuple[str, Acknowledgement], list[tuple[datetime, datetime]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    refusals: list[tuple[str, str]] = field(default_factory=list)
    handed_over: set[tuple[str, str, str]] = field(default_factory=set)
    garbled: list[tuple[str, str]] = field(default_factory=list)
    z_reports: dict[tuple[str, int], dict[str, set[str]]] = field(default_factory=dict)
    x_reports: list[tuple[str, str]] = field(default_factory=list)
    let_pass: Counter[str] = field(default_factory=Counter)
    stopped: Counter[str] = field(default_factory=Counter)


def read_terminals(folder: Path) -> Terminals:
    """Replay every `*.cast` in `folder`; EvidenceError if there is none or one is unreadable."""
    files = sorted(folder.glob("*.cast"))
    if not files:
        raise EvidenceError(f"no terminal recording at {folder}/*.cast: did the run happen?")
    gathered = _Gathered()
    for file in files:
        header, sightings = _replay_file(file)
        _gather(gathered, header, sightings)
    return Terminals(
        kiosks=frozenset(gathered.kiosks),
        acknowledgements=[
            Shown(
                kiosk_id=kiosk_id,
                sequence=what.sequence,
                kind=what.kind,
                reference=what.reference,
                offline=what.offline,
                times=tuple(sorted(times)),
            )
            for (kiosk_id, what), times in gathered.times.items()
        ],
        refusals=gathered.refusals,
        handed_over=frozenset(gathered.handed_over),
        garbled=gathered.garbled,
        z_reports=gathered.z_reports,
        x_reports=gathered.x_reports,
        let_pass=gathered.let_pass,
        stopped=gathered.stopped,
    )


def _replay_file(path: Path) -> tuple[Json, Sightings]:
    try:
        lines = path.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise EvidenceError(f"{path} cannot be read: {error}") from error
    header = _header(path, lines)
    try:
        sightings = replay(header["width"], header["height"], _events(path, lines[1:]))
    except (TypeError, ValueError, KeyError) as error:
        raise EvidenceError(f"{path} cannot be replayed: {error}") from error
    return header, sightings


def _header(path: Path, lines: Sequence[str]) -> Json:
    header = _json(path, 1, lines[0]) if lines else None
    if not isinstance(header, dict) or header.get("version") != _ASCIICAST_VERSION:
        raise EvidenceError(f"{path} is not an asciicast of version {_ASCIICAST_VERSION}")
    for key, kind in (("width", int), ("height", int), ("timestamp", (int, float)), ("title", str)):
        if not isinstance(header.get(key), kind):
            raise EvidenceError(f"{path} does not state its {key}")
    return header


def _events(path: Path, lines: Sequence[str]) -> Iterator[tuple[float, str, Any]]:
    for number, line in enumerate(lines, start=2):
        event = _json(path, number, line)
        match event:
            case [int() | float() as at, str(kind), str(text)]:
                yield float(at), kind, text
            case _:
                raise EvidenceError(f"{path}, line {number} is not an event of an asciicast")


def _json(path: Path, number: int, line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError as error:
        raise EvidenceError(f"{path}, line {number} is not JSON: {error}") from error


def _gather(gathered: _Gathered, header: Json, sightings: Sightings) -> None:
    kiosk_id = header["title"]
    began = datetime.fromtimestamp(header["timestamp"], tz=UTC)
    # Asciicast v2 writes whole seconds, cut off: the recording began up to one second later.
    slack = timedelta(seconds=1 if isinstance(header["timestamp"], int) else 0)
    gathered.kiosks.add(kiosk_id)
    for what, seconds in sightings.acknowledgements.items():
        moments = [began + timedelta(seconds=at) for at in seconds]
        gathered.times[kiosk_id, what] += [(moment, moment + slack) for moment in moments]
    gathered.refusals += [(kiosk_id, title) for _, title in sightings.refusals]
    gathered.handed_over |= {(kiosk_id, *pair) for pair in sightings.handed_over}
    gathered.garbled += [(kiosk_id, text) for text in sorted(sightings.garbled)]
    for closed, figures in sightings.reports.z_reports.items():
        shown = gathered.z_reports.setdefault((kiosk_id, closed), {})
        for label, values in figures.items():
            shown.setdefault(label, set()).update(values)
    gathered.x_reports += [(kiosk_id, amount) for amount in sightings.reports.x_reports]
    gathered.let_pass[kiosk_id] += sightings.let_pass
    gathered.stopped[kiosk_id] += sightings.stopped
