"""The draft as a commented `city.toml`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from parkcity.base.words import Words

if TYPE_CHECKING:
    from parkcity.base.words import Lang
    from parkcity.serve.draft.draft import Draft, Entry

_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")


def toml_text(draft: Draft, lang: Lang) -> str:
    """The declaration with comments in one language: what was found in each file, and what is doubtful."""
    words = Words.load("parkcity.serve.draft")
    lines = [f"# {words.get('head.first', lang, name=draft.name_zh if lang == 'zh' else draft.name_en)}"]
    lines += [f"# {words.get('head.doubts', lang)}"] if draft.doubts else []
    lines += [f"#  - {words.get(remark.key, lang, **remark.slots)}" for remark in draft.doubts]
    lines += ["", "[city]", *_pairs({"id": draft.id, "name_zh": draft.name_zh, "name_en": draft.name_en})]
    lines += ["", f"# {words.get('head.area', lang)}", "[area]", *_pairs({"tier": draft.area_tier})]
    for tier in draft.tiers:
        lines += ["", "[[tiers]]", *_pairs(tier)]
    lines += ["", "[people]", *_pairs(draft.people)]
    for margin in draft.margins:
        lines += ["", "[[people.margins]]", *_pairs({name: value for name, value in margin.items() if name != "columns"})]
        lines += ["", "[people.margins.columns]", *_pairs(margin["columns"])]
    if draft.jobs:
        lines += ["", "[jobs]", *_pairs(draft.jobs)]
    if draft.precedence:
        lines += ["", "[places]", *_pairs({"precedence": draft.precedence})]
    for entry in draft.entries:
        lines += ["", *_source(entry, words, lang)]
    return "\n".join(lines) + "\n"


def _source(entry: Entry, words: Words, lang: Lang) -> list[str]:
    keys = ("id", "layer", "reader", "path", "date", "licence", "attribution", "datum", "coverage", "note")
    pairs = {key: getattr(entry, key) for key in keys if getattr(entry, key)}
    lines = [f"# {words.get(remark.key, lang, **remark.slots)}" for remark in entry.found]
    lines += ["[[sources]]", *_pairs(pairs)]
    if entry.options:
        lines += ["", "[sources.options]", *_pairs(entry.options)]
    return lines


def _pairs(values: dict[str, Any]) -> list[str]:
    return [f"{_key(name)} = {_value(value)}" for name, value in values.items()]


def _key(name: str) -> str:
    return name if name and set(name) <= _PLAIN else _text(name)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(name)} = {_value(item)}" for name, item in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    return _text(str(value))


def _text(text: str) -> str:
    """A basic string: JSON's escapes are TOML's too, but for DEL, which TOML wants escaped."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
