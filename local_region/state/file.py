"""One JSON file, replaced whole, so that a kill leaves the old one or the new one."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from pydantic import BaseModel, Field, ValidationError

from local_region.ecs.model import EcsState
from local_region.identity.credentials import IdentityState
from local_region.ssm.model import SsmState

FILE: Final = "region.json"


class RegionState(BaseModel):
    """Everything; `account` and `region` must be the same at the next start."""

    account: str
    region: str
    identity: IdentityState = Field(default_factory=IdentityState)
    ssm: SsmState = Field(default_factory=SsmState)
    ecs: EcsState = Field(default_factory=EcsState)


class StateRefusedError(Exception):
    """The state directory holds what this region can't go on with; the text says what to do."""


class StateFile:
    """Keeps a state in a directory; without a directory nothing survives."""

    def __init__(self, folder: Path | None, account: str, region: str) -> None:
        """Open the file or begin anew; raises StateRefusedError or OSError."""
        self._path = folder / FILE if folder else None
        self._listeners: list[Callable[[], None]] = []
        self.state = RegionState(account=account, region=region)
        if self._path is None:
            return
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._path.exists():
            self.state = _read(self._path)
        if (self.state.account, self.state.region) != (account, region):
            raise StateRefusedError(
                f"{self._path} is of account {self.state.account} in {self.state.region}; start "
                "with the same, or with another --state"
            )

    def on_change(self, listener: Callable[[], None]) -> None:
        """Have a listener called after each change."""
        self._listeners.append(listener)

    def keep(self) -> None:
        """Write the changed state, and tell the listeners; raises OSError."""
        if self._path is not None:
            self._write(self._path)
        for listener in self._listeners:
            listener()

    def _write(self, path: Path) -> None:
        fresh = path.with_suffix(".new")
        # The state holds secret keys.
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(self.state.model_dump_json())
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)


def _read(path: Path) -> RegionState:
    try:
        return RegionState.model_validate_json(path.read_text())
    except ValidationError as error:
        raise StateRefusedError(
            f"{path} can't be read as a region's state ({error.error_count()} errors); remove it "
            "to begin anew"
        ) from error
