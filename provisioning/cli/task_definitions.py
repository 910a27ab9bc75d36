"""`kiosk-provision task-definition …`."""

import argparse
from collections.abc import Mapping
from typing import Any

from kiosk_contracts.ui_task import kiosk_ui_task
from provisioning.aws import client
from provisioning.cli.showing import say, say_json, say_plan
from provisioning.refusing import RefusedError
from provisioning.task_definitions.ecs import Ecs, check_shape
from provisioning.task_definitions.terms import read_terms


def show(options: argparse.Namespace) -> None:
    """Print the input of RegisterTaskDefinition; ask nobody."""
    say_json(_task(options))


def register(options: argparse.Namespace) -> None:
    """Register the next revision."""
    task = _task(options)
    if options.dry_run:
        plan = f"would register the next revision of {task['family']} with {options.image}"
        say_plan(plan, {"task_definition": task}, as_json=options.json)
        return
    made = Ecs(client("ecs", options.region, options.profile)).register(task)
    if options.json:
        say_json({"arn": made.arn, "family": made.family, "revision": made.revision})
    else:
        say(f"{made.family}:{made.revision} runs {options.image}")
        say(made.arn)


def _task(options: argparse.Namespace) -> dict[str, Any]:
    said = {
        "image": options.image,
        "family": options.family,
        "memory_mib": options.memory,
        "host_memory_mib": options.host_memory,
        "execution_role": options.execution_role,
        "environment": _pairs(options.set),
        "log_driver": options.log_driver,
        "log_options": _pairs(options.log_option),
    }
    terms = read_terms(**{name: value for name, value in said.items() if value not in (None, {})})
    task = kiosk_ui_task(terms)
    check_shape(task)
    return task


def _pairs(said: list[str]) -> Mapping[str, str]:
    pairs = {}
    for text in said:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise RefusedError(f"{text!r} sets nothing", "Write NAME=VALUE.")
        pairs[name] = value
    return pairs
