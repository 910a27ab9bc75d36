"""The host by systemd's machine id and, where it can be read, the product's UUID from DMI."""

import hashlib
from pathlib import Path
from typing import Final

PRODUCT_UUID: Final = Path("/sys/class/dmi/id/product_uuid")


class SystemHost:
    """A HostIdentity. Both ids are hashed: machine-id(5) asks that it is not shown as it is."""

    def __init__(self, machine_id_file: Path, product_file: Path = PRODUCT_UUID) -> None:
        self._sources = {"machine": machine_id_file, "product": product_file}

    def host_id(self) -> str:
        """Return e.g. `machine:ab12… product:cd34…`; what can't be read is left out."""
        parts = ((name, _hash_of(name, path)) for name, path in self._sources.items())
        return " ".join(f"{name}:{digest}" for name, digest in parts if digest)


def _hash_of(name: str, path: Path) -> str:
    try:
        content = path.read_bytes().strip()
    except OSError:
        return ""
    salted = b"eventpro kiosk " + name.encode() + content
    return hashlib.sha256(salted).hexdigest() if content else ""
