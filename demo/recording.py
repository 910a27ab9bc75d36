"""Makes the README's recording from a run: the first till, with line and ledger beside it.

Only the parts that tell the story are taken, pauses are shortened; nothing is drawn that the run's
casts and timeline do not have.
"""

import argparse
import sys
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from pathlib import Path
from textwrap import wrap
from typing import Any, Final

from demo.film import Frame, Look, film
from demo.layout import Layout
from demo.screens import Screen, read_screens
from demo.timeline import Moment, read_timeline

KEPT_ACTS: Final[Mapping[str, float]] = {"cut": 0.6, "kill-with-cart": 3.0, "line-back": 3.0}
"""Acts shown whole, and how many seconds of film a second of the run gets: short acts are slowed
down to be followed. Of the act before the first, its last seconds are shown too."""
_LEAD_S: Final = 4.0
_SHORTEST_S: Final = 0.09
_LONGEST_S: Final = 1.1
_LAST_S: Final = 4.0


@dataclass(frozen=True, slots=True)
class Facts:
    """What the panel shows at one moment."""

    act: str = ""
    line: str = "up"
    settled: int = 0
    quarantined: int = 0
    takings: str = ""
    tills: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Line status and number of recorded transactions, by kiosk."""

    def after(self, moment: Moment) -> "Facts":
        """Return the facts once `moment` has happened."""
        facts: Any = moment.facts
        match moment.what:
            case "act":
                return replace(self, act=facts["words"])
            case "line":
                return replace(self, line=facts["state"])
            case "ledger":
                return replace(
                    self,
                    settled=facts["settled"],
                    quarantined=facts["quarantined"],
                    takings=facts["takings"],
                )
            case "kiosk":
                till = (facts["line"], facts["recorded"])
                return replace(self, tills={**self.tills, facts["kiosk"]: till})
            case _:
                return self

    @property
    def recorded(self) -> int:
        """Transactions that the tills have acknowledged."""
        return sum(count for _, count in self.tills.values())


@dataclass(frozen=True, slots=True)
class Span:
    """A part of the run to show, in Unix time."""

    begins: float
    ends: float
    pace: float
    """Seconds of film for a second of the run."""


def kept_spans(moments: Sequence[Moment]) -> list[Span]:
    """Return the parts of the run that KEPT_ACTS name. Raises ValueError if one was not played."""
    acts = [moment for moment in moments if moment.what == "act"]
    spans: list[Span] = []
    for key, pace in KEPT_ACTS.items():
        index = next((i for i, act in enumerate(acts) if act.facts["key"] == key), None)
        if index is None:
            raise ValueError(f"the run has no act {key!r}; was it broken off?")
        ends = acts[index + 1].at if index + 1 < len(acts) else moments[-1].at
        lead = _LEAD_S if not spans else 0.0
        spans.append(Span(acts[index].at - lead, ends, pace))
    return spans


def frames(screens: Sequence[Screen], moments: Sequence[Moment]) -> Iterator[Frame]:
    """Yield the film's frames: one for each change of the till's screen or of the panel."""
    times = [screen.at for screen in screens]
    for span in kept_spans(moments):
        changes = sorted(
            {at for at in times if span.begins <= at < span.ends}
            | {moment.at for moment in moments if span.begins <= moment.at < span.ends}
        )
        for at, following in zip(changes, [*changes[1:], span.ends], strict=True):
            index = bisect_right(times, at) - 1
            if index < 0:
                continue
            facts = _facts_at(moments, at)
            seconds = min((following - at) * span.pace, _LONGEST_S)
            yield Frame(seconds, screens[index].rows, panel(facts))


def thinned(all_frames: Sequence[Frame]) -> list[Frame]:
    """Join frames that look the same, and drop those too short to be seen."""
    kept: list[Frame] = []
    owed = 0.0
    for frame in all_frames:
        seconds = frame.seconds + owed
        owed = 0.0
        if kept and (kept[-1].rows, kept[-1].panel) == (frame.rows, frame.panel):
            kept[-1] = replace(kept[-1], seconds=min(kept[-1].seconds + seconds, _LONGEST_S))
        elif seconds < _SHORTEST_S:
            owed = seconds
        else:
            kept.append(replace(frame, seconds=seconds))
    if kept:
        kept[-1] = replace(kept[-1], seconds=_LAST_S)
    return kept


def _facts_at(moments: Sequence[Moment], at: float) -> Facts:
    facts = Facts()
    for moment in moments:
        if moment.at > at:
            break
        facts = facts.after(moment)
    return facts


def panel(facts: Facts) -> str:
    """Draw what stands beside the terminal, 330 wide."""
    parts = [_label(16, "Line to the cloud")]
    up = facts.line == "up"
    colour, word = ("#2e9e5b", "UP") if up else ("#d64550", "CUT")
    parts.append(f'<rect y="26" width="330" height="34" rx="6" fill="{colour}"/>')
    parts.append(_words(165, 49, word, "#ffffff", anchor="middle", bold=True))
    parts.append(_label(92, "Transactions"))
    most = max(facts.recorded, facts.settled + facts.quarantined, 1)
    parts.append(_bar(104, "recorded at the tills", facts.recorded, most, "#5aa9e6"))
    parts.append(_bar(142, "settled in the ticket API", facts.settled, most, "#4cc38a"))
    parts.append(_bar(180, "for a manager", facts.quarantined, most, "#f4a63a"))
    if facts.takings:
        parts.append(_words(0, 236, f"takings in the ledger: {facts.takings}", "#cfd8e3"))
    y = 272
    for kiosk, (status, _) in sorted(facts.tills.items()):
        parts.append(_label(y, kiosk))
        parts.append(
            _words(0, y + 20, status.split(" · ")[0] or "starting", _status_colour(status))
        )
        y += 46
    for index, line in enumerate(wrap(facts.act, 42)):
        parts.append(_words(0, y + 8 + index * 20, line, "#ffd166"))
    return "".join(parts)


def _bar(y: int, name: str, count: int, most: int, colour: str) -> str:
    width = 330 * count / most
    return (
        _words(0, y + 12, name, "#cfd8e3")
        + _words(330, y + 12, str(count), "#ffffff", anchor="end", bold=True)
        + f'<rect y="{y + 18}" width="330" height="8" rx="4" fill="#2c323c"/>'
        + f'<rect y="{y + 18}" width="{width:.1f}" height="8" rx="4" fill="{colour}"/>'
    )


def _label(y: int, text: str) -> str:
    return _words(0, y, text, "#9aa4b2")


def _words(  # noqa: PLR0913  what a text in SVG has
    x: int, y: int, text: str, colour: str, *, anchor: str = "start", bold: bool = False
) -> str:
    weight = ' style="font-weight:bold"' if bold else ""
    return (
        f'<text class="s" x="{x}" y="{y}" fill="{colour}" text-anchor="{anchor}"{weight}>'
        f"{escape(text, quote=False)}</text>"
    )


def _status_colour(status: str) -> str:
    if status.startswith("ONLINE"):
        return "#4cc38a"
    return "#f0616d" if status.startswith("NO AGENT") else "#f4a63a"


def make_recording(layout: Layout, kiosk_id: str) -> tuple[str, str]:
    """Return the film and a still of a finished run. Raises ValueError, OSError."""
    moments = list(read_timeline(layout.timeline))
    screens = list(read_screens(layout.cast(kiosk_id)))
    kept = thinned(list(frames(screens, moments)))
    look = Look(
        columns=80,
        lines=24,
        title="A till sells on: line cut, agent killed, same cart back, ledger catches up",
    )
    still = next((frame for frame in kept if "OFFLINE since" in _text(frame)), kept[-1])
    return film(kept, look), film([still], look)


def _text(frame: Frame) -> str:
    return Screen(0, frame.rows).text()


def main() -> int:
    """Write `docs/demo.svg` and `docs/demo-still.svg`; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python tools/recording.py",
        description="Make the README's recording from a finished demo run.",
        epilog="example:\n  python -m demo run && python tools/recording.py --dir .demo",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--dir", type=Path, default=Path(".demo"), help="the run's folder")
    parser.add_argument("--out", type=Path, default=Path("docs"), help="folder of the pictures")
    parser.add_argument("--kiosk", default="hb-till-1", help="whose screen to show")
    options = parser.parse_args()
    try:
        moving, still = make_recording(Layout(options.dir), options.kiosk)
    except (OSError, ValueError) as error:
        print(f"no recording: {error}", file=sys.stderr)
        return 1
    options.out.mkdir(parents=True, exist_ok=True)
    for name, svg in (("demo.svg", moving), ("demo-still.svg", still)):
        (options.out / name).write_text(svg, encoding="utf-8")
        print(f"{options.out / name}: {len(svg.encode()) // 1024} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
