"""What an operator says of the kiosk UI's task on a command line."""

import argparse
from collections.abc import Mapping, Sequence

from kiosk_contracts.ui_task_terms import UiTaskTerms
from operator_cli.orders import order
from operator_cli.refusing import RefusedError


def add_task_terms(parser: argparse.ArgumentParser) -> None:
    """Add the options that `task_terms` reads."""
    parser.add_argument(
        "--image", required=True, metavar="REPOSITORY@sha256:…", help="the UI's, by its digest"
    )
    parser.add_argument("--family", metavar="NAME", help="kiosk-ui, if not said")
    parser.add_argument("--memory", type=int, metavar="MIB", help="its limit (384)")
    parser.add_argument(
        "--host-memory",
        type=int,
        metavar="MIB",
        help="what the smallest venue host registers with ECS (1536)",
    )
    parser.add_argument(
        "--execution-role",
        metavar="ARN",
        help="with which the ECS agent pulls; the host's own if not said",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KIOSK_UI_NAME=VALUE",
        help="a setting of the UI; may be repeated",
    )
    parser.add_argument("--log-driver", metavar="NAME", help="json-file, journald or awslogs")
    parser.add_argument(
        "--log-option", action="append", default=[], metavar="NAME=VALUE", help="may be repeated"
    )


def task_terms(options: argparse.Namespace) -> UiTaskTerms:
    """Return what was said; raises RefusedError."""
    said = {
        "image": options.image,
        "family": options.family,
        "memory_mib": options.memory,
        "host_memory_mib": options.host_memory,
        "execution_role": options.execution_role,
        "environment": pairs(options.set),
        "log_driver": options.log_driver,
        "log_options": pairs(options.log_option),
    }
    return read_terms(**{name: value for name, value in said.items() if value not in (None, {})})


def read_terms(**said: object) -> UiTaskTerms:
    """Return the terms of what was said; raises RefusedError in words."""
    return order(UiTaskTerms, "Nothing was made.", **said)


def pairs(said: Sequence[str]) -> Mapping[str, str]:
    """Return what NAME=VALUE says, each; raises RefusedError."""
    found = {}
    for text in said:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise RefusedError(f"{text!r} sets nothing", "Write NAME=VALUE.")
        found[name] = value
    return found
