"""Read one declared source: find its reader, fill its options, and hand back the rows with their account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from parkcity.base.cache import hash_file, hash_json
from parkcity.base.errors import Fault, InputError, UsageError
from parkcity.sense.raw import READERS, Raw, Request, filled_options

if TYPE_CHECKING:
    from pathlib import Path

    from parkcity.base.spec import CitySpec, SourceSpec


def read_source(spec: CitySpec, source: SourceSpec) -> Raw:
    """The rows of one source. Raises `InputError` with every fault found in it."""
    where = f"{spec.folder / 'city.toml'}, source '{source.id}'"
    try:
        reader = READERS.get(source.reader)
    except UsageError as error:
        allowed = ", ".join(reader.id for reader in READERS if source.layer in reader.layers)
        raise InputError(Fault(where, f"{error}", f"readers for the layer '{source.layer}': {allowed}.")) from None
    if source.layer not in reader.layers:
        allowed = ", ".join(reader.id for reader in READERS if source.layer in reader.layers)
        fault = Fault(where, f"reader '{reader.id}' does not give the layer '{source.layer}'.", f"{allowed}.")
        raise InputError(fault)
    options = filled_options(reader, source.options, where)
    path = spec.path(source)
    if not reader.can_read(path):
        raise InputError(Fault(str(path), f"reader '{reader.id}' cannot read this file.", f"{reader.doc}"))
    raw = reader.read(Request(path, options, source.datum, source.id, spec.folder / "twin" / "readings" / source.id))
    if raw.tally.rows_kept == 0:
        reasons = sorted({reason for _, reason in raw.tally.refused}) or ["the layer is empty"]
        raise InputError(Fault(str(path), f"no row could be used: {'; '.join(reasons[:3])}.", "at least one row."))
    return raw


def source_hash(spec: CitySpec, source: SourceSpec) -> str:
    """Hash of everything that a source is: its files' bytes and how it is declared."""
    declared = [source.layer, source.reader, source.datum, source.datum_checked, source.coverage, source.date, dict(source.options)]
    return hash_json([declared, files_hash(spec.path(source))])


def files_hash(path: Path) -> str:
    """Hash of a file, or of all files of a folder with their names."""
    if path.is_dir():
        files = sorted(entry for entry in path.rglob("*") if entry.is_file())
        return hash_json([[entry.relative_to(path).as_posix(), hash_file(entry)] for entry in files])
    return hash_file(path)
