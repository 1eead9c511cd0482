"""What came of spoilt files: how many were read, how many refused, and how long the slowest took."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from parkcity.base.errors import InputError, ParkcityError

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Tried:
    """Counts of one reader on one file."""

    read: int = 0
    refused: int = 0
    slowest_s: float = 0.0

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count what is tried inside: a fault that says something is an answer, any other exception goes on."""
        begin = time.perf_counter()
        try:
            yield
        except ParkcityError as error:
            assert not isinstance(error, InputError) or error.faults
            self.refused += 1
        else:
            self.read += 1
        self.slowest_s = max(self.slowest_s, time.perf_counter() - begin)


TRIED: dict[str, Tried] = {}
"""By reader and file, in the order of the tests."""


def table() -> list[str]:
    """The counts as lines of text."""
    width = max((len(name) for name in TRIED), default=0)
    head = f"{'reader: file':{width}}  tried   read  refused  slowest"
    rows = [
        f"{name:{width}}  {one.read + one.refused:5}  {one.read:5}  {one.refused:7}  {one.slowest_s:5.2f} s" for name, one in TRIED.items()
    ]
    return [head, *rows]
