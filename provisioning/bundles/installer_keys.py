"""The OpenPGP keys that hosts verify the installer with, as they go into a bundle."""

import subprocess
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final

from operator_cli.refusing import RefusedError

_GPG_S: Final = 30
_ARMOUR: Final = "-----BEGIN PGP PUBLIC KEY BLOCK-----"
_WHERE: Final = (
    "Fetch the key of the Amazon ECS team as AWS's page on external instances says, compare its "
    "fingerprint with that page, and write it with: gpg --armor --export FINGERPRINT > ecs-key.asc."
)


def read_installer_keys(paths: Sequence[Path], fingerprints: Sequence[str]) -> tuple[str, ...]:
    """Return the armoured keys; raises RefusedError where hosts could verify nothing with them.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-anywhere-registration.html
    """
    if not paths:
        raise RefusedError(
            "--installer-key is missing: hosts verify the installer with it, and have it from the "
            "bundle alone",
            _WHERE,
        )
    keys = tuple(_armoured(path) for path in paths)
    known = {found for path in paths for found in _fingerprints(path)}
    if known and not known & set(fingerprints):
        raise RefusedError(
            f"none of the keys is a pinned one: they are {', '.join(sorted(known))}, and "
            f"{', '.join(fingerprints)} is pinned",
            "Name the key that signed the installer, or pin another with --fingerprint.",
        )
    return keys


def _armoured(path: Path) -> str:
    try:
        text = path.read_text("ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise RefusedError(f"{path}: {error}", "Name an armoured OpenPGP key.") from error
    if _ARMOUR not in text:
        raise RefusedError(f"{path} is no armoured OpenPGP key", _WHERE)
    return text


def _fingerprints(path: Path) -> list[str]:
    """Return the fingerprints of a file's primary keys; none where there is no gpg to say them."""
    command = ("gpg", "--batch", "--with-colons", "--show-keys", str(path))
    try:
        ran = subprocess.run(  # noqa: S603  the words are ours
            command, check=False, capture_output=True, text=True, timeout=_GPG_S
        )
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return []
    if ran.returncode:
        raise RefusedError(f"{path} is no OpenPGP key that gpg can read", _WHERE)
    lines = [line.split(":") for line in ran.stdout.splitlines()]
    return [
        after[9] for before, after in pairwise(lines) if before[0] == "pub" and after[0] == "fpr"
    ]
