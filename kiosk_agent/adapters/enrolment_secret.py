"""The proof of a kiosk that is no managed instance: a secret in a file."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from kiosk_agent.ports.fleet import FleetError
from kiosk_contracts.problem import ProblemCode
from kiosk_contracts.sessions import EnrolmentSecretProof
from kiosk_texts import tr


class EnrolmentSecret:
    """Adapter of Prover. Read for every session, so that a replaced secret needs no restart."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def prove(self, nonce: Callable[[], Awaitable[str]]) -> dict[str, str]:
        """Return the secret; it needs no nonce."""
        del nonce
        try:
            secret = self._path.read_text(encoding="utf-8").strip()
        except UnicodeDecodeError:
            # Not chained: the error carries the file's bytes, and those are the secret.
            raise _unreadable("it is not UTF-8") from None
        except OSError as error:
            raise _unreadable(error.strerror or str(error)) from error
        scheme: str = EnrolmentSecretProof.model_fields["scheme"].default
        return {"scheme": scheme, "secret": secret}


def _unreadable(why: str) -> FleetError:
    return FleetError(
        ProblemCode.SETTING_INVALID,
        f"the enrolment secret can't be read: {why}",
        retryable=False,
        say=lambda: tr("the enrolment secret can't be read: {why}", why=why),
    )
