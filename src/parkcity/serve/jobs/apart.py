"""Work of many seconds in a process of its own: a worker of the server stays small, and what was made lies on the disk.

`python -m parkcity.serve.jobs.apart` reads one JSON document from its standard input: `folder` (the city's), `work`, and what that
work needs. What is refused on purpose comes back on standard output in the one shape of errors, with exit status 3.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parkcity.base.errors import ParkcityError
from parkcity.base.words import LANGS

if TYPE_CHECKING:
    from collections.abc import Callable

    from parkcity.serve.api.desk import Desk

WARM = ["warm"]
"""Under what a twin is known to be measured and compiled."""
_REFUSED = 3
_ONE_AT_A_TIME = threading.Lock()


def apart(desk: Desk, work: str, **given: Any) -> None:
    """Do one of `WORKS` for an open city in a process of its own, one after the other. Raises `ApiError` with what it was refused for."""
    from parkcity.serve.api.problems import ApiError

    asked = json.dumps({"folder": str(desk.folder), "work": work, **given})
    command = [sys.executable, "-m", "parkcity.serve.jobs.apart"]
    with _ONE_AT_A_TIME:
        done = subprocess.run(command, input=asked.encode(), stdout=subprocess.PIPE, check=False)  # noqa: S603 - our own program
    if done.returncode == _REFUSED:
        error = json.loads(done.stdout)["error"]
        texts = [fault["what"] for fault in error["faults"]]
        raise ApiError(int(error["status"]), error["message"], todo="; ".join(texts))
    if done.returncode:
        msg = f"the process for {work} ended with {done.returncode}"
        raise RuntimeError(msg)


def _warm(desk: Desk) -> None:
    """What the first screen and the answer to an edit rest on: measured, compiled, and kept beside the twin."""
    from parkcity.base.errors import InputError
    from parkcity.serve.api.answers import answer
    from parkcity.serve.api.scenario_text import scenario_of
    from parkcity.serve.api.summary import kept_first_view

    desk.warm()
    if desk.twin.has("places") and len(desk.twin.places):
        place = desk.twin.places.iloc[0]
        point = place["geometry"].representative_point()
        change = {"change": "add_place", "kind": str(place["kind"]), "lon": point.x, "lat": point.y}
        scenario = scenario_of({"id": "warm", "changes": [change]})
        # A place may be one that cannot be added: then the first edit of somebody compiles what it needs.
        with suppress(InputError):
            answer(desk, "warm", desk.under("warm", scenario), desk.twin.spec.area_tier, "all", "en", quick=True)
    for lang in LANGS:
        kept_first_view(desk, "all", lang)
    desk.derived(WARM, lambda: {"done": b"1"})


def _export(desk: Desk, name: str, target: str) -> None:
    from parkcity.serve.api.exports import export

    export(desk, name, Path(target), lambda _step, _share: None)


WORKS: dict[str, Callable[..., None]] = {"warm": _warm, "export": _export}


def main() -> int:
    """Do what standard input asks for."""
    from parkcity.serve.api.desk import Desk
    from parkcity.serve.api.problems import problem

    asked = json.load(sys.stdin)
    work, folder = WORKS[asked.pop("work")], Path(asked.pop("folder"))
    try:
        work(Desk.open(folder, built=True), **asked)
    except ParkcityError as error:
        sys.stdout.write(json.dumps(problem(error, "")[1]))
        return _REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(main())
