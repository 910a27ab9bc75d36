"""The agent's settings: read once, checked whole, frozen, passed in."""

import ipaddress
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict

from kiosk_agent.adapters.printers.address import parse_address
from kiosk_agent.adapters.scanners.address import parse_scanner
from kiosk_agent.domain.archiving import ARCHIVE_AFTER_S
from kiosk_agent.domain.drawer_limits import (
    DrawerLimits,
)
from kiosk_agent.domain.refunding import RefundLimits
from kiosk_agent.domain.room import RoomLimits
from kiosk_agent.services.update_locks import MOST_S
from kiosk_agent.settings_file import read_settings
from kiosk_contracts.ids import KioskId
from kiosk_contracts.uploads import MAX_BATCH_ITEMS
from kiosk_texts import ENGLISH

ENV_PREFIX: Final = "KIOSK_AGENT_"
MAX_RESERVE: Final = 50
"""Tickets of a type; more than that is no small reserve, and lies idle."""
_ROOM: Final = RoomLimits()


def _fleet_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        msg = "it must be an address such as https://fleet.example.com"
        raise ValueError(msg)
    if parts.username or parts.password or parts.query or parts.fragment:
        msg = "it must have no user, password, query or fragment"
        raise ValueError(msg)
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        msg = "plain http is for loopback only; use https, or the kiosk's token can be read"
        raise ValueError(msg)
    return value.rstrip("/")


def _proxy(value: str) -> str:
    parts = urlsplit(value)
    if value and (parts.scheme != "http" or not parts.hostname or parts.path not in {"", "/"}):
        msg = "it must be an address such as http://proxy.example.com:3128"
        raise ValueError(msg)
    return value


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _readable_file(value: Path) -> Path:
    try:
        with value.open("rb") as file:
            empty = not file.read(1)
    except OSError as error:
        msg = f"{value}: {error.strerror}"
        raise ValueError(msg) from error
    if empty:
        msg = f"{value} is empty"
        raise ValueError(msg)
    return value


def _state_dir(value: Path) -> Path:
    try:
        is_other = value.exists() and not value.is_dir()
    except OSError as error:
        msg = f"{value}: {error.strerror}"
        raise ValueError(msg) from error
    if is_other:
        msg = f"{value} is not a directory"
        raise ValueError(msg)
    if not value.parent.is_dir():
        msg = f"{value.parent} does not exist; make it first"
        raise ValueError(msg)
    return value


def _printer(value: str) -> str:
    if value:
        parse_address(value)
    return value


def _scanner(value: str) -> str:
    if value:
        parse_scanner(value)
    return value


ReadableFile = Annotated[Path, AfterValidator(_readable_file)]
ByteCount = Annotated[int, Field(ge=0)]
SmallestUnits = Annotated[int, Field(ge=1, le=10**12)]
"""So many of the currency's smallest unit."""
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class AgentSettings(BaseSettings):
    """All settings. `docs/configuration.md` describes each; times are in seconds."""

    model_config = SettingsConfigDict(env_prefix=ENV_PREFIX, frozen=True, extra="forbid")

    kiosk_id: KioskId
    fleet_url: Annotated[str, AfterValidator(_fleet_url)]
    https_proxy: Annotated[str, AfterValidator(_proxy)] = ""
    identity: Literal["enrolment_secret", "managed_instance"] = "enrolment_secret"
    enrolment_secret_file: Annotated[ReadableFile | None, Field(validate_default=True)] = None
    roster_file: Annotated[ReadableFile | None, Field(validate_default=True)] = None
    state_dir: Annotated[Path, AfterValidator(_state_dir)] = Path("/var/lib/eventpro/agent")
    reserve_dir: Path | None = None
    report_dir: Path | None = None
    reserve_per_type: Annotated[int, Field(ge=0, le=MAX_RESERVE)] = 4
    machine_id_file: Path = Path("/etc/machine-id")
    ui_socket: Path = Path("/run/eventpro/ui.sock")
    admin_socket: Path = Path("/run/eventpro/admin.sock")
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] = "EUR"
    locale: str = ENGLISH.tag
    hold_s: Seconds = 600
    heartbeat_s: Seconds = 15
    sync_s: Seconds = 30
    stock_again_s: Seconds = 300
    retry_base_s: Seconds = 0.5
    retry_cap_s: Seconds = 30
    park_after_s: Seconds = 600
    parked_again_s: Seconds = 900
    verify_every_s: Seconds = 86_400
    batch_max: Annotated[int, Field(ge=1, le=MAX_BATCH_ITEMS)] = MAX_BATCH_ITEMS
    connect_timeout_s: Seconds = 5
    total_timeout_s: Seconds = 30
    archive_after_s: Seconds = ARCHIVE_AFTER_S
    room_warn_bytes: ByteCount = _ROOM.warn_bytes
    room_stop_bytes: ByteCount = _ROOM.stop_bytes
    room_reserve_bytes: ByteCount = _ROOM.reserve_bytes
    printer: Annotated[str, AfterValidator(_printer)] = ""
    printer_columns: Annotated[int, Field(ge=24, le=96)] = 42
    printer_profile: str = "default"
    print_receipts: bool = False
    scanner: Annotated[str, AfterValidator(_scanner)] = ""
    refund_alone: Annotated[Decimal, Field(ge=0, allow_inf_nan=False)] = Decimal(0)
    refund_with_manager: Annotated[Decimal, Field(gt=0, allow_inf_nan=False)] | None = None
    most_change: SmallestUnits | None = None
    most_float: SmallestUnits | None = None
    most_moved: SmallestUnits | None = None
    most_update_lock_s: Annotated[float, Field(ge=60, le=MOST_S)] = MOST_S
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @field_validator("enrolment_secret_file")
    @classmethod
    def _can_prove_itself(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        by_secret = info.data.get("identity") == "enrolment_secret"
        if by_secret and value is None:
            raise PydanticCustomError("missing", "it is missing")
        if not by_secret and value is not None:
            msg = "a managed instance proves itself without it; remove it"
            raise ValueError(msg)
        return value

    @field_validator("roster_file")
    @classmethod
    def _knows_somebody(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        # A managed instance was enrolled at its venue, and gets its roster from there.
        if info.data.get("identity") == "enrolment_secret" and value is None:
            raise PydanticCustomError("missing", "it is missing")
        return value

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        if self.ui_socket == self.admin_socket:
            msg = "ui_socket and admin_socket must differ: one is for the UI, one for root"
            raise ValueError(msg)
        if self.retry_base_s > self.retry_cap_s:
            msg = "retry_base_s must not be above retry_cap_s"
            raise ValueError(msg)
        if not self.room_reserve_bytes <= self.room_stop_bytes <= self.room_warn_bytes:
            msg = "room_reserve_bytes, room_stop_bytes and room_warn_bytes must not fall"
            raise ValueError(msg)
        return self

    @property
    def journal_path(self) -> Path:
        """The journal's file."""
        return self.state_dir / "journal.db"

    @property
    def archive_dir(self) -> Path:
        """Where transactions go that settled long ago."""
        return self.state_dir / "archive"

    @property
    def room_limits(self) -> RoomLimits:
        """How much room on the disk is low, stops sales, and is held back."""
        return RoomLimits(self.room_warn_bytes, self.room_stop_bytes, self.room_reserve_bytes)

    @property
    def refund_limits(self) -> RefundLimits:
        """How much of one sale people may refund."""
        return RefundLimits(self.refund_alone, self.refund_with_manager)

    @property
    def drawer_limits(self) -> DrawerLimits:
        """Which amounts are too large to be meant."""
        return DrawerLimits(self.most_change, self.most_float, self.most_moved)

    @property
    def report_path(self) -> Path:
        """The folder of exported reports."""
        return self.report_dir or self.state_dir / "reports"

    @property
    def reserve_path(self) -> Path:
        """The directory of the sealed reserve."""
        return self.reserve_dir or self.state_dir / "reserve"


def load_settings(config: Path | None) -> AgentSettings:
    """Read the settings: environment first, then the TOML file. Raises SettingsError."""
    return read_settings(AgentSettings, config)
