"""One registry for everything that is added hundreds of times: readers, changes, indicators, actions.

A quay is a folder of modules that register declarations when imported. Nothing is imported until the registry is asked.
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from parkcity.base.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator


class Registered(Protocol):
    """Anything with an id."""

    @property
    def id(self) -> str:
        """The unique id."""
        ...


T = TypeVar("T", bound=Registered)


@dataclass
class Registry(Generic[T]):
    """Declarations by id, loaded from a quay on first use."""

    noun: str
    quay: str
    _items: dict[str, T] = field(default_factory=dict)
    _loaded: bool = False

    def add(self, item: T) -> T:
        """Register one declaration; an id that stands already is an error of ours."""
        if item.id in self._items:
            msg = f"{self.noun} '{item.id}' is registered twice"
            raise ValueError(msg)
        self._items[item.id] = item
        return item

    def _load(self) -> None:
        if self._loaded:
            return
        self._loaded = True
        package = importlib.import_module(self.quay)
        for module in sorted(entry.name for entry in pkgutil.iter_modules(package.__path__)):
            if not module.startswith("_"):
                importlib.import_module(f"{self.quay}.{module}")

    def get(self, item_id: str) -> T:
        """The declaration with this id; an unknown id lists the nearest ones."""
        self._load()
        if item_id in self._items:
            return self._items[item_id]
        near = difflib.get_close_matches(item_id, self._items, n=3) or sorted(self._items)[:8]
        msg = f"there is no {self.noun} '{item_id}'; did you mean: {', '.join(near)}?"
        raise UsageError(msg)

    def __contains__(self, item_id: object) -> bool:
        self._load()
        return item_id in self._items

    def __iter__(self) -> Iterator[T]:
        """All declarations in the order of their ids."""
        self._load()
        return iter([self._items[key] for key in sorted(self._items)])

    def __len__(self) -> int:
        self._load()
        return len(self._items)
