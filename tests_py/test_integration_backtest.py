"""Historic backtests from files to figures, and their logs: replayed, and gone on from."""

import json
import random
from decimal import Decimal
from pathlib import Path

import pytest
from scripted import ns
from systems import balances, candle, config, lost, order, told, touch, trade, walk

import barter_python as bt

pytestmark = pytest.mark.integration

SYSTEM, NESTED, MARKET = (
    "barter_system_config.json",
    "barter_backtest_config.json",
    "barter_market_data_with_disconnects.json",
)


class Trades(bt.Strategy):
    """Buys what became cheaper and sells it dearer; what it does depends on what it has seen."""

    size = bt.param("0.001")

    def on_start(self, context):
        self.last, self.seen = {}, 0

    def see(self, context, instrument, price):
        self.seen += 1
        last = self.last.get(instrument.name)
        self.last[instrument.name] = price
        if last is None or price == last:
            return
        context.target(instrument, self.size if price < last else 0)
        if self.seen % 5 == 0:
            context.set_timer(after="2s")

    def on_trade(self, context, trade):
        self.see(context, trade.instrument, trade.price)

    def on_quote(self, context, quote):
        self.see(context, quote.instrument, quote.bid)

    def on_candle(self, context, candle):
        self.see(context, candle.instrument, candle.close)

    def on_timer(self, context, timer):
        context.buy(context.instruments[0], self.size, limit=99)


class Turns(bt.Strategy):
    """Is in and out of the market by turns of trades."""

    seen = 0

    def on_trade(self, context, trade):
        self.seen += 1
        context.target(trade.instrument, "0.001" if self.seen % 2 else 0)


def records(events):
    """What a file has of events: the value beneath "Market"."""
    return [json.loads(event.to_json())["Market"] for event in events]


def as_array(path, events):
    layered = [
        {"Item": {"Ok": one["Item"]}} if "Item" in one else one for one in records(events)
    ]  # fmt: skip
    path.write_text(json.dumps(layered))
    return path


def as_lines(path, events):
    path.write_text("".join(json.dumps(one) + "\n" for one in records(events)))
    return path


def mixed(count=120, seed=3):
    """Trades, quotes, lost connections; several at one time."""
    made, ms, price, events = random.Random(seed), 0, 100, []
    for at in range(count):
        ms += made.choice((0, 1, 900))
        price = min(110, max(95, price + made.choice((-1, 0, 1))))
        of = made.randrange(2)
        make = touch if made.random() < 0.5 else trade
        events.append(
            touch(ms, price, price + 1, of=of) if make is touch else trade(ms, price, of=of)
        )
        if at % 40 == 39:
            events.append(lost())
    return events


def candles(count=60):
    return [
        candle(at, (100 + at % 5, 103 + at % 5, 98 + at % 5, 101 + at % 5)) for at in range(count)
    ]


# Barter's own files.


def barter(real, *names):
    for name in names:
        if not (real / name).is_file():
            pytest.skip(f"no {name} beside the checkout")
    return [real / name for name in names]


@pytest.mark.parametrize("name", [SYSTEM, NESTED])
def test_barters_files_run(real, name):
    path, market = barter(real, name, MARKET)
    own = bt.SystemConfig.from_json(path)
    assert bt.SystemConfig.from_dict(own.to_dict()) == own
    idle = bt.run_historic_backtest(own, market)
    assert (idle.fills, idle.orders) == (0, 0)
    assert idle.to_dict()["told_by"]["risk_free"] == float(own.risk_free_return)
    ran = bt.run_historic_backtest(own, str(market), strategy=Turns)
    assert ran.orders > 0  # they last less than the latency
    assert told(ran) == told(bt.run_historic_backtest(own, market, strategy=Turns))
    memory = bt.MarketDataInMemory.from_json_file(market)
    assert told(ran) == told(bt.run_historic_backtest(own, memory, strategy=Turns))
    system = bt.start_system(own, strategy=Turns, clock="event")
    system.feed_events(memory.events)
    assert told(ran) == told(system.shutdown_with_summary())


def test_barters_files_are_an_array_whose_records_may_be_lines(real, tmp_path):
    path, market = barter(real, SYSTEM, MARKET)
    array = json.loads(Path(market).read_text())
    lines = tmp_path / "lines.json"
    plain = [one if "Reconnecting" in one else {"Item": one["Item"]["Ok"]} for one in array]
    lines.write_text("\n".join(json.dumps(one) for one in plain))
    own = bt.SystemConfig.from_json(path)
    found = [bt.run_historic_backtest(own, one, strategy=Turns) for one in (market, lines)]
    assert told(found[0]) == told(found[1])


# Forms, options.

MARKETS = {"mixed": mixed(), "candles": candles(), "quotes": walk(100)}
every_market = pytest.mark.parametrize("market", MARKETS)


@every_market
def test_every_form_of_the_data_gives_the_same(market, tmp_path):
    events = MARKETS[market]
    forms = [
        as_array(tmp_path / "array.json", events),
        as_lines(tmp_path / "lines.json", events),
        bt.MarketDataInMemory(events),
        bt.MarketDataInMemory.from_json_file(tmp_path / "lines.json"),
    ]
    found = [bt.run_historic_backtest(config(), one, strategy=Trades) for one in forms]
    assert len({told(one) for one in found}) == 1
    assert found[0].fills > 5


@every_market
def test_the_generator_knows_what_the_summary_tells(market):
    data = bt.MarketDataInMemory(MARKETS[market])
    for mode in (None, "stream", "iterator"):
        summary, generator = bt.run_historic_backtest_with_generator(
            config(fees_percent="0.1"), data, 0.02, "1h", engine_feed_mode=mode, strategy=Trades
        )
        alone = bt.run_historic_backtest(
            config(fees_percent="0.1"), data, 0.02, "1h", strategy=Trades
        )
        assert told(summary) == told(alone)
        assert generator.generate("1h").to_dict()["tear_sheets"] is not None


@pytest.mark.parametrize(
    ("interval", "shown"),
    [(None, "1d"), ("daily", "1d"), ("annual_252", None), ("annual_365", None), ("90s", "90s")],
)
def test_intervals_and_rates_change_how_a_run_is_told_and_not_the_run(interval, shown):
    data = bt.MarketDataInMemory(MARKETS["candles"])
    plain = bt.run_historic_backtest(config(), data, strategy=Trades)
    for rate in (None, 0.0, -0.5, 0.3):
        other = bt.run_historic_backtest(config(), data, rate, interval, strategy=Trades)
        how = other.to_dict()["told_by"]
        assert how["risk_free"] == (0.05 if rate is None else rate)
        if shown is not None:
            assert how["interval"] == shown
        assert (other.fills, other.end_equity) == (plain.fills, plain.end_equity)
    own = config(risk_free_return="0.07")
    assert bt.run_historic_backtest(own, data).to_dict()["told_by"]["risk_free"] == 0.07
    assert bt.run_historic_backtest(own, data, 0.0).to_dict()["told_by"]["risk_free"] == 0


def test_a_seeded_balance_replaces_one_and_leaves_the_others():
    money = {"usdt": "100", "btc": "2", "eth": "3"}
    mocked = bt.MockExecutionConfig("kraken", money)
    own = bt.SystemConfig(config().instruments, [mocked])
    seeded = [{"exchange": "kraken", "asset": "btc", "total": "0.5"}]
    for given, btc in ((None, 2), ([], 2), (seeded, Decimal("0.5"))):
        with bt.start_system(own, clock="event", initial_balances=given) as system:
            system.feed_events([touch(0, 99, 101), touch(0, 9, 11, of=1)])
            found = {name: total for name, (total, _) in balances(system.state()).items()}
        assert found == {"usdt": 100, "btc": btc, "eth": 3}
        data = bt.MarketDataInMemory([touch(0, 99, 101), touch(0, 9, 11, of=1), touch(1, 99, 101)])
        ran = bt.run_historic_backtest(own, data, initial_balances=given)
        assert ran.end_equity == 100 + 100 * btc + 30


# Logs.


@every_market
@pytest.mark.parametrize("strategy", [None, Trades])
def test_a_log_leads_to_the_state_that_the_run_ended_with(market, strategy, tmp_path):
    events = MARKETS[market]
    live = bt.start_system(
        config(), strategy=strategy, clock="event", audit=tmp_path / "live.arrow"
    )
    live.feed_events(events)
    live.shutdown()
    state = live.state()
    replayed = bt.replay(tmp_path / "live.arrow")
    assert replayed == state
    assert replayed.differs(state) is None
    assert replayed.digest == state.digest
    bt.run_historic_backtest(
        config(), bt.MarketDataInMemory(events), strategy=strategy, audit=tmp_path / "past.arrow"
    )
    past = bt.replay(tmp_path / "past.arrow")
    assert past == state
    assert past.orders == state.orders


def test_a_log_of_the_wall_clock_leads_to_its_state(tmp_path):
    path = tmp_path / "wall.arrow"
    with bt.start_system(config(latency_ms=2), strategy=Trades, audit=path) as system:
        for at in range(0, 60, 10):
            system.feed_events(walk(60)[at : at + 10])
            system.send_open_requests([order("buy", 1, 90, cid=str(at))])
        system.close_positions()
    assert bt.replay(path) == system.state()
    lines = system.state().sequence
    early = bt.replay(path, lines // 2)
    assert early.sequence == lines // 2
    assert early != system.state()


def lines_of(path):
    return bt.replay(path).sequence


@every_market
def test_a_backtest_that_goes_on_ends_as_if_it_had_not_stopped(market, tmp_path):
    data, path = bt.MarketDataInMemory(MARKETS[market]), tmp_path / "whole.arrow"
    whole = bt.run_historic_backtest(config(), data, strategy=Trades, audit=path)
    digest, made = bt.replay(path).digest, random.Random(11)
    count = lines_of(path)
    for until in [0, 1, 2, count - 1, count, *(made.randrange(count) for _ in range(8))]:
        again = tmp_path / f"{until}.arrow"
        summary = bt.run_historic_backtest(
            config(), data, strategy=Trades, audit=again, resume=path, until=until
        )
        assert told(summary) == told(whole)
        assert bt.replay(again).digest == digest
        assert again.read_bytes() == path.read_bytes()


@every_market
def test_a_system_that_goes_on_ends_as_if_it_had_not_stopped(market, tmp_path):
    events, path = MARKETS[market], tmp_path / "whole.arrow"
    single = market != "candles"

    def life(**more):
        return bt.start_system(config(), strategy=Trades, clock="event", **more)

    system = life(audit=path)
    system.feed_events(events)
    whole = system.shutdown_with_summary()
    state, made = bt.replay(path), random.Random(12)
    for _ in range(8):
        until = made.randrange(state.sequence)
        again = life(resume=path, until=until, audit=tmp_path / "again.arrow")
        assert single <= (again.resumed_inputs <= len(events))
        if single:
            again.feed_events(events[again.resumed_inputs :])
            assert told(again.shutdown_with_summary()) == told(whole)
            assert bt.replay(tmp_path / "again.arrow").digest == state.digest
        else:
            again.shutdown()


def test_a_run_that_goes_on_has_commands_and_orders_of_before(tmp_path):
    path = tmp_path / "first.arrow"
    with bt.start_system(config(), clock="event", audit=path) as first:
        first.feed_events([touch(0, 100, 101)])
        first.send_open_requests([order("buy", 1, cid="in"), order("buy", 1, 90, cid="rests")])
        first.send_event(touch(1, 100, 101))
        before = first.state()
    for until in (before.sequence, lines_of(path) - 1):
        with bt.start_system(config(), clock="event", resume=path, until=until) as second:
            assert second.state().orders == before.orders
            assert second.state().instruments == before.instruments
            second.send_open_requests([order("buy", 1, 90, cid="rests")])  # a name that is taken
            second.cancel_orders()
            second.close_positions()
            found = {one.key and one.key.cid: one.status for one in second.state().orders}
        assert found == {"in": "filled", "rests": "cancelled", None: "filled"}
        assert second.state().instruments[0].position.quantity == 0
        assert second.state().time == ns(1)


def test_a_live_run_goes_on_from_any_line(tmp_path):
    path = tmp_path / "wall.arrow"
    with bt.start_system(config(latency_ms=1), strategy=Trades, audit=path) as system:
        for at in range(0, 30, 10):
            system.feed_events(walk(30)[at : at + 10])
            system.send_open_requests([order("buy", 1, 90, cid=str(at))])
    count = lines_of(path)
    for until in [1, count // 3, count - 1, count]:
        again = tmp_path / "again.arrow"
        with bt.start_system(
            config(latency_ms=1), strategy=Trades, audit=again, resume=path, until=until
        ) as system:
            assert system.is_running()
        assert bt.replay(again) == system.state()
        assert bt.replay(again, until - 1) == bt.replay(path, until - 1)


@pytest.mark.parametrize("clock", ["event", "wall"])
def test_a_system_that_was_shut_down_goes_on_and_trades(clock, tmp_path):
    """Its end is not repeated: nothing was lost, nothing has ended."""

    class Ends(Trades):
        ends = 0

        def on_end(self, context):
            self.ends += 1

    first, second = tmp_path / "first.arrow", tmp_path / "second.arrow"
    with bt.start_system(config(), strategy=Ends, clock=clock, audit=first) as system:
        system.feed_events(walk(20))
    before, own = system.state(), Ends()
    with bt.start_system(config(), strategy=own, clock=clock, resume=first, audit=second) as system:
        assert system.resumed_inputs == 20
        assert own.ends == 0
        assert system.state().orders == before.orders
        system.feed_events(walk(40)[20:])
        system.send_open_requests([order("buy", 1, 90, cid="by hand")])
        system.cancel_orders()
    after = system.state()
    assert own.ends == 1
    assert len(after.orders) > len(before.orders) + 1
    assert bt.replay(second) == after
    if clock == "event":
        with bt.start_system(config(), strategy=Ends, clock=clock) as whole:
            whole.feed_events(walk(40))
            whole.send_open_requests([order("buy", 1, 90, cid="by hand")])
            whole.cancel_orders()
        assert whole.state() == after


@pytest.mark.integration
@pytest.mark.parametrize("kept", [False, True])
@pytest.mark.parametrize("latency", ["0s", "2s"])
def test_every_row_of_a_table_reaches_the_strategy(tmp_path, latency, kept):
    seen = []

    class Hears(bt.Strategy):
        def on_candle(self, context, candle):
            seen.append((context.time, candle.close))

        def on_quote(self, context, quote):
            seen.append((context.time, quote.bid))

    own = bt.Instrument("btc/usdt", tick="1", lot="1")
    count, base = 7, 1_700_000_000_000_000_000
    minutes = [base + 60_000_000_000 * at for at in range(count)]
    names = ("open", "high", "low", "close")
    prices = {name: [100.0 + at for at in range(count)] for name in names}
    sizes = {"bid_quantity": [1.0] * count, "ask_quantity": [1.0] * count}
    touch = {"bid": prices["open"], "ask": [price + 1 for price in prices["open"]]}
    candles = bt.candles({"time": minutes, **prices}, instrument=own, unit="ns")
    quotes = bt.quotes({"time": minutes, **touch, **sizes}, instrument=own, unit="ns",
                       feed_latency=latency)  # fmt: skip
    for table in (candles, quotes):
        bt.backtest(table, Hears, cash="1000 usdt")
        expected, seen[:] = list(seen), []
        log = {"audit": tmp_path / "log"} if kept else {}
        bt.run_historic_backtest(config(), table, strategy=Hears, **log)
        assert seen == expected
        assert len(seen) == count
        seen.clear()
