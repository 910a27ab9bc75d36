"""The run that is cut: its folder, the far side of each kiosk, and where it tells."""

import asyncio
import json
import os
import traceback
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from kiosk_agent.adapters.reserve_file import ReserveFile
from kiosk_agent.domain.reserve import Reserve
from kiosk_agent.ports.journal import JournalReader
from kiosk_contracts.kiosk_status import JournalState
from tests.proof.books import all_rows
from tests.proof.cuts.told import seal_of
from tests.proof.far_ledger import LosingLedger
from tests.proof.kiosk_at_work import RESERVE, KioskAtWork, kiosk_in

MAIN: Final = "kiosk"
OLD_JOURNALS: Final[dict[str, bytes]] = {"empty": b""}
"""Journal files as earlier versions left them, by the folder that they are in."""
JOURNALS: Final = (MAIN, *OLD_JOURNALS)
Tell = Callable[[dict[str, Any]], None]
SETTLED_IS_OLD_S: Final = -1.0
"""For `archive_after_s`: what has settled by now may be archived at once."""


def prepare(folder: Path) -> None:
    """Make what is there before the run begins."""
    (folder / MAIN).mkdir()
    for name, content in OLD_JOURNALS.items():
        (folder / name).mkdir()
        (folder / name / "journal.db").write_bytes(content)


class ToldReserve(ReserveFile):
    """A sealed reserve that tells what is sealed, before and after."""

    def __init__(self, directory: Path, tell: Tell) -> None:
        super().__init__(directory)
        self._tell = tell

    def save(self, reserve: Reserve) -> None:
        """Seal it in place of the one before."""
        self._tell({"sealing": seal_of(reserve)})
        super().save(reserve)
        self._tell({"sealed": True})


@dataclass
class Run:
    """The scripted run. Each journal is another kiosk's, with a far side of its own."""

    folder: Path
    marks: int
    ledgers: dict[str, LosingLedger] = field(init=False)

    def __post_init__(self) -> None:
        self.ledgers = {name: LosingLedger(tell=self._teller(name)) for name in JOURNALS}

    @property
    def ledger(self) -> LosingLedger:
        """The main kiosk's far side."""
        return self.ledgers[MAIN]

    def tell(self, fact: dict[str, Any], name: str = MAIN) -> None:
        """Tell the world, in order with what is done on the disk."""
        os.write(self.marks, json.dumps({"journal": name, **fact}).encode() + b"\n")

    def _teller(self, name: str) -> Tell:
        return lambda fact: self.tell(fact, name)

    def kiosk(self, name: str = MAIN) -> AbstractAsyncContextManager[KioskAtWork]:
        """Open the kiosk of a folder."""
        return kiosk_in(
            self.folder / name,
            self.ledgers[name],
            reserve=ToldReserve(self.folder / name / RESERVE, self._teller(name)),
            archive_after_s=SETTLED_IS_OLD_S,
        )

    def answered(self, answer: dict[str, Any], name: str = MAIN) -> dict[str, Any]:
        """Tell that the UI was answered; return the answer."""
        self.tell({"answer": answer}, name)
        return answer

    async def top_up(self, kiosk: KioskAtWork, name: str = MAIN) -> None:
        """Get stock, then tell which serials are in it."""
        await kiosk.top_up()
        granted = [
            one for allotment in self.ledgers[name].granted.values() for one in allotment.tickets
        ]

        def stocked(reader: JournalReader) -> list[str]:
            return [one.serial for one in granted if reader.stock_item(one.serial) is not None]

        self.tell({"stocked": await kiosk.here.journal.read(stocked)}, name)

    async def drain(self, kiosk: KioskAtWork, name: str = MAIN) -> None:
        """Send everything, then tell what is settled."""
        await kiosk.drain()
        rows = await kiosk.here.journal.read(all_rows)
        settled = [str(row.txn_id) for row in rows if row.state is JournalState.SETTLED]
        self.tell({"settled": settled}, name)

    def killed(self, part: Callable[["Run"], Coroutine[Any, Any, None]]) -> None:
        """Let a part of the run be done in a process of its own that ends by SIGKILL.

        No journal may be open here. RuntimeError if the part comes to another end.
        """
        child = os.fork()
        if not child:
            try:
                asyncio.run(part(self))
            except BaseException:  # noqa: BLE001  whatever it was, it is the parent's program above
                traceback.print_exc()
            os._exit(1)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            raise RuntimeError(f"a part that was to be killed ended with {status}")
