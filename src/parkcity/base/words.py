"""What a person reads, in Chinese and English, from tables.

A table of words is a CSV with the columns `id, zh, en`. A text may hold named slots in braces, filled at the call.
"""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Literal, get_args

from parkcity.base.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

Lang = Literal["zh", "en"]
LANGS: tuple[Lang, ...] = get_args(Lang)


def language(code: str | None) -> Lang:
    """The language to speak: the code given, else the user's locale, else English.

    >>> language("zh")
    'zh'
    """
    if code is not None:
        for lang in LANGS:
            if lang == code:
                return lang
        msg = f"unknown language '{code}'; allowed: {', '.join(LANGS)}"
        raise UsageError(msg)
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "zh" if locale.lower().startswith("zh") else "en"


@dataclass(frozen=True)
class Words:
    """One table of texts in both languages."""

    source: str
    texts: dict[str, tuple[str, str]]

    @classmethod
    def load(cls, package: str, filename: str = "words.csv") -> Words:
        """Read a table from a package; every row needs both languages."""
        texts: dict[str, tuple[str, str]] = {}
        with resources.files(package).joinpath(filename).open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                key, zh, en = row["id"], row["zh"], row["en"]
                if not (zh and en) or key in texts:
                    msg = f"{package}/{filename}: '{key}' lacks a language or stands twice"
                    raise ValueError(msg)
                texts[key] = (zh, en)
        return cls(f"{package}/{filename}", texts)

    def get(self, key: str, lang: Lang, **slots: object) -> str:
        """The text of a key; an unknown key is an error of ours, never an empty string."""
        if key not in self.texts:
            msg = f"no text '{key}' in {self.source}"
            raise KeyError(msg)
        text = self.texts[key][LANGS.index(lang)]
        return text.format(**slots) if slots else text

    def has(self, key: str) -> bool:
        """Is there a text for this key?"""
        return key in self.texts

    def __iter__(self) -> Iterator[str]:
        return iter(self.texts)
