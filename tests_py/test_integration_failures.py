"""What goes wrong around a system: each is said in words, and costs no more than it must."""

import copy
import gc
import os
import subprocess
import sys
import threading
import time
import weakref
from decimal import Decimal
from pathlib import Path

import pytest
from scripted import ns
from systems import balances, book, candle, config, lost, named, order, told, touch, trade, walk

import barter_python as bt

pytestmark = pytest.mark.integration

TAPE = bt.MarketDataInMemory(walk(20))


class Buys(bt.Strategy):
    """Buys one with the first quote."""

    size = bt.param(1)

    def on_start(self, context):
        self.first = True

    def on_quote(self, context, quote):
        if self.first:
            context.buy(quote.instrument, self.size)
        self.first = False


def start(**settings):
    return bt.start_system(config(), **{"clock": "event"} | settings)


# Files.


@pytest.mark.parametrize("kind", [ValueError, FileNotFoundError, bt.MissingFileError])
@pytest.mark.parametrize(
    "call",
    [
        bt.SystemConfig.from_json,
        bt.SystemConfig.from_toml,
        bt.MarketDataInMemory.from_json_file,
        bt.MarketStream,
        bt.replay,
        lambda path: bt.run_historic_backtest(config(), path),
        lambda path: bt.run_historic_backtest_with_generator(config(), str(path)),
        lambda path: bt.run_historic_backtest(config(), TAPE, resume=path),
        lambda path: start(resume=path),
    ],
)
def test_a_file_that_is_not_there(call, kind, tmp_path):
    with pytest.raises(kind, match="nowhere"):
        call(tmp_path / "nowhere")


NO_CONFIG = ["", "{", "[]", "7", "null", "{}", '"text"', '{"instruments": []}', "\x00", "{'a': 1}"]
NO_MARKET = ["{", "7", "null", '"text"', "[7]", '[{"Item": 7}]', "\x00", '{"Item": {"Ok": {}}}']


@pytest.mark.parametrize("text", NO_CONFIG)
def test_a_configuration_that_is_none(text, tmp_path):
    path = tmp_path / "config.json"
    path.write_text(text)
    with pytest.raises(bt.ConfigError, match=r"config\.json"):
        bt.SystemConfig.from_json(path)
    with pytest.raises(bt.ConfigError):
        bt.SystemConfig.from_json_str(text)


@pytest.mark.parametrize("text", NO_MARKET)
def test_market_data_that_are_none(text, tmp_path):
    path = tmp_path / "market.json"
    path.write_text(text)
    for call in (
        bt.MarketDataInMemory.from_json_file,
        lambda path: bt.run_historic_backtest(config(), path),
    ):
        with pytest.raises(bt.DataError, match=r"market\.json"):
            call(path)


@pytest.mark.parametrize("raw", [b"\xff\xfe", b"\xc3\x28", bytes(range(256))])
def test_files_that_are_no_text(raw, tmp_path):
    path = tmp_path / "file.json"
    path.write_bytes(raw)
    for call in (
        bt.SystemConfig.from_json, bt.SystemConfig.from_toml,
        bt.MarketDataInMemory.from_json_file, bt.replay,
    ):  # fmt: skip
        with pytest.raises(ValueError, match=r"file\.json"):
            call(path)


def test_a_log_needs_a_folder_that_is_there(tmp_path):
    for call in (
        lambda path: start(audit=path),
        lambda path: bt.run_historic_backtest(config(), TAPE, audit=path),
    ):
        with pytest.raises((bt.ConfigError, bt.DataError), match="nowhere"):
            call(tmp_path / "nowhere" / "log.arrow")


def test_a_folder_is_no_file(tmp_path):
    for call in (
        bt.SystemConfig.from_json, bt.SystemConfig.from_toml,
        bt.MarketDataInMemory.from_json_file, bt.replay, lambda path: start(audit=path),
    ):  # fmt: skip
        with pytest.raises((bt.ConfigError, bt.DataError), match=tmp_path.name):
            call(tmp_path)


# A configuration, field by field.

SMALL = {
    "risk_free_return": "0.05",
    "instruments": [
        {
            "exchange": "kraken",
            "name_exchange": "XBTUSDT",
            "underlying": {"base": "btc", "quote": "usdt"},
            "quote": "underlying_quote",
            "kind": {"perpetual": {"contract_size": "1", "settlement_asset": "usdt"}},
            "spec": {
                "price": {"min": "0", "tick_size": "0.1"},
                "quantity": {"unit": {"Asset": "btc"}, "min": "0", "increment": "0.1"},
                "notional": {"min": "0"},
            },
        }
    ],
    "executions": [
        {
            "mocked_exchange": "kraken",
            "latency_ms": 0,
            "fees_percent": "0",
            "initial_state": {
                "exchange": "kraken",
                "balances": [
                    {
                        "asset": "usdt",
                        "balance": {"total": "10", "free": "10"},
                        "time_exchange": "2024-01-01T00:00:00Z",
                    }
                ],
                "instruments": [{"instrument": "XBTUSDT", "orders": []}],
            },
        }
    ],
    "risk": {
        "global": {"max_position_notional": "1", "max_leverage": "1"},
        "instruments": [{"index": 0, "limits": {"max_position_quantity": "1"}}],
    },
}


def places(value, path=()):
    """The path of every value within."""
    if path:
        yield path
    if isinstance(value, dict | list):
        for key, one in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(one, (*path, key))


def replaced(path, value):
    changed = copy.deepcopy(SMALL)
    at = changed
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return changed


def wrong(path):
    """Values of types that a field cannot have."""
    value = SMALL
    for key in path:
        value = value[key]
    if isinstance(value, dict):
        return [7, True, "", [], list(value.values())]
    if isinstance(value, list):
        return [7, "text", {"a": 1}, True]
    return [[], {}, True, [1], float("nan"), -float("inf")]


def shown(path):
    return ".".join(str(key) for key in path)


EVERY_PLACE = pytest.mark.parametrize("path", list(places(SMALL)), ids=shown)


def test_the_small_configuration_is_one():
    own = bt.SystemConfig.from_dict(SMALL)
    assert bt.SystemConfig.from_dict(own.to_dict()) == own
    with bt.start_system(own, clock="event") as system:
        system.send_event(touch(0, 100, 101))


@EVERY_PLACE
def test_a_field_of_a_wrong_type_is_named(path):
    field = next((key for key in reversed(path) if isinstance(key, str)), None)
    for value in wrong(path):
        with pytest.raises(bt.ConfigError) as caught:
            bt.start_system(bt.SystemConfig.from_dict(replaced(path, value)))
        text = str(caught.value)
        assert field in text, (value, text)
        assert len(text) < 400


@pytest.mark.parametrize(
    "path",
    [path for path in places(SMALL) if isinstance(path[-1], str)],
    ids=shown,
)
def test_an_unknown_key_has_the_nearest_name_beside_it(path):
    """Written wrong, and so missing as well: of two faults either may be told."""
    changed = copy.deepcopy(SMALL)
    at = changed
    for key in path[:-1]:
        at = at[key]
    wrong = path[-1][:-1] + "q"
    at[wrong] = at.pop(path[-1])
    with pytest.raises(bt.ConfigError) as caught:
        bt.SystemConfig.from_dict(changed)
    text = str(caught.value)
    assert f'"{path[-1]}"' in text
    assert wrong in text or "missing field" in text


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
def test_a_number_that_json_has_not_is_named_by_its_place(number):
    changed = replaced(("instruments", 0, "spec", "price", "min"), number)
    with pytest.raises(bt.ConfigError, match=r"config: instruments\[0\]\.spec\.price\.min must be"):
        bt.SystemConfig.from_dict(changed)
    with pytest.raises(bt.ConfigError, match="max_leverage must be finite"):
        config().set_global_risk_limits({"max_leverage": number})


# Events and requests.

ELSEWHERE = {
    "trade": trade(0, 1, of=2),
    "touch": touch(0, 1, 2, of=2),
    "book": book(0, [(1, 1)], [], of=2),
    "candle": candle(0, (1, 1, 1, 1), of=2),
    "an exchange": bt.EngineEvent.market_trade("okx", 0, 1, 1, "buy", ns(0)),
    "lost": lost("okx"),
    "account": bt.EngineEvent.account_reconnecting("okx"),
    "balance": bt.EngineEvent.account_balance_snapshot(0, 3, 1, 1, ns(0)),
    "balance elsewhere": bt.EngineEvent.account_balance_snapshot(1, 0, 1, 1, ns(0)),
    "fill": bt.EngineEvent.account_trade(0, 2, "s", "1", "1", "buy", 1, 1, ns(0)),
    "too fine": trade(0, "0.000000001"),
    "too large": trade(0, 10**11),
    "order": bt.EngineEvent.send_open_requests([order("buy", 1, 1, of=2)]),
    "order elsewhere": bt.EngineEvent.send_open_requests(
        [bt.OrderRequestOpen(bt.OrderKey(1, 0, "desk"), "buy", 1, 1)]
    ),
    "cancel": bt.EngineEvent.send_cancel_requests([bt.OrderRequestCancel(named("a", 2))]),
}


@pytest.mark.parametrize("which", ELSEWHERE)
@pytest.mark.parametrize("clock", ["event", "wall"])
def test_what_the_configuration_has_not_is_refused_and_nothing_of_it_is_sent(which, clock):
    with start(clock=clock) as system:
        system.send_event(touch(0, 100, 101))
        before = system.state()
        wanted = (bt.DataError, bt.OrderError, bt.ConfigError)
        with pytest.raises(wanted, match=r"from 0 to|not on|known: kraken|decimal places"):
            system.send_event(ELSEWHERE[which])
        with pytest.raises(wanted):
            system.feed_events([touch(1, 200, 201), ELSEWHERE[which]])
        assert system.is_running()
        assert system.state() == before
        system.send_event(touch(1, 110, 111))
        assert system.state().instruments[0].price == Decimal("110.5")


@pytest.mark.parametrize("thing", [7, None, "trade", {"Shutdown": None}, touch])
def test_what_is_no_event_is_refused(thing):
    with start() as system:
        with pytest.raises(TypeError):
            system.send_event(thing)
        with pytest.raises(TypeError, match=r"events\[1\] must be an EngineEvent"):
            system.feed_events([touch(0, 100, 101), thing])
        assert system.state().time is None


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"asset": 5}, r"initial_balances\[0\]: asset must be text, got int"),
        ({"exchange": None}, r"initial_balances\[0\]: exchange must be text, got NoneType"),
        ({7: 1}, r"initial_balances\[0\]: a name must be text, got int"),
    ],
)
def test_a_first_balance_of_the_wrong_type_is_named(wrong, said):
    whole = {"exchange": "kraken", "asset": "usdt", "total": "5"}
    with pytest.raises(bt.ConfigError, match=said):
        bt.start_system(config(), initial_balances=[whole | wrong])


def test_a_first_balance_of_which_less_is_free_is_told_of(caplog):
    held = {"exchange": "kraken", "asset": "usdt", "total": "5", "free": "4"}
    with bt.start_system(config(), initial_balances=[held]) as system:
        assert balances(system.state())["usdt"] == (5, 5)
    assert "no order holds anything back" in caplog.text


def test_a_time_out_is_no_flag():
    with bt.start_system(config(), clock="event") as system:
        with pytest.raises(TypeError, match="timeout.* got bool"):
            system.feed_events([trade(0, 100)], timeout=True)
        assert system.state().time is None


def test_a_told_fill_that_is_larger_than_can_be_counted_is_refused_and_the_engine_goes_on(caplog):
    def fill(number, quantity):
        at = (str(number), "buy", 1, quantity, ns(number))
        return bt.EngineEvent.account_trade(0, 0, "s", "1", *at)

    with bt.start_system(config(), clock="event") as system:
        system.feed_events([trade(0, 100), *(fill(at, 11_000_000_000) for at in range(1, 13))])
        before = system.state()
        system.feed_events([fill(13, 1)])
        assert system.is_running
        after = system.state()
    held = [state.instruments[0].position.quantity for state in (before, after)]
    assert held == [88_000_000_000, 88_000_000_001]
    refused = [one.getMessage() for one in caplog.records if "refused" in one.getMessage()]
    assert len(refused) == 12 - 8
    assert "the position in kraken-btc_usdt larger than can be counted" in refused[0]


def test_an_event_that_is_older_than_the_clock_happens_now_and_is_warned_of(caplog):
    with start(audit=True) as system:
        system.feed_events([touch(1000, 100, 101), touch(400, 90, 91), touch(300, 80, 81)])
        state = system.state()
        assert (state.time, state.instruments[0].price) == (ns(1000), Decimal("80.5"))
        audit = system.take_audit()
    rows = [tick for tick in audit.updates if tick.kind == "quote" and not tick.is_step]
    assert [tick.time for tick in rows] == [ns(1000)] * 3
    warned = [one for one in caplog.records if one.levelname == "WARNING"]
    assert len(warned) == 2
    first, count = (one.getMessage() for one in warned)
    assert "kraken-btc_usdt" in first
    assert "2023-11-15T00:00:00.4Z" in first
    assert count.startswith("2 events")
    assert all(one.name.startswith("barter_python.") for one in warned)


def two_quotes(first, second):
    """A table of two quotes at these times, in ns."""
    columns = {
        "time": [first, second],
        "bid": [1, 1], "bid_quantity": [1, 1],
        "ask": [2, 2], "ask_quantity": [1, 1],
    }  # fmt: skip
    own = bt.Instrument("BTC/USDT", tick="1", lot="1", base="btc", quote="usdt")
    return bt.quotes(columns, instrument=own, unit="ns")


YEAR = 365 * 86_400 * 10**9
LAST = 2**63 - 1


def trade_at(time):
    return bt.EngineEvent.market_trade("kraken", 0, 1, 1, "buy", time)


@pytest.mark.parametrize(
    "given",
    [
        trade_at(ns(0) + 200 * YEAR),
        trade_at(LAST),
        [touch(1, 100, 101), trade_at(ns(0) + 10 * YEAR)],
        two_quotes(ns(0) + 200 * YEAR, ns(1) + 200 * YEAR),
    ],
)
def test_a_time_that_is_too_far_ahead_is_refused_before_it_is_taken(given):
    with start() as system:
        system.send_event(touch(0, 100, 101))
        before = system.state()
        with pytest.raises(bt.StateError, match="and can go to 20.* at once, not to 2|2262-01-01"):
            (system.send_event if isinstance(given, bt.EngineEvent) else system.feed_events)(given)
        assert system.state() == before
        # Each may be as far from the one before it.
        system.feed_events([trade_at(ns(0) + years * YEAR) for years in (9, 18, 27)])
        assert system.state().time == ns(0) + 27 * YEAR


def test_a_first_candle_is_not_longer_than_the_clock_can_go():
    begin, end = 0, ns(0)
    long = bt.EngineEvent.market_candle("kraken", 0, begin, end, 1, 1, 1, 1, 1, 1)
    with start() as system:
        with pytest.raises(bt.StateError, match="stands at 1970-01-01"):
            system.send_event(long)
        system.send_event(candle(0, (1, 1, 1, 1)))
        assert system.state().time == ns(60_000)


def test_no_run_begins_at_the_end_of_time():
    for call in (
        lambda: start().send_event(trade_at(LAST)),
        lambda: start(start=LAST).shutdown(),
        lambda: bt.run_historic_backtest(config(), bt.MarketDataInMemory([trade_at(LAST)])),
    ):
        with pytest.raises(bt.StateError, match="2262-01-01"):
            call()


def test_a_table_has_no_place_on_the_wall_clock():
    table = two_quotes(ns(0), ns(1))
    with bt.start_system(config()) as system:
        for given in (table, [table]):
            with pytest.raises(bt.StateError, match='clock="event"'):
                system.feed_events(given)
        assert system.feed_events(walk(2)) == 2
        assert system.state().instruments[0].price is not None


# The end.

CALLS = {
    "send_event": lambda system: system.send_event(touch(0, 1, 2)),
    "feed_events": lambda system: system.feed_events(walk(2)),
    "send_open_requests": lambda system: system.send_open_requests([order("buy", 1)]),
    "send_cancel_requests": lambda system: system.send_cancel_requests([]),
    "close_positions": lambda system: system.close_positions(),
    "cancel_orders": lambda system: system.cancel_orders(),
    "set_trading_enabled": lambda system: system.set_trading_enabled(True),
    "shutdown": lambda system: system.shutdown(),
    "abort": lambda system: system.abort(),
}
ENDS = {
    "shutdown": lambda system: system.shutdown(),
    "abort": lambda system: system.abort(),
    "summary": lambda system: system.shutdown_with_summary(),
    "event": lambda system: system.send_event(bt.EngineEvent.shutdown()) or system.shutdown(),
}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("call", CALLS)
def test_a_system_that_has_ended_takes_nothing(call, end):
    system = start()
    system.feed_events(walk(3))
    ENDS[end](system)
    assert not system.is_running()
    with pytest.raises(bt.StateError, match="shut down"):
        CALLS[call](system)
    with pytest.raises(bt.StateError):
        CALLS[call](system)


def test_the_figures_of_a_system_may_be_asked_for_once_after_its_end():
    system = start()
    system.feed_events(walk(3))
    system.shutdown()
    assert system.state().time == ns(2000)
    assert system.shutdown_with_summary().end is not None
    with pytest.raises(bt.StateError, match="summary"):
        system.shutdown_with_summary()
    with pytest.raises(bt.StateError):
        system.state()


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"interval": "never"}, "interval"),
        ({"interval": -1}, "interval"),
        ({"risk_free_return": float("nan")}, "risk_free_return"),
        ({"risk_free_return": -1.0}, "risk_free_return"),
    ],
)
def test_a_bad_way_to_tell_it_is_refused_before_anything_ends(how, says):
    system = start()
    system.feed_events(walk(3))
    for call in (system.shutdown_with_summary, system.shutdown_with_summary_generator):
        with pytest.raises((bt.ConfigError, TypeError), match=says):
            call(**how)
    assert system.is_running()
    system.feed_events(walk(5)[3:])
    assert system.state().time == ns(4000)
    assert system.shutdown_with_summary().fills == 0


def test_what_comes_after_the_event_of_the_end_is_not_taken_in():
    system = start()
    system.feed_events([touch(0, 1, 2), bt.EngineEvent.shutdown(), touch(1000, 3, 4)])
    assert system.state().time == ns(0)
    system.shutdown()
    assert system.state().instruments[0].price == Decimal("1.5")


def test_a_system_is_shut_down_once():
    system = start()
    system.shutdown()
    for again in (system.shutdown, system.abort, system.shutdown):
        with pytest.raises(bt.StateError, match="shut down before"):
            again()
    with system:  # its end finds nothing to do
        assert not system.is_running()


# A full queue.


class Blocks(bt.Strategy):
    """Waits in the hook of its first quote until it is let go; notes what it sees."""

    def __init__(self):
        super().__init__()
        self.reached, self.go, self.bids = threading.Event(), threading.Event(), []

    def on_quote(self, context, quote):
        self.reached.set()
        assert self.go.wait(60)
        self.bids.append(quote.bid)


def test_a_full_queue_says_so_and_loses_nothing():
    own = Blocks()
    with bt.start_system(config(), strategy=own, queue=10) as system:
        system.send_event(touch(0, 1000, 1001))
        assert own.reached.wait(60)
        assert system.feed_events([touch(at, at, at + 1) for at in range(1, 11)]) == 10
        for timeout in (0, 0.01, "10ms"):
            with pytest.raises(bt.StateError, match="queue is full: 10 of 10 inputs wait; 0"):
                system.feed_events([touch(11, 11, 12)], timeout=timeout)
        with pytest.raises(bt.StateError, match="10 of 10"):
            system.feed_events([touch(11, 11, 12)] * 7, timeout=0)
        assert system.is_running()
        threading.Timer(0.05, own.go.set).start()
        # Waits for room, for as long as it takes.
        assert system.feed_events([touch(12, 12, 13)]) == 1
    assert own.bids == [1000, *range(1, 11), 12]


def test_more_than_a_queue_holds_goes_alone():
    own = Blocks()
    own.go.set()
    with bt.start_system(config(), strategy=own, queue=1) as system:
        assert system.feed_events(walk(50)) == 50
    assert len(own.bids) == 50


def test_a_wait_for_room_ends_with_the_system():
    own, failed = Blocks(), []
    system = bt.start_system(config(), strategy=own, queue=1)
    system.send_event(touch(0, 1, 2))
    assert own.reached.wait(60)
    system.send_event(touch(0, 1, 2))

    def feed():
        try:
            system.feed_events([touch(0, 1, 2)])
        except bt.StateError as error:
            failed.append(str(error))

    feeder = threading.Thread(target=feed)
    feeder.start()
    ender = threading.Thread(target=system.abort)
    ender.start()
    while system.is_running() and not failed:
        own.go.set()
    feeder.join(60)
    ender.join(60)
    assert not feeder.is_alive()
    assert not system.is_running()
    assert len(own.bids) <= 3


@pytest.mark.parametrize("queue", [0, -1, 1.5, "10"])
def test_a_queue_has_room(queue):
    with pytest.raises((bt.ConfigError, TypeError, OverflowError)):
        start(queue=queue)


def test_an_abort_waits_for_no_more_than_one_hook():
    own, system = Blocks(), None

    class Counts(bt.Strategy):
        seen = 0

        def on_quote(self, context, quote):
            self.seen += 1
            own.reached.set()
            assert own.go.wait(60)

    counts = Counts()
    system = start(strategy=counts)
    system.feed_events(walk(1000))
    assert own.reached.wait(60)
    ender = threading.Thread(target=system.abort)
    ender.start()

    def send_until_nothing_is_taken():
        while True:
            system.send_event(touch(10**7, 1, 2))

    with pytest.raises(bt.StateError):
        send_until_nothing_is_taken()
    own.go.set()
    ender.join(60)
    assert counts.seen == 1
    assert not system.shutdown_with_summary().to_dict()["complete"]


# A strategy that raises.


class Raises(bt.Strategy):
    """Raises an exception of its own in one of its hooks."""

    hook = bt.param("on_quote")

    class OwnError(Exception):
        """What nobody else raises."""

    def fail(self, name):
        if name == self.hook:
            raise self.OwnError(f"in {name}")

    def on_start(self, context):
        self.fail("on_start")

    def on_quote(self, context, quote):
        self.fail("on_quote")
        context.buy(quote.instrument, 1)

    def on_order(self, context, order):
        self.fail("on_order")

    def on_fill(self, context, fill):
        self.fail("on_fill")

    def on_end(self, context):
        self.fail("on_end")


HOOKS = pytest.mark.parametrize("hook", ["on_start", "on_quote", "on_order", "on_fill", "on_end"])


@HOOKS
@pytest.mark.parametrize("clock", ["event", "wall"])
@pytest.mark.parametrize("end", ["shutdown", "summary", "exit", "event"])
def test_what_a_strategy_raises_comes_out_where_the_system_ends(hook, clock, end):
    system = start(strategy=Raises(hook=hook), clock=clock)

    def live():
        system.feed_events(walk(3))
        if end == "exit":
            with system:
                pass
        else:
            ENDS[end](system)

    with pytest.raises(Raises.OwnError, match=f"in {hook}"):
        live()
    assert not system.is_running()


@HOOKS
def test_what_a_strategy_raised_is_told_though_its_state_was_asked_for(hook):
    def live():
        with start(strategy=Raises(hook=hook)) as system:
            system.feed_events(walk(3))
            assert system.state().sequence is None
            assert system.is_running() == (hook == "on_end")

    with pytest.raises(Raises.OwnError, match=f"in {hook}"):
        live()


def test_a_system_that_failed_is_told_of_once_and_has_figures_of_what_was():
    system = start(strategy=Raises)
    system.send_event(touch(0, 100, 101))
    with pytest.raises(Raises.OwnError):
        system.shutdown()
    with pytest.raises(bt.StateError):
        system.shutdown()
    with pytest.raises(bt.StateError):
        system.send_event(touch(0, 100, 101))
    assert system.state().time == ns(0)
    summary = system.shutdown_with_summary()
    assert not summary.to_dict()["complete"]


def test_an_error_in_the_block_is_the_one_that_comes_out():
    system = start(strategy=Raises)

    def live():
        with system:
            system.send_event(touch(0, 100, 101))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        live()
    assert not system.is_running()


# A handle that nobody keeps, forks, neighbours.


def engines():
    tasks = Path("/proc/self/task")
    if not tasks.is_dir():
        pytest.skip("threads are counted where there is a /proc")
    names = []
    for task in tasks.iterdir():
        try:
            names.append((task / "comm").read_text().strip())
        except (FileNotFoundError, ProcessLookupError):
            continue
    return names.count("barter-engine")


@pytest.mark.parametrize("strategy", [None, Buys])
def test_a_handle_that_is_dropped_ends_its_engine(strategy):
    before = engines()
    for _ in range(5):
        system = start(strategy=strategy)
        system.feed_events(walk(500))
        gone = weakref.ref(system)
        del system
        gc.collect()
        assert gone() is None
    assert engines() == before


FORK = """
import os, sys
import barter_python as bt
from systems import config, walk

system = bt.start_system(config(), clock="event")
system.feed_events(walk(3))
child = os.fork()
if child == 0:
    told = []
    for call in (
        system.state, system.shutdown, system.abort, lambda: system.feed_events(walk(1)),
        system.take_audit, system.close_positions, system.shutdown_with_summary,
    ):
        try:
            call()
        except bt.StateError as error:
            told.append("started in process" in str(error))
    right = told == [True] * 7 and not system.is_running()
    own = bt.start_system(config(), clock="event")
    own.feed_events(walk(3))
    right = right and own.shutdown_with_summary().fills == 0
    del system
    os._exit(0 if right else 7)
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
assert system.is_running()
system.shutdown()
sys.exit(status)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks")
def test_a_fork_has_no_system():
    here = Path(__file__).parent
    paths = os.pathsep.join([str(here), *sys.path])
    ran = subprocess.run(
        [sys.executable, "-c", FORK], env=os.environ | {"PYTHONPATH": paths},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr


def test_two_systems_know_nothing_of_each_other():
    rising = [touch(1000 * at, 100 + at, 101 + at) for at in range(30)]
    alone = []
    for events in (walk(30), rising):
        with start(strategy=Buys) as system:
            system.feed_events(events)
        alone.append(system.state())
    with start(strategy=Buys) as one, start(strategy=Buys) as two:
        for left, right in zip(walk(30), rising, strict=True):
            one.send_event(left)
            two.send_event(right)
        one.send_event(touch(30_000, 1, 2))
        assert two.state().orders == alone[1].orders
        one.shutdown()
        assert two.is_running()
    assert two.state() == alone[1]
    assert one.state().orders == alone[0].orders


def test_many_commands_at_one_time_are_no_storm():
    with start() as system:
        system.send_event(touch(0, 100, 101))
        for _ in range(10_001):
            system.set_trading_enabled(True)
        system.send_open_requests([order("buy", 1, cid="late")])
        (late,) = system.state().orders
        assert late.status == "filled"


# Logs.


def test_a_log_can_be_read_while_it_is_written(tmp_path):
    path = tmp_path / "log.arrow"
    with start(audit=path) as system:
        assert bt.replay(path).sequence == 0
        system.feed_events(walk(20))
        state, ends = system.state(), time.monotonic() + 60
        while bt.replay(path).sequence < state.sequence:
            assert time.monotonic() < ends
            time.sleep(0.05)
        assert bt.replay(path) == state


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no disk is known to be full")
def test_a_disk_that_is_full_is_told_of():
    for call in (start, lambda **more: bt.run_historic_backtest(config(), TAPE, **more)):
        with pytest.raises(bt.DataError, match="No space left"):
            call(audit="/dev/full")


def test_a_replica_follows_no_other_system(tmp_path):
    wide = config().to_dict()
    wide["instruments"].append({**wide["instruments"][0], "name_exchange": "C"})
    wide["instruments"][-1]["underlying"] = {"base": "c", "quote": "usdt"}
    audits = []
    for own, of in ((config(), 0), (bt.SystemConfig.from_dict(wide), 2)):
        with bt.start_system(own, clock="event", audit=True) as system:
            system.feed_events([touch(0, 100, 101, of=of)])
        audits.append(system.take_audit())
    replica = audits[0].replica()
    lines, others = (list(audit.updates) for audit in audits)
    replica.follow(lines[0])
    for _ in range(2):
        with pytest.raises(bt.DataError, match="line 1"):
            replica.follow(others[1])
    for line in lines[1:]:
        replica.follow(line)


@pytest.mark.parametrize("name", ["log.arrow", "./log.arrow", "../here/log.arrow", "link"])
def test_a_log_is_not_written_over_by_another_name(name, tmp_path, monkeypatch):
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    logged("log.arrow")
    (here / "link").symlink_to("log.arrow")
    before = (here / "log.arrow").read_bytes()
    with pytest.raises(bt.StateError, match="give another file"):
        start(strategy=Buys, resume="log.arrow", audit=name)
    assert (here / "log.arrow").read_bytes() == before


def test_a_run_that_began_with_trading_disabled_goes_on_so(tmp_path):
    path, events = tmp_path / "log.arrow", walk(20)
    with start(strategy=Buys, trading_enabled=False, audit=path) as system:
        system.feed_events(events[:10])
    for until in (None, 0, 1, 2, 3):
        settings = {"strategy": Buys, "resume": path, "until": until}
        with start(trading_enabled=False, **settings) as system:
            system.feed_events(events[system.resumed_inputs :])
            assert not system.state().trading_enabled
            assert [one.status for one in system.state().orders] == ["denied"]
            assert system.state().time == ns(19_000)
        with pytest.raises(bt.StateError, match="trading_enabled must be that of the log"):
            start(**settings)


def test_a_run_that_goes_on_has_had_the_same_days(tmp_path):
    """The last candle of a day ends with the next one."""
    path, events = tmp_path / "log.arrow", [candle(at, (100, 102, 98, 101)) for at in range(1440)]
    system = start(strategy=Buys, audit=path)
    system.feed_events(events)
    whole = told(system.shutdown_with_summary())
    for until in (None, 3000):
        system = start(strategy=Buys, resume=path, until=until)
        system.feed_events(events[system.resumed_inputs :])
        assert told(system.shutdown_with_summary()) == whole


# Logs that do not fit.


def logged(path, *, strategy=Buys, **more):
    """A log of a run of 20 quotes, and its number of lines."""
    with start(strategy=strategy, audit=path, **more) as system:
        system.feed_events(walk(20))
        system.send_open_requests([order("buy", 1, 90, cid="rests")])
    return system.state().sequence


def test_a_log_that_was_changed_is_refused(tmp_path):
    """A length that was changed may look like the end of a file that was cut off: lines before."""
    path = tmp_path / "log.arrow"
    logged(path)
    whole, state = path.read_bytes(), bt.replay(path)
    refused, step = 0, max(1, len(whole) // 150)
    for at in range(0, len(whole), step):
        for bit in (1, 128):
            changed = bytearray(whole)
            changed[at] ^= bit
            path.write_bytes(bytes(changed))
            try:
                found = bt.replay(path)
            except bt.DataError as error:
                refused += "log.arrow" in str(error)
                with pytest.raises((bt.DataError, bt.StateError), match=r"log\.arrow|resume"):
                    start(strategy=Buys, resume=path)
            else:
                assert found == state or found.sequence < state.sequence
    assert refused > 100


def test_a_log_that_was_cut_is_refused_or_leads_to_where_it_was_cut(tmp_path):
    path = tmp_path / "log.arrow"
    lines = logged(path)
    whole, state = path.read_bytes(), bt.replay(path)
    for length in range(0, len(whole), max(1, len(whole) // 60)):
        path.write_bytes(whole[:length])
        try:
            cut = bt.replay(path)
        except bt.DataError as error:
            assert "log.arrow" in str(error)  # noqa: PT017 - one of two ways
        else:
            assert cut.sequence <= lines
            assert cut == state or cut.sequence < lines
    path.write_bytes(whole + b"more")
    assert bt.replay(path) == state


@pytest.mark.parametrize("until", [-1, 1.5, "all", 10**6])
def test_a_number_of_lines_is_one_that_the_log_has(until, tmp_path):
    path = tmp_path / "log.arrow"
    logged(path)
    for call in (
        lambda: bt.replay(path, until),
        lambda: start(strategy=Buys, resume=path, until=until),
    ):
        with pytest.raises((ValueError, TypeError, OverflowError)):
            call()


@pytest.mark.parametrize(
    ("settings", "part"),
    [
        ({"config": config(money="9_999")}, "config"),
        ({"config": config(fees_percent="0.1")}, "config"),
        ({"config": config(latency_ms=1)}, "config"),
        ({"config": config(risk={"global": {"max_leverage": "9"}})}, "config"),
        (
            {"initial_balances": [{"exchange": "kraken", "asset": "btc", "total": 1}]},
            "initial_balances",
        ),
        ({"clock": "wall"}, "clock"),
    ],
)
def test_a_run_goes_on_in_its_own_world(settings, part, tmp_path):
    path = tmp_path / "log.arrow"
    logged(path)
    settings = {"config": config(), "clock": "event", "strategy": Buys} | settings
    with pytest.raises(bt.StateError, match=f"resume: {part} must be that of the log"):
        bt.start_system(settings.pop("config"), resume=path, **settings)


@pytest.mark.parametrize("strategy", [None, Buys(size=2), Raises(hook="on_fill"), bt.Strategy])
def test_a_run_goes_on_with_a_strategy_that_decides_as_before(strategy, tmp_path):
    path = tmp_path / "log.arrow"
    logged(path)
    before = threading.active_count()
    with pytest.raises((bt.StateError, Raises.OwnError)):
        start(strategy=strategy, resume=path)
    with pytest.raises((bt.StateError, Raises.OwnError)):
        start(strategy=strategy, resume=path, until=10)
    assert threading.active_count() == before
    assert bt.replay(path).orders  # it is as it was


def test_a_backtest_goes_on_from_a_log_of_its_own_kind(tmp_path):
    path = tmp_path / "log.arrow"
    logged(path)
    with pytest.raises(bt.StateError, match="clock"):
        bt.run_historic_backtest(config(), TAPE, strategy=Buys, resume=path)
    bt.run_historic_backtest(config(), TAPE, strategy=Buys, audit=path)
    with pytest.raises(bt.StateError):
        bt.run_historic_backtest(config(), TAPE, strategy=Buys(size=2), resume=path)
    with pytest.raises(bt.StateError):
        bt.run_historic_backtest(config(), bt.MarketDataInMemory(walk(3)), resume=path)
    whole = bt.run_historic_backtest(config(), TAPE, strategy=Buys, resume=path)
    assert whole.fills == 1
