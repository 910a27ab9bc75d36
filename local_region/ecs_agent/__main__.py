"""`python -m local_region.ecs_agent`: an external instance's agent, on this host's Docker."""

import argparse
import asyncio
import dataclasses
import json
import logging
import os
import sys
from pathlib import Path
from typing import Any, Final

import structlog

from local_region.ecs_agent.domain.pace import Pace
from local_region.ecs_agent.init import supervise
from local_region.ecs_agent.runtime import run_agent
from local_region.ecs_agent.settings import (
    INTROSPECTION_PORT,
    AgentSettings,
    SettingsError,
    configured,
    settings_of,
)

_EXAMPLES: Final = """\
It reads what the real agent reads: etc/ecs/ecs.config and var/lib/ecs/ecs.config, and the same
variables (ECS_CLUSTER, ECS_BACKEND_HOST, AWS_DEFAULT_REGION, ECS_INSTANCE_ATTRIBUTES,
ECS_IMAGE_PULL_BEHAVIOR, ECS_CONTAINER_STOP_TIMEOUT) from the environment. The role credentials are
those that the SSM agent keeps in root's ~/.aws/credentials.

example:
  ECS_BACKEND_HOST=http://127.0.0.1:4599 AWS_DEFAULT_REGION=eu-central-1 ECS_CLUSTER=kiosks \\
    python -m local_region.ecs_agent --supervised

Faults: write black-hole, refused, hibernating or stale-running into the file `fault` of the state
folder; remove it to end the fault. More: docs/local-region.md.

Once it serves, a line on standard output says so. Exit status: 0 ended as asked (containers run
on), 1 it could not register and may try again, 5 it never will as it is, 78 a setting is missing.
"""


def main(words: list[str] | None = None) -> int:
    """Run the agent, or its init; return the exit status."""
    words = sys.argv[1:] if words is None else words
    options = _parser().parse_args(words)
    _set_up_logging(options.log_level)
    try:
        settings = _settings(options)
    except SettingsError as error:
        print(f"local_region.ecs_agent: {error}", file=sys.stderr)  # noqa: T201  for who ran it
        return os.EX_CONFIG
    if options.supervised:
        own = [word for word in words if word != "--supervised"]
        return asyncio.run(supervise(own, settings.pace.init))
    return asyncio.run(run_agent(settings, told=_tell))


def _tell(line: dict[str, Any]) -> None:
    print(json.dumps(line), flush=True)  # noqa: T201  for whoever started us


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m local_region.ecs_agent",
        description="A stand-in for the ECS agent, which runs its tasks in this host's Docker.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--root", type=Path, default=Path("/"), metavar="DIR", help="where its files are, if not /")
    add("--state", type=Path, metavar="DIR", help="what it remembers (ROOT/var/lib/ecs/data)")
    add("--credentials", type=Path, metavar="FILE", help="ROOT/root/.aws/credentials otherwise")
    add("--engine", choices=("docker", "memory"), default="docker", help="memory: runs nothing")
    add("--introspection-host", default="0.0.0.0", metavar="ADDRESS")  # noqa: S104  as the real one
    add("--introspection-port", type=int, default=INTROSPECTION_PORT, metavar="PORT")
    add("--memory", type=int, metavar="MIB", help="what it registers, if not the host's")
    add("--pace", type=float, default=1.0, metavar="FACTOR", help="0.1: all its waits a tenth")
    add("--supervised", action="store_true", help="start it again whenever it ends, as its init")
    add("--log-level", default="info", choices=("debug", "info", "warning", "error"))
    return parser


def _settings(options: argparse.Namespace) -> AgentSettings:
    pace = Pace() if options.pace == 1 else Pace().scaled(options.pace)
    settings = settings_of(options.root, configured(options.root), pace)
    given: dict[str, Any] = {
        "engine": options.engine,
        "introspection_host": options.introspection_host,
        "introspection_port": options.introspection_port,
        "memory_mib": options.memory,
        "state": options.state or settings.state,
        "credentials": options.credentials or settings.credentials,
    }
    return dataclasses.replace(settings, **given)


def _set_up_logging(level: str) -> None:
    """Write one line of JSON for each event to standard error; never a key or a token."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level.upper()]
        ),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


if __name__ == "__main__":
    sys.exit(main())
