"""Settings of the ticket API: environment (`TICKET_API_…`) over a TOML file over defaults."""

from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import Field, StringConstraints, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from cloud_store.places import RegionName, StorePlace, TableName, TablePlace

ENV_PREFIX: Final = "TICKET_API_"


class SettingsError(Exception):
    """A setting is missing or wrong; the message names each, in words."""


class Settings(BaseSettings):
    """What the ticket API is told at its start."""

    model_config = SettingsConfigDict(env_prefix=ENV_PREFIX, frozen=True, extra="forbid")

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8500
    """0: any free port; the log line `listening` tells which."""
    database: Path | None = None
    """The SQLite file of the store; or else the next two."""
    store_table: TableName | None = None
    """The store in a DynamoDB table, for several tasks (`ticket-api store create`)."""
    store_region: RegionName | None = None
    """Of that table."""
    keys_dir: Path
    """Folder of the keys that sign tickets; the first is made at the first start."""
    fleet_keys_file: Path
    """JSON `{"keys": [{"kid", "public_key_hex"}]}`: who may sign kiosks' tokens. Re-read on
    change."""
    ops_token_sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    """SHA-256 of the operators' token, hexadecimal."""
    max_offline_days: Annotated[int, Field(ge=1, le=366)] = 30
    """The longest time that a gate may be without a line: keys are published this long ahead."""
    lease_margin_s: Annotated[int, Field(ge=0, le=7 * 86400)] = 3600
    """Kiosks sell on for so long after an event's sales close."""
    clock_tolerance_s: Annotated[int, Field(ge=0, le=86400)] = 300
    """A kiosk's clock may be wrong by so much before a transaction is flagged."""
    token_leeway_s: Annotated[int, Field(ge=0, le=300)] = 30
    body_limit_bytes: Annotated[int, Field(ge=1024)] = 10 * 1024 * 1024
    request_timeout_s: Annotated[float, Field(gt=0, le=300)] = 25.0
    """A request that takes longer, its body included, is given up with 503."""
    shutdown_timeout_s: Annotated[float, Field(ge=0, le=300)] = 20.0
    """After SIGTERM, requests at hand have so long to finish."""

    @model_validator(mode="after")
    def _one_store(self) -> Self:
        if (self.store_table is None) != (self.store_region is None):
            missing = "store_region" if self.store_region is None else "store_table"
            msg = f"store_table and store_region belong together; {missing} is missing"
            raise ValueError(msg)
        if self.database and self.store_table:
            msg = "database and store_table are two stores; set one of them"
            raise ValueError(msg)
        if not self.database and not self.store_table:
            msg = "there is no store: set database, or store_table and store_region"
            raise ValueError(msg)
        return self

    @property
    def store_place(self) -> StorePlace:
        """Where the store is."""
        if self.store_table is not None and self.store_region is not None:
            return TablePlace(self.store_table, self.store_region)
        if self.database is None:
            raise LookupError("settings without a store are refused")
        return self.database


def load_settings(config: Path | None) -> Settings:
    """Read the environment and `config`; raises SettingsError in words for a person."""
    if config is not None and not config.is_file():
        raise SettingsError(f"there is no settings file {config}")

    class _FromFile(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  pydantic's signature
            file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003  the same
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            file = TomlConfigSettingsSource(settings_cls, toml_file=config)
            return (init_settings, env_settings, file)

    try:
        return _FromFile()
    except ValidationError as error:
        raise SettingsError(_in_words(error, config)) from error
    except ValueError as error:
        raise SettingsError(f"the settings file {config} is not TOML: {error}") from error


def _in_words(error: ValidationError, config: Path | None) -> str:
    where = f"in {config}" if config else "in a file given with --config"
    lines = []
    for problem in error.errors():
        name = ".".join(str(part) for part in problem["loc"])
        if not name:
            lines.append(f"{problem['msg'].removeprefix('Value error, ')} ({where})")
        elif problem["type"] == "missing":
            lines.append(f"setting {name} is missing: set {ENV_PREFIX}{name.upper()} or it {where}")
        elif problem["type"] == "extra_forbidden":
            lines.append(f"there is no setting {name} (found {where})")
        else:
            lines.append(f"setting {name} is wrong: {problem['msg']}")
    return "\n".join(lines)
