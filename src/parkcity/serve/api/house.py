"""What all requests of a worker share: the settings, the open cities, the database, the metrics."""

from __future__ import annotations

import subprocess
import threading
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from parkcity.base.errors import UsageError
from parkcity.serve.accounts.documents import Documents
from parkcity.serve.accounts.people import People
from parkcity.serve.accounts.rights import Identity
from parkcity.serve.api.desk import Desk
from parkcity.serve.api.limits import Buckets
from parkcity.serve.api.metrics import Metrics
from parkcity.serve.api.settings import Oidc

if TYPE_CHECKING:
    from parkcity.serve.accounts.database import Database
    from parkcity.serve.api.settings import Settings

COOKIE = "parkcity_session"


@dataclass
class House:
    """A worker's shared state."""

    settings: Settings
    database: Database
    desks: dict[str, Desk] = field(default_factory=dict)
    metrics: Metrics = field(default_factory=Metrics.new)
    oidc: Oidc | None = field(default_factory=Oidc.from_environment)
    ready: bool = False
    children: list[subprocess.Popen[bytes]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def open(cls, settings: Settings) -> House:
        """Open the database and every city. Two cities with one id raise `UsageError`."""
        from parkcity.insight.registry import INDICATORS
        from parkcity.serve.accounts.database import Database
        from parkcity.twin.changes._fields import CHANGES

        # A quay is loaded by whoever asks first: before there are several threads, so that none of them sees half of it.
        if not len(INDICATORS) or not len(CHANGES):
            raise UsageError("this installation has no indicators or no kinds of change")
        house = cls(settings, Database.open(settings.database))
        for folder in settings.cities:
            desk = Desk.open(Path(folder), built=settings.built)
            if desk.id in house.desks:
                msg = f"two cities have the id '{desk.id}': {folder} and {house.desks[desk.id].folder}"
                raise UsageError(msg)
            house.desks[desk.id] = desk
        house.ready = True
        return house

    @cached_property
    def people(self) -> People:
        """The accounts."""
        return People(self.database)

    @cached_property
    def documents(self) -> Documents:
        """Scenarios and drafts."""
        return Documents(self.database)

    @cached_property
    def buckets(self) -> Buckets:
        """Rates by asker."""
        return Buckets(self.settings.rate, self.settings.burst)

    @cached_property
    def local(self) -> Identity:
        """Who asks where there are no accounts: the person at this machine."""
        return Identity(role="admin" if self.settings.write else "analyst", how="local")

    def identify(self, cookie: str | None, authorization: str | None) -> Identity:
        """Who asks. A key or cookie that is wrong or over counts as none."""
        if not self.settings.accounts:
            return self.local
        if authorization is not None:
            scheme, _, key = authorization.partition(" ")
            found = self.people.by_key(key.strip()) if scheme.lower() == "bearer" else None
            return found or Identity()
        if cookie is not None:
            return self.people.by_cookie(cookie) or Identity()
        return Identity()

    def begin(self, job: str) -> None:
        """Start the process of a job, and let go of those that have ended."""
        from parkcity.serve.jobs.run import start

        child = start(self.settings, job)
        threading.Thread(target=child.wait, name=f"job {job}", daemon=True).start()
        with self._lock:
            self.children = [*(entry for entry in self.children if entry.returncode is None), child]

    def revive(self) -> None:
        """Start again the jobs whose process is gone."""
        from parkcity.serve.jobs.store import Jobs

        for job in Jobs(self.database).orphans():
            self.begin(job)

    def close(self) -> None:
        """Let go of everything."""
        self.ready = False
        self.database.close()
