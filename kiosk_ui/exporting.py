"""Reports as files of the venue host, as the UI asks for them. Knows no screen."""

from uuid import UUID

from kiosk_contracts.shifts import ReportExported
from kiosk_ui.desk import Desk
from kiosk_ui.notices import Notice, Tone
from kiosk_ui.words import clean


async def export_report(desk: Desk, shift_id: UUID) -> bool:
    """Write a shift's report to files as it is now, and say where; False if refused."""
    exported = await desk.asking.ask(
        lambda: desk.client.call(ReportExported, "POST", f"/v1/shifts/{shift_id}/export"),
        what="exporting the report",
    )
    if exported is None:
        return False
    where = f"On this kiosk's host, in {clean(exported.folder)}:"
    files = " and ".join(map(clean, exported.files))
    desk.announcer.announce(Notice(Tone.RECORDED, "The report is exported", (where, files)))
    return True
