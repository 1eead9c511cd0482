"""`parkcity`: the entry point. Commands are imported when they are called, so that `--version` costs nothing."""

from __future__ import annotations

import importlib
import sys
from importlib.metadata import PackageNotFoundError, version

import click

from parkcity.base.errors import InputError, ParkcityError

COMMANDS: dict[str, tuple[str, str]] = {
    "new": ("parkcity.serve.cli.new", "Make a city's folder from the files that you have."),
    "build": ("parkcity.serve.cli.build", "Build the digital twin of a city, or bring it up to date."),
    "check": ("parkcity.serve.cli.check", "Measure everything and write the check-up report."),
    "indicators": ("parkcity.serve.cli.indicators", "List the indicators, and which a city can measure."),
    "measure": ("parkcity.serve.cli.measure", "Measure one indicator, or explain it for one cell."),
    "reach": ("parkcity.serve.cli.travel", "What a cell reaches on foot."),
    "times": ("parkcity.serve.cli.travel", "Walking times to the nearest place of a kind."),
    "stops": ("parkcity.serve.cli.stops", "Stops of public transport with their departures by hour."),
    "matrix": ("parkcity.serve.cli.matrix", "Times between all cells, or to all places of a kind, into a file."),
    "route": ("parkcity.serve.cli.travel", "The way from a cell to its nearest place of a kind."),
    "whatif": ("parkcity.serve.cli.whatif", "What scenarios would change, and for whom."),
    "site": ("parkcity.serve.cli.site", "Where new places would serve most residents."),
    "programme": ("parkcity.serve.cli.programme", "Which projects in which year, within a budget; which estates to renew first."),
    "plan": ("parkcity.serve.cli.plan", "The plan: targets, actuals, status."),
    "live": ("parkcity.serve.cli.live", "The live desk: events and their log."),
    "serve": ("parkcity.serve.cli.serve", "The web app and the API of one city or several."),
    "accounts": ("parkcity.serve.cli.accounts", "Who may use a server, and the backup of its database."),
    "export": ("parkcity.serve.cli.export", "The twin and its values as GeoPackage, GeoParquet, PMTiles or in PostGIS."),
    "doctor": ("parkcity.serve.cli.doctor", "Faults and doubtful points of a city, worst effect first."),
}


class LazyGroup(click.Group):
    """A group that imports a command when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All commands in the order of the work."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """One command, imported now."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module, _ = COMMANDS[cmd_name]
        command: click.Command = getattr(importlib.import_module(module), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


def _version() -> str:
    try:
        return version("parkcity")
    except PackageNotFoundError:
        return "unknown"


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(_version(), prog_name="parkcity")
def cli() -> None:
    """The open city brain: a city's data, measured for every resident.

    Begin with: parkcity check examples/chengdu
    """


def main() -> None:
    """Run the command line. Exit status: 0 done; 1 the input is at fault; 2 wrong usage; 130 interrupted."""
    try:
        status = cli.main(standalone_mode=False)
        if isinstance(status, int):
            # What a command ends with by `Exit` comes back as a number here.
            sys.exit(status)
    except click.UsageError as error:
        error.show()
        sys.exit(2)
    except click.ClickException as error:
        error.show()
        sys.exit(1)
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted; what was finished is kept", err=True)
        sys.exit(130)
    except InputError as error:
        for fault in error.faults:
            click.echo(f"fault: {fault}", err=True)
        sys.exit(error.exit_status)
    except ParkcityError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(error.exit_status)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
