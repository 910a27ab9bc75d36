"""How a kiosk came to be as it is. Pure."""

from datetime import datetime
from typing import ClassVar, Final, Self

from cloud_store.records import Record
from fleet_service.instances.snapshot import JudgedKiosk
from kiosk_contracts.instances import OfflineSpan, StateChange
from kiosk_contracts.plain_text import made_plain

MOST_CHANGES: Final = 100
MOST_SPANS: Final = 50
_MOST_WHY: Final = 300
"""Signs. What a kiosk says of itself is in it, and a hundred of them are one item of the store."""


class HistoryRecord(Record):
    """A kiosk's last changes, by the kiosk's id; the newest first."""

    store_kind: ClassVar[str] = "history"
    changes: tuple[StateChange, ...] = ()
    sold_offline: tuple[OfflineSpan, ...] = ()
    """Told by the first report after each outage."""

    def after(self, one: JudgedKiosk, at: datetime) -> Self:
        """Return the history with what a kiosk is now; itself if that is nothing new."""
        said, report = one.assessment, one.kiosk.views.report
        update: dict[str, object] = {}
        if not self.changes or self.changes[0].state != said.state.value:
            change = StateChange(at=at, state=said.state, why=_short(made_plain(said.why)))
            update["changes"] = (change, *self.changes)[:MOST_CHANGES]
        since = None if report is None else report.was_offline_since
        until = None if report is None else report.was_offline_until
        if since is not None and until is not None and self._is_new(until):
            # The kiosk's clock told when it began, ours when it was over.
            span = OfflineSpan(since=min(since, until), until=until)
            update["sold_offline"] = (span, *self.sold_offline)[:MOST_SPANS]
        return self.model_copy(update=update) if update else self

    def _is_new(self, until: datetime) -> bool:
        return all(span.until != until for span in self.sold_offline)


def _short(why: str) -> str:
    return why if len(why) <= _MOST_WHY else f"{why[: _MOST_WHY - 1]}…"
