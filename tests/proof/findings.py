"""What a proof finds wrong, by the harm that it does."""

from dataclasses import dataclass
from enum import StrEnum


class Harm(StrEnum):
    """What a finding means for the box office."""

    LOST = "lost"
    """Something that was acknowledged is gone, or never settles."""
    DOUBLED = "doubled"
    """Something counts, is sold or is numbered twice."""
    WRONG = "wrong"
    """Anything else: a contradiction, or a kiosk that needs a person's help."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, in words."""

    harm: Harm
    words: str

    def __str__(self) -> str:
        return f"{self.harm}: {self.words}"


def lost(words: str) -> Finding:
    """Return a finding that something is lost."""
    return Finding(Harm.LOST, words)


def doubled(words: str) -> Finding:
    """Return a finding that something counts twice."""
    return Finding(Harm.DOUBLED, words)


def wrong(words: str) -> Finding:
    """Return any other finding."""
    return Finding(Harm.WRONG, words)
