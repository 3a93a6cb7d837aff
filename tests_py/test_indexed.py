"""`IndexedInstruments`: the indices that messages have are those that a system counts by."""

import pytest
from scripted import ns

import barter_python as bt

# Not in the order of their indices: two exchanges, pairs, a contract.
GIVEN = [
    ("okx", "ETH-USDT", "eth", "USDT", "spot"),
    ("binance_spot", "SOLUSDT", "sol", "usdt", "spot"),
    ("okx", "BTC-USDT-SWAP", "BTC", "usdt", None),
    ("okx", "BTC-USDT", "BTC", "usdt", "spot"),
    ("binance_spot", "BTCUSDT", "btc", "usdt", "spot"),
]
PERPETUAL = {"perpetual": {"contract_size": "1", "settlement_asset": "usdt"}}
CONFIG = bt.SystemConfig(
    [
        {
            "exchange": exchange,
            "name_exchange": name,
            "underlying": {"base": base, "quote": quote},
            "kind": kind or PERPETUAL,
        }
        for exchange, name, base, quote, kind in GIVEN
    ]
)
ALL = bt.IndexedInstruments(CONFIG)


def test_the_indices_are_those_of_a_system():
    with bt.start_system(CONFIG, clock="event") as system:
        for at in range(len(ALL)):
            on = next(row[0] for row in GIVEN if row[1] == ALL.instrument(at)["name_exchange"])
            system.send_event(bt.EngineEvent.market_trade(on, at, 100 + at, 1, "buy", ns(at)))
        state = system.state()
    assert len(ALL) == len(state.instruments) == len(GIVEN)
    assert ALL.assets_len == len(state.assets) == 6
    assert ALL.exchanges_len == len(state.exchanges) == 2
    for at, one in enumerate(state.instruments):
        assert one.price == 100 + at
        assert ALL.instrument_name(at) == one.name
        assert ALL.instrument_index(one.name) == at
    for at, one in enumerate(state.assets):
        on = ALL.exchange_id(one.exchange)
        assert ALL.asset(at) == (on, one.name)
        assert ALL.asset_index(on, one.name.upper()) == at
    for at, one in enumerate(state.exchanges):
        assert ALL.exchange_id(at) == one.name
        assert ALL.exchange_index(one.name) == at


@pytest.mark.parametrize(("exchange", "name"), [row[:2] for row in GIVEN])
def test_an_instrument_is_found_by_the_name_of_its_exchange(exchange, name):
    at = ALL.instrument_index_from_exchange_name(exchange, name)
    assert ALL.instrument(at)["exchange"] == exchange
    assert ALL.instrument(at)["name_exchange"] == name


def test_what_there_is_not_is_named():
    for call, says in [
        (lambda: ALL.exchange_index("kraken"), "no instrument is traded on kraken; known: binance"),
        (lambda: ALL.exchange_index("ox"), 'unknown exchange "ox"'),
        (lambda: ALL.asset_index("okx", "sol"), 'no asset of okx is called "sol"'),
        (lambda: ALL.asset_index("okx", ""), 'no asset of okx is called ""'),
        (lambda: ALL.asset_index("okx", "usd"), 'did you mean "usdt"'),
        (lambda: ALL.instrument_index("okx-btcusdt"), 'did you mean "okx-btc_usdt"'),
        (lambda: ALL.instrument_index_from_exchange_name("okx", "BTCUSDT"), "BTC-USDT"),
        (lambda: ALL.instrument(5), "instrument index must be between 0 and 4, got 5"),
        (lambda: ALL.instrument_name(-1), "instrument index must be between 0 and 4, got -1"),
        (lambda: ALL.asset(2**80), "asset index must be between 0 and 5"),
        (lambda: ALL.exchange_id(2), "exchange index must be between 0 and 1"),
    ]:
        with pytest.raises(bt.ConfigError, match=says):
            call()


def test_it_says_what_it_has():
    assert bt.IndexedInstruments.from_system_config(CONFIG).exchanges_len == 2
    shown = "<IndexedInstruments binance_spot-btc_usdt, binance_spot-sol_usdt, okx-btc_usdt, "
    assert repr(ALL).startswith(shown)
