"""Rates: a bucket of tokens for every asker, kept in the worker's memory."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass, field

_ASKERS = 20_000


@dataclass
class Buckets:
    """`rate` requests a second for one asker, `burst` at once; a rate of 0 lets everything through."""

    rate: float
    burst: float
    _level: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)

    def wait_s(self, asker: str) -> float:
        """Take one token: 0 where there was one, else the seconds until there will be."""
        if self.rate <= 0:
            return 0.0
        at = time.monotonic()
        level, seen = self._level.pop(asker, (self.burst, at))
        level = min(self.burst, level + (at - seen) * self.rate)
        allowed = level >= 1.0
        self._level[asker] = (level - 1.0 if allowed else level, at)
        while len(self._level) > _ASKERS:
            self._level.popitem(last=False)
        return 0.0 if allowed else (1.0 - level) / self.rate
