"""Many backtests of one configuration: each is the run that it would be alone, whoever runs it."""

import json
import signal
import threading
from decimal import Decimal

import pytest
from systems import config, lost, walk

import barter_python as bt

TAPE = bt.MarketDataInMemory([*walk(200), lost(), *walk(20, of=1)])


class Rests(bt.Strategy):
    """Orders limit orders before the first event; calls nothing afterwards."""

    price = bt.param(100)

    def on_start(self, context):
        for quantity in (1, 2):
            context.buy("kraken-btc_usdt", quantity, limit=self.price)


class Trades(bt.Strategy):
    """Buys low and sells high, many times."""

    low = bt.param(100)

    def on_quote(self, context, quote):
        context.target(quote.instrument, 1 if quote.bid <= self.low else 0)


class Fails(bt.Strategy):
    """Fails with the quote of this number."""

    at = bt.param(3)
    seen = 0

    def on_quote(self, context, quote):
        self.seen += 1
        if self.seen == self.at:
            raise ZeroDivisionError("on purpose")


class FailsAtEnd(bt.Strategy):
    """Fails where no market data are left."""

    def on_end(self, context):
        raise ZeroDivisionError("at the end")


def constant(market_data=TAPE, **more):
    return bt.BacktestArgsConstant(config(fees_percent="0.1"), market_data, **more)


def args(name, strategy=None, rate=0.0, **more):
    return bt.BacktestArgsDynamic(name, rate, strategy, **more)


def many():
    """Runs that differ; most of them can go on in threads of their own."""
    resting = [args(f"rests {price}", Rests(price=price)) for price in range(97, 104)]
    return [args("idle"), *resting[:4], args("trades", Trades, 0.02), *resting[4:]]


def told(summary):
    """What does not depend on how long it took."""
    return json.dumps([one.to_dict() for one in summary.summaries])


def test_each_is_the_run_that_it_would_be_alone():
    found = bt.run_backtests(constant(), many())
    assert found.num_backtests == len(found.summaries) == 9
    assert [one.id for one in found.summaries] == [one.id for one in many()]
    assert found.duration_ms >= 0
    for one, own in zip(found.summaries, many(), strict=True):
        alone = bt.run_historic_backtest(
            config(fees_percent="0.1"), TAPE, own.risk_free_return, strategy=own.strategy
        )
        assert one.trading_summary.to_dict() == alone.to_dict()
        assert one.risk_free_return == own.risk_free_return
    fills = {one.id: one.trading_summary.fills for one in found.summaries}
    assert fills["idle"] == fills["rests 97"] == 0
    assert fills["rests 103"] == 2
    assert fills["trades"] > 20


def test_the_number_of_threads_shows_nowhere():
    alone = told(bt.run_backtests(constant(), many(), threads=1))
    assert alone == told(bt.run_backtests(constant(), many()))
    for threads in (2, 8):
        assert alone == told(bt.run_backtests(constant(), many(), threads=threads))


def test_the_order_of_runs_shows_in_nothing_but_their_order():
    there = bt.run_backtests(constant(), many())
    back = bt.run_backtests(constant(), many()[::-1])
    assert [one.to_dict() for one in there.summaries] == [
        one.to_dict() for one in back.summaries[::-1]
    ]


def test_one_alone_gives_its_summary():
    alone = bt.run_backtests(constant(), args("one", Trades, 0.03))
    assert isinstance(alone, bt.BacktestSummary)
    listed = bt.run_backtests(constant(), [args("one", Trades, 0.03)])
    assert listed.summaries[0].to_dict() == alone.to_dict()
    assert set(alone.to_dict()) == {"id", "risk_free_return", "trading_summary"}
    assert set(listed.to_dict()) == {"num_backtests", "duration_ms", "summaries"}
    assert json.loads(json.dumps(listed.to_dict()))["summaries"][0]["id"] == "one"


def test_none_at_all_is_no_fault():
    nothing = bt.run_backtests(constant(), [])
    assert (nothing.num_backtests, nothing.summaries) == (0, ())


def test_what_is_constant_can_be_asked_for(tmp_path):
    own = config()
    fixed = bt.BacktestArgsConstant(own, TAPE, "annual_252")
    assert (fixed.instrument_count, fixed.execution_count) == (2, 1)
    assert fixed.summary_interval == "annual_252"
    assert fixed.market_data is TAPE
    assert fixed.system_config == own
    own.set_global_risk_limits({"max_position_quantity": 1})
    fixed.system_config.clear_executions()
    assert fixed.system_config == config()
    assert "2 instruments" in repr(fixed)
    path = tmp_path / "data.jsonl"
    items = [{"Item": event.to_dict()["Market"]["Item"]} for event in walk(3)]
    path.write_text("\n".join(json.dumps(item, default=str) for item in items))
    assert constant(path).market_data == bt.MarketDataInMemory(walk(3))
    assert constant(str(path)).summary_interval is None


def test_balances_and_the_interval_are_those_of_all():
    seeded = [{"exchange": "kraken", "asset": "usdt", "total": "77"}]
    fixed = constant(initial_balances=seeded, summary_interval="1h")
    for one in bt.run_backtests(fixed, [args("a"), args("b", Rests)]).summaries:
        assert one.trading_summary.start_equity == Decimal(77)
        assert one.trading_summary.to_dict()["told_by"]["interval"] == "1h"


def test_tables_serve_as_well():
    columns = {
        "time": [10**18 + at * 10**9 for at in range(4)],
        "bid": [100, 101, 102, 103], "bid_quantity": [5] * 4,
        "ask": [101, 102, 103, 104], "ask_quantity": [5] * 4,
    }  # fmt: skip
    own = bt.Instrument("BTC/USDT", tick="1", lot="1", base="btc", quote="usdt")
    table = bt.quotes(columns, instrument=own, unit="ns")
    found = bt.run_backtests(constant(table), [args("a", Trades), args("b", Trades(low=200))])
    assert [one.trading_summary.fills for one in found.summaries] == [2, 1]


def test_limits_hold_instead_of_the_global_ones_and_beside_those_of_an_instrument():
    own = config(risk={"global": {"max_position_quantity": "2"}})
    fixed = bt.BacktestArgsConstant(own, TAPE)
    one, three = {"max_position_quantity": 1}, {"max_position_quantity": 3}
    runs = {"configured": None, "none": {}, "one": one, "three": three}
    dynamic = [args(name, Rests(price=103), risk=risk) for name, risk in runs.items()]
    found = bt.run_backtests(fixed, dynamic).summaries
    # Orders of 1 and of 2: together 3.
    assert [one.trading_summary.fills for one in found] == [1, 2, 1, 2]
    assert dynamic[0].risk is None
    assert dynamic[3].risk == {**dict.fromkeys(dynamic[1].risk), **three}
    own.set_instrument_risk_limits(0, {"max_position_quantity": "0.5"})
    fixed = bt.BacktestArgsConstant(own, TAPE)
    assert bt.run_backtests(fixed, args("x", Rests(price=103), risk={})).trading_summary.fills == 0


def test_names_are_there_and_differ():
    for wrong in ("", "  "):
        with pytest.raises(bt.ConfigError, match="id must not be empty"):
            args(wrong)
    with pytest.raises(bt.ConfigError, match=r'dynamic\[2\] has the id of dynamic\[0\], "a"'):
        bt.run_backtests(constant(), [args("a", Fails), args("b"), args("a")])


def test_an_instance_runs_once():
    one = Trades()
    with pytest.raises(bt.ConfigError, match='"a" and "c" have the same instance'):
        bt.run_backtests(constant(), [args("a", one), args("b", Trades), args("c", one)])
    both = bt.run_backtests(constant(), [args("a", Trades), args("b", Trades)]).summaries
    assert both[0].trading_summary.to_dict() == both[1].trading_summary.to_dict()


def test_all_is_checked_before_anything_runs():
    began = []

    class Begins(bt.Strategy):
        def on_start(self, context):
            began.append(True)

    class Wrong(bt.Strategy):
        def on_quote(self, context):
            pass

    with pytest.raises(bt.StrategyError, match="wrong arguments") as caught:
        bt.run_backtests(constant(), [args("first", Begins), args("second", Wrong)])
    assert caught.value.__notes__ == ['backtest "second"']
    with pytest.raises(bt.StrategyError, match="must be a subclass of Strategy"):
        bt.run_backtests(constant(), [args("first", Begins), args("second", 7)])
    with pytest.raises(bt.ConfigError, match="threads must be between 1"):
        bt.run_backtests(constant(), [args("first", Begins)], threads=0)
    with pytest.raises(TypeError, match="threads must be an int"):
        bt.run_backtests(constant(), [args("first", Begins)], threads=True)
    with pytest.raises(TypeError):
        bt.run_backtests(constant(), [args("first", Begins), "second"])
    assert not began


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"rate": float("nan")}, 'backtest "x": risk_free_return'),
        ({"rate": -1.0}, 'backtest "x": risk_free_return'),
        ({"risk": {"max_leverage": 0}}, r'backtest "x": risk\.max_leverage must be > 0, got 0'),
        ({"risk": {"max_lever": 1}}, "max_lever"),
    ],
)
def test_settings_out_of_range_are_refused_where_they_are_made(more, says):
    with pytest.raises(bt.ConfigError, match=says):
        args("x", **more)


def test_faults_of_what_is_constant_are_told_where_it_is_made():
    with pytest.raises(bt.ConfigError, match="interval"):
        constant(summary_interval="never")
    with pytest.raises(bt.ConfigError, match="initial_balances"):
        constant(initial_balances=[{"exchange": "kraken", "asset": "doge", "total": 1}])
    with pytest.raises(bt.DataError, match=r"nowhere\.json"):
        constant("nowhere.json")
    with pytest.raises(bt.DataError, match="row 0"):
        constant(bt.MarketDataInMemory(walk(1, of=7)))
    with pytest.raises(TypeError, match="MarketDataInMemory"):
        constant(7)


@pytest.mark.parametrize("threads", [1, 2, 8])
def test_the_first_that_fails_is_told_with_its_name(threads):
    """Whoever was faster: `late` fails with its last quote, those behind it sooner."""
    silent = [args("fails at end", FailsAtEnd), args("as well", FailsAtEnd)]
    late, soon = args("late", Fails(at=200)), args("soon", Fails(at=1))
    for dynamic, name in [
        ([args("a"), late, soon], "late"),
        ([args("a"), soon, late, *silent], "soon"),
        ([late, *silent], "late"),
        ([silent[0], late, soon, silent[1]], "fails at end"),
        ([args("a"), *silent[::-1], soon], "as well"),
    ]:
        with pytest.raises(ZeroDivisionError) as caught:
            bt.run_backtests(
                constant(), [args(one.id, type(one.strategy)(**one.strategy.parameters))
                             if isinstance(one.strategy, Fails) else one for one in dynamic],
                threads=threads,
            )  # fmt: skip
        assert caught.value.__notes__ == [f'backtest "{name}"']


def test_a_failure_of_the_engine_has_the_name_in_its_text():
    class Storms(bt.Strategy):
        def on_quote(self, context, quote):
            context.buy(quote.instrument, 1, limit=1)

        def on_order(self, context, order):
            if order.status == "open":
                context.cancel(order.id)
                context.buy(order.instrument, 1, limit=1)

    with pytest.raises(bt.EventStormError, match='^backtest "stormy": events caused events'):
        bt.run_backtests(constant(), [args("calm"), args("stormy", Storms)])


def test_other_threads_go_on_meanwhile():
    """Neither the runs nor the wait for them hold the interpreter."""
    long = constant(bt.MarketDataInMemory(walk(60_000)))
    beats, over = [], threading.Event()

    def beat():
        while not over.wait(0.001):
            beats.append(True)

    thread = threading.Thread(target=beat)
    thread.start()
    bt.run_backtests(long, [args("a"), args("b"), args("c")], threads=2)
    over.set()
    thread.join()
    assert beats


@pytest.mark.parametrize("base", [bt.Strategy, Trades])
def test_control_c_ends_all_of_them(base):
    ended = []

    class Ends(base):
        def on_end(self, context):
            ended.append(True)

    long = constant(bt.MarketDataInMemory(walk(50_000)))
    timer = threading.Timer(0.2, signal.raise_signal, [signal.SIGINT])
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        bt.run_backtests(long, [args(f"run {at}", Ends) for at in range(500)], threads=2)
    timer.join()
    assert len(ended) < 500
