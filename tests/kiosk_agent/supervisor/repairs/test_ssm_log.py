"""What the SSM agent's log tells, by lines of real ones."""

from pathlib import Path

import pytest

from kiosk_agent.supervisor.adapters.ssm_log import read_ssm_log, trouble_in
from kiosk_agent.supervisor.repairs.seen import SsmTrouble

STARTED = (
    "2025-02-05 08:01:20.1 INFO [amazon-ssm-agent] Starting Core Agent: amazon-ssm-agent - v3\n"
)
READY = "2025-02-05 08:01:21.2 INFO [CredentialRefresher] Credentials ready\n"
ROTATES = (
    "2025-02-05 08:01:21.2 INFO [CredentialRefresher] Next credential rotation will be in 29.9"
    " minutes\n"
)
SLEEPS = (
    "2025-02-05 08:27:45.6 INFO [ssm-agent-worker] Entering SSM Agent hibernate - "
    "InvalidSignatureException: Signature expired: 20250205T072745Z is now earlier than "
    "20250205T075620Z (20250205T080120Z - 5 min.)\n\tstatus code: 400, request id: 56ae2c79\n"
)
AWAKE = "2025-02-05 09:00:00.0 INFO [ssm-agent-worker] Starting Agent: amazon-ssm-agent - v3\n"
EXPIRED = (
    "2023-11-07 00:48:23 ERROR [CredentialRefresher] Retrieve credentials produced error: "
    "retrieved credentials failed to report to ssm. Error: InvalidSignatureException: Signature "
    "expired: 20231106T134822Z is now earlier than 20231106T144933Z\n"
)


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        ("", SsmTrouble.NONE),
        (STARTED + READY + AWAKE, SsmTrouble.NONE),
        (STARTED + READY + SLEEPS, SsmTrouble.HIBERNATES),
        # The other process goes on renewing, and the worker sleeps on.
        (STARTED + SLEEPS + READY + ROTATES, SsmTrouble.HIBERNATES),
        (STARTED + SLEEPS + AWAKE, SsmTrouble.NONE),
        (SLEEPS + STARTED, SsmTrouble.NONE),
        (STARTED + EXPIRED, SsmTrouble.SIGNATURE_EXPIRED),
        (STARTED + SLEEPS + EXPIRED, SsmTrouble.SIGNATURE_EXPIRED),
        (STARTED + SLEEPS + EXPIRED + READY, SsmTrouble.HIBERNATES),
        (STARTED + EXPIRED + ROTATES, SsmTrouble.NONE),
        (EXPIRED + STARTED, SsmTrouble.NONE),
    ],
)
def test_the_last_word_counts(text: str, trouble: SsmTrouble) -> None:
    assert trouble_in(text) is trouble


def test_the_end_of_a_long_log_is_read_and_no_log_tells_nothing(tmp_path: Path) -> None:
    log = tmp_path / "amazon-ssm-agent.log"
    assert read_ssm_log(log) is SsmTrouble.NONE
    log.write_bytes(b"\xff" + b"x" * 1_000_000 + b"\n" + SLEEPS.encode())
    assert read_ssm_log(log) is SsmTrouble.HIBERNATES
