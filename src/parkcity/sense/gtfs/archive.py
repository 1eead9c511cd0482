"""A feed as files: a zip archive or a folder, opened without trusting its names or its stated sizes.

Nothing is unpacked to disk, so a name cannot lead out of a folder; names that try are refused all the same, because such an
archive is not a feed. What is read is counted as it is unpacked, since the sizes an archive states may be wrong.
"""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from parkcity.base.errors import Fault, InputError
from parkcity.sense.gtfs.columns import FILES

if TYPE_CHECKING:
    from parkcity.sense.gtfs.findings import Findings

MAX_UNPACKED_BYTES = 4 * 2**30
"""Most bytes of all tables of one feed together. The largest national feeds stay below it."""
_MAX_ENTRIES = 10_000


def looks_like_feed(path: Path) -> bool:
    """A folder with stops.txt, or a file that begins as a zip archive does."""
    if path.is_dir():
        return (path / "stops.txt").is_file()
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(4) in {b"PK\x03\x04", b"PK\x05\x06"}


def read_files(path: Path, findings: Findings, limit: int = MAX_UNPACKED_BYTES) -> dict[str, bytes]:
    """The bytes of every GTFS file by its plain name. Raises `InputError` for what is no archive, or not a safe one."""
    where = str(path)
    if path.is_dir():
        return _of_folder(path, findings, limit)
    if not path.is_file():
        raise InputError(Fault(where, "there is no such file.", todo="correct the path in city.toml, or add the file"))
    try:
        with zipfile.ZipFile(path) as archive:
            return _of_archive(archive, where, findings, limit)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        todo = "fetch the feed again; a feed is a zip archive of text tables"
        raise InputError(Fault(where, f"this is not a readable zip archive ({error}).", todo=todo)) from None


def _of_archive(archive: zipfile.ZipFile, where: str, findings: Findings, limit: int) -> dict[str, bytes]:
    entries = [entry for entry in archive.infolist() if entry.filename and not entry.is_dir()]
    if len(entries) > _MAX_ENTRIES:
        raise InputError(Fault(where, f"the archive holds {len(entries):,} files.", f"at most {_MAX_ENTRIES:,}."))
    names = {entry: _safe(entry.filename, where) for entry in entries}
    hidden = [name for name in names.values() if _is_hidden(name)]
    if hidden:
        findings.add(where, "hidden", hidden[0])
    kept = {entry: name for entry, name in names.items() if not _is_hidden(name)}
    folder = _folder_of_feed(list(kept.values()), where)
    if folder != PurePosixPath():
        findings.add(where, "nested", f"{folder}/")
    files: dict[str, bytes] = {}
    room = limit
    for entry, name in kept.items():
        if name.parent != folder or not _known(name.name, findings):
            continue
        if name.name in files:
            raise InputError(Fault(where, f"'{entry.filename}' stands twice in the archive.", todo="keep one of them"))
        with archive.open(entry) as stream:
            files[name.name] = stream.read(room + 1)
        room -= len(files[name.name])
        if room < 0:
            raise InputError(_too_large(where, limit))
    return files


def _of_folder(path: Path, findings: Findings, limit: int) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    room = limit
    for file in sorted(path.iterdir()):
        if file.is_file() and not file.name.startswith(".") and _known(file.name, findings):
            with file.open("rb") as stream:
                files[file.name] = stream.read(room + 1)
            room -= len(files[file.name])
            if room < 0:
                raise InputError(_too_large(str(path), limit))
    return files


def _too_large(where: str, limit: int) -> Fault:
    return Fault(where, "the feed unpacks to too much.", f"at most {limit / 2**20:,.0f} MiB.", "leave out what is not GTFS")


def _known(name: str, findings: Findings) -> bool:
    if name in FILES:
        return True
    findings.add(name, "unknown_file", name)
    return False


def _safe(name: str, where: str) -> PurePosixPath:
    plain = PurePosixPath(name.replace("\\", "/"))
    if plain.is_absolute() or ".." in plain.parts or ":" in plain.parts[0]:
        raise InputError(
            Fault(where, f"the archive holds the path '{name}'.", "plain names inside the archive.", "fetch the feed elsewhere")
        )
    return plain


def _is_hidden(name: PurePosixPath) -> bool:
    return any(part == "__MACOSX" or part.startswith(".") for part in name.parts) or name.name == "Thumbs.db"


def _folder_of_feed(names: list[PurePosixPath], where: str) -> PurePosixPath:
    """The folder in which the tables lie: the top if any lies there, else the only one that has any."""
    known = sorted({name.parent for name in names if name.name in FILES})
    if PurePosixPath() in known:
        return PurePosixPath()
    if len(known) > 1:
        listed = ", ".join(map(str, known))
        raise InputError(Fault(where, f"the archive holds several feeds: {listed}.", "one feed in an archive.", "give each its own source"))
    if known:
        return known[0]
    inner = [str(name) for name in names if name.suffix.lower() == ".zip"]
    if inner:
        raise InputError(Fault(where, f"the feed lies in an archive inside the archive ('{inner[0]}').", todo="unpack the outer archive"))
    raise InputError(Fault(where, "no file of GTFS is in the archive.", "stops.txt, routes.txt, trips.txt, stop_times.txt …"))
