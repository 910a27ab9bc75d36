"""`kiosk-agent supervise`, and what stands before people: `kiosk-agent console`."""

import argparse
import asyncio
import sys
from pathlib import Path
from typing import Final

from kiosk_agent import exit_codes, log
from kiosk_agent.supervisor import runtime
from kiosk_agent.supervisor.console import console as showing
from kiosk_agent.supervisor.settings import load_settings

DEFAULT_CONFIG: Final = Path("/etc/eventpro/supervisor.toml")


def supervise(options: argparse.Namespace) -> int:
    """Run the supervisor in the foreground until SIGTERM."""
    named: Path | None = options.config
    settings = load_settings(named or (DEFAULT_CONFIG if DEFAULT_CONFIG.exists() else None))
    log.configure(settings.log_level)
    asyncio.run(runtime.run(settings))
    return exit_codes.OK


def console(options: argparse.Namespace) -> int:
    """Show the kiosk UI that has the screen on this terminal until SIGTERM."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        sys.stderr.write("kiosk-agent console: it needs a terminal; its unit gives it tty1\n")
        return exit_codes.USAGE
    named: Path | None = options.config
    settings = load_settings(named or (DEFAULT_CONFIG if DEFAULT_CONFIG.exists() else None))
    log.configure(settings.log_level)
    asyncio.run(showing.run(settings))
    return exit_codes.OK
