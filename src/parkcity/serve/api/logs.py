"""Structured logs: one JSON object a line on standard error, without addresses, names, queries or bodies."""

from __future__ import annotations

import json
import logging
import sys

LOGGER = logging.getLogger("parkcity.serve")


class JsonLines(logging.Formatter):
    """A log record as one line of JSON. An exception is told by its type and its last frame of ours, never by its text."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line = {"at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"), "level": record.levelname.lower(), "event": record.getMessage()}
        line |= getattr(record, "fields", {})
        if record.exc_info and record.exc_info[0] is not None:
            line["exception"] = record.exc_info[0].__name__
            trace = record.exc_info[2]
            while trace is not None:
                line["frame"] = f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}"
                trace = trace.tb_next
        return json.dumps(line, ensure_ascii=False)


def start_logs() -> None:
    """Send the server's logs to standard error as JSON lines, once a process."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    for name in ("parkcity.serve", "uvicorn", "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.propagate = False
        logger.setLevel(logging.INFO)
