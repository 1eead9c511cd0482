"""The process of one job: `python -m parkcity.serve.jobs.run ID`. It waits for its turn, works, and writes what came of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from parkcity.base.errors import ParkcityError

if TYPE_CHECKING:
    from parkcity.serve.api.settings import Settings
    from parkcity.serve.jobs.store import Jobs

_BEAT_S, _TURN_S, _TELL_S = 1.0, 0.3, 0.3
_CANCELLED = 3


def start(settings: Settings, job: str) -> subprocess.Popen[bytes]:
    """Start the process of a job; it does not end with the one that starts it."""
    from parkcity.serve.api.settings import VARIABLE

    environment = {**os.environ, VARIABLE: json.dumps(asdict(settings))}
    environment.pop("PROMETHEUS_MULTIPROC_DIR", None)
    command = [sys.executable, "-m", "parkcity.serve.jobs.run", job]
    return subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True)  # noqa: S603 - our own program


def main(job: str) -> int:
    """Do one job."""
    from parkcity.serve.accounts.database import Database
    from parkcity.serve.api.settings import Settings
    from parkcity.serve.jobs.store import Jobs

    settings = Settings.from_environment()
    jobs = Jobs(Database.open(settings.database))
    ended = threading.Event()
    pulse = threading.Thread(target=_pulse, args=(settings, jobs, job, ended), daemon=True)
    pulse.start()
    while not jobs.claim(job, settings.jobs):
        time.sleep(_TURN_S)
    try:
        _work(settings, jobs, job)
    finally:
        ended.set()
        pulse.join()
    return 0


def _pulse(settings: Settings, jobs: Jobs, job: str, ended: threading.Event) -> None:
    """Say that the process lives; end it where the job was cancelled or the server's database is gone."""
    place = settings.database.removeprefix("sqlite:///") if settings.database.startswith("sqlite:///") else None
    while not ended.wait(_BEAT_S):
        if (place is not None and not Path(place).exists()) or not jobs.beat(job):
            # A solver in the middle of its work hears nothing; what is half made was never moved into place.
            os._exit(_CANCELLED)


def _work(settings: Settings, jobs: Jobs, job: str) -> None:
    from parkcity.serve.api.context import plain
    from parkcity.serve.api.desk import Desk
    from parkcity.serve.api.problems import problem
    from parkcity.serve.jobs.processes import PROCESSES, Task

    row = jobs.get(job)
    assert row is not None
    told = [0.0]

    def tell(message: str, share: float) -> None:
        if time.monotonic() - told[0] > _TELL_S:
            told[0] = time.monotonic()
            jobs.tell(job, message, share)

    folder = settings.files_folder / "jobs" / job
    try:
        opened = (Desk.open(Path(city), built=settings.built) for city in settings.cities)
        desk = next(desk for desk in opened if desk.id == row["city"])
        task = Task(desk, json.loads(row["inputs"]), folder, tell, jobs.database)
        jobs.finish(job, result=plain(PROCESSES[row["process"]].run(task)))
    except ParkcityError as error:
        jobs.finish(job, error=problem(error, job)[1])
    except (OSError, ValueError, ArithmeticError, LookupError, RuntimeError, TypeError, AttributeError, MemoryError) as error:
        from parkcity.serve.api.problems import body_of

        jobs.finish(job, error=body_of(500, "fault", f"a fault of the server ({type(error).__name__})", job))
        raise


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
