"""Where a program's store is, and whose it is. Reads neither SQLite nor boto3."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import StringConstraints

TableName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{3,255}$")]
"""Of DynamoDB."""
RegionName = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")]


@dataclass(frozen=True, slots=True)
class TablePlace:
    """A table of DynamoDB."""

    name: str
    region: str

    def __str__(self) -> str:
        return f"table {self.name} in {self.region}"


StorePlace = Path | TablePlace
"""A SQLite file, or a table."""


@dataclass(frozen=True, slots=True)
class Program:
    """Whose a store is: no program opens another's."""

    name: str
    """As its command is called, and as its table says."""
    application_id: int
    """As its file says."""


TICKET_API = Program("ticket-api", 0x45505441)
"""`EPTA`."""
FLEET_SERVICE = Program("fleet-service", 0x45504653)
"""`EPFS`."""
