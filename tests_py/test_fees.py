"""What a fill costs, in every form of fee: known answers, and the laws of money under each."""

from __future__ import annotations

import pickle
from dataclasses import replace
from decimal import ROUND_HALF_EVEN, Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_markets import acts, markets, venues
from random_markets import run as random_run
from scripted import CONTRACT, buy, pairs, quotes, rows, run, trades

import barter_python as bt

CENT8 = Decimal("0.00000001")
FINE = bt.Instrument("BTC/USD", tick="0.01", lot="0.001")
COIN = bt.Instrument("COIN/USD", tick="0.01", lot="0.01")
AT_20_000 = quotes((0, 19_999, 5, 20_000, 5), (9, 19_999, 5, 20_000, 5), instrument=FINE)
DAY = 86_400_000


# Paid in base.


@pytest.mark.parametrize("limit", [None, 20_000])
def test_a_fee_in_base_is_taken_from_what_a_buy_receives(limit):
    """20,000 in all; one coin at 20,000 and 0.10 % of it."""
    ran = run(AT_20_000, (0, buy(1, limit)), cash="20000 USD", fees=bt.Fees("0.1%", asset="base"))
    assert ran.fills == pairs("1 @ 20000")
    assert ran.status() == ("filled", None)
    assert [(row["fee"], row["fee_asset"]) for row in ran.fill_rows] == [(Decimal("0.001"), "BTC")]
    assert ran.balances == {"USD": 0, "BTC": Decimal("0.999")}


def test_an_all_in_buy_of_a_single_lot_needs_its_price_and_no_more():
    """The price up to which it may take, 5 % above, is not asked for."""
    whole = bt.Instrument("BTC/USD", tick=1, lot=1)
    data = quotes((0, 19_999, 1, 20_000, 1), instrument=whole)
    fees = bt.Fees("0.1%", asset="base")
    ran = run(data, (0, buy(1)), cash="20000 USD", fees=fees)
    assert ran.fills == pairs("1 @ 20000")
    assert ran.balances == {"USD": 0, "BTC": Decimal("0.999")}
    assert run(data, (0, buy(1)), cash="19999.99 USD", fees=fees).fills == []


def test_a_sell_pays_in_quote_and_close_sells_what_is_there():
    fees = bt.Fees("0.1%", asset="base")
    ran = run(AT_20_000, (0, buy(1)), (1, lambda c: c.close()), cash="20000 USD", fees=fees)
    assert ran.fills == pairs("1 @ 20000, 0.999 @ 19999")
    proceeds = Decimal("0.999") * 19_999
    assert ran.fill_rows[1]["fee_asset"] == "USD"
    assert ran.balances == {"USD": proceeds - proceeds / 1000, "BTC": 0}


def test_a_contract_delivers_what_it_is_made_of():
    """Two contracts of ten coins at 50 cost 1,000; 1 % of that are 0.2 coins."""
    ten = bt.Instrument("ABC/USD", tick="0.01", lot=1, multiplier=10)
    data = quotes((0, 49, 9, 50, 9), instrument=ten)
    ran = run(data, (0, buy(2)), cash="1500 USD", fees=bt.Fees("1%", asset="base"))
    assert ran.fills == pairs("2 @ 50")
    assert ran.balances == {"USD": 500, "ABC": Decimal("19.8")}


def test_fees_in_base_need_an_account_that_receives_base():
    with pytest.raises(bt.ConfigError, match="only a cash account receives base"):
        run(quotes((0, 1, 1, 2, 1), instrument=CONTRACT), account="linear",
            fees=bt.Fees("0.1%", asset="base"))  # fmt: skip


# Paid in a third asset.


def test_a_fee_in_a_third_asset_at_a_constant_price():
    """15 USD are 0.05 of a coin at 300."""
    fees = bt.Fees("0.075%", asset="coin", price=300)
    ran = run(AT_20_000, (0, buy(1)), cash={"USD": 20_000, "COIN": 1}, fees=fees)
    assert [(row["fee"], row["fee_asset"]) for row in ran.fill_rows] == [(Decimal("0.05"), "COIN")]
    assert ran.balances == {"USD": 0, "COIN": Decimal("0.95"), "BTC": 1}
    # One coin at its constant price, one BTC at the middle, before and after.
    assert ran.result.summary.end_equity == Decimal("0.95") * 300 + Decimal("19999.5")
    assert rows(ran.result.positions)[0]["fees"] == 15


def test_a_market_of_the_third_asset_in_the_run_prices_it():
    coin = quotes((0, 299, 9, 301, 9), (5, 399, 9, 401, 9), instrument=COIN)
    fees = bt.Fees("0.075%", asset="COIN", price=1)
    ran = run(
        AT_20_000 + coin, (0, buy("0.5")), (6, buy("0.5")),
        cash={"USD": 20_000, "COIN": 1}, fees=fees,
    )  # fmt: skip
    assert ran.fees == [Decimal("0.025"), Decimal("0.01875")]


def test_a_third_asset_without_a_price_is_refused():
    with pytest.raises(bt.ConfigError, match="no market of COIN in USD"):
        run(AT_20_000, fees=bt.Fees("0.1%", asset="COIN"), cash={"USD": 1, "COIN": 1})


@pytest.mark.parametrize(
    ("cash", "expected", "left"),
    [
        # 15 USD in quote, the whole of it: 0.04 of a coin would not pay for all.
        ({"USD": 20_100, "COIN": "0.04"}, [(15, "USD")], {"USD": 85, "BTC": 1}),
        # Quote is short as well.
        (
            {"USD": 20_000, "COIN": "0.04"},
            [(Decimal("0.00075"), "BTC")],
            {"USD": 0, "BTC": Decimal("0.99925")},
        ),
    ],
)
@pytest.mark.parametrize("limit", [None, 20_000])
def test_where_the_third_asset_is_short_quote_pays_and_else_base(cash, expected, left, limit):
    fees = bt.Fees("0.075%", asset="COIN", price=300)
    ran = run(AT_20_000, (0, buy(1, limit)), cash=cash, fees=fees)
    assert [(row["fee"], row["fee_asset"]) for row in ran.fill_rows] == expected
    assert ran.balances == left | {"COIN": Decimal("0.04")}


def test_a_market_buy_that_takes_the_last_money_at_several_prices_leaves_no_debt():
    """The first fill's fee may not take what the second one costs."""
    data = quotes((0, 99, 9, 100, 2))
    ran = run(data, (0, buy(4)), cash={"USD": "400.02", "COIN": "0.0001"},
              fees=bt.Fees("0.1%", asset="COIN", price=300))  # fmt: skip
    assert ran.fills == pairs("2 @ 100, 2 @ 100.01")
    assert ran.balances["USD"] == 0
    assert {row["fee_asset"] for row in ran.fill_rows} == {"ABC"}


# Amounts.


def test_fees_per_contract_and_flat():
    data = quotes((0, 100, 9, 101, 2), instrument=CONTRACT)
    fees = bt.Fees(per_contract="0.85", flat="0.10")
    ran = run(data, (0, buy(3)), cash="1000 USD", account="linear", fees=fees)
    assert ran.fills == pairs("2 @ 101, 1 @ 101.01")
    assert ran.fees == [Decimal("1.80"), Decimal("0.95")]


def test_rate_quantity_and_flat_are_added_and_rounded_once():
    fees = bt.Fees("0.0237%", flat="0.000000004", per_contract="0.000000003")
    data = quotes((0, 33, 9, "33.33", 9))
    ran = run(data, (0, buy(3)), fees=fees)
    exact = Decimal("0.000237") * 3 * Decimal("33.33") + Decimal("0.000000013")
    assert ran.fees == [exact.quantize(CENT8, ROUND_HALF_EVEN)]


def test_a_limit_buy_holds_back_the_amounts_too():
    seen = []
    data = quotes((0, 99, 9, 101, 9), (2, 99, 9, 101, 9))
    run(data, (0, buy(2, 100)), (1, lambda c: seen.append(c.balance().locked)),
        fees=bt.Fees("0.1%", flat="0.5", per_contract="0.25"))  # fmt: skip
    assert seen == [201.2]  # and 0.20, 0.50 for the two, 0.50 for one fill


def test_an_all_in_buy_leaves_room_for_the_amounts():
    ran = run(quotes((0, 99, 99, 100, 99)), (0, buy(10)), cash="1000 USD",
              fees=bt.Fees(flat=5, per_contract=1))  # fmt: skip
    assert ran.fills == pairs("9 @ 100")
    assert ran.balances == {"USD": 86, "ABC": 9}


def test_a_second_flat_fee_that_nothing_is_left_for_comes_out_of_base():
    """205 USD hold back 200 and one flat fee of 5; the order fills in two."""
    sold = trades((1, "sell", 99, 1), (2, "sell", 99, 1))
    ran = run(quotes((0, 100, 1, 101, 9)) + sold, (0, buy(2, 100)), cash="205 USD",
              fees=bt.Fees(flat=5))  # fmt: skip
    assert [(row["fee"], row["fee_asset"]) for row in ran.fill_rows] == [
        (5, "USD"), (Decimal("0.05"), "ABC"),
    ]  # fmt: skip
    assert ran.balances == {"USD": 0, "ABC": Decimal("1.95")}


# The ladder.

TIERS = [(0, "0.1%", "0.2%"), (1000, "0.05%", "0.1%"), (2000, "-0.01%", "0.05%")]


def test_the_ladder_is_climbed_in_the_run_at_its_exact_boundary():
    """Fills of 400, 599.99 and 0.01: the fourth is the first after exactly 1,000."""
    data = quotes(*((ms, "0.01", 9, ask, 9) for ms, ask in enumerate((400, "599.99", "0.01", 100))))
    ran = run(data, *((ms, buy(1)) for ms in range(4)), cash="10000 USD", fees=bt.Fees(tiers=TIERS))
    assert ran.fees == [Decimal(x) for x in ("0.8", "1.19998", "0.00002", "0.1")]


def test_a_trade_counts_for_thirty_days_and_no_longer():
    span = 30 * DAY
    data = quotes((0, 1, 9, 1000, 9), (span - 1, 1, 9, 10, 9), (span, 1, 9, 10, 9))
    ran = run(data, (0, buy(1)), (span - 1, buy(1)), (span, buy(1)), cash="10000 USD",
              fees=bt.Fees(tiers=TIERS))  # fmt: skip
    assert ran.fees == [Decimal(2), Decimal("0.01"), Decimal("0.02")]


def test_makers_climb_the_ladder_too():
    data = quotes((0, 1000, 1, 1001, 9)) + trades((1, "sell", 999, 3), (2, "sell", 999, 3))
    ran = run(data, (0, buy(2, 1000)), (1, buy(1, 1000)), cash="10000 USD",
              fees=bt.Fees(tiers=TIERS), queue="front")  # fmt: skip
    assert ran.fees == [Decimal(2), Decimal("-0.1")]


# The settings.


def test_fees_print_as_code_are_values_and_survive_a_pickle():
    for fees in [
        bt.Fees("0.1%"),
        bt.Fees("-0.01%", 0.0005, flat=1),
        bt.Fees(per_contract="0.85"),
        bt.Fees(tiers=TIERS, asset="base"),
        bt.Fees("0.075%", asset="b'n\"b", price="300.5"),
    ]:
        assert eval(repr(fees), {"Fees": bt.Fees}) == fees
        again = pickle.loads(pickle.dumps(fees))
        assert again == fees
        assert hash(again) == hash(fees)
    assert bt.Fees("0.1%") == bt.Fees("0.10%", 0.001)
    assert bt.Fees("0.1%") != bt.Fees("0.1%", asset="base")
    assert bt.SimulatedExchange(fees="0.1%").fees == bt.Fees("0.1%")
    assert repr(bt.Fees("0.1%")) in repr(bt.SimulatedExchange(fees="0.1%"))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: bt.Fees(5), "-10% and 10%"),
        (lambda: bt.Fees(tiers=[(0, 5, 5)]), "-10% and 10%"),
        (bt.Fees, "say what is charged"),
        (lambda: bt.Fees(taker="0.1%"), "taker is given without maker"),
        (lambda: bt.Fees("0.1%", tiers=TIERS), "leave out maker and taker"),
        (lambda: bt.Fees(tiers=TIERS[1:]), "the first from 0"),
        (lambda: bt.Fees(tiers=[TIERS[0], TIERS[0]]), "must ascend"),
        (lambda: bt.Fees(flat=-1), "flat must be >= 0"),
        (lambda: bt.Fees(flat="5%"), "not understood"),
        (lambda: bt.Fees(0, asset="bnb", price=0), "price must be > 0"),
        (lambda: bt.Fees(0, price=1), "fees in quote need none"),
    ],
)
def test_fees_out_of_range_are_named(make, said):
    with pytest.raises(bt.ConfigError, match=said):
        make()


def test_assumptions_say_what_is_charged():
    texts = [
        f"{one.topic}: {one.text}"
        for one in run(
            AT_20_000, cash={"USD": 1, "COIN": 1},
            fees=bt.Fees(tiers=TIERS, flat=1, asset="COIN", price=300),
        ).result.assumptions
        if one.topic == "fees"
    ]  # fmt: skip
    assert texts == [
        "fees: maker 0.1%, taker 0.2% of the notional from 0 traded in 30 days of this run",
        "fees: maker 0.05%, taker 0.1% of the notional from 1000 traded in 30 days of this run",
        "fees: maker -0.01%, taker 0.05% of the notional from 2000 traded in 30 days of this run",
        "fees: 1 for each fill, 0 for each contract",
        "fees: paid in COIN at its market price, else at 300 each; in quote where it is short",
    ]


# Laws.

forms = st.sampled_from([
    bt.Fees("0.1%", "0.2%", asset="base"),
    bt.Fees("-0.01%", "0.0237%", asset="base"),
    bt.Fees("0.0333%", asset="COIN", price="3.7"),
    bt.Fees("0.1%", "0.2%", asset="COIN", price="3.7", flat="0.03"),
    bt.Fees(flat="0.37", per_contract="0.0113"),
    bt.Fees("0.05%", "0.0371%", flat="1.37", per_contract="0.003"),
    bt.Fees(tiers=[(0, "0.1%", "0.2%"), (150, "0.0371%", "0.1%"), (5000, "-0.01%", "0.0333%")]),
])  # fmt: skip


@settings(max_examples=200, deadline=None, derandomize=True)
@given(markets, venues, acts, forms, st.sampled_from([300, 20_000]), st.sampled_from([0, "0.2"]))
def test_every_form_of_fee_keeps_the_laws_of_money(  # noqa: PLR0917 - what is drawn
    market, venue, given_acts, fees, cash, coins
):
    """A balance is the sum of its postings; assets in = assets out + fees; no debts."""
    if fees.asset == "base":
        venue = replace(venue, account="cash")
    start = {"USD": cash} | ({"COIN": coins} if coins and fees.asset == "COIN" else {})
    ran = random_run(market, venue, given_acts, fees=fees, cash=start)
    sums, paid = {}, {}
    for row in rows(ran.result.ledger):
        sums[row["asset"]] = sums.get(row["asset"], Decimal(0)) + row["amount"]
        if row["reason"] == "fee":
            paid[row["asset"]] = paid.get(row["asset"], Decimal(0)) - row["amount"]
        if venue.account == "cash":
            assert sums[row["asset"]] >= 0
    assert {asset: sum_ for asset, sum_ in sums.items() if sum_} == {
        asset: amount for asset, amount in ran.balances.items() if amount
    }
    charged = {}
    for fill in ran.fill_rows:
        asset = fill["fee_asset"]
        charged[asset] = charged.get(asset, Decimal(0)) + fill["fee"]
    assert {asset: fee for asset, fee in charged.items() if fee} == {
        asset: fee for asset, fee in paid.items() if fee
    }
    if venue.account == "cash":
        held = sum((1 if f["side"] == "buy" else -1) * f["quantity"] for f in ran.fill_rows)
        assert ran.balances.get("ABC", 0) == held - charged.get("ABC", 0)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(markets, venues, acts)
def test_profit_without_fees_less_fees_is_profit_with_them(market, venue, given_acts):
    """Where the fills are the same: a margin account that has more than enough."""
    venue = replace(venue, account="linear")
    fees = bt.Fees(tiers=[(0, "0.1%", "0.2%"), (150, "0.0371%", "0.1%")], flat="0.01")
    dear = random_run(market, venue, given_acts, fees=fees, cash="100000000 USD")
    free = random_run(market, venue, given_acts, fees=0, cash="100000000 USD")
    assert dear.fills == free.fills
    assert dear.balances["USD"] == free.balances["USD"] - sum(dear.fees)
