"""The host's role credentials, as the SSM agent writes them. Pure.

The file's format is that of the AWS tools, with one profile that holds a session of the
managed-instance role: https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
"""

import configparser
from dataclasses import dataclass
from typing import Final

_PROFILE: Final = "default"
_KEY, _SECRET, _TOKEN = "aws_access_key_id", "aws_secret_access_key", "aws_session_token"
_SEE_SSM: Final = "See that the SSM agent runs: systemctl status amazon-ssm-agent."


class NoRoleCredentialsError(Exception):
    """There are no credentials to sign with; the text says why, `hint` what to do."""

    def __init__(self, why: str, hint: str = _SEE_SSM) -> None:
        super().__init__(why)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class RoleCredentials:
    """A session of the managed-instance role."""

    access_key_id: str
    secret_access_key: str
    session_token: str

    def __repr__(self) -> str:
        return f"RoleCredentials({self.access_key_id!r}, …)"


def read_role_credentials(text: str) -> RoleCredentials:
    """Return the credentials of a file's default profile; raises NoRoleCredentialsError."""
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(text)
        profile = parser[_PROFILE]
    except KeyError:
        raise NoRoleCredentialsError("the credentials file has no [default] profile") from None
    except configparser.Error:
        # Not chained: the error quotes the line, which may be a secret.
        raise NoRoleCredentialsError("the credentials file can't be read") from None
    values = [profile.get(name, "").strip() for name in (_KEY, _SECRET, _TOKEN)]
    if not values[0] or not values[1]:
        raise NoRoleCredentialsError("the credentials file has no key")
    if not values[2]:
        raise NoRoleCredentialsError(
            "the credentials file holds a long-lived key, not the host's role",
            "Remove that key: a kiosk's host has no AWS credentials but those of its SSM agent.",
        )
    return RoleCredentials(*values)
