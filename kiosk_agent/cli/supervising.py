"""`kiosk-agent supervise`."""

import argparse
import asyncio
from pathlib import Path
from typing import Final

from kiosk_agent import exit_codes, log
from kiosk_agent.supervisor import runtime
from kiosk_agent.supervisor.settings import load_settings

DEFAULT_CONFIG: Final = Path("/etc/eventpro/supervisor.toml")


def supervise(options: argparse.Namespace) -> int:
    """Run the supervisor in the foreground until SIGTERM."""
    named: Path | None = options.config
    settings = load_settings(named or (DEFAULT_CONFIG if DEFAULT_CONFIG.exists() else None))
    log.configure(settings.log_level)
    asyncio.run(runtime.run(settings))
    return exit_codes.OK
