"""What `kiosk-agent` understands."""

import argparse
from pathlib import Path
from typing import Final

from kiosk_agent import AGENT_VERSION
from kiosk_agent.cli import running

_EXAMPLES: Final = """\
examples:
  kiosk-agent run --config /etc/eventpro/agent.toml
"""


def build_parser() -> argparse.ArgumentParser:
    """Return the parser; each command's function is in `command`."""
    parser = argparse.ArgumentParser(
        prog="kiosk-agent",
        description="The venue host's agent: sells and admits through any outage.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"kiosk-agent {AGENT_VERSION}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    run = commands.add_parser("run", help="run the agent in the foreground")
    run.add_argument("--config", type=Path, metavar="FILE.toml", help="settings file")
    run.set_defaults(command=running.run)
    return parser
