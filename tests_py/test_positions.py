"""Records of positions: from flat to flat, with exact prices, profits and fees."""

from datetime import timedelta
from decimal import Decimal

from hypothesis import given, settings
from random_markets import acts, markets, venues
from random_markets import run as run_random
from scripted import CONTRACT, buy, quotes, rows, run, sell

import barter_python as bt

many = settings(max_examples=150, deadline=None, derandomize=True)


def walk(*prices):
    """Quotes, one a millisecond, whose bid is the price and whose ask a tick above it."""
    shown = [(at, price, 50, price + 0.01, 50) for at, price in enumerate(prices)]
    return quotes(*shown, instrument=CONTRACT)


def test_a_flip_closes_one_record_and_opens_the_next():
    data = walk(99.99, 129.99, 120, 105, 105)
    ran = run(
        data, (0, buy(2)), (1, buy(1)), (2, sell(2)), (3, sell(2)),
        account="linear", fees=("0%", "1%"), cash="10000 USD",
    )  # fmt: skip
    closed, opened = rows(ran.result.positions)
    assert [closed[name] for name in ("instrument", "side", "quantity", "fills")] == [
        "ABC-PERP", "buy", 3, 4,
    ]  # fmt: skip
    assert closed["entry_price"] == 110  # 2 at 100 and 1 at 130
    assert closed["exit_price"] == 115  # 2 at 120 and 1 at 105
    assert closed["profit"] == 15  # 20, then -5
    # 1 % of 200, 130, 240, and of 105, the half of the last fill that closed.
    assert closed["fees"] == Decimal("6.75")
    assert closed["net_profit"] == Decimal("8.25")
    assert closed["closed"] - closed["opened"] == closed["duration"] == timedelta(milliseconds=3)
    assert (opened["side"], opened["quantity"], opened["entry_price"]) == ("sell", 1, 105)
    assert opened["opened"] == closed["closed"]
    assert [opened[name] for name in ("closed", "exit_price", "duration", "profit")] == [
        None, None, None, 0,
    ]  # fmt: skip
    assert (opened["fees"], opened["fills"]) == (Decimal("1.05"), 1)


def test_a_mean_price_is_exact_to_eight_places_beyond_the_tick():
    # 1 at 100.00 and 2 at 100.01: 300.02 / 3 = 100.00666...
    ran = run(
        walk(99.99, 100, 100.5), (0, buy(1)), (1, buy(2)), (2, sell(3)),
        account="linear", fees=0, cash="10000 USD",
    )  # fmt: skip
    (record,) = rows(ran.result.positions)
    assert record["entry_price"] == Decimal("100.0066666667")
    assert record["exit_price"] == Decimal("100.5")
    assert record["profit"] == Decimal("1.48")


@many
@given(markets, venues, acts)
def test_records_go_from_flat_to_flat(market, venue, given_acts):
    ran = run_random(market, venue, given_acts)
    records = rows(ran.result.positions)
    held, flat = 0, 0
    for fill in ran.fill_rows:
        sign = 1 if fill["side"] == "buy" else -1
        before, held = held, held + sign * fill["quantity"]
        flat += before != 0 and before * held <= 0
    closed = [record for record in records if record["closed"] is not None]
    assert len(closed) == flat
    assert len(records) - len(closed) == (held != 0)
    for record in closed:
        assert record["duration"] == record["closed"] - record["opened"]
        assert record["opened"] <= record["closed"]
    realised = [row["amount"] for row in rows(ran.result.ledger) if row["reason"] == "realised"]
    if venue.account == "linear":
        assert sum(realised) == sum(record["profit"] for record in records)


def test_the_average_price_of_one_fill_is_its_price():
    seen = []

    class Turns(bt.Strategy):
        def on_quote(self, context: bt.Context, quote: bt.Quote) -> None:
            if context.position().is_flat:
                context.buy(fine, 0.618)
            else:
                context.close()

        def on_fill(self, context: bt.Context, fill: bt.Fill) -> None:
            if not context.position().is_flat:
                seen.append((context.position().average_price, fill.price))

    fine = bt.Instrument("FINE/USD", tick=1, lot="0.001")
    shown = [(at, 24_000 + 7 * at, 9, 24_001 + 7 * at, 9) for at in range(60)]
    bt.backtest(quotes(*shown, instrument=fine), Turns, cash=10**6)
    assert len(seen) > 20
    assert all(average == price for average, price in seen)
