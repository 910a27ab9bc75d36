"""What comes to the files of a kiosk that is down, and what its books say when it is up again."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from kiosk_agent.adapters.reserve_file import ReserveFile
from kiosk_agent.domain.epochs import EpochReason
from kiosk_agent.domain.reserve import Reserve
from tests.proof.damages import (
    DAMAGES,
    Damage,
    copy_files,
    file_in_log,
    harm_payload,
    left_in,
    left_in_archives,
    put_back,
    remove_file,
)
from tests.proof.left_over import left_of
from tests.proof.model import Lot, Paper
from tests.proof.open_kiosk import LEASE_S, PICK
from tests.proof.selling_rules import SellingRules

HOSTS = ("machine:1", "machine:1", "machine:2")
GARBAGE = (b'{"cashier_id": "eve"}', b'{"cashier_id": "e')


@dataclass(frozen=True)
class BackUp:
    """A copy of all files that somebody took, and the books of then."""

    folder: Path
    paper: Paper


class HarmRules(SellingRules):
    """Damage, other hosts, older copies."""

    def __init__(self) -> None:
        super().__init__()
        self.backup: BackUp | None = None

    # Damage

    @rule(
        damage=st.sampled_from(DAMAGES),
        host=st.sampled_from(HOSTS),
        kill=st.booleans(),
        amid=st.sampled_from(["sending", "asking for stock", "nothing"]),
        online=st.booleans(),
        pick=PICK,
    )
    def damage(
        self,
        *,
        damage: Damage,
        host: str,
        kill: bool,
        amid: str,
        online: bool,
        pick: int,
    ) -> None:
        """Damage the file while the agent is down: what can be read is salvaged."""
        if amid == "sending":
            self.do(self.kiosk.here.journal.write(lambda writer: writer.begin_upload(2, 1 << 20)))
        if amid == "asking for stock":
            self.give_back()
            self.top_up(lost=1, heard=False)
            # How that was sealed is noted now: the damage may take it.
            self.books_agree()
        self.stop(kill=kill)
        self.host = host
        damage(self.folder, self._in_the_file(), pick)
        is_lost = damage is remove_file
        is_gone = is_lost and file_in_log(self.folder) is None
        base = Paper(self.clock, self.paper.told) if is_gone else self.paper
        self._salvage(base, EpochReason.LOST if is_lost else EpochReason.DAMAGED, online=online)

    @precondition(lambda self: self._in_the_file())
    @rule(kill=st.booleans(), text=st.sampled_from(GARBAGE), newest=st.booleans(), pick=PICK)
    def harm_one(self, *, kill: bool, text: bytes, newest: bool, pick: int) -> None:
        """Harm the text of one transaction: it harms itself alone, and no epoch begins."""
        self.stop(kill=kill)
        sequence = self.pick(self._in_the_file(), -1 if newest else pick)
        harm_payload(self.folder, sequence, text)
        self.paper.harmed |= {one.txn_id for one in self.paper.lines if one.sequence == sequence}
        self.start()

    # Copies

    @rule()
    def back_up(self) -> None:
        """Copy all files, as somebody may do who means well."""
        self.lives += 1
        folder = Path(self.scratch.name) / f"backup-{self.lives}"
        copy_files(self.folder, folder)
        self.backup = BackUp(folder, self.paper.copy())

    @rule(tidied=st.booleans(), kill=st.booleans(), online=st.booleans())
    def older_copy(self, *, tidied: bool, kill: bool, online: bool) -> None:
        """Put the copy of the journal's file back: its mark tells that it is older."""
        backup = self._older_backup(lambda paper: paper.last_sequence < self.paper.last_sequence)
        if tidied:
            self.quiet_night(guest=False)
        if backup.paper.last_sequence == self.paper.last_sequence:
            return
        self.stop(kill=kill)
        put_back(self.folder, backup.folder)
        self._salvage(backup.paper.copy(), EpochReason.DAMAGED, online=online)

    @rule(kill=st.booleans())
    def older_folder(self, *, kill: bool) -> None:
        """Put the copies of all files back: the far side tells that they are older, if it can."""
        backup = self._older_backup(lambda paper: paper.epoch == self.paper.epoch)
        self.upload(lost=0)
        head = self.do(self.ledger.journal_head(self.paper.journal_id))
        if head.sequence <= backup.paper.last_sequence:
            return
        self.stop(kill=kill)
        self.folder = self.folder.with_name(f"{self.folder.name}-older")
        copy_files(backup.folder, self.folder)
        self.paper = backup.paper.copy()
        reserve = self._sealed()
        self.start()
        self.books_agree()
        self.do(self.kiosk.epochs._check())
        self._epoch_began(EpochReason.OLDER_COPY, reserve, online=True)

    def _older_backup(self, is_old: Callable[[Paper], bool]) -> BackUp:
        """Return the copy that there is; or one of now, after which something is sold."""
        if self.backup is None or not is_old(self.backup.paper):
            self.back_up()
            self.sell(quantities=[1, 1], kind="adult", stocked=True)
            self.give_back()
        assert self.backup is not None
        return self.backup

    @rule(host=st.sampled_from(HOSTS), kill=st.booleans(), online=st.booleans())
    def move(self, *, host: str, kill: bool, online: bool) -> None:
        """Start on this host, or on another: there an epoch begins, and the reserve stays shut."""
        self.stop(kill=kill)
        moved, self.host = host != self.host, host
        reserve = self._sealed()
        self.start()
        if moved:
            self._epoch_began(EpochReason.OTHER_HOST, None, online=online)
        assert self._sealed() == reserve

    # What is true afterwards

    def _in_the_file(self) -> list[int]:
        paper = self.paper
        return [line.sequence for line in paper.lines if line.txn_id not in paper.archived]

    def _salvage(self, base: Paper, reason: EpochReason, *, online: bool) -> None:
        """Start on damaged files; `base` are the books of what they were before."""
        left = left_in(self.folder, range(1, self.paper.last_sequence + 1))
        archived = left_in_archives(self.folder) - left.keys()
        reports = set(self._reports())
        reserve = self._sealed()
        self.start()
        [report] = set(self._reports()) - reports
        base.last_sequence, base.epoch = self.paper.last_sequence, self.paper.epoch
        lost = {line.txn_id for line in self.paper.lines} - left.keys() - archived
        self.figures["model transactions lost"] += len(lost)
        self.paper = left_of(base, left, archived)
        self._compare_report(json.loads(report.read_text()))
        self._epoch_began(reason, reserve, online=online)

    def _epoch_began(self, reason: str, reserve: Reserve | None, *, online: bool) -> None:
        """Find that one epoch began, with this reserve unless it is another host's; go on in it."""
        paper = self.paper
        begun = self.read(lambda reader: reader.epochs()[-1])
        assert (begun.reason, begun.epoch) == (reason, paper.epoch + 1)
        assert begun.journal_id not in paper.told.journals
        paper.begin_epoch(begun.journal_id, begun.epoch)
        self.figures["model epochs"] += 1
        if reserve is not None and reserve.host_id == self.host:
            assert reserve.journal_id == begun.journal_id
            assert self._sealed() is None
            self._take(reserve)
        self.books_agree()
        if online or self.read(lambda reader: reader.catalogue()) is None:
            self.go_online()
        else:
            self.do(self.kiosk.open_shift())
            self.record_unasked("shift_opened")
        self._customers_come_back()
        self.sell(quantities=[1, 1], kind="adult", stocked=online)

    def _take(self, reserve: Reserve) -> None:
        """Take the reserve's stock; what was not answered is asked for again."""
        for lease in reserve.leases:
            times = (lease.asked_at, lease.asked_boottime_ms, lease.asked_boot_id)
            granted = lease.allotment
            serials = tuple(ticket.serial for ticket in granted.tickets) if granted else ()
            lot = Lot(serials, *times, LEASE_S)
            if granted:
                self.paper.add_lot(lot, lease.ticket_type_id)
            else:
                self.paper.asked[lease.request_id] = lot

    def _customers_come_back(self) -> None:
        """Ask for every sale again, and for the money of every one that was voided."""
        for sale in self.paper.told.sales:
            self.ask_for(sale)
        for sale in self.paper.told.voids.values():
            if self.paper.against_void(sale):
                self.refuse_void(sale)

    def _compare_report(self, report: dict[str, Any]) -> None:
        """Find everything in the report that is not there any more, and nothing else."""
        paper = self.paper
        missing = {
            sequence
            for first, last in report["sequences_missing"]
            for sequence in range(first, last + 1)
        }
        there = {line.sequence for line in paper.lines}
        assert missing == set(range(1, paper.last_sequence + 1)) - there
        harmed = [line.sequence for line in paper.lines if line.txn_id in paper.harmed]
        assert report["transactions_damaged"] == harmed
        assert report["new_epoch"] == paper.epoch + 1

    def _reports(self) -> list[Path]:
        return list(self.folder.glob("damaged/*/salvage.json"))

    def _sealed(self) -> Reserve | None:
        return ReserveFile(self.folder / "reserve").load()
