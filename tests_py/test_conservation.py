"""Laws that hold for random orders in random markets: nothing is made, nothing is lost.

`random_markets.Random` checks those of the account after every event; here are those of the result.
"""

from collections import defaultdict
from dataclasses import replace
from decimal import ROUND_HALF_EVEN, Decimal

import pyarrow as pa
import pytest
import random_markets
from hypothesis import given, settings
from random_markets import CASH, LOT, TICK, acts, markets, milliseconds, venues
from scripted import at, buy, quotes, rows, sell
from scripted import run as scripted_run

many = settings(max_examples=150, deadline=None, derandomize=True)
few = settings(max_examples=40, deadline=None, derandomize=True)
CENT8 = Decimal("0.00000001")
SIGN = {"buy": 1, "sell": -1}


def run(market, venue, given_acts, **more):
    """With the exact queue where orders are told one by one."""
    exact = market.orders and venue.queue == "trades_only"
    more = ({"queue": "l3"} if exact else {}) | more
    return random_markets.run(market, venue, given_acts, **more)


def rate(text):
    return Decimal(text[:-1]) / 100 if text.endswith("%") else Decimal(text)


def signed(fill):
    return SIGN[fill["side"]] * fill["quantity"]


def posted(ran, *reasons):
    ledger = rows(ran.result.ledger)
    return sum(row["amount"] for row in ledger if not reasons or row["reason"] in reasons)


@many
@given(markets, venues, acts)
def test_a_balance_is_the_sum_of_its_postings(market, venue, given_acts):
    ran = run(market, venue, given_acts)
    sums = defaultdict(Decimal)
    for row in rows(ran.result.ledger):
        sums[row["asset"]] += row["amount"]
        assert row["amount"] != 0
        if venue.account == "cash":
            assert sums[row["asset"]] >= 0
    assert {asset: amount for asset, amount in ran.balances.items() if amount} == {
        asset: amount for asset, amount in sums.items() if amount
    }


@many
@given(markets, venues, acts)
def test_what_goes_in_comes_out_less_fees(market, venue, given_acts):
    ran = run(market, venue, given_acts)
    fees, held = sum(ran.fees), sum(map(signed, ran.fill_rows))
    paid = sum(signed(fill) * fill["price"] for fill in ran.fill_rows)
    assert posted(ran, "fee") == -fees
    assert posted(ran, "deposit") == CASH
    if venue.account == "cash":
        assert ran.balances["USD"] == CASH - paid - fees
        assert ran.balances.get("ABC", 0) == held >= 0
    else:
        assert ran.balances["USD"] == CASH + posted(ran, "realised") - fees
        if held == 0:
            assert posted(ran, "realised") == -paid
        assert {row["asset"] for row in rows(ran.result.ledger)} == {"USD"}


@many
@given(markets, venues, acts)
def test_a_fee_is_its_rate_of_the_notional(market, venue, given_acts):
    for fill in run(market, venue, given_acts).fill_rows:
        exact = rate(venue.maker if fill["liquidity"] == "maker" else venue.taker)
        exact *= fill["price"] * fill["quantity"]
        assert fill["fee"] == exact.quantize(CENT8, ROUND_HALF_EVEN)
        assert fill["fee_asset"] == "USD"


@many
@given(markets, venues, acts)
def test_an_order_is_filled_within_its_quantity_and_limit(market, venue, given_acts):
    ran = run(market, venue, given_acts)
    filled = defaultdict(Decimal)
    for fill in ran.fill_rows:
        order = ran.orders[fill["order"]]
        assert fill["side"] == order["side"]
        assert fill["quantity"] > 0
        assert fill["quantity"] % LOT == 0
        assert fill["price"] % TICK == 0
        if order["limit"] is not None:
            assert SIGN[order["side"]] * (order["limit"] - fill["price"]) >= 0
        if fill["liquidity"] == "maker":
            assert order["limit"] == fill["price"]
            assert order["time_in_force"] == "gtc"
        else:
            assert not order["post_only"]
        assert fill["time"] >= order["created"]
        filled[fill["order"]] += fill["quantity"]
    for number, order in ran.orders.items():
        # In flight at the end, a fill may be known to the venue and not to us.
        assert order["filled"] <= filled[number] <= order["quantity"]
        if venue.response == 0:
            assert order["filled"] == filled[number]
        assert (order["status"] == "filled") == (order["filled"] == order["quantity"])
        if order["status"] in ("denied", "rejected"):
            assert filled[number] == 0
        if order["status"] in ("denied", "rejected", "cancelled"):
            assert order["reason"]


@many
@given(markets, venues, acts)
def test_immediate_orders_do_not_rest(market, venue, given_acts):
    ran = run(market, venue, given_acts)
    at_once = {number for number, order in ran.orders.items() if order["time_in_force"] == "ioc"}
    times = defaultdict(set)
    for fill in ran.fill_rows:
        if fill["order"] in at_once:
            assert fill["liquidity"] == "taker"
            times[fill["order"]].add(fill["time"])
    for number in at_once:
        assert ran.orders[number]["status"] != "open"
        if not (market.candles and ran.orders[number]["kind"] == "market"):
            assert len(times[number]) <= 1


@many
@given(markets, venues, acts)
def test_equity_is_cash_and_worth(market, venue, given_acts):
    ran = run(market, venue, given_acts)
    summary = ran.result.summary
    held = sum(map(signed, ran.fill_rows))
    paid = sum(signed(fill) * fill["price"] for fill in ran.fill_rows)
    if held == 0:
        assert summary.end_equity == CASH - paid - sum(ran.fees)
    positions = rows(ran.result.positions)
    profit = sum(row["profit"] for row in positions)
    opened = [row for row in positions if row["closed"] is None]
    assert len(opened) == (held != 0) == summary.open_positions
    assert (
        sum(row["fees"] for row in positions) == sum(ran.fees) == dict(summary.fees).get("USD", 0)
    )
    assert all(row["net_profit"] == row["profit"] - row["fees"] for row in positions)
    last = last_price(market)
    if last is None:
        return
    assert summary.end_equity == CASH - paid - sum(ran.fees) + held * last
    if venue.response == 0:  # else the last fills may be unknown to the strategy
        unrealised = summary.end_equity - (CASH + profit - sum(ran.fees))
        assert ran.strategy.unrealised == pytest.approx(float(unrealised), abs=1e-6)


def last_price(market):
    """What values a position at the end, where that is plain."""
    if market.candles:
        return market.candles[-1][3] * TICK
    if market.quotes:
        return (market.quotes[-1][1] + market.quotes[-1][3]) * TICK / 2
    return None


@many
@given(markets, venues, acts)
def test_one_trade_fills_at_most_its_size_of_the_side_it_meets(market, venue, given_acts):
    ran = run(market, venue, given_acts)
    made = makers_by_time(ran)
    for ms, side, price, quantity in market.prints:
        fills = made.get(ms, [])
        assert sum(fill["quantity"] for fill in fills) <= quantity * LOT
        for fill in fills:
            assert fill["side"] != side
            passed = SIGN[fill["side"]] * (fill["price"] - price * TICK)
            assert passed >= 0


@many
@given(markets, venues, acts)
def test_a_quote_gives_no_more_than_it_displays(market, venue, given_acts):
    if not market.quotes:
        return
    ran = run(market, venue, given_acts)
    fills = list(zip(ran.times, ran.fill_rows, strict=True))
    for side, at_price, at_size in (("buy", 3, 4), ("sell", 1, 2)):
        shown, taken = None, defaultdict(Decimal)
        moments = [(row[0], 0, row) for row in market.quotes]
        trade_times = {row[0] for row in market.trades}
        moments += [(ms, 1, fill) for ms, fill in fills if fill["side"] == side]
        for ms, kind, what in sorted(moments, key=lambda moment: moment[:2]):
            if kind == 0:
                if shown != (what[at_price], what[at_size]):
                    shown, taken = (what[at_price], what[at_size]), defaultdict(Decimal)
                continue
            best, displayed = shown[0] * TICK, shown[1] * LOT
            if what["liquidity"] == "maker":
                if ms in trade_times:
                    continue
                assert SIGN[side] * (what["price"] - best) >= 0
                taken[best] += what["quantity"]
                assert taken[best] <= displayed
            else:
                assert SIGN[side] * (what["price"] - best) >= 0
                taken[what["price"]] += what["quantity"]
                assert taken[what["price"]] <= displayed


@many
@given(markets, venues, acts)
def test_a_level_gives_no_more_than_it_displays(market, venue, given_acts):
    if not market.levels:
        return
    ran = run(market, venue, given_acts)
    for side, levels_of in (("buy", "ask"), ("sell", "bid")):
        shown, taken = {}, defaultdict(Decimal)
        moments = [(row[0], 0, row) for row in market.levels if row[1] == levels_of]
        moments += [
            (ms, 1, fill)
            for ms, fill in zip(ran.times, ran.fill_rows, strict=True)
            if fill["side"] == side and fill["liquidity"] == "taker"
        ]
        for _, kind, what in sorted(moments, key=lambda moment: moment[:2]):
            if kind == 0:
                price, quantity = what[2] * TICK, what[3] * LOT
                if shown.get(price, 0) != quantity:
                    shown[price], taken[price] = quantity, Decimal(0)
                continue
            taken[what["price"]] += what["quantity"]
            assert taken[what["price"]] <= shown.get(what["price"], 0)


@many
@given(markets, venues, acts)
def test_resting_fills_have_a_cause(market, venue, given_acts):
    """A row that passes or meets the price at that very time; a candle must pass it."""
    ran = run(market, venue, given_acts)
    for ms, fills in makers_by_time(ran).items():
        for fill in fills:
            assert any(reaches(row, fill) for row in rows_at(market, ms))


def rows_at(market, ms):
    for row in market.prints:
        if row[0] == ms:
            yield ("trade", row[2], row[2])
    for row in market.quotes:
        if row[0] == ms:
            yield ("quote", row[3], row[1])
    for row in market.levels:
        if row[0] == ms and row[3]:
            yield ("level", row[2], row[2])
    for number, row in enumerate(market.candles):
        if number * 60_000 <= ms < (number + 1) * 60_000:
            yield ("candle", row[2], row[1])


def reaches(row, fill):
    kind, for_buys, for_sells = row
    price = fill["price"] / TICK
    if kind == "candle":
        return for_buys < price if fill["side"] == "buy" else for_sells > price
    return for_buys <= price if fill["side"] == "buy" else for_sells >= price


def makers_by_time(ran):
    made = defaultdict(list)
    for ms, fill in zip(ran.times, ran.fill_rows, strict=True):
        if fill["liquidity"] == "maker":
            made[ms].append(fill)
    return made


@many
@given(markets, venues, acts)
def test_among_own_orders_the_better_price_then_the_older_goes_first(  # noqa: C901 - five filters
    market, venue, given_acts
):
    """Without a queue and latency: what fills leaves nothing unfilled that stands before it."""
    if venue.queue != "front" or venue.entry or venue.response or market.candles:
        return
    ran = run(market, venue, given_acts)
    when = stamps(ran.result.orders, "created"), stamps(ran.result.orders, "updated")
    filled_until = defaultdict(list)
    for ms, fill in zip(ran.times, ran.fill_rows, strict=True):
        filled_until[fill["order"]].append((ms, fill["quantity"]))
    trade_times = {row[0] for row in market.prints}
    for ms, fills in makers_by_time(ran).items():
        if ms not in trade_times:
            continue
        for fill in fills:
            for number, order in ran.orders.items():
                created, updated = when[0][number], when[1][number]
                if number == fill["order"] or order["side"] != fill["side"] or created >= ms:
                    continue
                if order["status"] in ("denied", "rejected") or order["time_in_force"] == "ioc":
                    continue
                if order["status"] in ("cancelled", "filled") and updated <= ms:
                    continue
                better = SIGN[order["side"]] * (order["limit"] - fill["price"])
                if better > 0 or (better == 0 and number < fill["order"]):
                    done = sum(quantity for time, quantity in filled_until[number] if time <= ms)
                    assert done == order["quantity"]


def stamps(table, column):
    """ms after the start, by order."""
    found = pa.table(table)
    times = found[column].cast(pa.int64()).to_pylist()
    return {n: milliseconds(t) for n, t in zip(found["order"].to_pylist(), times, strict=True)}


@few
@given(markets, venues, acts)
def test_equal_runs_have_equal_digests_and_logs(market, venue, given_acts):
    one, two = run(market, venue, given_acts), run(market, venue, given_acts)
    assert one.digest == two.digest
    assert one.strategy.log == two.strategy.log


@many
@given(markets, venues, acts)
def test_we_are_told_of_everything_once_and_after_its_latency(market, venue, given_acts):
    ran = run(market, venue, given_acts)
    told = {entry[1]: entry[0] for entry in ran.strategy.log if isinstance(entry[2], float)}
    assert list(told) == sorted(told)
    times = dict(zip((fill["fill"] for fill in ran.fill_rows), ran.times, strict=True))
    created = stamps(ran.result.orders, "created")
    for number, time in told.items():
        assert abs(milliseconds(time) - times[number] - venue.response) < 1e-6
    for fill in ran.fill_rows:
        assert times[fill["fill"]] >= created[fill["order"]] + venue.entry
    if venue.response == 0:
        assert set(told) == set(times)


@many
@given(markets, venues, acts)
def test_a_poor_account_never_owes(market, venue, given_acts):
    """300 USD are gone after a few orders; `Random` checks free and locked after each event."""
    venue = replace(venue, account="cash", entry=0, response=0)
    ran = run(market, venue, given_acts, cash="300 USD")
    sums = defaultdict(Decimal)
    for row in rows(ran.result.ledger):
        sums[row["asset"]] += row["amount"]
        assert sums[row["asset"]] >= 0
    paid = sum(signed(fill) * fill["price"] for fill in ran.fill_rows)
    rounding = CENT8 * len(ran.fill_rows)
    assert abs(ran.balances["USD"] - (300 - paid - sum(ran.fees))) <= rounding


def test_what_is_free_is_never_negative_under_latency():
    seen = []

    def look(context):
        seen.append((at(context), context.balance().free))

    scripted_run(
        quotes((0, 100, 9999, 100, 9999), (20, 100, 9999, 100, 9999)),
        (0, buy(5)), (3, sell(5)), (4, buy(1000)), (5, buy(1000)),
        *((ms, look) for ms in range(20)),
        latency="1ms", fees=0,
    )  # fmt: skip
    assert [moment for moment in seen if moment[1] < 0] == []
