"""The role credentials that the SSM agent keeps for everybody on the host.

They are read afresh for each call: they are replaced every half hour.
"""

import configparser
from dataclasses import dataclass
from pathlib import Path


class NoCredentialsError(Exception):
    """There are none yet, or they can't be read; the text says why."""


@dataclass(frozen=True, slots=True)
class Keys:
    """A session's keys."""

    access_key: str
    secret_key: str
    token: str | None


def read_keys(path: Path) -> Keys:
    """Read the profile `default`; raises NoCredentialsError."""
    file = configparser.ConfigParser()
    try:
        file.read_string(path.read_text())
        profile = file["default"]
        return Keys(
            profile["aws_access_key_id"],
            profile["aws_secret_access_key"],
            profile.get("aws_session_token"),
        )
    except (OSError, UnicodeDecodeError, configparser.Error, KeyError) as error:
        raise NoCredentialsError(f"{path}: {error!r}") from error
