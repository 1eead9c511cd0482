"""The jobs of a server in its database: their state, their heartbeat, their result."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select, update

from parkcity.serve.accounts.database import now
from parkcity.serve.accounts.tables import JOBS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from parkcity.serve.accounts.database import Database

OPEN = ("accepted", "running")
STALE_S = 30.0
"""A job whose process has not been heard of for so long is taken up by another."""


@dataclass(frozen=True)
class Jobs:
    """The jobs of a database."""

    database: Database

    def add(self, city: str, owner: str, process: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """A new job, accepted."""
        at = now()
        row: dict[str, Any] = {
            "id": secrets.token_hex(8),
            "city": city,
            "owner": owner,
            "process": process,
            "inputs": json.dumps(dict(inputs)),
        }
        row |= {"status": "accepted", "progress": 0.0, "message": "", "created": at, "updated": at, "beat": at}
        with self.database.begin() as connection:
            connection.execute(insert(JOBS).values(row))
        return self._known(row["id"])

    def get(self, job: str) -> dict[str, Any] | None:
        """One job."""
        with self.database.read() as connection:
            row = connection.execute(select(JOBS).where(JOBS.c.id == job)).mappings().first()
        return None if row is None else dict(row)

    def _known(self, job: str) -> dict[str, Any]:
        found = self.get(job)
        assert found is not None
        return found

    def listed(self, city: str, owner: str | None, limit: int, offset: int) -> tuple[int, list[dict[str, Any]]]:
        """How many jobs of a city an owner has (or all have), and one page of them, newest first."""
        query = select(JOBS).where(JOBS.c.city == city)
        if owner is not None:
            query = query.where(JOBS.c.owner == owner)
        with self.database.read() as connection:
            total = int(connection.execute(select(func.count()).select_from(query.subquery())).scalar_one())
            rows = connection.execute(query.order_by(JOBS.c.created.desc(), JOBS.c.id).limit(limit).offset(offset)).mappings().all()
        return total, [dict(row) for row in rows]

    def waiting(self, owner: str) -> int:
        """How many jobs of an owner are not finished."""
        query = select(func.count()).select_from(JOBS).where(JOBS.c.owner == owner, JOBS.c.status.in_(OPEN))
        with self.database.read() as connection:
            return int(connection.execute(query).scalar_one())

    def by_status(self) -> dict[str, int]:
        """How many jobs of each status there are."""
        query = select(JOBS.c.status, func.count()).group_by(JOBS.c.status)
        with self.database.read() as connection:
            return {str(status): int(count) for status, count in connection.execute(query)}

    def claim(self, job: str, places: int) -> bool:
        """Begin a job if one of the `places` for running jobs is free."""
        at = now()
        alive = JOBS.c.beat > at - STALE_S
        with self.database.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql("LOCK TABLE jobs IN EXCLUSIVE MODE")
            query = select(func.count()).select_from(JOBS).where(JOBS.c.status == "running", alive, JOBS.c.id != job)
            if int(connection.execute(query).scalar_one()) >= places:
                return False
            values = {"status": "running", "started": at, "updated": at, "beat": at}
            done = connection.execute(update(JOBS).where(JOBS.c.id == job, JOBS.c.status.in_(OPEN)).values(values))
            return done.rowcount > 0

    def beat(self, job: str) -> bool:
        """The job's process lives; is the job still wanted?"""
        with self.database.begin() as connection:
            done = connection.execute(update(JOBS).where(JOBS.c.id == job, JOBS.c.status.in_(OPEN)).values(beat=now()))
            return done.rowcount > 0

    def tell(self, job: str, message: str, progress: float) -> None:
        """What is being done, and how far it is (0 to 1)."""
        values = {"message": message[:200], "progress": min(max(progress, 0.0), 1.0), "updated": now()}
        with self.database.begin() as connection:
            connection.execute(update(JOBS).where(JOBS.c.id == job, JOBS.c.status == "running").values(values))

    def finish(self, job: str, *, result: Mapping[str, Any] | None = None, error: Mapping[str, Any] | None = None) -> None:
        """The job is done, well (`result`) or not (`error`); a job that was cancelled meanwhile stays so."""
        at = now()
        values: dict[str, Any] = {"finished": at, "updated": at, "status": "failed" if result is None else "successful"}
        values |= {"progress": 1.0, "message": ""} if result is not None else {}
        values |= {"result": None if result is None else json.dumps(result, ensure_ascii=False)}
        values |= {"error": None if error is None else json.dumps(error, ensure_ascii=False)}
        with self.database.begin() as connection:
            connection.execute(update(JOBS).where(JOBS.c.id == job, JOBS.c.status == "running").values(values))

    def dismiss(self, job: str) -> dict[str, Any]:
        """Cancel a job that is not finished; its process ends within seconds."""
        at = now()
        with self.database.begin() as connection:
            values = {"status": "dismissed", "finished": at, "updated": at}
            connection.execute(update(JOBS).where(JOBS.c.id == job, JOBS.c.status.in_(OPEN)).values(values))
        return self._known(job)

    def orphans(self) -> list[str]:
        """Jobs whose process is gone, each given to one caller only."""
        at = now()
        taken = []
        with self.database.begin() as connection:
            query = select(JOBS.c.id).where(JOBS.c.status.in_(OPEN), JOBS.c.beat < at - STALE_S)
            for job in connection.execute(query).scalars().all():
                mine = update(JOBS).where(JOBS.c.id == job, JOBS.c.beat < at - STALE_S).values(beat=at)
                if connection.execute(mine).rowcount:
                    taken.append(job)
        return taken
