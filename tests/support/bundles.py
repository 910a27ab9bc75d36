"""Enrolment bundles for tests, made as operators make them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from kiosk_contracts.enrolment import BundleSecrets, EnrolmentBundle
from provisioning.bundles.keys import BundleKey, load_bundle_key, make_bundle_key
from provisioning.bundles.sealing import SealingCost, seal, sign

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
SECRETS = BundleSecrets.model_validate(
    {"activation_code": "aCt1vation/Code+20ch", "enrolment_token": "enrolment-token-of-the-fleet"}
)
CHEAP = SealingCost(memory_kib=8 * 1024, passes=1, lanes=1)
"""The least that a bundle may say: what a guess costs is tested where bundles are made."""


def body(**changes: Any) -> dict[str, Any]:
    """Return a body without its sealed part."""
    return {
        "format": 1,
        "bundle_id": "0f5b1a52-1111-4222-8333-444455556666",
        "made_at": NOW.isoformat(),
        "expires_at": (NOW + timedelta(days=7)).isoformat(),
        "region": "eu-central-1",
        "account": "111122223333",
        "cluster": "kiosks",
        "activation_id": "4b673112-90ad-4add-b9c2-1c2d3e4f5a6b",
        "venue": {"venue_id": "harbour-hall", "name": "Harbour Hall", "time_zone": "Europe/Berlin"},
        "kiosks": [
            {"kiosk_id": "harbour-till-1", "kiosk_code": "HB1"},
            {"kiosk_id": "harbour-till-2", "kiosk_code": "HB2"},
        ],
        "fleet_url": "https://fleet.example.com/",
        "identity_audience": "fleet.example.com",
        "installer": {
            "url": "https://downloads.example.com/ecs-anywhere-install-latest.sh",
            "signature_url": "https://downloads.example.com/ecs-anywhere-install-latest.sh.asc",
            "fingerprints": ["F34C3DDAE72926B079BEAEC6BCE9D9A42D51784F"],
            "keys": [],
        },
        "endpoints": {},
        "agent_settings": {"locale": "de_DE", "print_receipts": True, "printer_columns": 48},
        **changes,
    }


def bundle_key(folder: Path) -> tuple[BundleKey, Path]:
    """Return a new key, and the file of its public half."""
    private, public = folder / "bundle-key.pem", folder / "bundle-key.pub.pem"
    make_bundle_key(private, public)
    return load_bundle_key(private), public


def signed(key: BundleKey, passphrase: str, **changes: Any) -> EnrolmentBundle:
    """Return a bundle, sealed and signed."""
    unsealed = body(**changes)
    sealed = seal(SECRETS, passphrase, unsealed, CHEAP)
    return sign({**unsealed, "sealed": sealed.to_json()}, key)
