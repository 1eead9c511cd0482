"""The tree of errors.

Everything that a user can put right is an `InputError`; it carries every fault that was found, so that one run tells all.
A fault says where (file and row), what is wrong, what is allowed, and what to do next. Everything else that the product
raises on purpose derives from `ParkcityError` too, so that the command line can tell a fault of the input from a fault of ours.

    ParkcityError
    ├── InputError        the input is at fault: one or more `Fault`s (exit status 1)
    ├── UsageError        the call is at fault: an unknown id, option or key (exit status 2)
    ├── MissingLayerError something cannot be measured in this city, and what it needs
    └── LimitError        the work would exceed a stated limit (memory, size), and by how much
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with an input.

    `where` is the file (or option) at fault; `row` is the 1-based line or record number when there is one.
    """

    where: str
    what: str
    allowed: str = ""
    todo: str = ""
    row: int | None = None

    def __str__(self) -> str:
        place = f"{self.where}, row {self.row}" if self.row is not None else self.where
        text = f"{place}: {self.what}"
        if self.allowed:
            text += f" Allowed: {self.allowed}"
        if self.todo:
            text += f" What to do: {self.todo}"
        return text

    def as_row(self) -> dict[str, str | int | None]:
        """The fault as one flat row for JSON."""
        return {"where": self.where, "row": self.row, "what": self.what, "allowed": self.allowed, "todo": self.todo}


class ParkcityError(Exception):
    """Base of every error that parkcity raises on purpose."""

    exit_status = 1


class InputError(ParkcityError):
    """The input is at fault. `faults` holds every fault found, never empty."""

    def __init__(self, faults: Fault | Iterable[Fault]) -> None:
        self.faults: tuple[Fault, ...] = (faults,) if isinstance(faults, Fault) else tuple(faults)
        if not self.faults:
            msg = "InputError needs at least one fault"
            raise ValueError(msg)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class UsageError(ParkcityError):
    """The call is at fault: an unknown name, option or combination."""

    exit_status = 2


class MissingLayerError(ParkcityError):
    """A number cannot be measured in this city. `needs` names what is missing."""

    def __init__(self, subject: str, needs: Sequence[str]) -> None:
        self.subject = subject
        self.needs = tuple(needs)
        super().__init__(f"{subject} cannot be measured here: needs {', '.join(needs)}")


class LimitError(ParkcityError):
    """The work would exceed a stated limit; the message says the limit and what would be needed."""


@dataclass
class FaultList:
    """Collects faults while an input is read, and raises them together.

    >>> faults = FaultList()
    >>> faults.add("a.csv", "no column 'name'", todo="name the column in city.toml")
    >>> faults.check()
    Traceback (most recent call last):
    parkcity.base.errors.InputError: a.csv: no column 'name' What to do: name the column in city.toml
    """

    faults: list[Fault] = field(default_factory=list)

    def add(self, where: str | Path, what: str, *, allowed: str = "", todo: str = "", row: int | None = None) -> None:
        """Add one fault."""
        self.faults.append(Fault(str(where), what, allowed, todo, row))

    def extend(self, faults: Iterable[Fault]) -> None:
        """Add the faults of another list or error."""
        self.faults.extend(faults)

    def check(self) -> None:
        """Raise all faults at once, if there are any."""
        if self.faults:
            raise InputError(self.faults)
