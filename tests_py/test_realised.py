"""Realised profit by fill at average cost, first in first out, last in first out."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from random_markets import acts, markets, venues
from random_markets import run as run_random
from scripted import CONTRACT, buy, quotes, rows, run, sell

import barter_python as bt

many = settings(max_examples=150, deadline=None, derandomize=True)
METHODS = ("average", "fifo", "lifo")


def example(**more):
    """Buys of 2 at 100 and 1 at 130, sells of 2 at 120 and 2 at 105, a millisecond apart."""
    shown = [(0, 99, 9, 100, 9), (1, 99, 9, 130, 9), (2, 120, 9, 131, 9), (3, 105, 9, 131, 9)]
    data = quotes(*shown, instrument=CONTRACT)
    acts_ = (0, buy(2)), (1, buy(1)), (2, sell(2)), (3, sell(2))
    return run(data, *acts_, account="linear", cash="10000 USD", **more)


@pytest.mark.parametrize(
    ("method", "profits"), [("average", [20, -5]), ("fifo", [40, -25]), ("lifo", [10, 5])]
)
def test_the_worked_example(method, profits):
    found = rows(example(fees=0).result.realised(method))
    assert [row["realised"] for row in found] == profits
    assert sum(profits) == 15
    assert [row["quantity"] for row in found] == [2, 1]  # of the last fill 1 opens a short
    assert [(row["fill"], row["order"], row["side"]) for row in found] == [
        (3, 3, "sell"), (4, 4, "sell"),
    ]  # fmt: skip
    assert {(row["instrument"], row["asset"]) for row in found} == {("ABC-PERP", "USD")}


def test_fees_are_no_part_of_it_and_the_average_is_what_is_said_of_nothing():
    dear, free = (rows(example(fees=fees).result.realised()) for fees in ("1%", 0))
    assert dear == free == rows(example(fees=0).result.realised(method="average"))


def test_another_method_is_refused():
    with pytest.raises(bt.ConfigError, match=r'method: "fif0" is not known, did you mean "fifo"'):
        example().result.realised("fif0")


def lots_twin(fills, method):
    """(fill, quantity closed, profit) from lots of one unit each; money to eight places."""
    lot, unit = Decimal("0.1"), Decimal("0.00000001")
    held, found = [], []  # signed prices of single lots, oldest first
    for fill in fills:
        sign = 1 if fill["side"] == "buy" else -1
        count, closed, profit = int(fill["quantity"] / lot), 0, Decimal(0)
        for _ in range(count):
            if not held or held[0] * sign > 0:
                held.append(sign * fill["price"])
                continue
            if method == "average":
                cost = sum(held) / len(held)
                held = [cost] * (len(held) - 1)
            else:
                cost = held.pop(0 if method == "fifo" else -1)
            closed += 1
            profit -= (cost + sign * fill["price"]) * lot
        if closed:
            found.append((fill["fill"], closed * lot, profit.quantize(unit)))
    return found


@many
@given(markets, venues, acts)
def test_profits_are_those_of_single_lots(market, venue, given_acts):
    ran = run_random(market, venue, given_acts)
    for method in METHODS:
        found = [
            (row["fill"], row["quantity"], row["realised"])
            for row in rows(ran.result.realised(method))
        ]
        wanted = lots_twin(ran.fill_rows, method)
        if method != "average":  # every lot has a price of its own: nothing is rounded
            assert found == wanted
            continue
        assert [row[:2] for row in found] == [row[:2] for row in wanted]
        for (*_, profit), (*_, exact) in zip(found, wanted, strict=True):
            assert abs(profit - exact) <= Decimal("0.0000001") * len(ran.fill_rows)


@many
@given(markets, venues, acts)
def test_sums_agree_once_flat_and_the_average_is_what_is_booked(market, venue, given_acts):
    ran = run_random(market, venue, given_acts)
    average, fifo, lifo = (rows(ran.result.realised(method)) for method in METHODS)
    assert [row["fill"] for row in average] == [row["fill"] for row in fifo]
    assert [row["fill"] for row in average] == [row["fill"] for row in lifo]
    sums = [sum(row["realised"] for row in found) for found in (average, fifo, lifo)]
    held = sum((-1 if f["side"] == "sell" else 1) * f["quantity"] for f in ran.fill_rows)
    if held == 0:
        assert sums == [sums[0]] * 3
    if venue.account == "linear":
        booked = {
            row["fill"]: row["amount"]
            for row in rows(ran.result.ledger)
            if row["reason"] == "realised"
        }
        assert booked == {row["fill"]: row["realised"] for row in average if row["realised"]}
    assert sums[0] == sum(row["profit"] for row in rows(ran.result.positions))
