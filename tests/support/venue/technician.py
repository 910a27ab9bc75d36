"""Who opens a venue and makes a host one of its kiosks, as docs/new-venue.md says."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.support.venue.enrolling import GUIDE, EnrollingCloud, enrolling_cloud
from tests.support.venue.machine import VenueMachine

_, PASSPHRASE, KIOSK, SELLS = re.findall(r"^\d\. \*\*(.+?)\*\*", GUIDE.read_text(), re.MULTILINE)
"""What the guide says that a technician reads on the screen, after the stick is in."""
ENDS = "kiosk-agent: "


@asynccontextmanager
async def harbour_hall(folder: Path) -> AsyncIterator[tuple[EnrollingCloud, str]]:
    """Open the venue as its operator does; give the option that plugs the stick in."""
    async with enrolling_cloud(folder) as cloud:
        await cloud.types(0)
        await cloud.types(1)
        yield cloud, cloud.put_on_stick()


async def technician(host: VenueMachine, passphrase: str) -> None:
    """Do what the guide says until it sells; whatever it asks is answered once each time."""
    answers = {re.escape(PASSPHRASE): passphrase, re.escape(KIOSK): "1"}
    asks = "|".join([*answers, re.escape(SELLS), re.escape(ENDS)])
    while True:
        shown = await host.screen.until(asks, 240)
        assert shown != ENDS, host.screen.text
        if re.fullmatch(re.escape(SELLS), shown):
            return
        typed = next(text for question, text in answers.items() if re.fullmatch(question, shown))
        await asyncio.sleep(0.2)
        host.screen.wipe()
        host.screen.type(f"{typed}\r")
