"""What the core has to tell goes to Python's `logging`: to "barter_python" and loggers below it.

A library prints nothing by itself: without a handler of the program's own, records go nowhere.
`init_tracing` and `init_json_logging` set one up for programs that have not set up `logging`.
"""

from __future__ import annotations

import atexit
import difflib
import json
import logging
import sys
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TextIO

from barter_python import _core
from barter_python.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping

PACKAGE = "barter_python"
# The rooms of the core that have something to tell.
NAMES = (PACKAGE, f"{PACKAGE}.engine", f"{PACKAGE}.system")
TRACE = 5
# Where a logger remembers what it is enabled for.
_CACHE = "_cache"
OFF = logging.CRITICAL + 1
_LEVELS = {
    "trace": TRACE,
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warn": logging.WARNING,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "off": OFF,
}
_COLOURS = {"ERROR": 31, "WARNING": 33, "INFO": 32, "DEBUG": 34}


class _Watched(dict[int, bool]):
    """What a logger is enabled for, as `logging` remembers it until any level changes.

    That it forgets is how the core, which asks without the interpreter, learns of a change.
    """

    def __init__(self, logger: logging.Logger) -> None:
        super().__init__()
        self.logger = logger
        self.clear()

    def clear(self) -> None:
        super().clear()
        logger = self.logger
        least = max(logger.getEffectiveLevel(), logger.manager.disable + 1)
        _core.log_from(logger.name, max(0, min(least, OFF)))


class _Text(logging.Formatter):
    """One line a record: time, level, logger, message."""

    def __init__(self, *, ansi: bool = False) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s")
        self.ansi = ansi

    def formatTime(  # noqa: N802 - its name in `logging`
        self, record: logging.LogRecord, datefmt: str | None = None
    ) -> str:
        del datefmt
        return _moment(record)

    def formatMessage(  # noqa: N802 - its name in `logging`
        self, record: logging.LogRecord
    ) -> str:
        text, level = super().formatMessage(record), record.levelname
        if not self.ansi:
            return text
        return text.replace(level, f"\x1b[{_COLOURS.get(level, 0)}m{level}\x1b[0m", 1)


class _Json(logging.Formatter):
    """One JSON object a record, on one line."""

    def format(self, record: logging.LogRecord) -> str:
        told = {
            "time": _moment(record),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        return json.dumps(told)


_FORMS: dict[str, logging.Formatter] = {
    "text": _Text(),
    "ansi": _Text(ansi=True),
    "json": _Json(),
}


class _Handler(logging.StreamHandler[TextIO]):
    """Ours, on standard error."""

    def __init__(self, form: str) -> None:
        super().__init__(sys.stderr)
        self.form = form
        self.setFormatter(_FORMS[form])


def init_tracing(
    filter: str | None = None,  # noqa: A002 - the original's name
    ansi: bool = False,  # noqa: FBT001, FBT002 - the original's place
) -> bool:
    """Prints what the package has to tell on standard error, a line a record.

    A convenience over `logging`, for programs that have not set it up themselves: one handler of
    the logger "barter_python". Levels may be changed later, here or by `logging`.

    * `filter` - a level ("trace", "debug", "info", "warn", "error", "off"), levels of loggers, or
      both: "warn,barter_python.system=debug". Without it levels stay as they are set, else "info".
    * `ansi` - levels in the colours of a terminal.

    True if that changed anything, False if it was set up so already. Raises `ConfigError` for a
    filter that is not understood.
    """
    levels = None if filter is None else _levels(str(filter))
    return _set_up("ansi" if ansi else "text", levels)


def init_json_logging() -> bool:
    """As `init_tracing()`, with a JSON object a line: `time`, `level`, `logger`, `message`.

    The time is in UTC; `exception` is there if a record has one.
    """
    return _set_up("json", None)


@contextmanager
def printing(filter: str) -> Generator[None]:  # noqa: A002 - as above
    """Prints records as `init_tracing` does, for a while."""
    levels = _levels(filter)
    loggers = [logging.getLogger(name) for name in NAMES]
    before = [logger.level for logger in loggers]
    handlers = loggers[0].handlers[:]
    _set_up("text", levels)
    try:
        yield
    finally:
        loggers[0].handlers[:] = handlers
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)


def _set_up(form: str, levels: Mapping[str, int] | None) -> bool:
    """Sets handler and levels; `None` for those that are set. True if anything changed."""
    package = logging.getLogger(PACKAGE)
    ours = [handler for handler in package.handlers if isinstance(handler, _Handler)]
    changed = [handler.form for handler in ours] != [form]
    if changed:
        for handler in ours:
            package.removeHandler(handler)
        package.addHandler(_Handler(form))
    if levels is None:
        levels = {name: logging.getLogger(name).level for name in NAMES}
    for name in NAMES:
        logger, level = logging.getLogger(name), levels.get(name, logging.NOTSET)
        if name == PACKAGE and level == logging.NOTSET:
            level = logging.INFO
        if logger.level != level:
            logger.setLevel(level)
            changed = True
    return changed


def _levels(given: str) -> dict[str, int]:
    """The level of each logger that a filter names."""
    found: dict[str, int] = {}
    for part in given.split(","):
        name, equals, level = (piece.strip() for piece in part.rpartition("="))
        name = name.replace("::", ".") if equals else PACKAGE
        if name not in NAMES:
            near = difflib.get_close_matches(name, NAMES, n=1)
            hint = f', did you mean "{near[0]}"?' if near else f"; there are {', '.join(NAMES)}"
            raise ConfigError(f'filter: there is no logger "{name}"{hint}')
        if level.lower() not in _LEVELS:
            known = ", ".join(_LEVELS)
            raise ConfigError(f'filter: a level must be one of {known}, got "{level}"')
        if name in found:
            raise ConfigError(f'filter: "{given}" gives {name} two levels')
        found[name] = _LEVELS[level.lower()]
    return found


def _moment(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _listen() -> None:
    """The core begins to tell."""
    loggers = [logging.getLogger(name) for name in NAMES]
    if not any(isinstance(handler, logging.NullHandler) for handler in loggers[0].handlers):
        loggers[0].addHandler(logging.NullHandler())
    if logging.getLevelName(TRACE) == f"Level {TRACE}":
        logging.addLevelName(TRACE, "TRACE")
    _core.log_to(loggers)
    for logger in loggers:
        vars(logger)[_CACHE] = _Watched(logger)
    atexit.register(_fall_silent, loggers)


def _fall_silent(loggers: Iterable[logging.Logger]) -> None:
    """No thread of the core may wait for an interpreter that ends."""
    for logger in loggers:
        vars(logger)[_CACHE] = {}
    _core.log_nothing()


_listen()
