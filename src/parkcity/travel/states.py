"""The five answers besides a number, and their names.

A result carries an int8 code beside each value; where the code is not `OK` the value is NaN.
"""

from __future__ import annotations

from enum import IntEnum


class State(IntEnum):
    """Why a travel time is, or is not, a number."""

    OK = 0
    UNREACHABLE = 1
    NOT_ATTACHED = 2
    NO_SERVICE = 3
    OUTSIDE_DATA = 4
    OVER_LIMIT = 5


NAMES: dict[State, dict[str, str]] = {
    State.OK: {"zh": "可达", "en": "ok"},
    State.UNREACHABLE: {"zh": "无路可达", "en": "unreachable"},
    State.NOT_ATTACHED: {"zh": "未接入路网", "en": "not attached"},
    State.NO_SERVICE: {"zh": "无服务", "en": "no service"},
    State.OUTSIDE_DATA: {"zh": "超出数据范围", "en": "outside the data"},
    State.OVER_LIMIT: {"zh": "超过上限", "en": "over the limit"},
}
