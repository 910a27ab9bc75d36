"""What an operator says of the kiosk UI's task, checked before anything is made of it."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Final, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

SMALLEST_MEMORY_MIB: Final = 128
"""The UI with its libraries; with less it would be killed while it works."""
_DIGEST: Final = re.compile(r"[a-z0-9][a-z0-9._/:-]*@sha256:[0-9a-f]{64}")
_ROLE: Final = r"^arn:aws[a-z-]*:iam::\d{12}:role/.+$"
_UI_SETTING: Final = re.compile(r"KIOSK_UI_[A-Z_]+")
_SET_HERE: Final = frozenset({"KIOSK_UI_SOCKET", "KIOSK_UI_HEALTH", "KIOSK_UI_SCREEN"})
LOG_ON_DISK: Final[Mapping[str, str]] = MappingProxyType({"max-size": "1m", "max-file": "1"})
"""A terminal's output is what stands on the screen, again and again: little of it is kept."""


def _by_digest(image: str) -> str:
    if not _DIGEST.fullmatch(image):
        msg = (
            f"{image!r} names no digest: what a tag names changes, also between two kiosks of one "
            "rollout. Write REPOSITORY@sha256:…, as `make image PUSH=…` says it"
        )
        raise ValueError(msg)
    return image


def _settings_alone(environment: Mapping[str, str]) -> Mapping[str, str]:
    for name in environment:
        if not _UI_SETTING.fullmatch(name):
            msg = (
                f"{name} is no setting of the kiosk UI (KIOSK_UI_…): whoever may describe tasks "
                "reads their environment, so nothing else belongs into it"
            )
            raise ValueError(msg)
        if name in _SET_HERE:
            msg = f"{name} is set by the image and the mounts, and not by an operator"
            raise ValueError(msg)
    return environment


class UiTaskTerms(BaseModel):
    """One revision of the kiosk UI's task."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    image: Annotated[str, AfterValidator(_by_digest)]
    """`REPOSITORY@sha256:…`."""
    family: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,255}$")] = "kiosk-ui"
    memory_mib: Annotated[int, Field(ge=SMALLEST_MEMORY_MIB)] = 384
    """The limit of the container, and what ECS reserves for it."""
    host_memory_mib: Annotated[int, Field(ge=2 * SMALLEST_MEMORY_MIB)] = 1536
    """What the smallest venue host registers with ECS: one of 2 GiB, less what its system keeps."""
    execution_role: (
        Annotated[str, Field(pattern=r"^arn:aws[a-z-]*:iam::\d{12}:role/.+$")] | None
    ) = None
    """With which the ECS agent pulls; None: with the host's own."""
    environment: Annotated[Mapping[str, str], AfterValidator(_settings_alone)] = {}
    """Settings of the UI; those of a venue are better in its agent."""
    log_driver: Annotated[str, Field(pattern=r"^(json-file|journald|awslogs)$")] = "json-file"
    log_options: Mapping[str, str] = {}
    """Of the driver; empty: `LOG_ON_DISK` for json-file."""

    @model_validator(mode="after")
    def _fits_twice(self) -> Self:
        if 2 * self.memory_mib >= self.host_memory_mib:
            msg = (
                f"memory: {self.memory_mib} MiB are not less than half of the host's "
                f"{self.host_memory_mib} MiB. The next release starts beside the one that it "
                "replaces, and would wait for memory; take less, or say what the hosts have"
            )
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _log_holds_nothing_up(self) -> Self:
        options = self.log_options
        if self.log_driver == "awslogs" and options.get("mode") != "non-blocking":
            msg = (
                "log: awslogs that blocks keeps a container from starting without a line; add "
                "mode=non-blocking"
            )
            raise ValueError(msg)
        if (
            self.log_driver == "json-file"
            and options
            and not {"max-size", "max-file"} <= set(options)
        ):
            msg = "log: a log on a venue's disk needs max-size and max-file, or it fills the disk"
            raise ValueError(msg)
        return self
