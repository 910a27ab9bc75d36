"""`kiosk-agent doctor`."""

import argparse
import json
import sys
from collections.abc import Sequence
from typing import Final

from kiosk_agent import exit_codes, log
from kiosk_agent.bootstrap.doctor import Mended, examine, mend, mendable
from kiosk_agent.bootstrap.domain.checking import Checked, Level
from kiosk_agent.bootstrap.host import Host
from kiosk_agent.bootstrap.refusing import StoppedError
from kiosk_agent.bootstrap.support import write_support_file

_SIGNS: Final = {Level.GOOD: "✔", Level.LOOK: "▲", Level.BAD: "✖"}


def doctor(options: argparse.Namespace) -> int:
    """Examine this host, mend what was asked for; 1: something is to be looked at or mended."""
    log.configure("warning")
    host = Host()
    found, mended = examine(host), []
    try:
        if options.fix is not None:
            mended = mend(host, found, options.fix)
            found = examine(host)
        if options.support is not None:
            write_support_file(host, found, options.support)
    except StoppedError as stopped:
        sys.stderr.write(f"kiosk-agent: {stopped}\n  {stopped.what_to_do}\n")
        return exit_codes.REFUSED
    sys.stdout.write(_json(found, mended) if options.json else _table(found, mended))
    if options.support is not None:
        sys.stderr.write(f"{options.support} has it for support, without secrets and people\n")
    is_good = all(one.found.level is Level.GOOD for one in found)
    return exit_codes.OK if is_good else exit_codes.WARNINGS


def _table(found: Sequence[Checked], mended: Sequence[Mended]) -> str:
    width = max(len(one.name) for one in found)
    lines = [f"mended {one.name}: {one.text}" for one in mended]
    for one in found:
        lines.append(f"{_SIGNS[one.found.level]} {one.name:<{width}}  {one.found.text}")
        if one.found.what_to_do:
            lines.append(f"  {'':<{width}}  → {one.found.what_to_do}")
        if mendable(one):
            lines.append(f"  {'':<{width}}  → or: kiosk-agent doctor --fix '{one.name}'")
    return "\n".join([*lines, ""])


def _json(found: Sequence[Checked], mended: Sequence[Mended]) -> str:
    told = {
        "checks": [
            {
                "name": one.name,
                "level": one.found.level.value,
                "text": one.found.text,
                "what_to_do": one.found.what_to_do,
                "mendable": mendable(one),
            }
            for one in found
        ],
        "mended": [{"name": one.name, "text": one.text} for one in mended],
    }
    return json.dumps(told, ensure_ascii=False, indent=2) + "\n"
