"""Write `docs/cli.md` from the programs' own help.

python tools/cli_reference.py           # write it
python tools/cli_reference.py --check   # exit 1 if it has drifted
"""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs" / "cli.md"
PROGRAMS = (
    "kiosk_agent",
    "kiosk_ui",
    "kiosk_ui.web",
    "fleet_service",
    "core_services.ticket_api",
    "provisioning",
    "fleet_service.fleetctl",
    "local_region",
    "local_region.ecs_agent",
    "fleet_simulator",
    "demo",
    "demo.line",
    "demo.line_control",
    "verifier",
)
# argparse lays help out a little differently in each Python; this one's is the reference.
REFERENCE_PYTHON = (3, 11)


def main() -> int:
    """Write or check; return the exit code."""
    if "--check" in sys.argv and sys.version_info[:2] != REFERENCE_PYTHON:
        print(f"docs/cli.md is checked on Python {REFERENCE_PYTHON[0]}.{REFERENCE_PYTHON[1]} only")
        return 0
    text = "\n".join(_sections())
    if "--check" in sys.argv:
        if not REFERENCE.exists() or REFERENCE.read_text() != text:
            print("docs/cli.md has drifted from the programs' help; run `make cli-reference`")
            return 1
        return 0
    REFERENCE.write_text(text)
    return 0


def _sections() -> list[str]:
    sections = ["# Commands", "", "Written by `make cli-reference` from each program's `--help`."]
    for program in PROGRAMS:
        sections += _section([program])
    return [*sections, ""]


def _section(words: list[str]) -> list[str]:
    environment = {**os.environ, "COLUMNS": "96", "NO_COLOR": "1"}
    shown = subprocess.run(
        [sys.executable, "-m", *words, "--help"],
        cwd=ROOT,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    lines = ["", f"{'#' * (len(words) + 1)} {' '.join(words)}", "", "```", shown.rstrip(), "```"]
    usage = shown.split("\n\n", maxsplit=1)[0]
    subcommands = re.search(r"\{([a-z,-]+)\} \.\.\.", usage)
    for subcommand in subcommands[1].split(",") if subcommands else ():
        lines += _section([*words, subcommand])
    return lines


if __name__ == "__main__":
    raise SystemExit(main())
