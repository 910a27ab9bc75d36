"""Reads settings of a program of the venue host: environment first, then a TOML file."""

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    TomlConfigSettingsSource,
)

S = TypeVar("S", bound=BaseSettings)


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


def read_settings(model: type[S], config: Path | None) -> S:
    """Return the settings; raises SettingsError, with a line for each that is missing or wrong."""
    prefix = model.model_config["env_prefix"]
    _refuse_unknown_variables(model, prefix)
    if config is not None:
        _check_toml(config)

    def sources(
        _cls: type[BaseSettings],
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

    from_file = type(model.__name__, (model,), {"settings_customise_sources": classmethod(sources)})
    try:
        found: S = from_file()
    except ValidationError as error:
        where = str(config) if config is not None else "the file given with --config"
        problems = [_problem(dict(item), prefix, where) for item in error.errors()]
        raise SettingsError(problems) from error
    return found


def _refuse_unknown_variables(model: type[BaseSettings], prefix: str) -> None:
    known = {f"{prefix}{name.upper()}" for name in model.model_fields}
    unknown = sorted(name for name in os.environ if name.upper().startswith(prefix))
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


def _problem(error: dict[str, Any], prefix: str, where: str) -> SettingProblem:
    name = str(error["loc"][0]) if error["loc"] else "(together)"
    places = f"Set {prefix}{name.upper()}, or `{name}` in {where}."
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
