"""Mocked exchanges of one system that charge and answer differently."""

from decimal import Decimal

import pytest
from scripted import ns

import barter_python as bt

TERMS = {"binance_spot": (40, "0.1"), "kraken": (1500, "0.26"), "okx": (0, "0")}


def config(*exchanges, terms=TERMS):
    instruments = [
        {
            "exchange": exchange,
            "name_exchange": "BTCUSDT",
            "underlying": {"base": "btc", "quote": "usdt"},
            "kind": "spot",
        }
        for exchange in exchanges
    ]
    mocked = [
        bt.MockExecutionConfig(exchange, {"usdt": "10000"}, *terms[exchange])
        for exchange in exchanges
    ]
    return bt.SystemConfig(instruments, mocked)


def market(*exchanges):
    """Quotes that go up and down, of each exchange at times of its own."""
    events = []
    for index, exchange in enumerate(exchanges):
        shift = list(TERMS).index(exchange)
        for at in range(60):
            step = (0, 1, 2, 3, 2, 1)[(at + shift) % 6]
            time = ns(100 * at + 7 * shift)
            bid, ask = (100 + step, 2), (101 + step, 2)
            events.append(
                (time, bt.EngineEvent.market_order_book_l1(exchange, index, time, bid, ask))
            )
    return [event for _, event in sorted(events, key=lambda pair: pair[0])]


class Each(bt.Strategy):
    """Trades each instrument by its own quotes alone; notes what it hears, by instrument."""

    def on_start(self, context):
        self.heard = {instrument.name: [] for instrument in context.instruments}
        self.seen = dict.fromkeys(self.heard, 0)

    def on_quote(self, context, quote):
        name = quote.instrument.name
        self.seen[name] += 1
        if self.seen[name] % 5 == 1:
            context.buy(quote.instrument, 1, limit=quote.ask + 9)
        elif self.seen[name] % 5 == 4:
            for order in context.orders(quote.instrument):
                context.cancel(order.id)
            context.close(quote.instrument)

    def on_order(self, context, order):
        self.heard[order.instrument.name].append((context.time, order.status, order.filled))

    def on_fill(self, context, fill):
        self.heard[fill.instrument.name].append((context.time, fill.price, fill.quantity, fill.fee))


def heard(*exchanges):
    strategy = Each()
    bt.run_historic_backtest(
        config(*exchanges), bt.MarketDataInMemory(market(*exchanges)), strategy=strategy
    )
    return strategy.heard


def test_an_exchange_beside_others_is_as_it_is_alone():
    together = heard(*TERMS)
    assert len(together) == len(TERMS)
    for exchange in TERMS:
        for name, alone in heard(exchange).items():
            assert together[name] == alone
            assert len(alone) > 20


def test_each_exchange_charges_its_own_fee_after_its_own_latency():
    (order_of,) = ({name.split("-")[0]: news for name, news in heard(*TERMS).items()},)
    for exchange, (latency_ms, percent) in TERMS.items():
        bought = next(news for news in order_of[exchange] if len(news) == 4)
        sent = ns(7 * list(TERMS).index(exchange))
        time, price, quantity, fee = bought
        assert time - sent == latency_ms * 1_000_000
        exact = Decimal(str(price)) * Decimal(str(quantity)) * Decimal(percent) / 100
        assert Decimal(str(fee)) == exact


def test_a_far_exchange_is_overtaken_and_each_keeps_its_own_order():
    heard_when = []

    class Both(bt.Strategy):
        def on_start(self, context):
            self.names = {}

        def on_quote(self, context, quote):
            if len(self.names) == 0:
                for instrument in reversed(context.instruments):
                    for _ in range(3):
                        self.names[context.buy(instrument, 1, limit=1)] = instrument.name

        def on_order(self, context, order):
            heard_when.append((context.time, order.id, self.names[order.id].split("-")[0]))

    exchanges = ("binance_spot", "kraken")
    bt.run_historic_backtest(
        config(*exchanges), bt.MarketDataInMemory(market(*exchanges)), strategy=Both()
    )
    sent = heard_when[:6]
    assert [name for _, _, name in sent] == ["binance_spot"] * 3 + ["kraken"] * 3
    assert [order for _, order, _ in sent] == [4, 5, 6, 1, 2, 3]


def test_the_assumptions_name_what_each_exchange_charges_and_takes():
    summary = bt.run_historic_backtest(config(*TERMS), bt.MarketDataInMemory(market(*TERMS)))
    told = {(one.topic, one.text) for one in summary.assumptions}
    assert ("fees", "kraken: maker 0.26%, taker 0.26% of the notional") in told
    assert ("latency", "kraken: 750ms to the exchange, 750ms back") in told
    assert ("latency", "okx: 0s to the exchange, 0s back") in told


@pytest.mark.parametrize("same", [(5, "0.1"), (0, "0")])
def test_exchanges_with_the_same_terms_are_told_once(same):
    terms = dict.fromkeys(TERMS, same)
    summary = bt.run_historic_backtest(
        config(*TERMS, terms=terms), bt.MarketDataInMemory(market(*TERMS))
    )
    topics = [one.topic for one in summary.assumptions]
    assert (topics.count("fees"), topics.count("latency")) == (1, 1)


@pytest.mark.parametrize("count", [1, 2])
def test_an_order_that_met_its_own_price_before_any_data_is_called_optimistic(count):
    with bt.start_system(config("binance_spot", "okx"), clock="event") as system:
        first, *rest = market("binance_spot", "okx")
        system.feed_events([first])
        names = [bt.OrderKey(1, 1, "desk") for _ in range(count)]
        ask = [bt.OrderRequestOpen(key, "buy", 100, 1, "market") for key in names]
        system.send_open_requests(ask)
        system.feed_events(rest)
        summary = system.shutdown_with_summary()
    (price,) = (one for one in summary.assumptions if one.topic == "price")
    assert price.optimistic
    met = "1 market order came before any data and met its own price"
    if count == 2:
        met = "2 market orders came before any data and met their own prices"
    assert price.text == f"okx-btc_usdt: {met}"
    assert met in " ".join(str(summary).split())
    assert summary.to_dict()["assumptions"] == [
        {"topic": one.topic, "text": one.text, "optimistic": one.optimistic}
        for one in summary.assumptions
    ]
