"""Write docs/openapi.json: the fleet service as it describes itself, where there is a store."""

import asyncio
import tempfile
from pathlib import Path

from fleet_service.description.routes import as_file
from fleet_service.runtime import build_app
from fleet_service.sessions.keys import make_keys
from fleet_service.settings import FleetSettings

DOCUMENT = Path(__file__).parent.parent / "docs" / "openapi.json"


async def described() -> str:
    """Return the description of an app that nothing is asked of."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_keys(folder / "signing-key.json", folder / "public-keys.json")
        (folder / "kiosks.json").write_text('{"kiosks": []}')
        settings = FleetSettings.model_validate(
            {
                "ticket_api_url": "http://127.0.0.1:9",
                "kiosks_file": folder / "kiosks.json",
                "signing_key_file": folder / "signing-key.json",
                "state_file": folder / "fleet.db",
            }
        )
        return as_file(await build_app(settings))


if __name__ == "__main__":
    DOCUMENT.write_text(asyncio.run(described()), "utf-8")
    print(f"wrote {DOCUMENT.name}")
