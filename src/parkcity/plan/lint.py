"""Everything that is wrong with a ledger, at once: form, relations, indicators that nobody defines, evidence that changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from parkcity.base.errors import Fault
from parkcity.plan.evidence import file_faults
from parkcity.plan.ledger import Ledger, plan_folder, read
from parkcity.plan.relations import relation_faults

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from parkcity.plan.store import Store
    from parkcity.plan.tables import Table


def lint(city: Path | str, known_indicators: Iterable[str] = (), store: Store | None = None) -> tuple[Ledger, list[Fault]]:
    """The ledger of a city and every fault.

    `known_indicators` are the ids of the registry; a target or actual whose indicator has a dot in it claims to be one of
    them. Other indicators are statistics and need no registry. With a `store` its ledger is looked at instead of the text files
    of the city; files of evidence lie in the city's folder all the same.
    """
    ledger, faults = read(city) if store is None else store.read()
    found = [*faults.faults, *relation_faults(ledger), *unknown_indicators(ledger, known_indicators), *empty_articles(ledger)]
    return ledger, [*found, *file_faults(ledger, plan_folder(city))]


def unknown_indicators(ledger: Ledger, known: Iterable[str]) -> Iterator[Fault]:
    """Indicators written as ids of the registry that the registry does not have; what measures a commitment is always one."""
    ids = set(known)
    for name in ("targets", "actuals", "leads"):
        table = ledger[name]
        for position, indicator in enumerate(table["indicator"]):
            if "." in indicator and indicator not in ids:
                yield _unknown(table, position, indicator, "run `parkcity indicators` for the ids; write a statistic without a dot")
    measured = ledger["targets"]
    for position, indicator in enumerate(measured["measured_by"]):
        if indicator and indicator not in ids:
            yield _unknown(measured, position, indicator, "run `parkcity indicators` for the ids")
    commitments = ledger["commitments"]
    for position, named in enumerate(commitments["indicators"]):
        for indicator in named.split():
            if indicator not in ids:
                yield _unknown(commitments, position, indicator, "run `parkcity indicators` for the ids")


def _unknown(table: Table, position: int, indicator: str, todo: str) -> Fault:
    what = f"{table['id'][position]}: the registry has no indicator '{indicator}'."
    return Fault(table.where, what, "an id of the registry.", todo, table.rows[position])


def empty_articles(ledger: Ledger) -> Iterator[Fault]:
    """Articles that no commitment and no target follows."""
    table = ledger["articles"]
    followed = set(ledger["commitments"]["article"]) | set(ledger["targets"]["article"])
    for position, article in enumerate(table["id"]):
        if article not in followed:
            what = f"article {article} has neither a commitment nor a target."
            yield Fault(table.where, what, "at least one row.", "add a commitment to commitments.csv", table.rows[position])
