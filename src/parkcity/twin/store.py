"""The twin on disk: layers as GeoParquet and `.npy`, found through one manifest.

Files are named by the hash of their bytes and never changed. The manifest is replaced last and in one step, so that an
interrupted build or a full disk leaves the old twin whole; files that no manifest names any more are then removed.
Nothing in the manifest depends on the clock: two builds from the same sources give the same bytes.
"""

from __future__ import annotations

import errno
import json
import os
import tempfile
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parkcity.base.cache import hash_file, hash_json, write_text
from parkcity.base.errors import Fault, InputError, ParkcityError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import geopandas as gpd
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

FORMAT = 1
MANIFEST = "manifest.json"


@dataclass
class Layer:
    """One layer before it is written: tables and arrays by name, and what it was made from."""

    name: str
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)
    meta: dict[str, Any] = field(default_factory=dict)
    notices: list[Fault] = field(default_factory=list)


@dataclass(frozen=True)
class LayerStore:
    """A folder of layer files."""

    folder: Path

    @property
    def manifest_path(self) -> Path:
        """Where the manifest lies."""
        return self.folder / MANIFEST

    def manifest(self) -> dict[str, Any] | None:
        """The manifest, or None where there is no twin yet or one of another format."""
        if not self.manifest_path.is_file():
            return None
        try:
            document = json.loads(self.manifest_path.read_text(encoding="utf-8"))
        except json.JSONDecodeError:
            return None
        return document if isinstance(document, dict) and document.get("format") == FORMAT else None

    def write(self, layer: Layer, input_key: str) -> dict[str, Any]:
        """Write a layer's files and return its entry for the manifest."""
        files: dict[str, str] = {}
        try:
            for name, table in layer.tables.items():
                files[name] = self._write_table(table)
            for name, array in layer.arrays.items():
                files[name] = self._write_array(array)
        except OSError as error:
            raise _disk_error(error, self.folder) from error
        entry = {
            "input_key": input_key,
            "files": files,
            "meta": layer.meta,
            "notices": [fault.as_row() for fault in layer.notices],
        }
        return {**entry, "hash": hash_json([files, layer.meta])}

    def _write_table(self, table: pd.DataFrame) -> str:
        return self._keep(".parquet", lambda path: table.to_parquet(path, index=False, compression="zstd"))

    def _write_array(self, array: NDArray[Any]) -> str:
        import numpy as np

        return self._keep(".npy", lambda path: np.save(path, np.ascontiguousarray(array), allow_pickle=False))

    def _keep(self, suffix: str, write: Callable[[Path], object]) -> str:
        """Write a file under a name of its own, then move it to the name that its bytes give it."""
        place = self.folder / "layers"
        place.mkdir(parents=True, exist_ok=True)
        handle, incoming = tempfile.mkstemp(prefix=".incoming-", suffix=suffix, dir=place)
        os.close(handle)
        path = Path(incoming)
        try:
            write(path)
            path.chmod(0o644)
            name = f"{hash_file(path)[:32]}{suffix}"
            path.replace(place / name)
        finally:
            path.unlink(missing_ok=True)
        return name

    def commit(self, manifest: dict[str, Any]) -> None:
        """Put a new manifest in place, then remove the files that it does not name."""
        text = json.dumps({"format": FORMAT, **manifest}, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
        try:
            write_text(self.manifest_path, text)
        except OSError as error:
            raise _disk_error(error, self.folder) from error
        named = {name for entry in manifest["layers"].values() for name in entry["files"].values()}
        for path in (self.folder / "layers").iterdir():
            if path.name not in named:
                path.unlink(missing_ok=True)

    def complete(self, entry: Mapping[str, Any]) -> bool:
        """Are all files of a manifest entry there, with the bytes that their names promise?"""
        for name in entry["files"].values():
            path = self.folder / "layers" / name
            if not path.is_file() or hash_file(path)[:32] != name.split(".")[0]:
                return False
        return True


def _disk_error(error: OSError, folder: Path) -> ParkcityError:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        what, todo = "the disk is full; the old twin was left as it was.", "make room and run the command again"
    elif error.errno in {errno.EACCES, errno.EROFS, errno.EPERM}:
        what, todo = "the folder cannot be written.", "give write permission, or copy the city's folder"
    else:
        what, todo = f"writing failed ({error.strerror or error}); the old twin was left as it was.", "run the command again"
    return InputError(Fault(str(folder), what, todo=todo))


@dataclass(frozen=True)
class StoredLayer:
    """One layer as it lies on disk. Tables and arrays are read when asked for."""

    folder: Path
    name: str
    entry: Mapping[str, Any]

    @property
    def hash(self) -> str:
        """Hash of the layer's contents."""
        return str(self.entry["hash"])

    @property
    def meta(self) -> dict[str, Any]:
        """What the layer says about itself."""
        return dict(self.entry["meta"])

    def path(self, part: str) -> Path:
        """Where a table or array of the layer lies."""
        if part not in self.entry["files"]:
            msg = f"layer '{self.name}' has no part '{part}'; it has: {', '.join(sorted(self.entry['files']))}"
            raise KeyError(msg)
        return self.folder / "layers" / str(self.entry["files"][part])

    def array(self, part: str) -> NDArray[Any]:
        """One array, read-only and mapped from disk."""
        import numpy as np

        array: NDArray[np.generic] = np.load(self.path(part), mmap_mode="r", allow_pickle=False)
        return array

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All arrays of the layer by name."""
        return {part: self.array(part) for part, name in self.entry["files"].items() if str(name).endswith(".npy")}

    def table(self, part: str) -> pd.DataFrame:
        """One table without geometry."""
        import pandas as pd

        return pd.read_parquet(self.path(part))

    def shapes(self, part: str) -> gpd.GeoDataFrame:
        """One table with geometry (WGS 84)."""
        import geopandas as gpd

        return gpd.read_parquet(self.path(part))

    @cached_property
    def parts(self) -> tuple[str, ...]:
        """The names of all tables and arrays."""
        return tuple(sorted(self.entry["files"]))
