"""The agent's settings: read once, checked whole, frozen, passed in."""

import ipaddress
import os
import tomllib
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, StringConstraints, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from kiosk_agent.adapters.printers.address import parse_address
from kiosk_agent.adapters.scanners.address import parse_scanner
from kiosk_agent.domain.archiving import ARCHIVE_AFTER_S
from kiosk_agent.domain.drawer_limits import (
    DrawerLimits,
)
from kiosk_agent.domain.refunding import RefundLimits
from kiosk_agent.domain.room import RoomLimits
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
    enrolment_secret_file: ReadableFile
    roster_file: ReadableFile
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
    log_level: Literal["debug", "info", "warning", "error"] = "info"

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


@dataclass(frozen=True, slots=True)
class SettingProblem:
    """One setting that is missing or wrong."""

    setting: str
    why: str
    what_to_do: str

    def __str__(self) -> str:
        """Return the one line that a person reads."""
        return f"setting {self.setting}: {self.why}. {self.what_to_do}"


class SettingsError(Exception):
    """The settings can't be used; nothing was changed."""

    def __init__(self, problems: list[SettingProblem]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = problems


def load_settings(config: Path | None) -> AgentSettings:
    """Read the settings: environment first, then the TOML file. Raises SettingsError."""
    _refuse_unknown_variables()
    if config is not None:
        _check_toml(config)

    class FromFile(AgentSettings):
        """The settings, from this file."""

        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            del init_settings, dotenv_settings, file_secret_settings
            if config is None:
                return (env_settings,)
            return (env_settings, TomlConfigSettingsSource(settings_cls, toml_file=config))

    try:
        return FromFile()
    except ValidationError as error:
        where = str(config) if config is not None else "the file given with --config"
        raise SettingsError([_problem(dict(item), where) for item in error.errors()]) from error


def _refuse_unknown_variables() -> None:
    known = {f"{ENV_PREFIX}{name.upper()}" for name in AgentSettings.model_fields}
    unknown = sorted(name for name in os.environ if name.upper().startswith(ENV_PREFIX))
    problems = [
        SettingProblem(name, "there is no such setting", "Unset that variable.")
        for name in unknown
        if name.upper() not in known
    ]
    if problems:
        raise SettingsError(problems)


def _check_toml(config: Path) -> None:
    try:
        tomllib.loads(config.read_text(encoding="utf-8"))
    except OSError as error:
        problem = SettingProblem("--config", f"{config}: {error.strerror}", "Name a TOML file.")
        raise SettingsError([problem]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        problem = SettingProblem("--config", f"{config} is not TOML: {error}", "Mend that line.")
        raise SettingsError([problem]) from error


def _problem(error: dict[str, Any], where: str) -> SettingProblem:
    name = str(error["loc"][0]) if error["loc"] else "(together)"
    places = f"Set {ENV_PREFIX}{name.upper()}, or `{name}` in {where}."
    match error["type"]:
        case "missing":
            return SettingProblem(name, "it is missing", places)
        case "extra_forbidden":
            return SettingProblem(name, "there is no such setting", f"Remove it from {where}.")
        case _:
            why = error["msg"].removeprefix("Value error, ")
            given = "" if not error["loc"] else f" (it is {error['input']!r})"
            what = places if error["loc"] else f"Mend {where}."
            return SettingProblem(name, f"{why[:1].lower()}{why[1:]}{given}", what)
