"""Asks the technician: at a terminal, through systemd, or not at all."""

import getpass
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from kiosk_agent.bootstrap.adapters.unsealing import WrongPassphraseError, unseal
from kiosk_agent.bootstrap.job import Asks
from kiosk_agent.bootstrap.refusing import StoppedError
from kiosk_contracts.enrolment import BundleSecrets, KioskName, ReadBundle

MOST_PASSPHRASES: Final = 5
_NOBODY: Final = "Run it at a terminal, or name what it would ask: --passphrase-file, --kiosk."
_ID: Final = "eventpro-bootstrap"


class TerminalAsks:
    """At the terminal of whoever ran the command."""

    def passphrase(self, why: str) -> str:
        """Return what is typed, unseen."""
        if why:
            sys.stderr.write(f"{why}\n")
        return _or_stop(lambda: getpass.getpass("Passphrase of the bundle: "))

    def kiosk(self, names: Sequence[KioskName], why: str) -> str:
        """Return the id of the kiosk that is chosen by number or name."""
        while True:
            sys.stderr.write(_menu(names, why))
            typed = _or_stop(lambda: input("Which kiosk is this host? "))
            found = chosen(names, typed)
            if found is not None:
                return found
            why = f"{typed!r} is none of these."


class SystemdAsks:
    """Through systemd-ask-password(1): on the service's terminal, or by whatever agent answers."""

    def passphrase(self, why: str) -> str:
        """Return what is typed, unseen."""
        return self._ask(f"{why} Passphrase of the enrolment bundle:".strip(), "--echo=masked")

    def kiosk(self, names: Sequence[KioskName], why: str) -> str:
        """Return the id of the kiosk that is chosen by number or name."""
        while True:
            free = "  ".join(f"{n} {one.kiosk_id}" for n, one in enumerate(_free(names), 1))
            typed = self._ask(f"{why} Which kiosk is this host? {free}:".strip(), "--echo=yes")
            found = chosen(names, typed)
            if found is not None:
                return found
            why = f"{typed!r} is none of these."

    def _ask(self, question: str, echo: str) -> str:
        words = ("systemd-ask-password", "--timeout=0", f"--id={_ID}", echo, question)
        try:
            ran = subprocess.run(words, check=False, stdout=subprocess.PIPE, text=True)  # noqa: S603
        except FileNotFoundError:
            raise StoppedError("systemd-ask-password is not there", _NOBODY) from None
        if ran.returncode:
            raise StoppedError("nobody answered", _NOBODY, again=True)
        return ran.stdout.rstrip("\n")


class NobodyAsks:
    """Nobody is there: what would be asked stops the run."""

    def passphrase(self, why: str) -> str:
        """Raise StoppedError."""
        raise StoppedError(why or "the bundle's passphrase is needed", _NOBODY)

    def kiosk(self, names: Sequence[KioskName], why: str) -> str:
        """Raise StoppedError with the names that are free."""
        free = ", ".join(one.kiosk_id for one in _free(names))
        raise StoppedError(f"{why} a kiosk is to be chosen: {free}".strip(), _NOBODY)


def secrets_of(
    bundle: ReadBundle, asks: Asks, passphrase_file: Path | None
) -> Callable[[], BundleSecrets]:
    """Return what opens the bundle at its first call; raises StoppedError then."""
    opened: list[BundleSecrets] = []

    def secrets() -> BundleSecrets:
        if not opened:
            opened.append(_open(bundle, asks, passphrase_file))
        return opened[0]

    return secrets


def chosen(names: Sequence[KioskName], typed: str) -> str | None:
    """Return which free kiosk a number of the menu, or a name, stands for."""
    free = _free(names)
    word = typed.strip().lower()
    if word.isascii() and word.isdigit() and 0 < int(word) <= len(free):
        return free[int(word) - 1].kiosk_id
    return next((one.kiosk_id for one in free if one.kiosk_id == word), None)


def _open(bundle: ReadBundle, asks: Asks, file: Path | None) -> BundleSecrets:
    if file is not None:
        try:
            return unseal(bundle, file.read_text("utf-8").strip())
        except (OSError, UnicodeDecodeError, WrongPassphraseError) as error:
            raise StoppedError(
                f"{file}: {error}", "Write the bundle's passphrase in it."
            ) from error
    why = ""
    for _ in range(MOST_PASSPHRASES):
        try:
            return unseal(bundle, asks.passphrase(why))
        except WrongPassphraseError as error:
            why = f"{error}. Try again."
    raise StoppedError(
        f"wrong {MOST_PASSPHRASES} times",
        "Ask the operator who made the bundle to read it out again. Nothing was changed.",
    )


def _free(names: Sequence[KioskName]) -> list[KioskName]:
    return [one for one in names if one.free]


def _menu(names: Sequence[KioskName], why: str) -> str:
    rows = [f"  {n:2}  {one.kiosk_id}  ({one.kiosk_code})" for n, one in enumerate(_free(names), 1)]
    taken = [one.kiosk_id for one in names if not one.free]
    if taken:
        rows.append(f"  taken: {', '.join(taken)}")
    return "\n".join([*([why] if why else []), *rows, ""])


def _or_stop(ask: Callable[[], str]) -> str:
    try:
        return ask()
    except EOFError:
        raise StoppedError("nobody answered", _NOBODY) from None
