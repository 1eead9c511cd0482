"""The open city brain: a city's data, measured for every resident.

import parkcity as pc

city = pc.open("examples/chengdu")
city.measure("life_circle.primary_school", group="children").by("district")
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from parkcity.face import City, Differences, Measurement, Report, Scenario, compare, open, programme, site  # noqa: A004

__all__ = ["City", "Differences", "Measurement", "Report", "Scenario", "compare", "open", "programme", "site"]


def __getattr__(name: str) -> Any:
    """Names of the Python face, imported when they are first used, so that importing parkcity costs nothing."""
    if name in __all__:
        import importlib

        return getattr(importlib.import_module("parkcity.face"), name)
    msg = f"module 'parkcity' has no attribute '{name}'"
    raise AttributeError(msg)
