"""A ledger that is sound: read from its folder, with every fault of form and of relation told at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from parkcity.plan.ledger import Ledger, read
from parkcity.plan.relations import relation_faults

if TYPE_CHECKING:
    from pathlib import Path


def load(folder: Path | str) -> Ledger:
    """The ledger of a city's folder. Raises `InputError` with every fault of form and of relation."""
    ledger, faults = read(folder)
    faults.extend(relation_faults(ledger))
    faults.check()
    return ledger
