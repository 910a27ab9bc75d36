"""`kiosk-agent run`."""

import argparse
import asyncio

from kiosk_agent import exit_codes, log, runtime
from kiosk_agent.cli.reaching import config_of
from kiosk_agent.settings import load_settings


def run(options: argparse.Namespace) -> int:
    """Run the agent in the foreground until SIGTERM."""
    settings = load_settings(config_of(options))
    log.configure(settings.log_level)
    asyncio.run(runtime.run(settings))
    return exit_codes.OK
