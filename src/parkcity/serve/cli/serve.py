"""`parkcity serve`: the web app and the API of one city or several."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from parkcity.base.errors import UsageError
from parkcity.serve.cli.output import quiet_option
from parkcity.serve.cli.progress import progress_bar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from parkcity.serve.api.settings import Settings

DATABASE = "PARKCITY_DATABASE"


@click.command()
@click.argument("cities", nargs=-1, required=True, type=click.Path())
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; others than this machine's need --accounts.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="Port to listen on; 0 takes a free one.")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Worker processes.")
@click.option("--write/--read-only", default=False, help="May scenarios be saved into the cities' folders?  [default: read-only]")
@click.option("--accounts", is_flag=True, help="Ask everybody to sign in (see `parkcity accounts`).")
@click.option(
    "--database", default=None, help=f"sqlite:///FILE or postgresql://… (with a password: as {DATABASE}); left out, one for this run."
)
@click.option("--allow-host", "names", multiple=True, help="Another name by which this server is reached.")
@click.option("--https", is_flag=True, help="Behind a proxy that speaks HTTPS: cookies over HTTPS only, X-Forwarded believed.")
@click.option(
    "--rate", type=click.FloatRange(0), default=None, help="Requests a second of one asker; left out, 200 with --accounts, else any."
)
@click.option("--jobs", type=click.IntRange(1, 64), default=1, show_default=True, help="Long jobs at the same time.")
@click.option("--open", "browse", is_flag=True, help="Open the app in a browser.")
@quiet_option()
def serve(
    cities: tuple[str, ...],
    host: str,
    port: int,
    workers: int,
    write: bool,
    accounts: bool,
    database: str | None,
    names: tuple[str, ...],
    https: bool,
    rate: float | None,
    jobs: int,
    browse: bool,
    *,
    quiet: bool,
) -> None:
    """Serve the web app and the API of CITIES on this machine, without any account and without writing into their folders."""
    from parkcity.serve.api.settings import LOOPBACK, Settings
    from parkcity.twin.build import build

    url = _database(database, accounts=accounts)
    if host not in LOOPBACK and not accounts:
        raise UsageError("others than this machine reach the server only with --accounts")
    with progress_bar(quiet=quiet) as progress:
        for city in cities:
            build(Path(city), progress)
    with _scratch(workers) as scratch:
        _prepare(cities, quiet=quiet)
        settings = Settings(
            cities=tuple(str(Path(city).resolve()) for city in cities),
            database=url or f"sqlite:///{scratch / 'serve.db'}",
            files=str(scratch if url is None else _files(url, scratch)),
            write=write,
            accounts=accounts,
            hosts=(*LOOPBACK, *([] if host in LOOPBACK or host in {"0.0.0.0", "::"} else [host]), *names),  # noqa: S104 - compared, not bound
            secure_cookie=https,
            rate=(200.0 if accounts else 0.0) if rate is None else rate,
            burst=2000.0,
            jobs=jobs,
            proxied=https,
            built=True,
        )
        _run(settings, host, port, workers, browse=browse)


def _prepare(cities: tuple[str, ...], *, quiet: bool) -> None:
    """Measure and compile once, in a process that ends: workers find it on the disk and stay small."""
    from parkcity.serve.api.desk import Desk
    from parkcity.serve.api.problems import ApiError
    from parkcity.serve.jobs.apart import WARM, apart

    for city in cities:
        desk = Desk.open(Path(city).resolve(), built=True)
        if desk.is_derived(WARM):
            continue
        if not quiet:
            click.echo(f"measuring {desk.id} once, before the first page …", err=True)
        try:
            apart(desk, "warm")
        except (ApiError, RuntimeError) as error:
            # The server starts all the same, and says to whoever asks what cannot be told.
            click.echo(f"{desk.id}: {error}", err=True)


def _database(url: str | None, *, accounts: bool) -> str | None:
    """The database that is named; a password in a command line can be read by every user of the machine."""
    from urllib.parse import urlsplit

    if url is not None and urlsplit(url).password:
        msg = f"a password does not belong into a command line: put the whole URL into {DATABASE}"
        raise UsageError(msg)
    url = url or os.environ.get(DATABASE) or None
    if url is None and accounts:
        msg = f"--accounts needs a database that stays: --database sqlite:///FILE, or {DATABASE}"
        raise UsageError(msg)
    return url


def _files(url: str, scratch: Path) -> Path:
    """Where files of jobs lie: beside an SQLite database that stays, so that they outlive a restart."""
    if not url.startswith("sqlite:///"):
        return Path(os.environ.get("PARKCITY_FILES") or scratch)
    place = Path(url.removeprefix("sqlite:///"))
    return place.with_name(place.name + ".files")


@contextlib.contextmanager
def _scratch(workers: int) -> Iterator[Path]:
    """A folder that lives as long as the server, with one for the workers' metrics in it."""
    from parkcity.serve.api.metrics import MULTIPROCESS

    with tempfile.TemporaryDirectory(prefix="parkcity-serve-", ignore_cleanup_errors=True) as name:
        if workers > 1:
            folder = Path(name) / "metrics"
            folder.mkdir()
            os.environ[MULTIPROCESS] = str(folder)
        yield Path(name)


def _run(settings: Settings, host: str, port: int, workers: int, *, browse: bool) -> None:
    import uvicorn

    from parkcity.serve.api.logs import start_logs

    settings.to_environment()
    start_logs()
    # A click on --open comes before the server listens; the browser asks again by itself.
    shown = f"http://{'127.0.0.1' if host in {'0.0.0.0', '::'} else host}:{port}/"  # noqa: S104 - compared, not bound
    click.echo(shown)
    if browse:
        click.launch(shown)
    # A worker that opens a large city is busy for a while and not dead.
    options: dict[str, Any] = {
        "timeout_graceful_shutdown": 30,
        "timeout_worker_healthcheck": 120,
        "server_header": False,
        "proxy_headers": settings.proxied,
    }
    uvicorn.run(
        "parkcity.serve.api.app:from_environment",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        log_config=None,
        access_log=False,
        limit_max_requests=None,
        **options,
    )
