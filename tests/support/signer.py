"""Somebody who signs with a gpg of their own; also at another time than now."""

import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Signer:
    """Somebody with a gpg of their own."""

    home: Path
    fingerprint: str = ""

    def gpg(self, *words: str, faked: str = "") -> str:
        clock = ("--faked-system-time", faked) if faked else ()
        ran = subprocess.run(
            ["gpg", "--homedir", str(self.home), "--batch", "--no-tty", *clock, *words],
            check=True,
            capture_output=True,
            text=True,
        )
        return ran.stdout

    def make(self, *, expires: str = "never", faked: str = "") -> "Signer":
        self.home.mkdir(mode=0o700)
        quick = ("--quick-generate-key", "Test <test@example.com>", "ed25519", "sign", expires)
        self.gpg("--passphrase", "", *quick, faked=faked)
        listed = self.gpg("--with-colons", "--list-keys").splitlines()
        self.fingerprint = next(one for one in listed if one.startswith("fpr")).split(":")[9]
        return self

    def key(self) -> str:
        return self.gpg("--armor", "--export", self.fingerprint)

    def sign(self, script: Path, *, faked: str = "") -> Path:
        signature = script.with_suffix(".asc")
        signature.unlink(missing_ok=True)
        self.gpg("--armor", "--detach-sign", "-o", str(signature), str(script), faked=faked)
        return signature

    def stop(self) -> None:
        subprocess.run(["gpgconf", "--homedir", str(self.home), "--kill", "all"], check=True)
