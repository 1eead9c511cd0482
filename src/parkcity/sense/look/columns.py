"""Which column holds what, by its name and its values."""

from __future__ import annotations

import csv
import re
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from parkcity.sense.kinds import kinds

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

_OSM_VALUE = re.compile(r"[a-z_:]+=([a-z_]+)")
# Age columns as offices of statistics name them: persons_5, p_5, age_5, 5-9, M_85+, females_90_plus …
_AGE = re.compile(
    r"^(?P<who>[a-z_]*?)[_ ]?(?:age[_ ]?s?)?[_ ]?(?P<low>\d{1,3})(?:[-_](?P<high>\d{1,3})|(?P<plus>\+|_?plus|p))?$", re.IGNORECASE
)
_BOTH_SEXES = {"", "persons", "person", "p", "all", "total", "t", "both", "people", "ages"}


@cache
def _patterns(role: str) -> tuple[re.Pattern[str], ...]:
    text = resources.files("parkcity.sense.look").joinpath("columns.csv").read_text(encoding="utf-8")
    return tuple(re.compile(row["pattern"], re.IGNORECASE) for row in csv.DictReader(text.splitlines()) if row["role"] == role)


def named(columns: Sequence[str], role: str) -> list[str]:
    """The columns whose names fit a role of the table `columns.csv`, the surest first.

    >>> named(["id", "lon", "population", "jobs"], "people")
    ['population']
    """
    found: list[str] = []
    for pattern in _patterns(role):
        found += [name for name in columns if pattern.match(name.strip()) and name not in found]
    return found


def numeric(column: pd.Series[str]) -> bool:
    """Does a column of texts hold numbers of 0 or more in every row that is not empty, and in one at least?"""
    import pandas as pd

    filled = column[column.astype(str).str.strip() != ""]
    numbers = pd.to_numeric(filled, errors="coerce")
    return bool(len(filled)) and bool(numbers.notna().all()) and bool((numbers >= 0).all())


def unique(column: pd.Series[str]) -> bool:
    """Has every row a value of its own?"""
    return bool(column.notna().all()) and bool((column.astype(str).str.strip() != "").all()) and not bool(column.duplicated().any())


@cache
def _kind_words() -> dict[str, str]:
    """What sources call a kind of place, folded, to the kind; of several kinds the first in the table holds."""
    known: dict[str, str] = {}
    for kind in kinds().values():
        words = [kind.id, kind.zh, kind.en, *kind.overture.split("|"), *kind.baidu.split("|"), *_OSM_VALUE.findall(kind.osm)]
        for word in words:
            if word:
                known.setdefault(_folded(word), kind.id)
    text = resources.files("parkcity.sense.look").joinpath("kind_words.csv").read_text(encoding="utf-8")
    return known | {_folded(row["word"]): row["kind"] for row in csv.DictReader(text.splitlines())}


def _folded(word: str) -> str:
    return re.sub(r"[\s_\-]+", " ", word.strip().casefold())


def kind_of_word(word: str) -> str:
    """The kind of place that a word means in any source's language, or an empty text.

    >>> kind_of_word("Fire_Station"), kind_of_word("公园"), kind_of_word("spot height")
    ('fire_station', 'park', '')
    """
    known, folded = _kind_words(), _folded(word)
    return known.get(folded) or known.get(folded.removesuffix("s"), "")


def age_bands(columns: Sequence[str]) -> dict[str, str]:
    """Age bands of both sexes together, as 5-9 or 85+, to the columns that hold them; empty where they leave a gap.

    >>> age_bands(["area", "persons_0", "persons_1", "persons_2+", "males_0"])
    {'0-0': 'persons_0', '1-1': 'persons_1', '2+': 'persons_2+'}
    """
    bands: dict[int, tuple[str, int | None, str]] = {}
    for name in columns:
        match = _AGE.match(name.strip())
        if match is None or match["who"].strip("_ ").lower() not in _BOTH_SEXES:
            continue
        low = int(match["low"])
        high = None if match["plus"] else int(match["high"] or low)
        bands[low] = (f"{low}+" if high is None else f"{low}-{high}", high, name)
    expected: int | None = 0
    for low in sorted(bands):
        if low != expected:
            return {}
        high = bands[low][1]
        expected = None if high is None else high + 1
    if expected is not None or len(bands) < 2:
        return {}
    return {bands[low][0]: bands[low][2] for low in sorted(bands)}
