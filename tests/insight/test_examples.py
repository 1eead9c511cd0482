"""The example of every indicator in its page is the value in the tiny town with two places of every kind.

`PARKCITY_WRITE_EXAMPLES=1 pytest tests/insight/test_examples.py` writes the table after a change of method, then `./run docs` the pages.
"""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path

import pytest
from tests.scenes.everything import full_town

from parkcity.insight.inputs import Inputs
from parkcity.insight.run import computable, measure_with
from parkcity.serve.docs_indicators import EXAMPLES, examples
from parkcity.twin.twin import Twin


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Twin:
    return full_town(tmp_path_factory.mktemp("examples"), [])


def values(twin: Twin) -> dict[str, float]:
    """The value of the whole town for every indicator that it can measure."""
    inputs = Inputs(twin)
    rows = [row for item in computable(twin) for row in measure_with(inputs, item).rows("city")]
    return {row["indicator"]: row["value"] for row in rows if row["value"] is not None}


def test_the_examples_of_the_pages_are_the_values_of_the_town(town: Twin) -> None:
    found = values(town)
    if os.environ.get("PARKCITY_WRITE_EXAMPLES"):
        _write(EXAMPLES, found)
    told = examples()
    assert sorted(told) == sorted(found)
    for name, value in found.items():
        assert told[name] == pytest.approx(value, rel=1e-6, abs=1e-9), name


def _write(path: Path, found: dict[str, float]) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(
        [["indicator", "value"], *([name, f"{value:.9g}"] for name, value in sorted(found.items()))]
    )
    path.write_text(text.getvalue(), encoding="utf-8")
