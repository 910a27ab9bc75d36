"""The simulator as it is run: real services, the real protocol, and a sabotage that is found."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from fleet_simulator.__main__ import main


async def run(folder: Path, *words: str) -> tuple[int, dict[str, Any]]:
    """Run it; return its exit status and what it says."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "fleet_simulator", "--json", "--dir", str(folder), *words),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode is not None
    assert out, err.decode()
    told: dict[str, Any] = json.loads(out)
    return process.returncode, told


def pace(seconds: float) -> tuple[str, ...]:
    return ("--seconds", str(seconds), "--heartbeat-s", "2", "--sale-every-s", "1")


async def test_fifty_kiosks_report_and_sell_through_outages_and_each_sale_settles_once(
    tmp_path: Path,
) -> None:
    words = ("--kiosks", "50", "--selling", "40", "--outage", "30", "--venue-down", *pace(9))
    status, told = await run(tmp_path / "run", *words)
    assert status == 0, told["verdict"]
    ran, verdict = told["run"], told["verdict"]
    assert ran["sessions"] == told["kiosks"] == 50
    assert ran["heartbeats"]["answered"] >= 50
    assert ran["heartbeats"]["failed"].keys() == {"line_down"}, "the outage was none"
    assert ran["retries"]["line_down"] > 0
    sold = ran["transactions"]["recorded"]
    assert sold > 20
    assert (ran["transactions"]["settled"], verdict["checked"]) == (sold, sold)


async def test_one_settled_sale_that_the_ticket_api_loses_is_found(tmp_path: Path) -> None:
    words = ("--kiosks", "5", "--selling", "100", "--break", "lose", *pace(6))
    status, told = await run(tmp_path / "run", *words)
    assert (status, told["verdict"]["lost"]) == (2, 1)


async def test_identity_proofs_over_sts_s_quota_are_asked_for_again_by_and_by(
    tmp_path: Path,
) -> None:
    words = ("--kiosks", "40", "--selling", "0", "--sts-per-second", "2", "--seconds", "8")
    status, told = await run(tmp_path / "run", *words, "--drain-s", "1")
    assert status == 0
    assert told["run"]["retries"]["upstream_busy"] > 0, "the quota was never reached"
    assert 0 < told["run"]["sessions"] < 40


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--fleet-url", "https://fleet.example.com", "--kiosks-file", "k.json"], "--i-know"),
        (["--fleet-url", "http://127.0.0.1:1"], "belong together"),
        (
            ["--fleet-url", "http://127.0.0.1:1", "--kiosks-file", "k", "--break", "lose"],
            "a cloud of its own",
        ),
    ],
)
def test_what_can_t_be_meant_is_refused(
    words: list[str], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 64
    assert why in capsys.readouterr().err


@pytest.mark.parametrize("words", [["--kiosks", "none"], ["--outage", "101"], ["--what"]])
def test_a_wrong_call_does_not_end_as_a_lost_sale_does(words: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 64


def test_kiosks_that_can_t_be_read_are_told_before_anything_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "k.json").write_text('{"kiosks": [{"kiosk_id": "a"}]}')
    call = ["--fleet-url", "http://127.0.0.1:1", "--kiosks-file", str(tmp_path / "k.json")]
    assert main(call) == 1
    assert "k.json does not name kiosks and their secrets" in capsys.readouterr().err
