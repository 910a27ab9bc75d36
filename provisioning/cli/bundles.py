"""`kiosk-provision bundle …`."""

import argparse
from datetime import UTC, datetime

from kiosk_contracts.enrolment import LARGEST_BUNDLE, BundleRefusedError, ReadBundle, read_bundle
from operator_cli.refusing import RefusedError
from operator_cli.showing import say, say_json
from provisioning.bundles.keys import load_verifying_keys, make_bundle_key, verify_ed25519


def keygen(options: argparse.Namespace) -> None:
    """Make the key that signs bundles."""
    key_id = make_bundle_key(options.private, options.public)
    if options.json:
        say_json({"key_id": key_id})
        return
    say(f"key {key_id}")
    say(f"{options.private} signs bundles: keep it where you alone can read it.")
    say(f"{options.public} verifies them: put it into the package that hosts install.")


def verify(options: argparse.Namespace) -> None:
    """Say what is in a bundle, if a known key has signed it."""
    keys = load_verifying_keys(options.key)
    try:
        with options.bundle.open("rb") as file:
            raw = file.read(LARGEST_BUNDLE + 1)
    except OSError as error:
        raise RefusedError(f"{options.bundle}: {error.strerror}", "Name a bundle.") from error
    try:
        found = read_bundle(raw, keys, verify_ed25519)
        found.refuse_expired(datetime.now(UTC))
    except BundleRefusedError as error:
        raise RefusedError(f"{options.bundle}: {error}", error.hint) from error
    if options.json:
        say_json({name: value for name, value in found.raw.items() if name != "sealed"})
    else:
        _show(found)


def _show(found: ReadBundle) -> None:
    body = found.body
    kiosks = ", ".join(f"{kiosk.kiosk_id} ({kiosk.kiosk_code})" for kiosk in body.kiosks)
    signers = " or ".join(body.installer.fingerprints)
    settings = [f"{name} = {value}" for name, value in body.agent_settings.items()]
    for kiosk_id, own in body.kiosk_settings.items():
        settings += [f"{name} = {value} at {kiosk_id}" for name, value in own.items()]
    for title, text in (
        ("venue", f"{body.venue.venue_id}  {body.venue.name} ({body.venue.time_zone})"),
        ("kiosks", kiosks),
        ("registers at", f"account {body.account}, region {body.region}, cluster {body.cluster}"),
        ("activation", f"{body.activation_id}, until {body.expires_at:%Y-%m-%d %H:%M} UTC"),
        ("fleet service", f"{body.fleet_url} as {body.identity_audience}"),
        (
            "installer",
            f"{body.installer.url}, signed by {signers}",
        ),
        ("settings", ", ".join(settings) or "-"),
    ):
        say(f"{title:<14} {text}")
    say("The signature holds. What registers a host is sealed; its passphrase is not in here.")
