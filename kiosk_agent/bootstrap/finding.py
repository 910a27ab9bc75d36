"""Finds the enrolment bundle: the file that is named, on a USB stick, or the one remembered."""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from kiosk_agent.adapters.ed25519 import verify_ed25519
from kiosk_agent.bootstrap.host import Host
from kiosk_agent.bootstrap.places import BUNDLE_KEYS
from kiosk_agent.bootstrap.refusing import StoppedError
from kiosk_contracts.enrolment import (
    LARGEST_BUNDLE,
    BundleRefusedError,
    ReadBundle,
    key_id_of,
    read_bundle,
)

SUFFIX: Final = ".eventpro"
LABEL: Final = "EVENTPRO"
"""Of a stick's file system, if it has one; others are looked at when they are removable."""
_FOLDERS: Final = ("/media", "/run/media", "/mnt")
_DEEP: Final = 2
"""How many folders deep a bundle may lie."""
_MOUNT_S: Final = 30
_OPTIONS: Final = "ro,nosuid,nodev,noexec"


class NoStickError(StoppedError):
    """There is no stick with a bundle on it."""


def verifying_keys(host: Host, files: Sequence[Path]) -> dict[str, bytes]:
    """Return the public keys that bundles count by, by their ids; raises StoppedError.

    They come with the package, or a technician names the file that an operator sent another way.
    """
    folder = host.path(BUNDLE_KEYS)
    paths = [*files, *sorted(folder.glob("*.pem"))] if folder.is_dir() else [*files]
    keys = {}
    for path in paths:
        public = _public(path)
        keys[key_id_of(public)] = public
    if not keys:
        raise StoppedError(
            "there is no key to verify bundles with",
            f"Name it with --key FILE, or put it into {BUNDLE_KEYS}. It never comes from a bundle.",
        )
    return keys


def read_file(path: Path, keys: dict[str, bytes]) -> tuple[ReadBundle, dict[str, Any]]:
    """Return a bundle whose signature holds, and its file; raises StoppedError."""
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST_BUNDLE + 1)
    except OSError as error:
        raise StoppedError(f"{path}: {error.strerror}", "Name the bundle's file.") from error
    return read_raw(raw, keys), json.loads(raw)


def read_raw(raw: bytes, keys: dict[str, bytes]) -> ReadBundle:
    """Return a bundle whose signature holds; raises StoppedError."""
    try:
        return read_bundle(raw, keys, verify_ed25519)
    except BundleRefusedError as error:
        raise StoppedError(str(error), error.hint) from error


@contextmanager
def found_bundle(host: Host) -> Iterator[Path]:
    """Give the one bundle that is on a stick; raises StoppedError for none, and for several.

    Sticks that nobody mounted are mounted read-only for as long as this takes.
    """
    found = sorted(one for folder in _FOLDERS for one in _bundles(host.path(folder)))
    if found:
        yield _the_one(found)
        return
    with TemporaryDirectory(prefix="eventpro-stick-") as place:
        mounted: list[Path] = []
        try:
            for number, device in enumerate(sticks(host)):
                point = Path(place) / str(number)
                point.mkdir()
                words = ("mount", "-o", _OPTIONS, device, str(point))
                if host.run(*words, within_s=_MOUNT_S).status == 0:
                    mounted.append(point)
            yield _the_one(sorted(one for point in mounted for one in _bundles(point)))
        finally:
            for point in mounted:
                host.run("umount", str(point), within_s=_MOUNT_S)


def sticks(host: Host) -> list[str]:
    """Return the file systems of removable devices that nobody mounted (lsblk(8))."""
    ran = host.run("lsblk", "-J", "-p", "-o", "NAME,RM,HOTPLUG,FSTYPE,LABEL,MOUNTPOINT")
    try:
        tops = json.loads(ran.out)["blockdevices"]
    except (ValueError, KeyError):
        return []
    every = [part for top in tops for part in (top, *top.get("children", ()))]
    return [
        part["name"]
        for part in every
        if part.get("fstype")
        and not part.get("mountpoint")
        and (part.get("rm") or part.get("hotplug") or part.get("label") == LABEL)
    ]


def _bundles(folder: Path) -> Iterator[Path]:
    """Give the bundles in a folder and in those below it, two deep; links lead nowhere.

    A stick that is mounted below it is as deep again. Names that begin with a dot are what other
    computers leave: marks of files, and what was thrown away.
    """
    depths = {str(folder): 0}
    for place, folders, names in os.walk(folder):
        depth = 0 if Path(place).is_mount() else depths[place]
        folders[:] = [one for one in folders if depth < _DEEP and not one.startswith(".")]
        depths.update({str(Path(place) / one): depth + 1 for one in folders})
        for name in names:
            if name.endswith(SUFFIX) and not name.startswith("."):
                yield Path(place) / name


def _the_one(found: Sequence[Path]) -> Path:
    if not found:
        raise NoStickError(
            f"there is no bundle ({SUFFIX}) on a USB stick",
            "Plug the stick in, or name the file: kiosk-agent bootstrap --bundle FILE.",
        )
    if len(found) > 1:
        raise StoppedError(
            f"there are several bundles: {', '.join(map(str, found))}",
            "Name the one that is meant: kiosk-agent bootstrap --bundle FILE.",
        )
    return found[0]


def _public(path: Path) -> bytes:
    try:
        public = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError) as error:
        raise StoppedError(
            f"{path} is no key: {error}", "Name the operators' public key."
        ) from error
    if not isinstance(public, Ed25519PublicKey):
        raise StoppedError(f"{path} verifies no bundles", "Name the operators' public key.")
    return public.public_bytes_raw()
