"""Commands to a running system, one by one: what each does, and what it leaves alone."""

from decimal import Decimal

import pytest
from scripted import ns
from systems import balances, config, named, order, touch

import barter_python as bt

pytestmark = pytest.mark.integration


class Buys(bt.Strategy):
    """Buys one with every quote."""

    def on_quote(self, context, quote):
        context.buy(quote.instrument, 1)


def start(own=None, **settings):
    """A system on the clock of its events, with a quote of both instruments."""
    system = bt.start_system(own or config(), **{"clock": "event"} | settings)
    system.feed_events([touch(0, 100, 101), touch(0, 50, 51, of=1)])
    return system


def orders(system):
    return {one.key.cid if one.key else one.id: one for one in system.state().orders}


def positions(system):
    return [one.position.quantity for one in system.state().instruments]


def cancel(cid, number=None, of=0):
    return bt.OrderRequestCancel(named(cid, of), number)


# Open.


@pytest.mark.parametrize(
    ("request_", "status", "filled", "average"),
    [
        (order("buy", 2), "filled", 2, 101),
        (order("buy", 2, 101), "filled", 2, 101),
        (order("buy", 2, 102), "filled", 2, 101),
        (order("buy", 2, 100), "open", 0, None),
        (order("buy", 2, 101, post_only=True), "rejected", 0, None),
        (order("buy", 7, 101), "part_filled", 5, 101),
        (order("buy", 7, 101, time_in_force="ioc"), "cancelled", 5, 101),
        (order("buy", 7, 101, time_in_force="fok"), "cancelled", 0, None),
        (order("buy", 5, 101, time_in_force="fok"), "filled", 5, 101),
        (order("sell", 1), "denied", 0, None),
        (order("buy", 100, 101), "denied", 0, None),
    ],
)
def test_an_order_by_hand_is_an_order(request_, status, filled, average):
    with start() as system:
        system.send_open_requests([request_])
        # What an order by hand causes, like all else, happens before the state is asked for.
        (one,) = system.state().orders
    assert (one.status, one.filled, one.average_price) == (status, filled, average)
    assert (one.key, one.side, one.quantity) == (
        request_.key, request_.side, request_.quantity,
    )  # fmt: skip
    assert (one.reason is None) == (status in {"filled", "open", "part_filled"})
    assert positions(system) == [filled, 0]


def test_an_order_of_the_day_ends_with_it():
    with start() as system:
        requests = [order("buy", 1, 90, cid="day", time_in_force="good_until_end_of_day")]
        system.send_open_requests([*requests, order("buy", 1, 90, cid="stays")])
        assert {one.status for one in system.state().orders} == {"open"}
        system.send_event(touch(86_400_000 - 1, 100, 101))
        assert {one.status for one in system.state().orders} == {"open"}
        system.send_event(touch(86_400_000 + 1, 100, 101))
        found = orders(system)
    assert found["day"].status == "expired" or found["day"].reason is not None
    assert not found["day"].is_working
    assert found["day"].updated == ns(86_400_000)
    assert found["stays"].status == "open"


def test_orders_of_one_command_are_opened_all_or_none():
    with start() as system:
        twins = [order("buy", 1, 90, cid="twin"), order("buy", 1, 90, cid="twin")]
        system.send_open_requests(twins)
        assert system.state().orders == []
        system.send_open_requests(twins[:1])
        system.send_open_requests([order("buy", 1, 91, cid="new"), twins[1]])
        assert list(orders(system)) == ["twin"]
        with pytest.raises(bt.OrderError, match="instrument index"):
            system.send_open_requests([order("buy", 1, 91, cid="new"), order("buy", 1, 9, of=7)])
        assert list(orders(system)) == ["twin"]
        assert system.is_running()


def test_a_market_order_by_hand_may_name_a_price():
    with start() as system:
        system.send_open_requests([bt.OrderRequestOpen(named("x"), "buy", 7, 1, "market")])
        (one,) = system.state().orders
    assert (one.status, one.average_price, one.limit) == ("filled", 101, None)


# Cancel.


def test_a_cancel_names_its_order_by_our_name_or_by_its_number():
    with start() as system:
        system.send_open_requests([order("buy", 1, 90 + at, cid=f"c{at}") for at in range(4)])
        found = orders(system)
        system.send_cancel_requests([cancel("c1")])
        system.send_cancel_requests([cancel("unknown", str(found["c2"].id))])
        # Our name counts where both are given.
        system.send_cancel_requests([cancel("c3", str(found["c0"].id))])
        system.send_cancel_requests([cancel("nobody"), cancel("c0")])
        found = {cid: (one.status, one.reason) for cid, one in orders(system).items()}
        assert system.is_running()
    gone = ("cancelled", "user")
    assert found == {"c0": ("open", None), "c1": gone, "c2": gone, "c3": gone}


@pytest.mark.parametrize("number", ["0", "99", "-1", "4294967296", "x", "1.0", " 1"])
def test_a_cancel_of_what_is_not_there_is_refused(number, caplog):
    with start() as system:
        system.send_open_requests([order("buy", 1, 90, cid="a")])
        system.send_cancel_requests([cancel("b", number)])
        assert orders(system)["a"].status == "open"
    assert [one for one in caplog.messages if one.startswith("refused: ")]


def test_of_cancels_of_one_command_all_are_made_or_none():
    with start() as system:
        system.send_event(touch(0, 100, 101))
        system.send_open_requests([order("buy", 1, 50, cid="a")])
        cancels = [bt.OrderRequestCancel(named("a")), bt.OrderRequestCancel(named("b"), "77")]
        system.send_cancel_requests(cancels)
        assert [one.status for one in system.state().orders] == ["open"]
        system.send_cancel_requests(cancels[:1])
        assert [one.status for one in system.state().orders] == ["cancelled"]


def test_the_average_price_of_a_value_beyond_decimals():
    """A thousand million of something at a thousand million each."""
    price = 10**9
    with bt.start_system(config(money="1e20"), clock="event") as system:
        system.send_event(touch(0, price - 1, price, price))
        system.send_open_requests([order("buy", price)])
        (one,) = system.state().orders
        assert (one.filled, one.average_price) == (price, price)


def test_an_order_that_has_ended_is_cancelled_in_vain():
    with start() as system:
        system.send_open_requests([order("buy", 1, cid="a")])
        for _ in range(2):
            system.send_cancel_requests([cancel("a")])
        assert orders(system)["a"].status == "filled"


# Filters.


def three():
    """Two instruments of one exchange, one of another, that both have money."""
    one = [("kraken", "btc"), ("kraken", "eth"), ("okx", "btc")]
    instruments = [
        {
            "exchange": exchange,
            "name_exchange": f"{base}USDT",
            "underlying": {"base": base, "quote": "usdt"},
            "kind": "spot",
        }
        for exchange, base in one
    ]
    money = [bt.MockExecutionConfig(name, {"usdt": "10000"}) for name in ("kraken", "okx")]
    return bt.SystemConfig(instruments, money)


def pair(system, at):
    one = system.state().instruments[at]
    return one.base, one.quote


FILTERS = {
    "without": (lambda system: None, {0, 1, 2}),
    "none": (lambda system: bt.InstrumentFilter.none(), {0, 1, 2}),
    "an exchange": (lambda system: bt.InstrumentFilter.exchanges([0]), {0, 1}),
    "the other": (lambda system: bt.InstrumentFilter.exchanges([1]), {2}),
    "both exchanges": (lambda system: bt.InstrumentFilter.exchanges([0, 1]), {0, 1, 2}),
    "no exchange": (lambda system: bt.InstrumentFilter.exchanges([]), set()),
    "unknown exchange": (lambda system: bt.InstrumentFilter.exchanges([7]), set()),
    "an instrument": (lambda system: bt.InstrumentFilter.instruments([1]), {1}),
    "instruments": (lambda system: bt.InstrumentFilter.instruments([2, 0]), {0, 2}),
    "a pair": (lambda system: bt.InstrumentFilter.underlyings([pair(system, 0)]), {0}),
    "pairs": (
        lambda system: bt.InstrumentFilter.underlyings([pair(system, 2), pair(system, 1)]),
        {1, 2},
    ),
    "a pair turned": (
        lambda system: bt.InstrumentFilter.underlyings([pair(system, 0)[::-1]]),
        set(),
    ),
}
every_filter = pytest.mark.parametrize("name", FILTERS)
TWO_WAYS = pytest.mark.parametrize("way", ["method", "event"])


def held(name):
    """A system that holds one of each of three, and has an order in each; a filter."""
    system = bt.start_system(three(), clock="event")
    where = ("kraken", "kraken", "okx")
    system.feed_events(
        bt.EngineEvent.market_order_book_l1(where[of], of, ns(0), (100, 5), (101, 5))
        for of in range(3)
    )
    keys = [
        bt.OrderKey(int(at == 2), at, "desk", f"{what}{at}") for at in range(3) for what in "ab"
    ]
    system.send_open_requests(
        [
            bt.OrderRequestOpen(key, "buy", None, 1, "market")
            if key.cid.startswith("a")
            else bt.OrderRequestOpen(key, "buy", 90, 1)
            for key in keys
        ]
    )
    assert positions(system) == [1, 1, 1]
    make, through = FILTERS[name]
    return system, make(system), through


@every_filter
@TWO_WAYS
def test_positions_are_closed_that_the_filter_lets_through(name, way):
    system, chosen, through = held(name)
    with system:
        if way == "method":
            system.close_positions(chosen)
        else:
            system.send_event(bt.EngineEvent.close_positions(chosen))
        assert positions(system) == [0 if at in through else 1 for at in range(3)]
        assert [len(one.orders) for one in system.state().instruments] == [1, 1, 1]


@every_filter
@TWO_WAYS
def test_orders_are_cancelled_that_the_filter_lets_through(name, way):
    system, chosen, through = held(name)
    with system:
        if way == "method":
            system.cancel_orders(chosen)
        else:
            system.send_event(bt.EngineEvent.cancel_orders(chosen))
        working = [len(one.orders) for one in system.state().instruments]
        assert working == [0 if at in through else 1 for at in range(3)]
        assert positions(system) == [1, 1, 1]


def test_a_position_that_is_closed_leaves_its_profit():
    with start(config(fees_percent="0.1")) as system:
        system.send_open_requests([order("buy", 2, cid="in")])
        system.send_event(touch(1000, 110, 111))
        assert system.state().instruments[0].position.unrealised == 19  # at the middle
        system.close_positions()
        state = system.state()
        held = state.instruments[0].position
        assert (held.quantity, held.average_price, held.realised) == (0, None, 18)
        fees = 2 * (101 + 110) * Decimal("0.001")
        assert state.equity == balances(state)["usdt"][0] == 10_000 + 18 - fees
        system.close_positions()
        assert len(system.state().orders) == 2


# Trading disabled.


@pytest.mark.parametrize("way", ["start", "method", "event"])
def test_orders_of_the_strategy_are_denied_while_trading_is_disabled(way):
    system = bt.start_system(config(), strategy=Buys, clock="event", trading_enabled=way != "start")
    with system:
        if way == "method":
            system.set_trading_enabled(False)
        elif way == "event":
            system.send_event(bt.EngineEvent.trading_state(False))
        system.send_event(touch(0, 100, 101))
        state = system.state()
        assert not state.trading_enabled
        assert [(one.status, one.reason) for one in state.orders] == [
            ("denied", "trading_disabled")
        ]
        system.send_open_requests([order("buy", 1, cid="hand"), order("buy", 1, 90, cid="rests")])
        assert orders(system)["hand"].status == "filled"
        system.send_cancel_requests([cancel("rests")])
        assert orders(system)["rests"].status == "cancelled"
        system.close_positions()
        assert positions(system) == [0, 0]
        system.set_trading_enabled(True)
        system.send_event(touch(1, 100, 101))
        state = system.state()
        assert state.trading_enabled
        assert state.orders[-1].status == "filled"
        assert state.orders[-1].key is None


def test_hooks_go_on_while_trading_is_disabled():
    class Counts(bt.Strategy):
        seen = 0

        def on_quote(self, context, quote):
            self.seen += 1

    own = Counts()
    with bt.start_system(config(), strategy=own, clock="event", trading_enabled=False) as system:
        system.feed_events([touch(at, 100, 101) for at in range(5)])
    assert own.seen == 5


# Risk limits: rule, value, limit.

# The market asks 101 and 51; equity is 10000.
LIMITS = [
    ({"max_position_quantity": "2"}, "2.5", "2.5", "2"),
    ({"max_position_notional": "300"}, 3, "303", "300"),
    ({"max_leverage": "0.02"}, 2, "0.0202", "0.02"),
    ({"max_exposure_percent": "0.02"}, 2, "0.0202", "0.02"),
]


@pytest.mark.parametrize("whose", ["global", "of an instrument"])
@pytest.mark.parametrize(("limits", "quantity", "value", "limit"), LIMITS)
def test_an_order_beyond_a_limit_is_denied(whose, limits, quantity, value, limit):
    own = config()
    if whose == "global":
        own.set_global_risk_limits(limits)
    else:
        own.set_instrument_risk_limits(0, limits)
    with start(own) as system:
        system.send_open_requests([order("buy", quantity)])
        system.send_open_requests([order("buy", 1)])
        system.send_open_requests([order("buy", 6, of=1)])
        denied, fits, other = system.state().orders
    (rule,) = limits
    assert (denied.status, denied.reason) == ("denied", rule)
    assert denied.detail == f"{rule}: it would be {value}, allowed is {limit}"
    assert fits.status == "filled"
    assert (fits.reason, fits.detail) == (None, None)
    # Six at 51 are beyond all of the limits as well, if these hold for that instrument.
    assert (other.status == "denied") == (whose == "global")


def test_limits_hold_for_the_instrument_that_has_their_index_in_the_configuration():
    """Events count instruments by name, a configuration in its own order."""
    listed = config().to_dict()
    listed["instruments"].reverse()
    listed["risk"] = {"instruments": [{"index": 0, "limits": {"max_position_quantity": "1"}}]}
    with start(bt.SystemConfig.from_dict(listed)) as system:
        system.send_open_requests([order("buy", 2), order("buy", 2, of=1)])
        found = {one.name: one.position.quantity for one in system.state().instruments}
    assert found == {"kraken-btc_usdt": 2, "kraken-eth_usdt": 0}


def test_orders_that_work_count_towards_a_limit_and_closing_breaks_none():
    own = config(risk={"global": {"max_position_quantity": "2"}})
    with start(own) as system:
        system.send_open_requests([order("buy", 1, cid="in"), order("buy", 1, 90, cid="rests")])
        system.send_open_requests([order("buy", 1, 90, cid="beyond")])
        assert orders(system)["beyond"].reason == "max_position_quantity"
        system.cancel_orders()
        system.send_open_requests([order("buy", 1, 90, cid="again")])
        assert orders(system)["again"].status == "open"
        system.close_positions()
        assert positions(system) == [0, 0]


# Latency and fees.


def test_an_order_meets_the_market_half_its_latency_later():
    """Sent at 0, at the exchange at 50, its answer back at 100."""
    with start(config(latency_ms=100)) as system:
        system.send_open_requests([order("buy", 1, cid="a")])
        system.send_event(touch(49, 101, 102))
        assert orders(system)["a"].status == "submitted"
        system.send_event(touch(50, 102, 103))
        system.send_event(touch(51, 103, 104))
        assert orders(system)["a"].filled == 0
        system.send_event(touch(99, 103, 104))
        assert orders(system)["a"].status == "submitted"
        assert balances(system.state())["usdt"][0] == 10_000
        system.send_event(touch(101, 103, 104))
        found = orders(system)["a"]
    assert (found.status, found.average_price) == ("filled", 103)
    # When the exchange had it.
    assert (found.created, found.updated) == (ns(0), ns(50))


def test_a_cancel_takes_as_long():
    with start(config(latency_ms=100)) as system:
        system.send_open_requests([order("buy", 1, 90, cid="a"), order("buy", 1, 80, cid="b")])
        system.send_event(touch(200, 100, 101))
        system.send_cancel_requests([cancel("a"), cancel("b")])
        # At 249 an offer of 90 is still taken; at 251 one of 80 comes too late.
        system.feed_events([touch(249, 80, 85), touch(251, 70, 75), touch(400, 100, 101)])
        found = orders(system)
    assert (found["a"].status, found["b"].status) == ("filled", "cancelled")


@pytest.mark.parametrize("fees_percent", ["0", "0.05", "0.1", "1", "100"])
def test_fees_are_a_percentage_of_the_value(fees_percent):
    system = start(config(fees_percent=fees_percent))
    system.send_open_requests([order("buy", 2, cid="a")])
    spent = 10_000 - balances(system.state())["usdt"][0]
    assert spent == 202 + 202 * Decimal(fees_percent) / 100
    summary = system.shutdown_with_summary()
    assert sum(dict(summary.fees).values(), Decimal(0)) == spent - 202
