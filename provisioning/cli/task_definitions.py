"""`kiosk-provision task-definition …`."""

import argparse
from typing import Any

from kiosk_contracts.ui_task import kiosk_ui_task
from operator_cli.showing import say, say_json, say_plan
from operator_cli.task_terms import task_terms
from provisioning.aws import client
from provisioning.task_definitions.ecs import Ecs, check_shape


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
    task = kiosk_ui_task(task_terms(options))
    check_shape(task)
    return task
