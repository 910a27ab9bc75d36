"""The installer's signature, by gpg in a keyring of its own, against pinned fingerprints.

The installer's own check goes on without gpg and fetches keys that nobody pinned; so it is this
check that decides whether a script is run as root. The system's keyring is never used.
https://github.com/gpg/gnupg/blob/master/doc/DETAILS has the status lines.
"""

import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_GPG_S: Final = 30
_VALID: Final = "VALIDSIG"
_PRIMARY: Final = 11
"""Where VALIDSIG's line has the fingerprint of the primary key."""
_REASONS: Final = {
    "BADSIG": ("the script was changed, or is another than the one that was signed", "fetch"),
    "EXPKEYSIG": ("the key that signed it has expired", "key"),
    "REVKEYSIG": ("the key that signed it was revoked", "key"),
    "EXPSIG": ("the signature has expired", "fetch"),
    "NO_PUBKEY": ("it is signed by a key that is not in the bundle", "key"),
    "NODATA": ("the signature file holds no signature", "fetch"),
}
_ACTS: Final = {
    "fetch": "Run bootstrap again: it fetches both anew. If that stays, tell the operators.",
    "key": "Tell the operators: a bundle with the newer key is needed, after they looked at it.",
}


class NotVerifiedError(Exception):
    """The installer is not run; the text says why, `what_to_do` the next act."""

    def __init__(self, why: str, what_to_do: str) -> None:
        super().__init__(why)
        self.what_to_do = what_to_do


@dataclass(frozen=True, slots=True)
class PinnedKeys:
    """Public keys, armoured, and the fingerprints of those that count."""

    armoured: Sequence[str]
    fingerprints: Sequence[str]


def verify_installer(script: Path, signature: Path, pinned: PinnedKeys) -> str:
    """Return the pinned fingerprint whose key signed the script; raises NotVerifiedError.

    A key that is in the bundle and not pinned counts for nothing, nor does one that is pinned and
    signed something else.
    """
    if not pinned.armoured:
        raise NotVerifiedError("the bundle has no key to verify the installer with", _ACTS["key"])
    with tempfile.TemporaryDirectory(prefix="eventpro-gpg-") as home:
        for number, armoured in enumerate(pinned.armoured):
            key = Path(home) / f"key-{number}.asc"
            key.write_text(armoured, "ascii")
            _gpg(home, "--import", str(key))
        status = _gpg(home, "--verify", str(signature), str(script))
    lines = [line.split() for line in status.splitlines()]
    said = {line[1]: line for line in lines if len(line) > 1 and line[0] == "[GNUPG:]"}
    for keyword, (why, act) in _REASONS.items():
        if keyword in said:
            raise NotVerifiedError(why, _ACTS[act])
    valid = said.get(_VALID, [])
    primary = valid[_PRIMARY] if len(valid) > _PRIMARY else ""
    if not primary:
        raise NotVerifiedError("gpg does not say that the signature is good", _ACTS["fetch"])
    if primary not in pinned.fingerprints:
        raise NotVerifiedError(
            f"it is signed by the key {primary}, which is not pinned "
            f"({', '.join(pinned.fingerprints)} are)",
            _ACTS["key"],
        )
    return primary


def _gpg(home: str, *words: str) -> str:
    command = ("gpg", "--homedir", home, "--batch", "--no-tty", "--status-fd", "1", *words)
    try:
        ran = subprocess.run(  # noqa: S603  the words are ours
            command, check=False, capture_output=True, text=True, timeout=_GPG_S
        )
    except FileNotFoundError:
        raise NotVerifiedError(
            "gpg is not installed, and nothing is run unverified", "Run: apt-get install gpg."
        ) from None
    except subprocess.TimeoutExpired:
        raise NotVerifiedError(f"gpg gave no answer in {_GPG_S} s", _ACTS["fetch"]) from None
    return ran.stdout
