"""Writes what each process reads at its start: settings, registries, secrets, rosters."""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, Final, TypeAlias

from argon2 import PasswordHasher

from demo.season import VENUE_ID, VENUE_NAME

SettingValue: TypeAlias = str | int | float | bool | Sequence[str]
_PASSWORDS: Final = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the venue's staff."""

    staff_id: str
    name: str
    role: str
    pin: str


@dataclass(frozen=True, slots=True)
class Kiosk:
    """One kiosk of the venue and who works there."""

    kiosk_id: str
    kiosk_code: str
    secret: str
    cashier: Person
    """Who works there; at a gate, somebody who only admits."""
    manager: Person


def make_kiosks(random: Random) -> tuple[Kiosk, Kiosk]:
    """Return the venue's two kiosks; PINs and secrets are drawn from `random`."""
    pins = random.sample(range(1000, 10000), 3)
    manager = Person("mara-lind", "Mara Lind", "manager", str(pins[2]))
    ana = Person("ana-ruiz", "Ana Ruiz", "cashier", str(pins[0]))
    ben = Person("ben-okoro", "Ben Okoro", "cashier", str(pins[1]))
    return (
        make_kiosk("hb-till-1", "HB1", random, (ana, manager)),
        make_kiosk("hb-till-2", "HB2", random, (ben, manager)),
    )


def make_kiosk(kiosk_id: str, code: str, random: Random, people: tuple[Person, Person]) -> Kiosk:
    """Return a kiosk with a secret drawn from `random`; `people` work there, a manager last."""
    return Kiosk(kiosk_id, code, random.randbytes(24).hex(), *people)


def write_toml(path: Path, settings: Mapping[str, SettingValue]) -> Path:
    """Write flat settings as TOML, readable by their owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # A JSON string without surrogates is a TOML basic string, and a list of them an array.
    lines = [
        f"{name} = {json.dumps(value, ensure_ascii=False)}\n" for name, value in settings.items()
    ]
    path.write_text("".join(lines), encoding="utf-8")
    path.chmod(0o600)
    return path


def write_secret(path: Path, text: str) -> Path:
    """Write a secret into a file of mode 0600."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    return path


def write_json(path: Path, value: Any) -> Path:
    """Write JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def write_roster(path: Path, people: Sequence[Person]) -> Path:
    """Write a kiosk's roster."""
    return write_json(path, roster_of(people))


def roster_of(people: Sequence[Person]) -> list[dict[str, str]]:
    """Return people as a roster has them; PINs as argon2 hashes."""
    return [
        {
            "staff_id": person.staff_id,
            "name": person.name,
            "role": person.role,
            "pin_hash": _PASSWORDS.hash(person.pin),
        }
        for person in people
    ]


def write_registry(path: Path, kiosks: Sequence[Kiosk], random: Random) -> Path:
    """Write the fleet service's registry of kiosks; secrets as scrypt hashes."""
    return write_json(
        path,
        {
            "kiosks": [
                {
                    "kiosk_id": kiosk.kiosk_id,
                    "kiosk_code": kiosk.kiosk_code,
                    "venue_id": VENUE_ID,
                    "venue_name": VENUE_NAME,
                    "secret_hash": _scrypt_hash(kiosk.secret, random.randbytes(16)),
                }
                for kiosk in kiosks
            ]
        },
    )


def _scrypt_hash(secret: str, salt: bytes) -> str:
    digest = hashlib.scrypt(secret.encode(), salt=salt, n=2**14, r=8, p=1, dklen=32)
    return f"scrypt$16384$8$1${salt.hex()}${digest.hex()}"
