"""What `kiosk-agent` exits with, so that systemd and scripts can tell why (sysexits.h, 64 up)."""

from typing import Final

from kiosk_contracts.problem import ProblemCode

OK: Final = 0
WARNINGS: Final = 1
"""Done, but there is something that a person should look at."""
BROKEN: Final = 1
"""The journal does not verify, or a receipt or an export does not count."""
REFUSED: Final = 1
"""There is no such thing here; nothing was changed."""
NOT_SAFE: Final = 1
"""`status --check`: something would be lost."""
USAGE: Final = 2
"""The command line itself is wrong."""
NOT_RUNNING: Final = 3
"""The agent does not run; what is shown, if anything, was read from the journal file."""
JOURNAL_UNUSABLE: Final = 65
NO_BUNDLE: Final = 66
"""`bootstrap --unattended`: no stick is in yet, which is no failure; its unit knows this number."""
SOFTWARE: Final = 70
SOCKET_UNUSABLE: Final = 73
STORAGE: Final = 74
LOCKED: Final = 75
"""Another process has the journal: systemd may try again later."""
TRY_AGAIN: Final = 75
"""Bootstrap stopped at something that may go by itself, e.g. a line that is down."""
NOT_ALLOWED: Final = 77
CONFIG: Final = 78
"""A setting is missing or wrong: trying again as it is helps nothing."""
INTERRUPTED: Final = 130
"""Ctrl-C."""

_BY_PROBLEM: Final = {
    ProblemCode.AGENT_STARTING: NOT_RUNNING,
    ProblemCode.RECEIPT_REFUSED: BROKEN,
    ProblemCode.EXPORT_REFUSED: BROKEN,
    ProblemCode.SHIFT_UNKNOWN: REFUSED,
    ProblemCode.NOT_ALLOWED: NOT_ALLOWED,
    ProblemCode.JOURNAL_NEWER: JOURNAL_UNUSABLE,
    ProblemCode.JOURNAL_DAMAGED: JOURNAL_UNUSABLE,
    ProblemCode.JOURNAL_OF_ANOTHER_KIOSK: JOURNAL_UNUSABLE,
    ProblemCode.JOURNAL_LOCKED: LOCKED,
    ProblemCode.SOCKET_UNUSABLE: SOCKET_UNUSABLE,
    ProblemCode.STORAGE_FULL: STORAGE,
    ProblemCode.SETTING_INVALID: CONFIG,
}


def of_problem(code: str) -> int:
    """Return the exit code for a problem that keeps the agent from starting."""
    for problem, exit_code in _BY_PROBLEM.items():
        if problem == code:
            return exit_code
    return SOFTWARE
