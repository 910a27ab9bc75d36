"""The line as a process, obeying `demo.line_control` over its socket."""

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest

from demo.line_control import LineControlError, ask
from tests.support.upstream import Upstream


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    async with Upstream() as running:
        yield running


@pytest.fixture
def control(tmp_path: Path) -> str:
    return str(tmp_path / "line.sock")


@pytest.fixture
def process(upstream: Upstream, control: str) -> Iterator[subprocess.Popen[str]]:
    where = ["--to", f"127.0.0.1:{upstream.port}", "--listen", "127.0.0.1:0"]
    started = subprocess.Popen(
        [sys.executable, "-m", "demo.line", *where, "--control", control, "--seed", "1"],
        stdout=subprocess.PIPE,
        text=True,
    )
    with started:
        yield started
        started.kill()


@pytest.fixture
def url(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    said = json.loads(process.stdout.readline())
    assert said["event"] == "listening"
    return f"http://127.0.0.1:{said['port']}"


async def run_control(*words: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "demo.line_control",
        *words,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def test_a_person_cuts_and_restores_the_line_from_a_shell(url: str, control: str) -> None:
    async with aiohttp.ClientSession() as kiosk:
        status, said, _ = await run_control(control, "cut")
        assert (status, "is cut" in said) == (0, True)
        with pytest.raises(aiohttp.ClientConnectorError):
            await kiosk.get(url)
        status, said, _ = await run_control(control, "up")
        assert (status, "is up" in said) == (0, True)
        async with kiosk.get(url) as answer:
            assert answer.status == 200


async def test_every_fault_can_be_asked_for_over_the_socket(
    url: str, control: str, upstream: Upstream
) -> None:
    only = ("--only", "/v1/transactions")
    await ask(control, "errors", "500", "1", *only)
    await ask(control, "busy", "1", "4", *only)
    await ask(control, "garbage", "1", *only)
    await ask(control, "truncate", "1", *only)
    await ask(control, "duplicate", "1")
    pending = (await ask(control, "lose-answers", "1"))["pending"]
    assert [each["fault"] for each in pending] == [
        "errors",
        "busy",
        "garbage",
        "truncate",
        "duplicate",
        "lose-answers",
    ]
    async with aiohttp.ClientSession() as kiosk:

        async def upload() -> str:
            try:
                async with kiosk.post(f"{url}/v1/transactions", data=b"{}") as answer:
                    return f"{answer.status} {len(await answer.read()) > 0}"
            except aiohttp.ClientError as error:
                return type(error).__name__

        seen = [await upload() for _ in range(6)]
    assert seen[:3] == ["500 True", "503 True", "200 True"]
    assert seen[4] == "200 True"
    status = await ask(control, "wait", "lose-answers")
    assert set(status["fired"].items()) == {
        ("errors", 1),
        ("busy", 1),
        ("garbage", 1),
        ("truncate", 1),
        ("duplicate", 1),
        ("lose-answers", 1),
    }
    assert len(upstream.received) == 4


async def test_hang_clear_and_status_are_obeyed(url: str, control: str) -> None:
    assert (await ask(control, "hang"))["mode"] == "hang"
    await ask(control, "garbage", "3")
    assert (await ask(control, "clear"))["pending"] == []
    status, said, _ = await run_control(control, "status")
    assert status == 0
    assert json.loads(said)["mode"] == "hang"
    assert url.endswith(str(json.loads(said)["port"]))


@pytest.mark.parametrize(
    ("words", "about"),
    [
        (["break"], "invalid choice"),
        (["errors", "200", "1"], "not an HTTP error status"),
        (["lose-answers", "0"], "not a number from 1 upwards"),
        (["busy", "1"], "RETRY_AFTER"),
    ],
)
async def test_wrong_words_are_refused_with_2(control: str, words: list[str], about: str) -> None:
    status, _, said = await run_control(control, *words)
    assert status == 2
    assert about in said


async def test_no_line_there_is_said_with_1(control: str) -> None:
    status, _, said = await run_control(control, "cut")
    assert status == 1
    assert "No line answers" in said


async def test_a_command_that_the_line_can_not_read_is_refused_and_changes_nothing(
    url: str, control: str
) -> None:
    for sent in (b"nonsense\n", b"[]\n", b'{"command": "explode", "times": 1, "only": ""}\n'):
        reader, writer = await asyncio.open_unix_connection(control)
        writer.write(sent)
        assert json.loads(await reader.readline())["ok"] is False
        writer.close()
    assert (await ask(control, "status"))["mode"] == "up"
    assert url


def test_a_line_told_to_stop_ends_well_and_takes_its_socket_along(
    url: str, control: str, process: subprocess.Popen[str]
) -> None:
    assert url
    assert Path(control).stat().st_mode & 0o777 == 0o600
    process.send_signal(signal.SIGTERM)
    assert process.wait() == 0
    assert not Path(control).exists()
    with pytest.raises(LineControlError):
        asyncio.run(ask(control, "status"))


def run_line(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "demo.line", *words], capture_output=True, text=True, check=False
    )


def test_a_line_that_can_not_start_says_why(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("keep me")
    refused = run_line("--to", "127.0.0.1:9", "--control", str(in_the_way))
    assert (refused.returncode, "is no socket" in refused.stderr) == (1, True)
    assert in_the_way.read_text() == "keep me"
    refused = run_line("--to", "127.0.0.1:9", "--control", str(tmp_path / ("x" * 120)))
    assert (refused.returncode, "longer than" in refused.stderr) == (1, True)
    refused = run_line("--to", "nowhere", "--control", str(in_the_way))
    assert (refused.returncode, "HOST:PORT" in refused.stderr) == (2, True)
