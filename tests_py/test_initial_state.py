"""Orders that a mocked exchange has at the start, and what a log makes of them."""

from decimal import Decimal

import pytest
from systems import balances, config, order, touch, walk

import barter_python as bt

ORDER = {
    "key": {"exchange": "kraken", "instrument": "btcUSDT", "strategy": "before", "cid": "old-1"},
    "side": "Buy",
    "price": "100",
    "quantity": "2",
    "kind": "Limit",
    "time_in_force": {"GoodUntilCancelled": {"post_only": False}},
    "state": {"Open": {"id": "7", "time_exchange": "2024-01-01T00:00:00Z", "filled_quantity": 0}},
}


def with_orders(*orders, instrument="btcUSDT"):
    fields = config().to_dict()
    state = fields["executions"][0]["initial_state"]
    state["instruments"] = [{"instrument": instrument, "orders": list(orders)}]
    return bt.SystemConfig.from_dict(fields)


def test_orders_of_the_start_are_open_hold_money_and_fill():
    with bt.start_system(with_orders(ORDER), clock="event") as system:
        system.send_event(touch(0, 103, 104))
        state = system.state()
        (order,) = state.orders
        assert (order.status, order.key.cid, order.limit) == ("open", "old-1", 100)
        assert balances(state)["usdt"] == (10_000, 9_800)
        system.send_event(touch(1000, 98, 99))
        state = system.state()
        assert state.orders[0].status == "filled"
        assert balances(state)["btc"] == (2, 2)
        assert state.instruments[0].position.quantity == Decimal(2)


def test_an_order_of_the_start_is_cancelled_by_its_name():
    with bt.start_system(with_orders(ORDER), clock="event") as system:
        system.send_event(touch(0, 103, 104))
        system.send_cancel_requests([bt.OrderRequestCancel(bt.OrderKey(0, 0, "before", "old-1"))])
        state = system.state()
        assert state.orders[0].status == "cancelled"
        assert balances(state)["usdt"] == (10_000, 10_000)


def test_a_resumed_run_has_them_once(tmp_path):
    path, events = tmp_path / "log", walk(40)
    with bt.start_system(with_orders(ORDER), clock="event", audit=path) as system:
        system.feed_events(events)
        whole = system.state()
    assert bt.replay(path, until=whole.sequence) == whole
    for until in range(1, whole.sequence, 7):
        with bt.start_system(with_orders(ORDER), clock="event", resume=path, until=until) as again:
            again.feed_events(events[again.resumed_inputs :])
            assert again.state().differs(whole) is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"quantity": "0"}, "quantity must be > 0"),
        ({"price": "1.123456789"}, "at most 8 decimal places"),
    ],
)
def test_an_order_of_the_start_that_cannot_be_is_named(change, said):
    with pytest.raises(bt.ConfigError, match=said) as caught:
        bt.start_system(with_orders(ORDER | change))
    assert "executions[0].initial_state.instruments[0]" in str(caught.value)


def test_orders_of_an_unknown_instrument_are_refused():
    with pytest.raises(bt.ConfigError, match='no instrument of kraken has the name "XUSDT"'):
        bt.start_system(with_orders(instrument="XUSDT"))


def test_a_table_that_begins_before_the_clock_is_refused_and_the_system_goes_on():
    columns = {"time": [1, 2], "bid": [1.0, 1.0], "ask": [2.0, 2.0], "bid_quantity": [1.0, 1.0]}
    columns["ask_quantity"] = columns["bid_quantity"]
    own = bt.Instrument("btc/usdt", tick="1", lot="1")
    table = bt.quotes(columns, instrument=own, unit="ns")
    with bt.start_system(config(), clock="event") as system:
        system.feed_events(walk(3))
        with pytest.raises(bt.StateError, match="the table begins at 1970"):
            system.feed_events(table)
        system.feed_events([touch(60_000, 100, 101)])
        assert system.is_running()


def test_a_log_is_not_written_over_while_it_is_repeated(tmp_path):
    path = tmp_path / "log"
    with bt.start_system(config(), clock="event", audit=path) as system:
        system.feed_events(walk(3))
    kept = path.read_bytes()
    with pytest.raises(bt.StateError, match="give another file"):
        bt.start_system(config(), clock="event", resume=path, audit=path)
    assert path.read_bytes() == kept


def test_a_connection_that_was_lost_is_there_again_with_what_comes_next():
    with bt.start_system(config(), clock="event") as system:
        system.feed_events([touch(0, 100, 101), bt.EngineEvent.market_reconnecting("kraken")])
        assert not system.state().exchanges[0].market_data
        system.feed_events([bt.EngineEvent.account_reconnecting("kraken"), touch(1000, 100, 101)])
        (exchange,) = system.state().exchanges
        assert (exchange.market_data, exchange.account) == (True, False)
        system.send_open_requests([order("buy", 1)])
        assert system.state().exchanges[0].account
