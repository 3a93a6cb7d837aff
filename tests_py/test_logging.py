"""What the core has to tell arrives in Python's `logging`, from any thread, and breaks no run."""

import json
import logging
import re
import subprocess
import sys
import threading
import time
from datetime import datetime

import pytest
from recorded import CONFIG, FAULT, LOST, array, trade

import barter_python as bt
from barter_python import _logging

PACKAGE, ENGINE, SYSTEM = NAMES = _logging.NAMES


@pytest.fixture(autouse=True)
def restored():
    """Loggers as they were."""
    loggers = [logging.getLogger(name) for name in NAMES]
    before = [(logger.level, logger.handlers[:], logger.filters[:]) for logger in loggers]
    yield
    logging.disable(logging.NOTSET)
    for logger, (level, handlers, filters) in zip(loggers, before, strict=True):
        logger.setLevel(level)
        logger.handlers[:], logger.filters[:] = handlers, filters
        logger.disabled = False


@pytest.fixture
def printed(capsys):
    """The lines on standard error since the last look."""

    def printed():
        return capsys.readouterr().err.splitlines()

    return printed


@pytest.fixture
def run(tmp_path):
    """A run without a strategy, so without the interpreter."""

    def run(*records, **settings):
        file = array(tmp_path / "market.json", *records)
        return bt.run_historic_backtest(bt.SystemConfig.from_dict(CONFIG), file, **settings)

    return run


def system(**settings):
    config = bt.SystemConfig.from_dict(CONFIG)
    return bt.start_system(config, **{"clock": "event"} | settings)


def event(minute):
    return bt.EngineEvent.from_dict({"Market": trade(minute)})


def told(caplog):
    return [(one.name, one.levelname, one.getMessage()) for one in caplog.records]


class Raises(logging.Handler):
    def __init__(self, error):
        super().__init__()
        self.error, self.called = error, 0

    def emit(self, record):
        self.called += 1
        raise self.error


class Buys(bt.Strategy):
    def on_trade(self, context, trade):
        context.buy(trade.instrument, "1")


def test_a_run_tells_its_start_and_its_end(run, caplog):
    caplog.set_level(logging.DEBUG, PACKAGE)
    run(trade(0), trade(1), trade(2))
    start, end = "2024-01-01T00:00:00Z", "2024-01-01T00:02:00Z"
    assert told(caplog) == [
        (ENGINE, "DEBUG", f"a run begins at {start}, instruments: 1"),
        (ENGINE, "DEBUG", f"the run ends at {end}, events: 5, orders: 0"),
    ]
    caplog.clear()
    result = bt.backtest(bt.sample("candles"), bt.Strategy(), cash=1, end="2023-01-02T00:00Z")
    (_, _, first), (_, _, last) = told(caplog)
    assert first == f"a run begins at {result.summary.to_dict()['start']}, instruments: 1"
    assert last.endswith(f"events: {result.summary.events}, orders: 0")


def test_a_lost_connection_is_a_warning_that_says_which(run, caplog):
    run(trade(0), LOST, trade(1))
    market = "the connection to the market data of kraken was lost at 2024-01-01T00:00:00Z"
    assert told(caplog) == [(SYSTEM, "WARNING", market)]
    caplog.clear()
    with system() as running:
        running.feed_events([event(1), bt.EngineEvent.account_reconnecting("kraken")])
    account = "the connection to the account of kraken was lost at 2024-01-01T00:01:00Z"
    assert told(caplog) == [(SYSTEM, "WARNING", account)]


def test_trading_that_is_enabled_or_disabled_is_told_where_somebody_listens(caplog):
    def switched():
        with system() as running:
            running.feed_events([event(0)])
            running.set_trading_enabled(False)
            running.set_trading_enabled(True)

    switched()
    assert told(caplog) == []
    caplog.set_level(logging.INFO)
    switched()
    assert told(caplog) == [
        (SYSTEM, "INFO", "trading is disabled at 2024-01-01T00:00:00Z"),
        (SYSTEM, "INFO", "trading is enabled at 2024-01-01T00:00:00Z"),
    ]


@pytest.mark.parametrize("late", [0, 1, 2, 500])
def test_events_older_than_the_clock_are_told_once_and_counted(run, caplog, late):
    run(trade(0), trade(9), *(trade(5) for _ in range(late)), trade(9))
    once = (
        "an event of kraken-btc_usdt is of 2024-01-01T00:05:00Z, which is before the clock, "
        "2024-01-01T00:09:00Z: it happens now; further ones are counted and told at the end"
    )
    counted = f"{late} events were older than the clock and happened when they came"
    expected = [once][: min(late, 1)] + [counted][: late > 1]
    assert told(caplog) == [(SYSTEM, "WARNING", text) for text in expected]


@pytest.mark.parametrize(("faults", "words"), [(0, None), (1, "1 error"), (3, "3 errors")])
def test_errors_of_a_stream_that_are_left_out_are_counted(run, caplog, tmp_path, faults, words):
    run(trade(0), *[FAULT] * faults, trade(1))
    said = f'market data "{tmp_path}/market.json": {words} of the stream left out'
    assert told(caplog) == ([(SYSTEM, "WARNING", said)] if faults else [])


def test_what_waited_for_a_first_event_that_never_came_is_told(caplog):
    running = system()
    running.set_trading_enabled(False)
    running.set_trading_enabled(True)
    running.shutdown()
    said = "2 inputs waited for a first event, which never came: nothing happened"
    assert told(caplog) == [(SYSTEM, "WARNING", said)]


def test_a_command_that_is_refused_is_told(caplog):
    key = bt.OrderKey(0, 0, "mine", "unheard-of")
    with system() as running:
        running.feed_events([event(0)])
        running.send_cancel_requests([bt.OrderRequestCancel(key)])
    said = 'refused: no order has the cid "unheard-of"'
    assert told(caplog) == [(SYSTEM, "WARNING", said)]


def test_a_clean_run_says_nothing_by_default(run, caplog):
    run(trade(0), trade(1))
    run(trade(0), trade(1), strategy=Buys)
    with system() as running:
        running.feed_events([event(0), event(1)])
    assert told(caplog) == []


def test_the_number_of_records_does_not_grow_with_the_number_of_events(run, caplog):
    caplog.set_level(_logging.TRACE, PACKAGE)
    run(*(trade(minute) for minute in range(2)))
    few = len(caplog.records)
    run(*(trade(minute) for minute in range(2_000)))
    assert len(caplog.records) == 2 * few


def test_a_record_is_one_of_the_thread_that_made_it(run, caplog):
    thread = threading.Thread(target=run, args=(trade(0), LOST), name="mine")
    thread.start()
    thread.join()
    running = system()
    running.feed_events([event(0), bt.EngineEvent.market_reconnecting("kraken")])
    running.shutdown()
    mine, engine = caplog.records
    assert mine.threadName == "mine"
    assert engine.thread != threading.get_ident()
    assert (mine.levelno, mine.args, mine.exc_info) == (logging.WARNING, (), None)
    assert mine.pathname == "src/system/running.rs"


def test_signs_of_a_format_in_a_record_are_text(run, caplog, tmp_path):
    file = array(tmp_path / "100%s {x}\n.json", trade(0), FAULT)
    bt.run_historic_backtest(bt.SystemConfig.from_dict(CONFIG), file)
    ((_, _, said),) = told(caplog)
    assert said == f'market data "{tmp_path}/100%s {{x}}\\n.json": 1 error of the stream left out'


@pytest.mark.parametrize("where", ["", *NAMES])
def test_a_level_holds_from_when_it_is_set(caplog, where):
    """That of the root, of the package, of a room; also in the middle of a run."""
    logger = logging.getLogger(where or None)
    with caplog.at_level(logging.WARNING, where or None), system() as running:
        caplog.handler.setLevel(logging.NOTSET)
        running.feed_events([event(0)])
        running.state()
        for level in (logging.DEBUG, logging.ERROR, logging.INFO):
            logger.setLevel(level)
            running.set_trading_enabled(True)
            running.state()
            expected = where != ENGINE and level <= logging.INFO
            assert [name for _, name, _ in told(caplog)] == ["INFO"] * expected
            caplog.clear()


def test_what_logging_switches_off_is_off(run, caplog):
    logger = logging.getLogger(SYSTEM)
    logging.disable(logging.WARNING)
    run(trade(0), LOST)
    logging.disable(logging.NOTSET)
    logger.disabled = True
    run(trade(0), LOST)
    logger.disabled = False
    logger.addFilter(lambda record: False)
    run(trade(0), LOST)
    assert told(caplog) == []


def test_a_handler_that_raises_is_shown_and_changes_nothing(run, monkeypatch):
    raised = []
    monkeypatch.setattr(sys, "unraisablehook", lambda found: raised.append(found.exc_value))
    plain = run(trade(0), LOST, trade(1), LOST, trade(2), strategy=Buys).to_dict()
    raised.clear()
    handler = Raises(ZeroDivisionError("of the user"))
    logging.getLogger(PACKAGE).addHandler(handler)
    for strategy in (None, Buys):
        told = run(trade(0), LOST, trade(1), LOST, trade(2), strategy=strategy).to_dict()
    assert told == plain
    assert (handler.called, raised) == (4, [handler.error] * 4)


def test_ctrl_c_in_a_handler_ends_the_run(run):
    logging.getLogger(PACKAGE).addHandler(Raises(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        _ = run(trade(0), LOST, trade(1)), time.sleep(5)  # heard there at the latest


def test_a_handler_may_use_the_package(run, caplog):
    class Asks(logging.Handler):
        def emit(self, record):
            self.digest = bt.backtest(bt.sample("candles"), bt.Strategy, cash=1).digest

    handler = Asks()
    logging.getLogger(SYSTEM).addHandler(handler)
    run(trade(0), LOST, trade(1))
    assert handler.digest == bt.backtest(bt.sample("candles"), bt.Strategy, cash=1).digest


def test_init_tracing_prints_a_line_a_record(run, printed):
    assert bt.init_tracing() is True
    run(trade(0), LOST, trade(1))
    (line,) = printed()
    moment, level, name, said = line.split(maxsplit=3)
    assert datetime.fromisoformat(moment).utcoffset().total_seconds() == 0
    assert (level, name) == ("WARNING", f"{SYSTEM}:")
    assert said == "the connection to the market data of kraken was lost at 2024-01-01T00:00:00Z"


def test_init_tracing_says_if_it_changed_anything(run, printed):
    given = ["info", None, "debug", "debug", None, f"warn,{SYSTEM}=debug", "warn"]
    assert [bt.init_tracing(one) for one in given] == [True, False, True, False, False, True, True]
    assert bt.init_tracing("warn", True) is True
    assert bt.init_tracing(ansi=True) is False
    assert bt.init_json_logging() is True
    assert bt.init_json_logging() is False
    logging.getLogger(PACKAGE).setLevel(logging.ERROR)
    assert bt.init_json_logging() is False
    run(trade(0), LOST, trade(1))
    assert printed() == []
    assert bt.init_tracing("warn") is True
    run(trade(0), LOST, trade(1))
    assert len(printed()) == 1


def test_colours_are_of_the_level_alone(run, printed):
    bt.init_tracing("info", ansi=True)
    run(trade(0), LOST)
    (coloured,) = printed()
    assert re.findall(r"\x1b\[33m(\w+)\x1b\[0m", coloured) == ["WARNING"]
    assert coloured.count("\x1b") == 2


def test_json_logging_prints_an_object_a_line(run, printed):
    assert bt.init_json_logging() is True
    run(trade(0), LOST, LOST)
    logging.getLogger(PACKAGE).error("line\nbreak", exc_info=ValueError("seen"))
    first, second, third = map(json.loads, printed())
    assert [*first] == ["time", "level", "logger", "message"]
    assert (first["level"], first["logger"]) == ("WARNING", SYSTEM)
    assert first["message"] == second["message"]
    assert datetime.fromisoformat(first["time"]) <= datetime.fromisoformat(second["time"])
    assert third["message"] == "line\nbreak"
    assert third["exception"].endswith("ValueError: seen")


@pytest.mark.parametrize(
    ("given", "heard"),
    [
        ("debug", ["DEBUG", "WARNING", "DEBUG"]),
        ("TRACE", ["DEBUG", "WARNING", "DEBUG"]),
        ("info", ["WARNING"]),
        ("warning", ["WARNING"]),
        ("error", []),
        ("off", []),
        (f"off, {ENGINE} = debug", ["DEBUG", "DEBUG"]),
        ("barter_python::engine=debug", ["DEBUG", "WARNING", "DEBUG"]),
        (f"debug,{SYSTEM}=off", ["DEBUG", "DEBUG"]),
    ],
)
def test_a_filter_gives_each_logger_its_level(run, caplog, printed, given, heard):
    assert bt.init_tracing(given) is True
    run(trade(0), LOST, trade(1))
    assert [level for _, level, _ in told(caplog)] == heard
    assert [line.split()[1] for line in printed()] == heard


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("", "a level must be one of trace, debug, info"),
        ("loud", 'got "loud"'),
        ("info,", 'got ""'),
        ("info,debug", "two levels"),
        (f"{SYSTEM}=", 'got ""'),
        ("barter_python.sytem=info", f'did you mean "{SYSTEM}"'),
        ("numpy=info", f"there are {', '.join(NAMES)}"),
        (7, 'got "7"'),
    ],
)
def test_a_filter_that_is_not_understood_is_refused_and_sets_nothing(given, said):
    before = [logging.getLogger(name).level for name in NAMES]
    with pytest.raises(bt.ConfigError, match=re.escape(said)):
        bt.init_tracing(given)
    with pytest.raises(ValueError, match="filter"):
        bt.init_tracing(given)
    assert [logging.getLogger(name).level for name in NAMES] == before


def python(program, *arguments):
    command = [sys.executable, "-c", program, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


RUN = """
import sys, json, barter_python as bt
config = bt.SystemConfig.from_json_str(sys.argv[1])
bt.run_historic_backtest(config, sys.argv[2])
"""
ENDS = """
import logging, sys, barter_python as bt
logging.basicConfig(level=logging.DEBUG)
config = bt.SystemConfig.from_json_str(sys.argv[1])
system = bt.start_system(config, clock="event")
lost = bt.EngineEvent.market_reconnecting("kraken")
first = bt.EngineEvent.from_json(sys.argv[2])
system.feed_events([first, *[lost] * 20_000])
"""


def test_a_library_prints_nothing_by_itself(tmp_path):
    file = array(tmp_path / "market.json", trade(0), LOST, FAULT)
    done = python(RUN, json.dumps(CONFIG), file)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_an_interpreter_that_ends_waits_for_no_record():
    done = python(ENDS, json.dumps(CONFIG), json.dumps({"Market": trade(0)}))
    assert (done.returncode, done.stdout) == (0, "")
    strange = [
        line
        for line in done.stderr.splitlines()
        if not line.startswith(("WARNING:barter_python.system:", "DEBUG:barter_python.engine:"))
    ]
    assert strange == []
