"""`BarterStrategy`: asked when it should be, its orders are those of any strategy, with names."""

import asyncio
from decimal import Decimal

import pytest
from scripted import ns
from systems import config, lost, touch, trade, walk

import barter_python as bt

TAPE = bt.MarketDataInMemory(walk(60))


def key(cid, of=0):
    return bt.OrderKey(0, of, "mine", cid)


def market(cid, side="buy", quantity=1, of=0):
    return bt.OrderRequestOpen(key(cid, of), side, None, quantity, "market", "ioc")


def limit(cid, price, side="buy", quantity=1, **more):
    return bt.OrderRequestOpen(key(cid), side, price, quantity, **more)


class Says(bt.BarterStrategy):
    """Says the next of its answers each time that it is asked; keeps the states."""

    def __init__(self, *answers, **hooks):
        super().__init__()
        self.answers, self.states = list(answers), []
        for name, hook in hooks.items():
            setattr(self, name, hook)

    def generate_algo_orders(self, state):
        self.states.append(state)
        return self.answers.pop(0) if self.answers else None


class Buys(bt.Strategy):
    """Buys one with the second quote, sells it with the fifth."""

    seen = 0

    def on_quote(self, context, quote):
        self.seen += 1
        if self.seen in (2, 5):
            {2: context.buy, 5: context.sell}[self.seen](quote.instrument, 1)


def figures(summary):
    told = summary.to_dict()
    return {name: told[name] for name in told if name not in ("strategy", "diagnosis")}


def run(strategy, tape=TAPE, **more):
    return bt.run_historic_backtest(config(**more), tape, strategy=strategy)


@pytest.mark.parametrize("latency_ms", [0, 700])
def test_its_orders_are_filled_as_those_of_any_strategy(latency_ms):
    class Same(bt.BarterStrategy):
        times = ()

        def generate_algo_orders(self, state):
            if state.time in self.times:
                return None
            self.times += (state.time,)
            which = {ns(1000): market("in"), ns(4000): market("out", "sell")}.get(state.time)
            return [], [] if which is None else [which]

    settings = {"latency_ms": latency_ms, "fees_percent": "0.1"}
    one, other = run(Same, **settings), run(Buys, **settings)
    assert one.fills == 2
    assert figures(one) == figures(other)


def test_it_is_asked_after_each_row_and_after_all_news_of_orders():
    """A plain strategy with all hooks hears as much, at the same times."""

    class Hears(bt.Strategy):
        heard = ()

        def hear(self, context, event):
            self.heard += (context.time,)

        on_quote = on_trade = on_candle = on_book = on_order = hear

        def on_start(self, context):
            context.buy("kraken-btc_usdt", 1, limit=100)
            context.buy("kraken-btc_usdt", 1, limit=50)

    make = bt.EngineEvent
    events = [
        touch(0, 105, 106),
        trade(1, 101),
        make.market_order_book_snapshot("kraken", 1, 7, ns(2), [(99, 1), (98, 2)], [(100, 3)]),
        touch(3, 98, 99),
        make.market_candle("kraken", 1, ns(0), ns(9), 1, 4, 1, 2, 10, 3),
    ]
    tape = bt.MarketDataInMemory(events)
    plain, barter = Hears(), Says(([], [limit("a", 100), limit("b", 50)]))
    run(plain, tape, latency_ms=2)
    run(barter, tape, latency_ms=2)
    assert len(plain.heard) == 5 + 2 + 1  # rows, two accepted, one filled
    assert sorted(state.time for state in barter.states) == sorted(plain.heard)


def test_what_is_denied_on_our_side_is_not_asked_about():
    """Else a strategy that tries again would go on for ever."""

    class Insists(bt.BarterStrategy):
        asked = 0

        def generate_algo_orders(self, state):
            self.asked += 1
            return [], [limit(f"{self.asked}", 100, quantity=10**6)]

    strategy = Insists()
    assert run(strategy).orders == strategy.asked == 60
    assert run(Insists).refused == {"insufficient_funds": 60}


def test_orders_have_their_names_in_the_state():
    strategy = Says(([], [limit("a", 99), limit("b", 90, post_only=True)]))
    run(strategy)
    first, second = strategy.states[1].orders
    assert (first.key, first.limit, second.key) == (key("a"), 99, key("b"))
    assert strategy.states[0].orders == []
    assert [order.key.cid for order in strategy.states[-1].instruments[0].orders] == ["a", "b"]


def test_a_cancel_finds_its_order_by_either_name():
    cancels = [bt.OrderRequestCancel(key("a")), bt.OrderRequestCancel(key("unknown"), "2")]
    strategy = Says(([], [limit("a", 90), limit("b", 91), limit("c", 92)]), (cancels, []))
    run(strategy)
    last = strategy.states[-1]
    assert [order.status for order in last.orders] == ["cancelled", "cancelled", "open"]
    assert [order.key.cid for order in last.instruments[0].orders] == ["c"]


def test_a_state_does_not_change():
    strategy = Says(([], [market("a")]))
    run(strategy)
    assert [len(state.orders) for state in strategy.states[:2]] == [0, 1]
    held = [state.instruments[0].position.quantity for state in strategy.states]
    assert (held[0], held[-1]) == (0, 1)
    assert [state.time for state in strategy.states] == sorted(s.time for s in strategy.states)


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        ([([], [market("a"), market("a")])], 'an order with the cid "a" was sent before'),
        ([([], [market("a")]), ([], [market("a")])], 'an order with the cid "a" was sent before'),
        ([([bt.OrderRequestCancel(key("a"))], [market("a")])], 'no order has the cid "a"'),
        ([([], [market("a", of=7)])], "index must be from 0 to 1, got 7"),
    ],
)
def test_names_that_make_no_sense_end_the_run(answers, says):
    strategy = Says(*answers)
    with pytest.raises(bt.OrderError, match=says):
        run(strategy)
    assert len(strategy.states) == len(answers)


@pytest.mark.parametrize(
    "answer",
    [7, [], ([], []) * 2, ([], 7), (7, []), ([market("a")], []), ([], ["a"]), "ab"],
)
def test_an_answer_that_is_none_is_named(answer):
    says = r"Says\.generate_algo_orders must return \(cancels, opens\), .* or None; got \w+"
    with pytest.raises(bt.StrategyError, match=says):
        run(Says(answer))


def test_an_error_of_its_own_comes_out_as_it_is():
    class Fails(bt.BarterStrategy):
        def generate_algo_orders(self, state):
            raise ZeroDivisionError("on purpose")

    with pytest.raises(ZeroDivisionError, match="on purpose"):
        run(Fails)


def test_any_iterables_are_lists_of_requests():
    strategy = Says((iter(()), (one for one in [market("a")])), ((), (market("b"),)))
    assert run(strategy).fills == 2


def test_a_lost_connection_is_told():
    told = []

    class Leaves(bt.BarterStrategy):
        def generate_algo_orders(self, state):
            return ([], [limit("in", 90)]) if not state.orders else None

        def on_disconnect(self, exchange):
            told.append(exchange)
            return [bt.OrderRequestCancel(key("in"))], []

    assert run(Leaves, bt.MarketDataInMemory([*walk(3), lost(), touch(9000, 95, 96)])).cancelled
    assert told == [bt.ExchangeId.KRAKEN]


def test_plain_strategies_are_told_of_it_too():
    told = []

    class Hears(bt.Strategy):
        def on_disconnect(self, context, exchange):
            told.append((exchange, context.time))

        def on_trading_disabled(self, context):
            told.append(("disabled", context.time))

    with bt.start_system(config(), strategy=Hears, clock="event") as handle:
        handle.feed_events([touch(0, 9, 10), lost(), touch(5, 9, 10)])
        handle.send_event(bt.EngineEvent.account_reconnecting("kraken"))
        handle.set_trading_enabled(False)
        handle.set_trading_enabled(False)
    kraken = bt.ExchangeId.KRAKEN
    assert told == [(kraken, ns(0)), (kraken, ns(5)), ("disabled", ns(5))]


class Guards(bt.BarterStrategy):
    """Holds one; when trading is disabled it cancels what rests and closes what it holds."""

    asked = 0
    disabled = 0

    def generate_algo_orders(self, state):
        self.asked += 1
        if not state.orders:
            return [], [market("in"), limit("rests", 50)]
        return None

    def on_trading_disabled(self):
        self.disabled += 1
        return [bt.OrderRequestCancel(key("rests"))], [market("out", "sell")]


def test_disabled_trading_has_a_last_word_and_no_other(tmp_path):
    strategy, log = Guards(), tmp_path / "run.arrow"
    with bt.start_system(config(), strategy=strategy, clock="event", audit=log) as handle:
        handle.feed_events(walk(3))
        before = handle.state()
        handle.set_trading_enabled(False)
        asked = strategy.asked
        handle.feed_events([touch(10_000, 100, 101)])
        off = handle.state()
        assert strategy.asked == asked
        handle.set_trading_enabled(True)
        handle.feed_events([touch(11_000, 100, 101)])
        after = handle.state()
        assert strategy.asked == asked + 1
    assert (strategy.disabled, before.trading_enabled, off.trading_enabled) == (1, True, False)
    assert [order.status for order in before.orders] == ["filled", "open"]
    assert [order.status for order in off.orders] == ["filled", "cancelled", "filled"]
    assert off.instruments[0].position.quantity == 0
    assert [order.key.cid for order in after.orders] == ["in", "rests", "out"]


def test_its_log_leads_to_the_same_state_and_a_run_goes_on_from_any_line(tmp_path):
    """Names of orders are part of it, and so are orders that a disabled trading lets through."""
    first, second = tmp_path / "first.arrow", tmp_path / "second.arrow"

    def feed(handle, skip=0):
        inputs = [*walk(3), "off", touch(10_000, 100, 101), "on", touch(11_000, 100, 101)]
        for one in inputs[skip:]:
            if isinstance(one, str):
                handle.set_trading_enabled(one == "on")
            else:
                handle.send_event(one)
        state = handle.state()
        handle.shutdown()
        return state

    settings = {"strategy": Guards, "clock": "event"}
    whole = feed(bt.start_system(config(), audit=first, **settings))
    end = bt.replay(first)
    assert [order.key for order in end.orders] == [order.key for order in whole.orders]
    assert end.orders == whole.orders
    assert whole.orders[2].status == "filled"
    for until in range(1, whole.sequence, 3):
        handle = bt.start_system(config(), audit=second, resume=first, until=until, **settings)
        again = feed(handle, handle.resumed_inputs)
        assert again.orders == whole.orders
        assert bt.replay(second).digest == end.digest


class Closes(bt.BarterStrategy):
    """Holds one of each; closes by a limit order."""

    filters = ()

    def generate_algo_orders(self, state):
        if len(state.orders) < 2 and all(one.price for one in state.instruments):
            return [], [market("btc"), market("eth", of=1)]
        return None

    def close_positions_requests(self, state, filter):  # noqa: A002 - the name of the hook
        self.filters += (filter,)
        assert state.instruments[0].position.quantity == 1
        if len(self.filters) == 1:
            return [], [limit("close", 100, "sell")]
        return bt.close_open_positions_with_market_orders(
            "mine", state, filter, lambda one: f"close {one.name}"
        )


def test_positions_are_closed_as_it_says():
    one, every = bt.InstrumentFilter.instruments([0]), bt.InstrumentFilter.none()
    strategy = Closes()
    both = [touch(0, 90, 91), touch(0, 90, 91, of=1), touch(1, 90, 91)]
    with bt.start_system(config(), strategy=strategy, clock="event") as handle:
        handle.feed_events(both)
        handle.close_positions(one)
        state = handle.state()
        assert [order.key.cid for order in state.orders] == ["btc", "eth", "close"]
        assert state.orders[2].status == "open"
        handle.close_positions()
        state = handle.state()
    assert strategy.filters == (one, every)
    assert [order.key.cid for order in state.orders[3:]] == [
        "close kraken-btc_usdt", "close kraken-eth_usdt"
    ]  # fmt: skip
    assert state.instruments[1].position.quantity == 0


def test_where_it_does_not_say_the_engine_closes_at_the_market():
    with bt.start_system(config(), strategy=Guards, clock="event") as handle:
        handle.feed_events(walk(3))
        handle.close_positions()
        state = handle.state()
    assert state.instruments[0].position.quantity == 0
    assert [order.kind for order in state.orders] == ["market", "limit", "market"]


def test_orders_that_close_all_positions_do():
    """Short and long ones; the filter chooses, names are made or random."""
    perpetual = {"perpetual": {"contract_size": 1, "settlement_asset": "usdt"}}
    instruments = [one | {"kind": perpetual} for one in config().to_dict()["instruments"]]
    money = bt.MockExecutionConfig("kraken", {"usdt": "10000"})
    system = bt.SystemConfig(instruments, [money])
    with bt.start_system(system, clock="event") as handle:
        handle.feed_events([touch(0, 90, 91), touch(0, 90, 91, of=1)])
        handle.send_open_requests([market("a", "sell", 3), market("b", "buy", 2, of=1)])
        state = handle.state()
        cancels, opens = bt.close_open_positions_with_market_orders("x", state)
        assert cancels == []
        assert [(one.side, one.quantity, one.kind) for one in opens] == [
            ("buy", 3, "market"), ("sell", 2, "market")
        ]  # fmt: skip
        assert len({one.key.cid for one in opens}) == 2
        some = bt.InstrumentFilter.underlyings([(1, 2)])
        chosen = bt.close_open_positions_with_market_orders("x", state, some)[1]
        assert [one.key.instrument for one in chosen] == [1]
        handle.send_open_requests(opens)
        assert [one.position.quantity for one in handle.state().instruments] == [0, 0]
        assert bt.close_open_positions_with_market_orders("x", handle.state()) == ([], [])


def test_commands_and_its_own_orders_share_their_names():
    with bt.start_system(config(), strategy=Guards, clock="event") as handle:
        handle.feed_events(walk(3))
        handle.send_cancel_requests([bt.OrderRequestCancel(key("rests"))])
        handle.send_open_requests([limit("in", 40)])  # a name that is taken: refused
        state = handle.state()
    assert [order.status for order in state.orders] == ["filled", "cancelled"]


def test_parameters_and_many_runs():
    class Rests(bt.BarterStrategy):
        price = bt.param(90, low=1)

        def generate_algo_orders(self, state):
            return None if state.orders else ([], [limit("a", self.price)])

    assert repr(Rests(price=7)) == "Rests(price=7)"
    with pytest.raises(bt.ConfigError, match="price must be between 1"):
        Rests(price=0)
    constant = bt.BacktestArgsConstant(config(), TAPE)
    dynamic = [
        bt.BacktestArgsDynamic(f"{price}", 0.0, Rests(price=price)) for price in (90, 101, 102)
    ]
    found = bt.run_backtests(constant, dynamic).summaries
    assert [one.trading_summary.fills for one in found] == [0, 1, 1]
    for one, args in zip(found, dynamic, strict=True):
        alone = run(Rests(price=args.strategy.price))
        assert figures(one.trading_summary) == figures(bt.run_historic_backtest(
            config(), TAPE, 0.0, strategy=Rests(price=args.strategy.price)
        ))  # fmt: skip
        assert one.trading_summary.end_equity == alone.end_equity == Decimal(alone.end_equity)


def test_one_that_says_nothing_runs_without_python():
    assert figures(run(bt.BarterStrategy)) == figures(run(None))


def test_it_serves_asyncio_too():
    async def runs():
        async with bt.start_system(config(), strategy=Guards, clock="event") as handle:
            await handle.feed_events_async(walk(3))
            return await handle.state_async()

    assert asyncio.run(runs()).instruments[0].position.quantity == 1


def test_what_cannot_be_run_is_refused():
    class Async(bt.BarterStrategy):
        async def generate_algo_orders(self, state):
            pass

    class Short(bt.BarterStrategy):
        def close_positions_requests(self, state):
            pass

    class Misspelt(bt.BarterStrategy):
        def on_disconect(self, exchange):
            pass

    class Plain(bt.BarterStrategy):
        def on_disconnect(self, context, exchange):
            pass

    for strategy, says in [
        (Async, "must not be async"),
        (Short, r"write def close_positions_requests\(self, state, filter\)"),
        (Misspelt, "never called; did you mean on_disconnect"),
        (Plain, r"write def on_disconnect\(self, exchange\)"),
    ]:
        with pytest.raises(bt.StrategyError, match=says):
            run(strategy)
    with pytest.raises(bt.StrategyError, match="Guards is a BarterStrategy, which needs a conf"):
        bt.backtest(bt.sample("candles"), Guards(), cash="1000 usdt")
