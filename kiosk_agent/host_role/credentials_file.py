"""The file in which the SSM agent keeps the host's role credentials."""

from pathlib import Path
from typing import Final

from kiosk_agent.host_role.role_credentials import (
    NoRoleCredentialsError,
    RoleCredentials,
    read_role_credentials,
)

_MOST_BYTES: Final = 64 * 1024


class CredentialsFile:
    """Read at each use: the SSM agent writes it anew every half hour, and then the old ones end."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> RoleCredentials:
        """Return the credentials as they are now; raises NoRoleCredentialsError."""
        try:
            with self._path.open("rb") as file:
                raw = file.read(_MOST_BYTES)
        except FileNotFoundError:
            raise NoRoleCredentialsError(
                f"{self._path} is not there: this host has no role credentials yet"
            ) from None
        except OSError as error:
            raise NoRoleCredentialsError(f"{self._path}: {error.strerror}") from error
        return read_role_credentials(raw.decode("utf-8", "replace"))
