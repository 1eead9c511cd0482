"""`./run fuzz` ends with a table of what was tried."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tests.sense.tried import TRIED, table

if TYPE_CHECKING:
    import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the counts after a run that asked for a number of spoilt files."""
    if TRIED and "PARKCITY_FUZZ_EXAMPLES" in os.environ:
        terminalreporter.section("spoilt files")
        for line in table():
            terminalreporter.write_line(line)
