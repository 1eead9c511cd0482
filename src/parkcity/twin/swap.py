"""From an earlier twin of a city to the present one, one input swapped at a time, so that a change can be told by its cause.

The way leads from the earlier folder's sources and declaration to the present ones. What is swapped is told as one of three parts:

- `method`: the declaration of the city, or how a source is read (reader, options, datum), changed; its bytes did not;
- `real`: a source brought other bytes of a later date: it speaks of the city at a later time;
- `data`: other bytes of the same or an earlier date, another coverage, a source more or less: the same city, known otherwise.

A source that is fuller than its forerunner and later too counts as real; the names of the steps say what to look at.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from parkcity.base.errors import Fault, InputError
from parkcity.base.times import parse_date
from parkcity.sense.read import files_hash
from parkcity.twin.build import build_declared, twin_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from parkcity.base.spec import CitySpec, SourceSpec
    from parkcity.twin.twin import Twin

PartName = Literal["real", "data", "method"]
_THEN, _NOW = "then", "now"


@dataclass(frozen=True)
class Swap:
    """One step on the way: which part of a change it is, what was swapped, and the city's declaration after it."""

    part: PartName
    what: str
    spec: CitySpec


def swaps(then: CitySpec, now: CitySpec, room: Path) -> list[Swap]:
    """The steps from one declaration to the other; `room` is the folder in which `between` builds them.

    The declaration comes first, then every source that differs, in the order of the present file, then sources that are gone.
    Raises `InputError` where the two are not folders of one city.
    """
    if then.id != now.id:
        fault = Fault(str(then.folder), f"this is the city '{then.id}', not '{now.id}'.", todo="name an earlier folder of the same city")
        raise InputError(fault)
    sources = {source.id: _in(source, _THEN) for source in then.sources}
    start = replace(then, folder=room, sources=tuple(sources.values()))
    declared = replace(now, folder=room, sources=start.sources)
    steps = [] if declared == start else [Swap("method", "city.toml", declared)]

    def add(part: PartName, name: str) -> None:
        steps.append(Swap(part, name, replace(declared, sources=_ordered(sources, now))))

    for source in now.sources:
        old, new = sources.get(source.id), _in(source, _NOW)
        if old is None:
            sources[source.id] = new
            add("data", source.id)
            continue
        before = next(one for one in then.sources if one.id == source.id)
        same_bytes = files_hash(then.path(before)) == files_hash(now.path(source))
        if _reading(before) != _reading(source):
            sources[source.id] = replace(new, path=old.path, date=old.date, coverage=old.coverage)
            add("method", source.id)
        if not same_bytes or before.coverage != source.coverage or before.date != source.date:
            later = parse_date(source.date)[0] > parse_date(before.date)[0]
            sources[source.id] = new
            add("real" if later and not same_bytes else "data", source.id)
    for name in [name for name in sources if name not in {source.id for source in now.sources}]:
        del sources[name]
        add("data", name)
    return steps


def _in(source: SourceSpec, where: str) -> SourceSpec:
    return replace(source, path=f"{where}/{source.path}")


def _reading(source: SourceSpec) -> tuple[object, ...]:
    return (source.layer, source.reader, source.datum, source.datum_checked, dict(source.options))


def _ordered(sources: dict[str, SourceSpec], now: CitySpec) -> tuple[SourceSpec, ...]:
    """The present order, with what is only of the past behind."""
    order = {source.id: at for at, source in enumerate(now.sources)}
    return tuple(sorted(sources.values(), key=lambda source: order.get(source.id, len(order))))


def between(then: Twin, now: Twin, room: Path) -> Iterator[tuple[PartName, str, Twin]]:
    """Every twin on the way from `then` to `now`, each with what was swapped to come there; the last is `now` itself.

    `room`: an empty folder for the twins between, which are built one after the other in the same place: use each before
    asking for the next. A step that cannot be built alone (ages by districts that are only in the other file) is taken
    together with the next one, and counts as the part of the later.
    """
    for name, twin in ((_THEN, then), (_NOW, now)):
        (room / name).symlink_to(twin.spec.folder.resolve(), target_is_directory=True)
    shutil.copytree(twin_folder(then.spec.folder), twin_folder(room), copy_function=_linked)
    steps = swaps(then.spec, now.spec, room)
    waiting: list[str] = []
    for step in steps[:-1]:
        waiting.append(step.what)
        try:
            twin = build_declared(step.spec)
        except InputError:
            continue
        yield step.part, " + ".join(waiting), twin
        waiting = []
    if steps:
        yield steps[-1].part, " + ".join([*waiting, steps[-1].what]), now


def _linked(source: str, target: str) -> str:
    """The files of a twin never change their bytes: a second name for one is enough where the disk allows it."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
    return target
