"""A city as it was: copies of its folder under the label of a time, kept beside its data and named `CITY@LABEL`."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from parkcity.base.errors import Fault, InputError
from parkcity.base.spec import FILENAME

EARLIER = "earlier"
_MADE_AGAIN = ("twin", "report", EARLIER)
"""What can be made from the rest, and the copies themselves."""
_RECORD = ("indicators.csv", "manifest.json")
_LABEL = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,63}")


def keep(folder: Path, label: str, report: Path) -> Path:
    """Copy a city's folder to `FOLDER/earlier/LABEL`, with what its report recorded, and return where it lies.

    The twin is left out: it is built again from the copy, by the program of the day. Raises `InputError` where the label is no name of a
    folder or is taken: what is kept is never written over.
    """
    if not _LABEL.fullmatch(label):
        allowed = "a year or a date such as 2024 or 2024-06-30: letters, digits, full stop, hyphen, underscore, 64 at most."
        raise InputError(Fault("--keep", f"'{label}' cannot name what is kept.", allowed))
    target = folder / EARLIER / label
    if target.exists():
        todo = f"choose another label, or remove {target} if it is no longer wanted"
        raise InputError(Fault(str(target), f"'{label}' is kept already.", "what is kept is never written over.", todo))
    unfinished = target.with_name(f".{label}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        shutil.copytree(folder, unfinished, ignore=lambda here, names: _left_out(Path(here) == folder, names))
        (unfinished / "report").mkdir()
        for name in _RECORD:
            if (report / name).is_file():
                shutil.copy2(report / name, unfinished / "report" / name)
        unfinished.rename(target)
    except OSError as error:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise InputError(Fault(str(target), f"the copy cannot be written ({error.strerror or error}).", todo="make room")) from error
    return target


def _left_out(top: bool, names: list[str]) -> set[str]:
    return {name for name in names if name.startswith(".") or (top and name in _MADE_AGAIN)}


def labels(folder: Path) -> list[str]:
    """What is kept of a city, in the order of the labels."""
    if not (folder / EARLIER).is_dir():
        return []
    return sorted(entry.name for entry in (folder / EARLIER).iterdir() if (entry / FILENAME).is_file())


def earlier_folder(text: str, city: Path) -> Path:
    """The folder that `FOLDER`, `CITY@LABEL` or `@LABEL` (of this city) names. Raises `InputError` with what is kept."""
    if Path(text).is_dir() or "@" not in text:
        return Path(text)
    name, label = text.rsplit("@", 1)
    folder = Path(name) if name else city
    found = folder / EARLIER / label
    if label not in labels(folder):
        known = ", ".join(labels(folder)) or "nothing yet"
        todo = f"keep it with parkcity check {folder} --keep LABEL while the data are of that time"
        raise InputError(Fault(text, f"nothing of '{folder}' is kept under '{label}'.", f"kept: {known}.", todo))
    return found
