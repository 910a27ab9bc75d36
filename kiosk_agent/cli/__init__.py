"""`kiosk-agent`: run the agent, and ask or tell the one that runs."""

import argparse
import sys
from collections.abc import Sequence

from kiosk_agent import exit_codes
from kiosk_agent.cli.parser import build_parser
from kiosk_agent.settings_file import SettingsError
from kiosk_contracts.problem import ProblemError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status."""
    options: argparse.Namespace = build_parser().parse_args(arguments)
    try:
        status: int = options.command(options)
    except SettingsError as error:
        for problem in error.problems:
            sys.stderr.write(f"kiosk-agent: {problem}\n")
        return exit_codes.CONFIG
    except ProblemError as error:
        sys.stderr.write(f"kiosk-agent: {_words(error)}\n")
        return exit_codes.of_problem(error.code)
    except KeyboardInterrupt:
        return exit_codes.INTERRUPTED
    return status


def _words(error: ProblemError) -> str:
    problem = error.problem
    parts = [f"{problem.title}:", problem.detail, problem.hint]
    return " ".join(part for part in parts if part)
