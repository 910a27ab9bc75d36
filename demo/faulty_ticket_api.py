"""The real ticket API on a sabotaged store: `python -m demo.faulty_ticket_api KIND --config FILE`.

What it does wrong, the verifier has to find.
"""

import argparse
import asyncio
import sys
from pathlib import Path

from cloud_store.port import Store
from core_services.ticket_api.logs import configure_logs
from core_services.ticket_api.runtime import open_store, serve
from core_services.ticket_api.settings import Settings, load_settings
from demo.season import SMALL_TYPE
from demo.store_faults import BoundlessStore, ForgetfulStore


def sabotaged(store: Store, kind: str) -> Store:
    """Return the store with the sabotage around it."""
    return ForgetfulStore(store) if kind == "duplicate" else BoundlessStore(store, SMALL_TYPE)


async def _serve(settings: Settings, kind: str) -> None:
    async with open_store(settings) as store:
        await serve(settings, sabotaged(store, kind))


def main() -> int:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m demo.faulty_ticket_api")
    parser.add_argument("kind", choices=("duplicate", "oversell"))
    parser.add_argument("--config", type=Path, required=True, help="the ticket API's settings")
    options = parser.parse_args()
    configure_logs(sys.stdout)
    asyncio.run(_serve(load_settings(options.config), options.kind))
    return 0


if __name__ == "__main__":
    sys.exit(main())
