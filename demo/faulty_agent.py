"""The real agent with the faults of `journal_faults` around its journal, unarmed at first."""

import argparse
import asyncio
import sys
from pathlib import Path

from demo.journal_faults import FaultyJournal
from kiosk_agent.runtime import run
from kiosk_agent.settings import load_settings


def main() -> int:
    """Run the agent; return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m demo.faulty_agent")
    parser.add_argument("--config", type=Path, required=True, help="the agent's settings")
    config: Path = parser.parse_args().config
    settings = load_settings(config)
    asyncio.run(run(settings, wrap_journal=lambda journal: FaultyJournal(journal, config.parent)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
