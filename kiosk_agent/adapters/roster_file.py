"""The roster file: who may work at this kiosk."""

from collections import Counter
from pathlib import Path
from typing import Annotated, NoReturn

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from kiosk_agent.domain.people import Roster, StaffMember
from kiosk_contracts.ids import StaffId
from kiosk_contracts.problem import ProblemCode, ProblemError
from kiosk_contracts.staff import StaffRole
from kiosk_contracts.text import PlainName


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    staff_id: StaffId
    name: PlainName
    role: StaffRole
    pin_hash: Annotated[str, Field(pattern=r"^\$argon2id\$")]


_ENTRIES = TypeAdapter(Annotated[list[_Entry], Field(min_length=1)])


def load_roster(path: Path | None) -> Roster:
    """Read `[{"staff_id", "name", "role", "pin_hash"}, …]`; nobody where there is no file.

    Raises ProblemError `setting_invalid`, naming the entry and field that is wrong.
    """
    if path is None:
        return Roster(())
    try:
        entries = _ENTRIES.validate_json(path.read_bytes())
    except OSError as error:
        _refuse(f"{path} cannot be read: {error.strerror}.")
    except ValidationError as error:
        _refuse("; ".join(f"{path}, {_place(e['loc'])}: {e['msg']}" for e in error.errors()[:5]))
    twice = [name for name, n in Counter(entry.staff_id for entry in entries).items() if n > 1]
    if twice:
        _refuse(f"{path} has more than one entry for {', '.join(twice)}.")
    return Roster(
        tuple(
            StaffMember(entry.staff_id, entry.name, entry.role, entry.pin_hash) for entry in entries
        )
    )


def _place(loc: tuple[int | str, ...]) -> str:
    match loc:
        case (int(index), *fields):
            return f"entry {index + 1} {'.'.join(str(field) for field in fields)}".rstrip()
        case _:
            return "the file"


def _refuse(detail: str) -> NoReturn:
    raise ProblemError(
        500,
        ProblemCode.SETTING_INVALID,
        "The roster cannot be used",
        detail=detail,
        hint="Mend the roster file; `kiosk-agent hash-pin` makes a pin_hash.",
    )
