"""How the worth of a place falls with travel cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from parkcity.base.errors import UsageError

Kind = Literal["step", "linear", "gaussian", "exponential", "logistic"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True)
class Decay:
    """A decay of cost c (seconds or metres), cut off at `limit` (itself included).

    step: 1; linear: 1 - c / limit; gaussian: exp(-c**2 / (2 * scale**2)); exponential: exp(-c / scale);
    logistic: 1 / (1 + exp((c - middle) / scale)). Source of the forms: Kwan (1998), "Space-time and integral measures of individual
    accessibility", Geographical Analysis 30(3); the logistic as in Conveyal R5.
    """

    kind: Kind
    limit: float
    scale: float | None = None
    middle: float | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            msg = f"unknown decay '{self.kind}'; allowed: {', '.join(KINDS)}"
            raise UsageError(msg)
        needs_scale, needs_middle = self.kind in {"gaussian", "exponential", "logistic"}, self.kind == "logistic"
        if needs_scale != (self.scale is not None) or needs_middle != (self.middle is not None):
            msg = f"decay '{self.kind}' needs {'a scale' if needs_scale else 'no scale'} and {'a middle' if needs_middle else 'no middle'}"
            raise UsageError(msg)
        if self.limit < 0 or (self.scale is not None and self.scale <= 0) or (self.kind == "linear" and self.limit <= 0):
            msg = "a limit must be 0 or more, a scale above 0"
            raise UsageError(msg)

    @property
    def code(self) -> int:
        """Number of the kind for kernels."""
        return KINDS.index(self.kind)
