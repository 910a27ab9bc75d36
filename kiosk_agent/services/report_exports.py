"""Reports that leave the kiosk as files."""

import asyncio
from uuid import UUID

from kiosk_agent.domain.people import StaffMember
from kiosk_agent.domain.report_table import report_files
from kiosk_agent.ports.report_files import ReportFiles
from kiosk_agent.services.shift_reports import ShiftReports
from kiosk_contracts.shifts import ReportExported


class ReportExports:
    """Writes them."""

    def __init__(self, reports: ShiftReports, files: ReportFiles) -> None:
        self._reports = reports
        self._files = files

    async def export(self, person: StaffMember, shift_id: UUID) -> ReportExported:
        """Write a shift's report as it is now, as CSV and as JSON.

        Idempotent for a Z report: the same files. Raises ProblemError `shift_unknown`,
        `role_too_low`, `storage_full`.
        """
        report = await self._reports.report(person, shift_id)
        texts = report_files(report)
        folder = await asyncio.to_thread(self._files.put, texts)
        return ReportExported(folder=str(folder), files=tuple(texts))
