"""The file that the SSM agent keeps, and all that may be wrong with it."""

from pathlib import Path

import pytest

from kiosk_agent.host_role.credentials_file import CredentialsFile
from kiosk_agent.host_role.role_credentials import (
    NoRoleCredentialsError,
    RoleCredentials,
    read_role_credentials,
)
from tests.support.sts import Key


def test_the_default_profile_is_read_and_shown_without_its_secrets() -> None:
    key = Key()
    found = read_role_credentials(f"[other]\naws_access_key_id = X\n{key.file()}")
    assert found == RoleCredentials(key.key_id, key.secret, key.token)
    assert key.key_id in repr(found)
    assert key.secret not in repr(found)
    assert key.token not in repr(found)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no [default] profile"),
        ("[other]\naws_access_key_id = X\n", "no [default] profile"),
        ("aws_access_key_id = X\n", "can't be read"),
        ("[default]\nAKIASECRET\n", "can't be read"),
        ("[default]\naws_session_token = T\n", "has no key"),
        ("[default]\naws_access_key_id = X\naws_session_token = T\n", "has no key"),
        (
            "[default]\naws_access_key_id = X\naws_secret_access_key = Y\n",
            "a long-lived key, not the host's role",
        ),
    ],
)
def test_what_is_wrong_is_said_without_the_file_s_lines(text: str, why: str) -> None:
    with pytest.raises(NoRoleCredentialsError) as caught:
        read_role_credentials(text)
    assert why in str(caught.value)
    assert caught.value.hint
    assert "AKIASECRET" not in f"{caught.value}{caught.value.__cause__}"


def test_the_file_is_read_at_each_use(tmp_path: Path) -> None:
    path = tmp_path / "credentials"
    file = CredentialsFile(path)
    with pytest.raises(NoRoleCredentialsError, match="is not there"):
        file.read()
    path.write_text(Key().file())
    assert file.read().access_key_id == Key().key_id
    path.write_text(Key("ASIAEXAMPLEKEY000002").file())
    assert file.read().access_key_id == "ASIAEXAMPLEKEY000002"
    path.unlink()
    path.mkdir()
    with pytest.raises(NoRoleCredentialsError, match="Is a directory"):
        file.read()
