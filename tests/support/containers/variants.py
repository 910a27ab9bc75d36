"""Images like the kiosk's that do something wrong, made of it in a moment."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from tests.support.containers.docker import away

_UI = "sys.argv[:] = ['kiosk-ui']; runpy.run_module('kiosk_ui', run_name='__main__')"
_BESIDE = """
import os, runpy, signal, sys, threading, time
def beside():
    {beside}
{first}
threading.Thread(target=beside, daemon=True).start()
{ui}
"""


def ui_that(beside: str = "pass", first: str = "") -> Sequence[str]:
    """Return a program that is the kiosk UI, with a line done first, and one done beside it."""
    return ("python3", "-c", _BESIDE.format(beside=beside, first=first, ui=_UI))


DIES_SOON = ui_that("time.sleep(3); os._exit(3)")
FAILS_AT_ONCE = ("python3", "-c", "raise SystemExit('kiosk-ui: the picture book is torn')")
NEVER_READY = ("python3", "-c", "import time; time.sleep(10**6)")
EATS_MEMORY = ui_that("time.sleep(3); kept = [bytearray(1 << 20) for _ in range(1 << 16)]")
# No thread takes it: those begun later have the mask of the first.
IGNORES_SIGTERM = ui_that(first="signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])")

FLOOD_BYTES = 12_000_000
FLOODS = ui_that(
    first=f"for _ in range({FLOOD_BYTES} // 1200): os.write(1, b'flood ' * 199 + b'flood\\n')"
)


@asynccontextmanager
async def variant(image: str, *entrypoint: str, file: Path | None = None) -> AsyncIterator[str]:
    """Give the id of an image with another entry point; `file` is put into its root."""
    made = await away("create", image)
    try:
        if file is not None:
            await away("cp", str(file), f"{made}:/{file.name}")
        change = f"ENTRYPOINT {json.dumps(list(entrypoint))}"
        image_id = await away("commit", "--change", change, made)
    finally:
        await away("rm", made)
    try:
        yield image_id
    finally:
        # The last thing that a supervisor does may be to start one more.
        if left := (await away("ps", "--all", "--quiet", f"--filter=ancestor={image_id}")).split():
            await away("rm", "--force", *left)
        await away("rmi", "--force", image_id)
