"""The recording shows what casts and timeline have, no more, and is well-formed SVG."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from demo.casting import CastFile
from demo.film import Frame, Look, film
from demo.layout import Layout
from demo.recording import KEPT_ACTS, frames, kept_spans, make_recording, thinned
from demo.screens import BACKGROUND, Run, Screen, read_screens
from demo.timeline import Moment, read_timeline

SVG = "{http://www.w3.org/2000/svg}"
STARTED = 1000.0


def _cast(path: Path, events: list[list[Any]], columns: int = 20, rows: int = 3) -> Path:
    header = {"version": 2, "width": columns, "height": rows, "timestamp": STARTED, "title": "t"}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(json.dumps(line) for line in [header, *events]) + "\n")
    return path


def _texts(svg: str) -> str:
    return " ".join("".join(text.itertext()) for text in ET.fromstring(svg).iter(f"{SVG}text"))  # noqa: S314  our own SVG


def _row(text: str) -> tuple[Run, ...]:
    return (Run(text, "ffffff", BACKGROUND),)


def test_a_cast_is_replayed_with_its_colours_sizes_and_times(tmp_path: Path) -> None:
    cast = _cast(
        tmp_path / "t.cast",
        [
            [0.0, "o", "\x1b[1;38;2;1;2;3mbold"],
            [0.01, "o", "\x1b[0m plain"],
            [1.0, "r", "30x4"],
            [1.01, "o", "\x1b[4;1H\x1b[7mlast"],
        ],
    )
    first, second = read_screens(cast)
    assert (first.at, second.at) == (STARTED + 0.01, STARTED + 1.01)
    assert first.rows[0][0] == Run("bold", "010203", BACKGROUND, bold=True)
    assert first.text().startswith("bold plain")
    assert len(second.rows) == 4
    assert second.rows[3][0].background != BACKGROUND


def test_what_castfile_writes_is_read_back(tmp_path: Path) -> None:
    cast = CastFile(tmp_path / "t.cast", title="t", columns=20, rows=3)
    cast.output("✔ #1 sale")
    cast.close()
    (screen,) = read_screens(tmp_path / "t.cast")
    assert screen.text().startswith("✔ #1 sale")


def test_equal_rows_are_drawn_once_and_markup_is_escaped() -> None:
    look = Look(columns=20, lines=2, title="<a> & b")
    rows = (_row("<b>&</b>"), _row("<b>&</b>"))
    svg = film([Frame(1, rows, ""), Frame(1, rows, "<g/>")], look)
    root = ET.fromstring(svg)  # noqa: S314  our own SVG
    assert len([g for g in root.iter(f"{SVG}g") if g.get("id", "").startswith("r")]) == 1
    assert len(list(root.iter(f"{SVG}use"))) == 4
    assert "<b>&</b>" in _texts(svg)
    assert "@keyframes" in svg
    assert "@keyframes" not in film([Frame(1, rows, "")], look)


def test_half_blocks_become_shapes() -> None:
    svg = film([Frame(1, (_row("█▀▄ ok"),), "")], Look(columns=20, lines=1, title="t"))
    root = ET.fromstring(svg)  # noqa: S314  our own SVG
    (path,) = root.iter(f"{SVG}path")
    assert path.get("d", "").count("M") == 3
    assert "█" not in svg
    assert "ok" in _texts(svg)


def test_frames_that_look_the_same_are_joined_and_pauses_shortened() -> None:
    kept = thinned([Frame(0.5, (_row("a"),), ""), Frame(9, (_row("a"),), ""), Frame(1, (), "")])
    assert [frame.rows for frame in kept] == [(_row("a"),), ()]
    assert kept[0].seconds < 2


def test_a_run_without_an_act_of_the_story_makes_no_recording() -> None:
    with pytest.raises(ValueError, match="broken off"):
        kept_spans([Moment(1, "act", {"key": "cut", "words": ""})])


def _run_folder(root: Path) -> Layout:
    layout = Layout(root)
    _cast(
        layout.cast("hb-till-1"),
        [[at, "o", f"\x1b[H{text:<20}"] for at, text in ((1, "before"), (5, "OFFLINE since"))]
        + [[12, "o", "\x1b[Hno act of ours      "], [15, "o", "\x1b[Hlast before the line "]]
        + [[22, "o", "\x1b[HONLINE since        "]],
    )
    acts = [("open", 1), ("cut", 4), ("kill-with-cart", 8), ("void", 11), ("line-back", 20)]
    lines: list[dict[str, Any]] = [
        {"at": STARTED + at, "what": "act", "key": key, "words": f"act {key}"} for key, at in acts
    ]
    lines += [
        {"at": STARTED + 4.5, "what": "line", "state": "cut"},
        {"at": STARTED + 21, "what": "ledger", "settled": 7, "quarantined": 1, "takings": "9 EUR"},
        {
            "at": STARTED + 21.5,
            "what": "kiosk",
            "kiosk": "hb-till-1",
            "line": "ONLINE since 1 · 0 unsent",
            "recorded": 8,
        },
        {"at": STARTED + 25, "what": "act", "key": "close", "words": "closing"},
    ]
    lines.sort(key=lambda line: float(line["at"]))
    layout.timeline.write_text("\n".join(map(json.dumps, lines)) + "\n")
    return layout


def test_the_film_shows_the_kept_acts_alone_with_line_and_ledger(tmp_path: Path) -> None:
    layout = _run_folder(tmp_path)
    moving, still = make_recording(layout, "hb-till-1")
    text = _texts(moving)
    for wanted in ("OFFLINE since", "ONLINE since", "CUT", "9 EUR", "act kill-with-cart"):
        assert wanted in text
    assert "no act of ours" not in text
    assert "OFFLINE since" in _texts(still)
    shown = [
        moment.facts["key"] for moment in read_timeline(layout.timeline) if moment.what == "act"
    ]
    assert set(KEPT_ACTS) <= set(shown)


def test_no_frame_is_earlier_than_the_screen_it_shows(tmp_path: Path) -> None:
    layout = _run_folder(tmp_path)
    screens: list[Screen] = list(read_screens(layout.cast("hb-till-1")))
    first = next(frames(screens, list(read_timeline(layout.timeline))))
    assert "before" in Screen(0, first.rows).text()
