"""Reports as files of the venue host, as the UI asks for them. Knows no screen."""

from uuid import UUID

from kiosk_contracts.shifts import ReportExported
from kiosk_texts import tr
from kiosk_ui.cleaning import clean
from kiosk_ui.desk import Desk
from kiosk_ui.notices import Notice, Tone


async def export_report(desk: Desk, shift_id: UUID) -> bool:
    """Write a shift's report to files as it is now, and say where; False if refused."""
    exported = await desk.asking.ask(
        lambda: desk.client.call(ReportExported, "POST", f"/v1/shifts/{shift_id}/export"),
        what=tr("exporting the report"),
    )
    if exported is None:
        return False
    where = tr("On this kiosk's host, in {folder}:", folder=clean(exported.folder))
    files = tuple(map(clean, exported.files))
    desk.announcer.announce(Notice(Tone.RECORDED, tr("The report is exported"), (where, *files)))
    return True
