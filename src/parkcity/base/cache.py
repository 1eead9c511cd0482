"""Hashes of contents, and a store on disk for what is derived from them.

A derived array is kept under the hash of its inputs, its parameters and the version of the code. Nothing is ever taken
from the store because a file of some name exists: the name is the hash of everything that went in.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np
    from numpy.typing import NDArray

_CHUNK = 1 << 20


def hash_text(*parts: str) -> str:
    """SHA-256 of texts, each with its length, so that no two lists of parts collide."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode()
        digest.update(f"{len(data)}:".encode())
        digest.update(data)
    return digest.hexdigest()


def hash_json(value: object) -> str:
    """SHA-256 of a value of plain types, independent of the order of keys."""
    return hash_text(json.dumps(value, sort_keys=True, ensure_ascii=False, default=str))


def hash_file(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


@cache
def code_version(*rooms: str) -> str:
    """Hash of the source files and tables of some rooms (`base`, `sense`, …), or of the whole package without any.

    Results that stem from older code are thus never taken for new ones.
    """
    root = Path(str(resources.files("parkcity")))
    digest = hashlib.sha256()
    folders = [root / room for room in rooms] if rooms else [root]
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.suffix in {".py", ".csv", ".json", ".html", ".css", ".js"} and path.is_file():
                digest.update(path.relative_to(root).as_posix().encode())
                digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` that takes its place when the block ends well, and vanishes when it does not."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.stem}.", suffix=path.suffix, dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o644)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str, *, encoding: str = "utf-8") -> None:
    """Write a text file so that a crash or a full disk leaves the old one whole."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding=encoding, newline="")


@dataclass(frozen=True)
class ArrayCache:
    """Named groups of arrays on disk, found by the hash of what they were made from."""

    folder: Path

    def get(self, key: str, make: Callable[[], dict[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
        """The arrays kept under `key`, or those that `make` gives, which are then kept. A damaged entry is made again."""
        import numpy as np

        place = self.folder / f"{key}.npz"
        if place.is_file():
            try:
                with np.load(place, allow_pickle=False) as stored:
                    return {name: stored[name] for name in stored.files}
            except (OSError, ValueError, KeyError, EOFError):
                place.unlink(missing_ok=True)
        arrays = make()
        with atomic_path(place) as temporary, temporary.open("wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]
        return arrays

    def has(self, key: str) -> bool:
        """Is anything kept under `key`?"""
        return (self.folder / f"{key}.npz").is_file()

    def prune(self, keep: int) -> None:
        """Drop the oldest entries beyond `keep`."""
        entries = sorted(self.folder.glob("*.npz"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
        for path in entries[keep:]:
            path.unlink(missing_ok=True)


def array_hash(*arrays: np.ndarray[Any, Any]) -> str:
    """SHA-256 of arrays: type, shape and bytes."""
    import numpy as np

    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.dtype.str}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
