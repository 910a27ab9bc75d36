"""The UI socket's typed application keys."""

from dataclasses import dataclass
from typing import Final

from aiohttp import web

from kiosk_agent.domain.gates import Verify
from kiosk_agent.domain.refunding import RefundLimits
from kiosk_agent.ports.hand_overs import HandOvers
from kiosk_agent.ports.kept_checks import KeptChecksStore
from kiosk_agent.ports.pins import PinHashes
from kiosk_agent.ports.report_files import ReportFiles
from kiosk_agent.ports.scanner import ScannerLayouts
from kiosk_agent.ports.training import TrainingGround
from kiosk_agent.services.admitting import Admitting
from kiosk_agent.services.carts import CartDesk
from kiosk_agent.services.clocks import Clocks
from kiosk_agent.services.freeing import FreedCarts
from kiosk_agent.services.gate_search import GateSearch
from kiosk_agent.services.kiosk import Kiosk
from kiosk_agent.services.known_staff import StaffView
from kiosk_agent.services.looking_up import LookUp
from kiosk_agent.services.pin_tries import PinTries
from kiosk_agent.services.pre_show import PreShow
from kiosk_agent.services.printing import PrintDesk
from kiosk_agent.services.quarantine import Quarantine
from kiosk_agent.services.refunds import RefundDesk
from kiosk_agent.services.report_exports import ReportExports
from kiosk_agent.services.scanning import RememberedLayouts, ScannerDesk
from kiosk_agent.services.selling import Selling
from kiosk_agent.services.shift_history import ShiftHistory
from kiosk_agent.services.shift_reports import ShiftReports
from kiosk_agent.services.shifts import Shifts
from kiosk_agent.services.staff import Staff
from kiosk_agent.services.status import StatusReports


@dataclass(frozen=True, slots=True)
class Desk:
    """The services behind the UI socket."""

    kiosk: Kiosk
    staff: Staff
    shifts: Shifts
    shift_reports: ShiftReports
    shift_history: ShiftHistory
    exports: ReportExports
    carts: CartDesk
    freed_carts: FreedCarts
    selling: Selling
    admitting: Admitting
    reports: StatusReports
    quarantine: Quarantine
    clocks: Clocks
    printing: PrintDesk
    pre_show: PreShow
    training: TrainingGround | None
    """None where nobody can practise: at training itself."""
    scanners: ScannerDesk
    gate_search: GateSearch
    refunds: RefundDesk
    look_up: LookUp


DESK: Final = web.AppKey("desk", Desk)


def open_desk(  # noqa: PLR0913  what a desk stands on
    kiosk: Kiosk,
    *,
    roster: StaffView,
    pins: PinHashes,
    tries: PinTries | None = None,
    verify: Verify,
    hand_overs: HandOvers,
    kept_checks: KeptChecksStore,
    report_files: ReportFiles,
    training: TrainingGround | None = None,
    layouts: ScannerLayouts | None = None,
    refund_limits: RefundLimits | None = None,
) -> Desk:
    """Return the services of a kiosk, ready to serve its UI.

    Without `tries` wrong PINs are counted in the kiosk's own journal, for this desk alone.
    """
    shift_reports = ShiftReports(kiosk, roster)
    return Desk(
        kiosk=kiosk,
        staff=Staff(kiosk, roster, pins, tries or PinTries(kiosk.journal, kiosk.clock)),
        shifts=Shifts(kiosk, shift_reports),
        shift_reports=shift_reports,
        shift_history=ShiftHistory(kiosk, shift_reports),
        exports=ReportExports(shift_reports, report_files),
        carts=CartDesk(kiosk, roster),
        freed_carts=FreedCarts(kiosk),
        selling=Selling(kiosk, shift_reports),
        admitting=Admitting(kiosk, verify),
        reports=StatusReports(kiosk, roster),
        quarantine=Quarantine(kiosk, hand_overs, roster),
        clocks=Clocks(kiosk),
        printing=PrintDesk(kiosk),
        pre_show=PreShow(kiosk, kept_checks),
        training=training,
        scanners=ScannerDesk(kiosk, layouts or RememberedLayouts(), roster),
        gate_search=GateSearch(kiosk),
        refunds=RefundDesk(kiosk, shift_reports, refund_limits),
        look_up=LookUp(kiosk, verify, roster),
    )
