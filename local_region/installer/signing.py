"""The key that signs what the installer is: OpenPGP, by gpg, as AWS signs its own.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-anywhere-registration.html
"""

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

_WHO: Final = "local_region, for tests (no AWS) <local-region@localhost.invalid>"


class NoGpgError(Exception):
    """There is no gpg on this machine, or it failed; the text says how."""


class Signer:
    """Signs with a key made at the first signature, in a folder of its own."""

    def __init__(self, folder: Path | None) -> None:
        """Keep the key in `folder`, or in one that `close` removes."""
        self._temporary = folder is None
        self._home = folder
        self._fingerprint: str | None = None

    def fingerprint(self) -> str:
        """Return the key's fingerprint, 40 hexadecimal digits; raises NoGpgError."""
        if self._fingerprint is None:
            self._fingerprint = self._known() or self._make()
        return self._fingerprint

    def public_key(self) -> bytes:
        """Return the public key, armoured; raises NoGpgError."""
        return self._gpg("--armor", "--export", self.fingerprint())

    def signature(self, content: bytes) -> bytes:
        """Return a detached signature, armoured; raises NoGpgError."""
        return self._gpg(
            "--local-user", self.fingerprint(), "--armor", "--detach-sign", given=content
        )

    def close(self) -> None:
        """End gpg's helper process, and remove a temporary key."""
        if self._home is None or shutil.which("gpgconf") is None:
            return
        command = ["gpgconf", "--homedir", str(self._home), "--kill", "all"]
        subprocess.run(command, check=False, capture_output=True)  # noqa: S603  fixed words
        if self._temporary:
            shutil.rmtree(self._home, ignore_errors=True)

    def _known(self) -> str | None:
        listed = self._gpg("--list-secret-keys", "--with-colons").decode()
        fingerprints = [line.split(":")[9] for line in listed.splitlines() if line[:4] == "fpr:"]
        return fingerprints[0] if fingerprints else None

    def _make(self) -> str:
        self._gpg("--passphrase", "", "--quick-generate-key", _WHO, "rsa3072", "sign", "never")
        made = self._known()
        if made is None:
            raise NoGpgError("gpg made no key")
        return made

    def _gpg(self, *words: str, given: bytes = b"") -> bytes:
        if shutil.which("gpg") is None:
            raise NoGpgError("there is no gpg; install Debian's gnupg")
        if self._home is None:
            self._home = Path(tempfile.mkdtemp(prefix="region-gpg-"))
        self._home.mkdir(mode=0o700, parents=True, exist_ok=True)
        command = ["gpg", "--homedir", str(self._home), "--batch", "--quiet", *words]
        done = subprocess.run(  # noqa: S603  fixed words
            command, input=given, capture_output=True, check=False
        )
        if done.returncode != 0:
            raise NoGpgError(f"gpg failed: {done.stderr.decode(errors='replace').strip()}")
        return done.stdout
