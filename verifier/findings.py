"""What a check found, in words and in numbers."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """ERROR: the run is not well. NOTICE: something that a person should know of a well run."""

    ERROR = "error"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Finding:
    """One observation; `lost`, `duplicated` and `oversold` add up to the report's figures."""

    severity: Severity
    code: str
    text: str
    lost: int = 0
    """Transactions."""
    duplicated: int = 0
    """Transactions, or tickets in the takings."""
    oversold: int = 0
    """Tickets."""


def error(
    code: str, text: str, *, lost: int = 0, duplicated: int = 0, oversold: int = 0
) -> Finding:
    """Return a finding that makes the run fail."""
    return Finding(Severity.ERROR, code, text, lost, duplicated, oversold)


def notice(code: str, text: str) -> Finding:
    """Return a finding that a person should read, of a run that may be well."""
    return Finding(Severity.NOTICE, code, text)
