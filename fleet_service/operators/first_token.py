"""The first administrator's token, which the settings know by its hash."""

import os
from pathlib import Path

from fleet_service.operators.tokens import OperatorToken, digest


class FirstTokenError(Exception):
    """The token's file can't be written; the text says why."""


def make_first_token(path: Path) -> str:
    """Write a new token to a file that is its owner's alone, and return the setting it needs.

    It has the form of operators' tokens, so it is as hard to guess. Raises FirstTokenError, also
    if the file exists: a token is never overwritten.
    """
    text = OperatorToken.new().text()
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(f"{text}\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise FirstTokenError(f"{path}: {error.strerror}") from error
    return f'ops_token_sha256 = "{digest(text)}"'
