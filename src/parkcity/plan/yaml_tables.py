"""Ledger tables as YAML: a list of mappings with the columns of the CSV, every value the text that stands there.

The file is read from parser events and never turned into objects: no value has a type of its own (2020-12-27, yes and 1.0 stay as they are
written), and what a table has no use for is a fault with its line: anchors and aliases, through which a small text can grow without bound,
tags, nested values and several documents. `null`, `~` and nothing are an empty cell.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from parkcity.plan.tables import Table, check_values, empty_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from parkcity.base.errors import FaultList
    from parkcity.plan.schema import TableSchema

_EMPTY = frozenset(("", "~", "null", "Null", "NULL"))
_ALLOWED = "a list of mappings, one an entry, each column with one text."
_STRING = "tag:yaml.org,2002:str"
_NOT_TAGS = frozenset((None, "!", _STRING))


def parse_yaml(text: str, schema: TableSchema, where: str, faults: FaultList) -> Table:
    """A table from YAML text. The row of a fault is the line on which its entry begins. Faults of form are added to `faults`."""
    before = len(faults.faults)
    entries = _Reading(schema, where, faults).entries(text)
    if len(faults.faults) > before:
        return empty_table(schema)
    columns = {name: tuple(entry.get(name, "") for _, entry in entries) for name in schema.header}
    table = Table(schema, columns, tuple(row for row, _ in entries), where)
    check_values(table, faults)
    return table


@dataclass
class _Reading:
    """One pass over the events of a file."""

    schema: TableSchema
    where: str
    faults: FaultList
    found: list[tuple[int, dict[str, str]]] = field(default_factory=list)

    def entries(self, text: str) -> list[tuple[int, dict[str, str]]]:
        """Every entry with the line on which it begins."""
        import yaml

        loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        try:
            self._document(iter(yaml.parse(text, Loader=loader)))
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark
            self._fault(f"this is not YAML: {error.problem}.", mark.line + 1 if mark else None, "a list of mappings.", "correct the line")
        except (yaml.YAMLError, RecursionError) as error:
            self._fault(f"this is not YAML: {str(error).splitlines()[0]}.", None, "a list of mappings.", "write the file anew")
        return self.found

    def _fault(self, what: str, row: int | None, allowed: str = _ALLOWED, todo: str = "") -> None:
        self.faults.add(self.where, what, allowed=allowed, todo=todo, row=row)

    def _document(self, events: Iterator[Any]) -> None:
        from yaml import events as kinds

        documents = 0
        for event in events:
            if isinstance(event, kinds.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._fault("a second document begins.", _line(event), todo="put all entries into one list")
                    return
            elif isinstance(event, kinds.SequenceStartEvent):
                self._check(event)
                self._sequence(events)
            elif isinstance(event, kinds.ScalarEvent) and event.implicit[0] and event.value in _EMPTY:
                self._check(event)
            elif isinstance(event, kinds.NodeEvent):
                self._fault("the file does not begin with a list.", _line(event), todo="begin every entry with '- '")
                return

    def _sequence(self, events: Iterator[Any]) -> None:
        from yaml import events as kinds

        for event in events:
            if isinstance(event, kinds.SequenceEndEvent):
                return
            self._check(event)
            if isinstance(event, kinds.MappingStartEvent):
                self.found.append((_line(event), self._mapping(events)))
            elif not isinstance(event, kinds.AliasEvent):
                self._fault("an entry is not a mapping.", _line(event), todo="write column: value in it")
                _skip(event, events)

    def _mapping(self, events: Iterator[Any]) -> dict[str, str]:
        from yaml import events as kinds

        entry: dict[str, str] = {}
        for key in events:
            if isinstance(key, kinds.MappingEndEvent):
                return entry
            self._check(key)
            name = key.value if isinstance(key, kinds.ScalarEvent) else ""
            if not name:
                _skip(key, events)
            value = next(events)
            self._check(value)
            if isinstance(value, kinds.ScalarEvent):
                self._put(entry, name, "" if value.implicit[0] and value.value in _EMPTY else value.value, _line(key))
            else:
                _skip(value, events)
                if not isinstance(value, kinds.AliasEvent):
                    self._fault(f"column '{name}' holds a list or a mapping.", _line(value), "one text.", "write ids with spaces between")
        return entry

    def _put(self, entry: dict[str, str], name: str, text: str, row: int) -> None:
        if name not in self.schema.header:
            allowed = f"{', '.join(self.schema.header)}."
            self._fault(f"unknown column '{name}'.", row, allowed, "rename or remove the column")
        elif name in entry:
            self._fault(f"column '{name}' stands twice in one entry.", row, "each column once.", "remove one of them")
        else:
            entry[name] = text

    def _check(self, event: Any) -> None:
        """Anchors, aliases and tags are refused wherever they stand."""
        if getattr(event, "anchor", None) is not None:
            self._fault(f"the anchor or alias '{event.anchor}'.", _line(event), "plain values.", "write the value out")
        if getattr(event, "tag", None) not in _NOT_TAGS:
            self._fault(f"the tag '{event.tag}'.", _line(event), "plain values.", "remove the tag")


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _skip(event: Any, events: Iterator[Any]) -> None:
    """Pass over the rest of a list or mapping whose start was read."""
    from yaml import events as kinds

    depth = int(isinstance(event, kinds.CollectionStartEvent))
    while depth:
        one = next(events)
        depth += isinstance(one, kinds.CollectionStartEvent) - isinstance(one, kinds.CollectionEndEvent)


def yaml_text(table: Table) -> str:
    """A table as YAML text: one entry a record, empty cells left out; other programs read every value as a text too."""
    return entries_text([table.record(at) for at in range(len(table))]) if len(table) else "[]\n"


def entries_text(records: Sequence[Mapping[str, str]], indent: int = 0) -> str:
    """Entries of a list, each line after `indent` blanks."""
    import yaml

    dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    filled = [{name: text for name, text in record.items() if text} for record in records]
    text: str = yaml.dump(filled, Dumper=dumper, allow_unicode=True, sort_keys=False, width=2**30, default_flow_style=False)
    return "".join(" " * indent + line for line in text.splitlines(keepends=True)) if indent else text


def appended(text: str, records: Sequence[Mapping[str, str]], table: Table) -> str:
    """The text of a file with entries added at its end, comments and layout of what stands there kept; `table` is what it then must hold.

    A file that does not take entries at its end, such as a list in brackets, is written anew.
    """
    from parkcity.base.errors import FaultList

    indent = next((len(line) - len(line.lstrip(" ")) for line in text.splitlines() if line.lstrip(" ").startswith("- ")), 0)
    longer = text + ("" if text.endswith("\n") or not text else "\n") + entries_text(records, indent)
    faults = FaultList()
    again = parse_yaml(longer, table.schema, table.where, faults)
    same = not faults.faults and all(list(again[name]) == list(table[name]) for name in table.schema.header)
    return longer if same else yaml_text(table)
