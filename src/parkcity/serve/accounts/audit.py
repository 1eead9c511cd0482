"""The audit log: every write that was carried out, who did it, when, and what it changed. Rows are only ever added."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select

from parkcity.serve.accounts.database import now
from parkcity.serve.accounts.tables import AUDIT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from parkcity.serve.accounts.database import Database


def write(database: Database, user: str | None, action: str, subject: str, detail: Mapping[str, Any]) -> None:
    """Add one row. `detail` never holds a password, a key or a cookie: callers give what may be read by an admin."""
    row = {
        "at": now(),
        "user": user,
        "action": action,
        "subject": subject,
        "detail": json.dumps(dict(detail), ensure_ascii=False, default=str),
    }
    with database.begin() as connection:
        connection.execute(insert(AUDIT).values(row))


def rows(database: Database, *, since: float | None, user: str | None, limit: int, offset: int) -> tuple[int, list[dict[str, Any]]]:
    """How many rows fit, and one page of them, newest first."""
    query = select(AUDIT)
    if since is not None:
        query = query.where(AUDIT.c.at >= since)
    if user is not None:
        query = query.where(AUDIT.c.user == user)
    with database.read() as connection:
        total = int(connection.execute(select(func.count()).select_from(query.subquery())).scalar_one())
        page = connection.execute(query.order_by(AUDIT.c.number.desc()).limit(limit).offset(offset)).mappings().all()
    return total, [{**row, "detail": json.loads(row["detail"])} for row in page]
