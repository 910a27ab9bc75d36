"""The secret is read for every session, and one that can't be read is said."""

from pathlib import Path

import pytest

from kiosk_agent.adapters.enrolment_secret import EnrolmentSecret
from kiosk_agent.ports.fleet import FleetError


async def no_nonce() -> str:
    raise AssertionError("a secret needs none")


async def test_the_file_is_read_each_time_without_its_blanks(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text(" let me in\n")
    secret = EnrolmentSecret(path)
    assert await secret.prove(no_nonce) == {"scheme": "enrolment_secret", "secret": "let me in"}
    path.write_text("another")
    assert (await secret.prove(no_nonce))["secret"] == "another"


async def test_a_file_that_can_not_be_read_is_a_fleet_error(tmp_path: Path) -> None:
    with pytest.raises(FleetError, match="Is a directory") as caught:
        await EnrolmentSecret(tmp_path).prove(no_nonce)
    assert (caught.value.code, caught.value.retryable) == ("setting_invalid", False)


async def test_a_file_that_is_no_text_is_said_without_what_is_in_it(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_bytes("geheim-käse-4711".encode("latin-1"))
    with pytest.raises(FleetError, match="it is not UTF-8") as caught:
        await EnrolmentSecret(path).prove(no_nonce)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
