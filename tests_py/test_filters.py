"""The venue's filters: which rule an order breaks first, and rules that change in time."""

from __future__ import annotations

import pickle
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted import buy, candles, ns, pairs, quotes, run, sell, trades

import barter_python as bt

Instrument = bt.Instrument


def abc(**rules: Any) -> bt.Instrument:
    return Instrument("ABC/USD", **{"tick": "0.01", "lot": "0.1"} | rules)


def tried(order, *, before=(), cash="100000 USD", **rules):
    """Reason for which the last of the orders is refused, in a market of 99 to 100."""
    rows = ((at, 99, 9, 100, 9) for at in range(0, 100, 10))
    ran = run(quotes(*rows, instrument=abc(**rules)), *before, (50, order), cash=cash)
    return ran.status(len(before) + 1)[1]


@pytest.mark.parametrize(
    ("rules", "order", "reason"),
    [
        ({"min_price": 50}, buy(1, 50), None),
        ({"min_price": 50}, buy(1, "49.99"), "price_range"),
        ({"max_price": 200}, sell(1, "200.01"), "price_range"),
        ({"min_price": 500}, buy(1), None),  # a market order names no price
        # Buys around the ask, 100; sells around the bid, 99.
        ({"band": ("1.05", "0.95")}, buy(1, 95), None),
        ({"band": ("1.05", "0.95")}, buy(1, "94.99"), "price_band"),
        ({"band": ("1.05", "0.95")}, buy(1, "105.01"), "price_band"),
        ({"band": ("1.05", "0.95")}, sell(1, "103.95"), "insufficient_funds"),
        ({"band": ("1.05", "0.95")}, sell(1, "103.96"), "price_band"),
        ({"min_quantity": "0.5"}, buy("0.4"), "lot_range"),
        ({"max_quantity": 3}, buy("3.1", 90), "lot_range"),
        ({"market_max_quantity": 3}, buy("3.1"), "market_lot_range"),
        ({"market_max_quantity": 3}, buy("3.1", 90), None),
        ({"max_notional": 300}, buy("3.1", 98), "max_notional"),
        ({"max_notional": 300}, buy(3), None),
        ({"max_position": 3}, buy("3.1", 90), "max_position"),
        ({"rules": [(0, {"trading": False})]}, buy(1), "trading_status"),
    ],
)
def test_an_order_outside_a_rule_is_denied_by_its_name(rules, order, reason):
    assert tried(order, **rules) == reason


def test_working_orders_count():
    before = ((0, buy(1, 90)), (10, buy(1, 91)))
    assert tried(buy(1, 92), before=before, max_orders=2) == "max_orders"
    assert tried(buy(1, 92), before=before, max_orders=3) is None
    # An order that has ended does not.
    gone = ((0, buy(1, 90)), (10, buy(1)))
    assert tried(buy(1, 92), before=gone, max_orders=2) is None


def test_a_position_counts_with_the_orders_of_its_side():
    before = ((0, buy(2)), (10, buy(1, 90)))
    assert tried(buy("0.1", 92), before=before, max_position=3) == "max_position"
    assert tried(sell(2), before=before, max_position=3) is None


def test_the_first_rule_in_the_venue_s_order_is_the_reason():
    late = [(0, {"tick": 1, "trading": False})]
    everything = {
        "min_price": 50, "band": (1, 1), "min_quantity": 5, "min_notional": 1000, "max_orders": 0,
        "max_position": 0, "rules": late,
    }  # fmt: skip
    order = [
        ("price_tick", {"rules": [(0, {"trading": False})]}),
        ("price_range", {"min_price": 0}),
        ("price_band", {"band": (9, 0)}),
        ("lot_range", {"min_quantity": 0}),
        # No order could break this and the next at once: such rules are refused.
        ("min_notional", {"min_notional": 0, "max_notional": 1}),
        ("max_notional", {"max_notional": 999}),
        ("max_orders", {"max_orders": 9}),
        ("max_position", {"max_position": 9}),
        ("trading_status", {"rules": None}),
    ]
    rules = dict(everything)
    for reason, without in order:
        assert tried(buy("1", "40.5"), **rules) == reason
        rules |= without
    assert tried(buy("1", "40.5"), **rules) is None


def test_a_rule_holds_from_its_time_on():
    moving = abc(
        rules=[(ns(20), {"tick": "0.5", "max_quantity": 2}), (ns(40), {"max_quantity": None})]
    )
    rows = ((at, 99, 9, 100, 9) for at in range(0, 100, 10))
    data = quotes(*rows, instrument=moving)
    ran = run(
        data, (19, buy(3, "90.01")), (20, buy(1, "90.01")), (21, buy(3, "90.5")),
        (39, buy(3, 90)), (40, buy(3, 90)), cash="100000 USD",
    )  # fmt: skip
    assert [ran.status(order)[1] for order in range(1, 6)] == [
        None, "price_tick", "lot_range", "lot_range", None,
    ]  # fmt: skip


def test_an_amended_trigger_keeps_to_the_rules():
    rows = ((at, 99, 9, 100, 9) for at in range(0, 100, 10))
    ran = run(
        quotes(*rows, instrument=abc(min_price=101)),
        (0, buy(1, trigger=105)), (10, lambda context: context.amend(1, trigger="100.5")),
        (20, lambda context: context.amend(1, trigger=104)),
    )  # fmt: skip
    assert ran.result.summary.changes_refused == {"price_range": 1}
    assert ran.status() == ("open", None)


def test_a_notional_that_only_rounding_makes_large_enough_is_too_small():
    """0.00000038 × 0.63157894 = 0.0000002399999972."""
    tiny = Instrument("ABC/USD", tick="0.00000001", lot="0.00000001", min_notional="0.00000024")
    row = ("0.00000043", 2, "0.00000044", 3)
    ran = run(
        quotes((0, *row), (9, *row), instrument=tiny),
        (1, buy("0.63157894", "0.00000038")), (2, buy("0.63157895", "0.00000038")),
    )  # fmt: skip
    assert [ran.status(order) for order in (1, 2)] == [("denied", "min_notional"), ("open", None)]


def test_a_trail_lies_on_the_tick_of_its_time():
    """From the eleventh ms on half a dollar: 101.2 less 0.3 is 100.9, and 100.5 on that tick."""
    moving = bt.Instrument(
        "ABC-PERP", kind="perpetual", base="ABC", quote="USD", tick="0.1", lot=1,
        rules=[(ns(10), {"tick": "0.5"})],
    )  # fmt: skip
    prices = ((0, 100), (20, "101.2"), (30, "100.6"), (40, "100.5"), (50, 90))
    data = trades(*((ms, "buy", price, 9) for ms, price in prices), instrument=moving)
    ran = run(data, (1, sell(1, trail="0.3")), account="linear", half_spread=0)
    assert ran.times == [40]


def test_the_venue_judges_by_the_rules_at_the_arrival():
    halted = abc(rules=[(ns(20), {"trading": False})])
    rows = ((at, 99, 9, 100, 9) for at in range(0, 100, 10))
    ran = run(quotes(*rows, instrument=halted), (18, buy(1)), latency="5ms")
    assert ran.status() == ("rejected", "trading_status")


def test_behind_the_best_price_the_tick_of_the_time_counts():
    moving = abc(lot=1, rules=[(ns(5), {"tick": "0.5"})])
    data = quotes(*((at, 99, 9, 100, 2) for at in range(0, 100, 10)), instrument=moving)
    early = run(data, (0, buy(4)), cash="1000 USD").fills
    late = run(data, (10, buy(4)), cash="1000 USD").fills
    assert early == pairs("2 @ 100, 2 @ 100.01")
    assert late == pairs("2 @ 100, 2 @ 100.5")


def test_a_finer_tick_later_is_known_from_the_start():
    """Data off the first tick are on the second."""
    moving = abc(tick=1, rules=[(ns(60_000), {"tick": "0.25"})])
    data = candles((100, 101, 99, 100), (100.25, 101, 99.5, 100), instrument=moving)
    ran = run(data, (60_000, buy(1, "99.75")))
    assert ran.fills == pairs("1 @ 99.75")


def test_rules_are_part_of_the_value():
    plain = abc()
    full = abc(
        min_price="0.5", max_price=1000, band=("1.05", "0.95"), min_quantity="0.1", max_quantity=9,
        market_max_quantity=5, max_notional="1e6", max_orders=200, max_position=50,
        rules=[
            ("2024-03-01T00:00Z", {"tick": "0.1", "lot": 1, "min_notional": 5}),
            ("2024-04-01T00:00Z", {"band": (2, 0), "max_orders": None, "trading": False}),
        ],
    )  # fmt: skip
    assert eval(repr(full), {"Instrument": Instrument}) == full
    again = pickle.loads(pickle.dumps(full))
    assert again == full
    assert hash(again) == hash(full)
    assert full != plain
    assert full.limits["band"] == (Decimal("1.05"), Decimal("0.95"))
    assert plain.limits == {}
    assert full.rules[0][1] == {"tick": Decimal("0.1"), "lot": 1, "min_notional": 5}
    assert full.rules[1][1] == {"band": (2, 0), "max_orders": None, "trading": False}
    assert plain.rules == []


@pytest.mark.parametrize(
    ("rules", "error", "said"),
    [
        ({"max_price": -1}, bt.ConfigError, "max_price must be >= 0, got -1"),
        ({"max_orders": "1.5"}, bt.ConfigError, "max_orders must be a whole number"),
        ({"band": (1, 2)}, bt.ConfigError, "up >= down >= 0"),
        ({"band": 1}, TypeError, r"band must be a pair \(up, down\), got int"),
        ({"rules": [(0, {"trading": 1})]}, TypeError, "trading must be True or False, got int"),
        ({"rules": [(0, {"tick": 0})]}, bt.ConfigError, "tick must be > 0"),
        ({"rules": [(0, {"lot": None})]}, bt.ConfigError, "lot cannot be lifted"),
        ({"rules": [(0, {"max_order": 1})]}, bt.ConfigError, 'did you mean "max_orders"'),
        ({"rules": [(5, {}), (5, {})]}, bt.ConfigError, "rules must ascend in time"),
        (
            {"min_quantity": 5, "max_quantity": 1},
            bt.ConfigError,
            'instrument "ABC/USD": min_quantity, 5, is above max_quantity, 1',
        ),
        ({"min_price": 5, "max_price": 1}, bt.ConfigError, "min_price, 5, is above max_price, 1"),
        ({"min_notional": 5, "max_notional": 1}, bt.ConfigError, "min_notional, 5, is above"),
        ({"min_quantity": 5, "market_max_quantity": 1}, bt.ConfigError, "is above market_max_q"),
        (
            {"min_price": 5, "rules": [(10**18, {"max_price": 4})]},
            bt.ConfigError,
            "max_price, 4 from 2001-09-09T01:46:40Z on",
        ),
    ],
)
def test_rules_out_of_range_are_named(rules, error, said):
    with pytest.raises(error, match=said):
        abc(**rules)


least = st.none() | st.decimals("0.1", "1000", places=3)
most = st.none() | st.decimals("1000", "1e6", places=3)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    st.dictionaries(st.sampled_from(["min_price", "min_quantity"]), least),
    st.dictionaries(st.sampled_from(["max_price", "max_quantity", "max_notional"]), most),
    st.lists(st.dictionaries(st.sampled_from(["max_price", "max_position"]), most), max_size=3),
)
def test_any_rules_print_as_code_and_survive_a_pickle(low, high, later):
    made = abc(**low, **high, rules=[(at, fields) for at, fields in enumerate(later)])
    assert eval(repr(made), {"Instrument": Instrument}) == made
    assert pickle.loads(pickle.dumps(made)) == made
