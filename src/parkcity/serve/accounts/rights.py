"""Who may do what: rights, the roles that hold them, and the identity behind a request."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from parkcity.base.errors import UsageError


class Right(StrEnum):
    """What a route asks for."""

    READ = "read"
    TRY = "try"
    SAVE = "save"
    LIVE = "live"
    MANAGE = "manage"


ROLES: dict[str, frozenset[Right]] = {
    "viewer": frozenset({Right.READ}),
    "analyst": frozenset({Right.READ, Right.TRY}),
    "planner": frozenset({Right.READ, Right.TRY, Right.SAVE}),
    "operator": frozenset({Right.READ, Right.TRY, Right.LIVE}),
    "admin": frozenset(Right),
}
"""A planner does not run the live desk and an operator does not change the plan; an admin may do both."""

CELL_TIER = "cell"
"""The tier of single cells in the rights of an account."""


def check_role(role: str) -> str:
    """A role's name; an unknown one raises `UsageError`."""
    if role not in ROLES:
        msg = f"there is no role '{role}'; allowed: {', '.join(ROLES)}"
        raise UsageError(msg)
    return role


@dataclass(frozen=True)
class Identity:
    """Who asks. `tiers` None: every tier may be seen. `how`: local, none, cookie or key; `csrf` only with a cookie."""

    user: str | None = None
    role: str | None = None
    tiers: frozenset[str] | None = None
    how: str = "none"
    session: str | None = None
    csrf: str | None = None

    def may(self, right: Right) -> bool:
        """Does the role hold the right?"""
        return self.role is not None and right in ROLES[self.role]

    def sees(self, tier: str) -> bool:
        """May numbers of this tier be seen?"""
        return self.tiers is None or tier in self.tiers

    @property
    def owner(self) -> str:
        """To whom drafts belong: the account, or the one person at this machine."""
        return self.user or "local"
