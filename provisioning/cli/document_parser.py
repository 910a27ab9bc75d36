"""What `kiosk-provision host-document` understands."""

import argparse
from collections.abc import Callable
from typing import Any

from provisioning.cli import documents

_Add = Callable[[Any, str, Callable[[argparse.Namespace], None], str], argparse.ArgumentParser]


def add_host_document(commands: Any, add: _Add) -> list[argparse.ArgumentParser]:
    """Add the group; return those parsers that ask AWS, and may be a dry run."""
    group = commands.add_parser(
        "host-document", help="what Systems Manager runs on hosts whose agent does not answer"
    )
    parts = group.add_subparsers(title="commands", metavar="COMMAND", required=True)
    add(parts, "show", documents.show, "print the document; ask nobody")
    return [add(parts, "put", documents.put, "make the document, or bring it to this version")]
