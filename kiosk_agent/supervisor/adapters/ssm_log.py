"""The SSM agent's own log, the only place where it says that it hibernates.

Its lines are those of https://github.com/aws/amazon-ssm-agent (agent/agent.go, core/agent.go and
core/app/credentialrefresher).
"""

import re
from pathlib import Path
from typing import Final

from kiosk_agent.supervisor.repairs.seen import SsmTrouble

SSM_LOG: Final = Path("/var/log/amazon/ssm/amazon-ssm-agent.log")
_TAIL: Final = 256 * 1024
"""It says little while it hibernates; what came before is not asked for."""
# Its two processes write one log: the worker sleeps on while the other one renews credentials.
_SLEEPS: Final = "Entering SSM Agent hibernate"
_AWAKE: Final = re.compile(r"Starting (?:Core )?Agent:")
_EXPIRED: Final = re.compile(r"\[CredentialRefresher\].*Signature expired")
_RENEWED: Final = re.compile(
    r"Starting Core Agent:|\[CredentialRefresher\] (?:Credentials ready|Next credential rotation)"
)


def trouble_in(text: str) -> SsmTrouble:
    """Return what the log ends with."""
    sleeps = expired = False
    for line in text.splitlines():
        if _SLEEPS in line:
            sleeps = True
        elif _AWAKE.search(line):
            sleeps = False
        if _EXPIRED.search(line):
            expired = True
        elif _RENEWED.search(line):
            expired = False
    if expired:
        return SsmTrouble.SIGNATURE_EXPIRED
    return SsmTrouble.HIBERNATES if sleeps else SsmTrouble.NONE


def read_ssm_log(path: Path) -> SsmTrouble:
    """Return what the end of the log tells; nothing where there is none that can be read."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _TAIL))
            return trouble_in(file.read(_TAIL).decode("utf-8", "replace"))
    except OSError:
        return SsmTrouble.NONE
