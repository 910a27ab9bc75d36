"""A ticket API that is told to stop as soon as it says that it listens."""

import asyncio
import sys
from pathlib import Path

from tests.support.ticket_api import Fleet, write_config

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = """
import os, signal, sys
from core_services.ticket_api import __main__, runtime

class StoppedAtOnce:
    def info(self, event, **_):
        print(event, flush=True)
        if event == "listening":
            os.kill(os.getpid(), signal.SIGTERM)

runtime._log = StoppedAtOnce()
sys.exit(__main__.main(["serve", "--config", sys.argv[1]]))
"""


async def test_sigterm_right_after_listening_drains_and_ends_well(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    Fleet(tmp_path / "fleet-keys.json").publish()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PROGRAM, str(config)), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    assert (process.returncode, out.split()[-3:]) == (0, [b"listening", b"draining", b"stopped"])
