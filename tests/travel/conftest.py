"""Tests of this folder use graphs so small that they also run with the compiler off (`NUMBA_DISABLE_JIT=1 ./run test -m kernel`)."""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.kernel)
