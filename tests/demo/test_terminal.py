"""The terminal driver against real programs in real pseudo-terminals."""

import asyncio
import json
import os
import re
import sys
from pathlib import Path

import pytest
import segno

from demo.terminal import ScreenError, Terminal

ECHO = """
import sys, termios, tty
tty.setraw(0)
print("ready", end="\\r\\n", flush=True)
while (char := sys.stdin.read(1)) != "q":
    print(f"<{char!r}>", end="", flush=True)
"""


def _program(source: str) -> list[str]:
    return [sys.executable, "-c", source]


def _events(cast: Path) -> list[list[object]]:
    return [json.loads(line) for line in cast.read_text(encoding="utf-8").splitlines()[1:]]


async def test_what_is_typed_reaches_the_program_and_what_it_shows_is_waited_for(
    tmp_path: Path,
) -> None:
    async with Terminal(_program(ECHO), name="t", cast=tmp_path / "t.cast") as terminal:
        await terminal.wait_for("ready")
        terminal.type("4")
        terminal.press("enter", "f8")
        assert await terminal.wait_for(re.compile(r"<'4'><'\\r'><'\\x1b'><'\[\S+~'>|<'~'>"))
        terminal.scan("EP1X")
        await terminal.wait_for("<'E'><'P'>")


async def test_a_screen_that_never_shows_it_is_told_with_what_it_shows(tmp_path: Path) -> None:
    async with Terminal(_program(ECHO), name="till", cast=tmp_path / "t.cast") as terminal:
        await terminal.wait_for("ready")
        with pytest.raises(ScreenError, match=r"(?s)till did not show .*never.*ready"):
            await terminal.wait_for("never", timeout_s=0.05)


async def test_a_program_that_ends_is_told_at_once(tmp_path: Path) -> None:
    async with Terminal(_program("print('bye')"), name="t", cast=tmp_path / "t.cast") as terminal:
        with pytest.raises(ScreenError, match="the program ended"):
            await terminal.wait_for("never", timeout_s=60)


async def test_the_cast_has_all_output_even_characters_cut_between_two_reads(
    tmp_path: Path,
) -> None:
    source = """
import os, sys
euro = "€".encode()
os.write(1, euro[:1]); sys.stdin.readline(); os.write(1, euro[1:] + b"done")
"""
    cast = tmp_path / "t.cast"
    async with Terminal(_program(source), name="hb-till-1", cast=cast) as terminal:
        terminal.press("enter")
        await terminal.wait_for("€done")
    header = json.loads(cast.read_text(encoding="utf-8").splitlines()[0])
    assert (header["version"], header["title"]) == (2, "hb-till-1")
    assert (header["width"], header["height"]) == (80, 24)
    events = _events(cast)
    assert "€done" in "".join(str(text) for _, _, text in events)
    times = [at for at, _, _ in events]
    assert times == sorted(times, key=lambda at: float(str(at)))


async def test_resizing_is_seen_by_the_program_and_kept_in_the_cast(tmp_path: Path) -> None:
    source = """
import os, signal, sys
def tell(*_):
    os.write(1, ("size %d %d\\r\\n" % os.get_terminal_size()).encode())
signal.signal(signal.SIGWINCH, tell)
tell()
sys.stdin.read()
"""
    cast = tmp_path / "t.cast"
    async with Terminal(_program(source), name="t", cast=cast) as terminal:
        await terminal.wait_for("size 80 24")
        terminal.resize(100, 30)
        await terminal.wait_for("size 100 30")
    assert [text for _, kind, text in _events(cast) if kind == "r"] == ["100x30"]


async def test_closing_ends_a_program_that_ignores_being_asked(tmp_path: Path) -> None:
    source = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN); signal.signal(signal.SIGHUP, signal.SIG_IGN)
print("deaf", flush=True)
while True: time.sleep(60)
"""
    async with Terminal(_program(source), name="t", cast=tmp_path / "t.cast") as terminal:
        await terminal.wait_for("deaf")
        pid = terminal.pid
        await terminal.close(patience_s=0.1)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.parametrize("light_on_dark", [False, True])
async def test_a_qr_code_in_half_blocks_is_read_off_the_screen(
    tmp_path: Path, *, light_on_dark: bool
) -> None:
    code = "EP1" + "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ" * 3 + "0123456789"
    rows = [list(row) for row in segno.make(code, version=5, error="m").matrix_iter(border=2)]
    rows += [[0] * len(rows[0])] * (len(rows) % 2)
    halves = {(0, 0): " ", (1, 0): "▀", (0, 1): "▄", (1, 1): "█"}
    ink = 0 if light_on_dark else 1
    text = "\n".join(
        "".join(
            halves[(int(bool(a) == bool(ink)), int(bool(b) == bool(ink)))]
            for a, b in zip(upper, lower, strict=True)
        )
        for upper, lower in zip(rows[::2], rows[1::2], strict=True)
    )
    picture = tmp_path / "picture.txt"
    picture.write_text(text, encoding="utf-8")
    source = f"print(open({str(picture)!r}, encoding='utf-8').read()); input()"
    async with Terminal(_program(source), name="t", cast=tmp_path / "t.cast") as terminal:
        assert await terminal.read_qr() == code


async def test_two_wait_at_once(tmp_path: Path) -> None:
    async with Terminal(_program(ECHO), name="t", cast=tmp_path / "t.cast") as terminal:
        await terminal.wait_for("ready")
        both = asyncio.gather(terminal.wait_for("<'a'>"), terminal.wait_for("<'b'>"))
        terminal.type("ab")
        assert list(await both) == ["<'a'>", "<'b'>"]


async def test_half_a_picture_is_neither_shown_nor_kept(tmp_path: Path) -> None:
    source = r"""
import os, sys, termios, tty
tty.setraw(0)
os.write(1, b"\x1b[?2026$p")
answer = b""
while not answer.endswith(b"y"):
    answer += os.read(0, 1)
os.write(1, b"\x1b[?2026htotal 1")
os.write(1, b"first\x1b[?2026l" if answer == b"\x1b[?2026;2$y" else b"not known")
os.write(1, b"\x1b[?2026h\x1b[Htotal 2")
os.read(0, 1)
os.write(1, b"second\x1b[?2026l")
os.read(0, 1)
"""
    cast = tmp_path / "t.cast"
    async with Terminal(_program(source), name="t", cast=cast) as terminal:
        await terminal.wait_for("total 1first")
        terminal.press("enter")
        await terminal.wait_for("total 2second")
    texts = [str(text) for _, _, text in _events(cast)]
    assert all(text.count("\x1b[?2026h") == text.count("\x1b[?2026l") for text in texts)
