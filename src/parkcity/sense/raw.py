"""What a reader gives: rows as received, in WGS 84, with an account of every row that did not make it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from parkcity.base.errors import Fault, InputError
from parkcity.base.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray


@dataclass
class Tally:
    """The account of a reading: rows in, rows kept, rows refused and why, and remarks in plain words."""

    rows_in: int = 0
    rows_kept: int = 0
    refused: list[tuple[int | str, str]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    encoding: str = ""

    def refuse(self, row: int | str, reason: str) -> None:
        """Note one row that was not kept."""
        self.refused.append((row, reason))


@dataclass
class Raw:
    """A source as read.

    `frame` holds rows (a GeoDataFrame in WGS 84 where the layer has geometry); `arrays` holds what is not a table, such as
    a network; `tally` is the account.
    """

    tally: Tally
    frame: pd.DataFrame | None = None
    arrays: dict[str, NDArray[np.generic]] = field(default_factory=dict)
    frames: dict[str, pd.DataFrame] = field(default_factory=dict)


@dataclass(frozen=True)
class Request:
    """What a reader is asked: the file (or folder), its options with defaults filled in, and the datum declared.

    `kept`: a folder in which a costly reading may be kept for the next time; None, nothing is kept.
    """

    path: Path
    options: Mapping[str, Any]
    datum: str
    source_id: str
    kept: Path | None = None

    def text(self, key: str) -> str:
        """An option that is a text."""
        return str(self.options[key])


@dataclass(frozen=True)
class Option:
    """One option of a reader: its type, its default (None: must be given) and what it does."""

    type: type
    default: Any
    doc: str


@dataclass(frozen=True)
class Reader:
    """A reader is two questions: can I read this, and read it."""

    id: str
    layers: tuple[str, ...]
    doc: str
    options: Mapping[str, Option]
    can_read: Callable[[Path], bool]
    read: Callable[[Request], Raw]
    memory_per_byte: float = 12.0
    version: int = 1
    """Raised whenever the same file and options give other rows than before."""


READERS: Registry[Reader] = Registry("reader", "parkcity.sense.sources")


def filled_options(reader: Reader, given: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The options with defaults; unknown, missing and mistyped ones are all told at once."""
    faults = [
        Fault(where, f"reader '{reader.id}' has no option '{key}'.", f"{', '.join(sorted(reader.options)) or 'none'}.")
        for key in given
        if key not in reader.options
    ]
    filled: dict[str, Any] = {}
    for key, option in reader.options.items():
        value = given.get(key, option.default)
        if value is None:
            faults.append(Fault(where, f"reader '{reader.id}' needs the option '{key}'.", f"{option.doc}."))
        elif not _fits(value, option.type):
            faults.append(Fault(where, f"option '{key}' is {value!r}.", f"{option.type.__name__}: {option.doc}."))
        filled[key] = value
    if faults:
        raise InputError(faults)
    return filled


def _fits(value: object, wanted: type) -> bool:
    if wanted is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if wanted is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, wanted)
