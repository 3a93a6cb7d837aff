"""`SystemConfig`: nothing that it is given is guessed at or left out, and what it says it keeps."""

import copy
import json
import pickle
from decimal import Decimal
from itertools import pairwise

import pytest
from systems import balances, config, touch

import barter_python as bt

PAIR = {"base": "btc", "quote": "usdt"}
SPOT = {"exchange": "kraken", "name_exchange": "BTCUSDT", "underlying": PAIR, "kind": "spot"}
SPEC = {
    "price": {"min": "0", "tick_size": "0.1"},
    "quantity": {"unit": "Contract", "min": "0", "increment": "0.01"},
    "notional": {"min": "0"},
}
ORDER = {
    "key": {"exchange": "kraken", "instrument": "BTCUSDT", "strategy": "s", "cid": "c"},
    "side": "Buy",
    "price": "1",
    "quantity": "2",
    "kind": "Limit",
    "time_in_force": {"GoodUntilCancelled": {"post_only": False}},
}
OPEN = {"id": "7", "time_exchange": "2024-01-01T00:00:00Z", "filled_quantity": "0"}


def balance(asset="usdt", total="10", free="10"):
    amounts = {"total": total, "free": free}
    return {"asset": asset, "balance": amounts, "time_exchange": "2024-01-01T00:00:00Z"}


def mocked(*orders, money=()):
    listed = [{"instrument": "BTCUSDT", "orders": list(orders)}] if orders else []
    state = {"exchange": "kraken", "balances": list(money), "instruments": listed}
    return {
        "mocked_exchange": "kraken", "latency_ms": 0, "fees_percent": "0", "initial_state": state
    }  # fmt: skip


def fields(*changes, execution=None, **more):
    """A configuration with an instrument for each of these changes to the usual one."""
    instruments = [copy.deepcopy(SPOT | one) for one in changes or [{}]]
    return {"instruments": instruments, "executions": [execution or mocked()], **more}


def made(*changes, **more):
    return bt.SystemConfig.from_dict(fields(*changes, **more))


def contract(**changes):
    terms = {"contract_size": "1", "settlement_asset": "usdt", "expiry": 1_735_689_600_000}
    return {"kind": {"future": terms | changes}}


def ruled(part, name, value):
    return {"spec": SPEC | {part: SPEC[part] | {name: value}}}


def held_open(state):
    return mocked(ORDER | {"state": state}, money=[balance()])


# What is refused, and what the sentence says of it.
WRONG = [
    (fields({"name_exchange": ""}), r"instruments\[0\]\.name_exchange must have 1 to 64"),
    (fields({"name_exchange": "A\x07B"}), r"name_exchange must have .* printable .*A\\u\{7\}B"),
    (fields({}, {"name_exchange": " B"}), r"instruments\[1\]\.name_exchange"),
    (fields({"underlying": PAIR | {"base": "b\nc"}}), r"underlying\.base must have"),
    (fields({"underlying": PAIR | {"quote": ""}}), r"underlying\.quote must have"),
    (fields(contract(settlement_asset="")), r"settlement_asset must have"),
    (fields(contract(contract_size=0)), r"contract_size must be > 0, got 0"),
    (fields(contract(expiry=-1)), r"expiry must be in milliseconds .* got -1"),
    (fields(contract(expiry=1_735_689_600)), r"expiry must be in milliseconds .*1970-01-21"),
    (fields(ruled("price", "tick_size", 0)), r"spec\.price\.tick_size must be > 0, got 0"),
    (fields(ruled("price", "min", -1)), r"spec\.price\.min must be >= 0, got -1"),
    (fields(ruled("quantity", "increment", "-0.1")), r"spec\.quantity\.increment must be > 0"),
    (fields(ruled("quantity", "min", -1)), r"spec\.quantity\.min must be >= 0"),
    (fields(ruled("notional", "min", -1)), r"spec\.notional\.min must be >= 0"),
    (fields(ruled("notional", "mn", 0)), r'unknown field "mn".*"min"'),
    (fields(risk_free_return=-1), r"risk_free_return must be > -1, got -1"),
    (fields(execution=mocked(money=[balance()] * 2)), r'balances\[1\]: "usdt" has a balance'),
    (fields(execution=mocked(money=[balance(), balance("USDT")])), r'"USDT" has a balance already'),
    (fields(execution=mocked(money=[balance(free="11")])), r"free must be <= total 10, got 11"),
    (
        fields(execution=mocked(ORDER | {"prise": 1})),
        r'unknown field "prise".*did you mean "price"',
    ),
    (fields(execution=held_open({"Inactive": "Expired"})), r'state: unknown variant "Inactive"'),
    (
        fields(execution=held_open({"Open": OPEN | {"filled_quantity": 1}})),
        r"must be 0, got 1; give",
    ),
    (
        fields(execution=held_open({"Active": {"CancelInFlight": {}}})),
        r"orders\[0\]\.state must be",
    ),
    (
        fields(risk={"instruments": [{"index": 0, "limits": {}}] * 2}),
        r"risk\.instruments\[1\]: 0 has limits already",
    ),
]


@pytest.mark.parametrize(("given", "says"), WRONG, ids=[says for _, says in WRONG])
def test_what_is_wrong_is_named_before_anything_begins(given, says):
    with pytest.raises(bt.ConfigError, match=says):
        bt.SystemConfig.from_dict(given)


@pytest.mark.parametrize("name", ["exchange", "instrument"])
def test_an_order_of_the_start_stands_where_its_key_says(name):
    order = copy.deepcopy(ORDER)
    order["key"][name] = "okx"
    with pytest.raises(bt.ConfigError, match=rf"orders\[0\]\.key\.{name} must be .*okx"):
        made(execution=mocked(order))
    order["key"] = ORDER["key"] | {"instrment": "BTCUSDT"}
    with pytest.raises(bt.ConfigError, match='unknown field "instrment"'):
        made(execution=mocked(order))


@pytest.mark.parametrize("state", [{"Open": OPEN}, {"Active": {"Open": OPEN}}, None])
def test_an_order_of_the_start_keeps_its_state(state):
    own = made(execution=mocked(ORDER | ({"state": state} if state else {})))
    (order,) = own.to_dict()["executions"][0]["initial_state"]["instruments"][0]["orders"]
    assert order.get("state") == state


@pytest.mark.parametrize("unit", ["Quote", {"Asset": "usdt"}, {"Asset": "doge"}])
def test_quantities_never_count_what_the_engine_does_not(unit):
    own = made(ruled("quantity", "unit", unit))
    assert own.instruments[0]["spec"]["quantity"]["unit"] == unit
    with pytest.raises(bt.ConfigError, match=r"unit must be \"Contract\" or \{\"Asset\": \"btc\""):
        bt.start_system(own)
    perpetual = {"kind": {"perpetual": {"contract_size": "0.1", "settlement_asset": "usdt"}}}
    with pytest.raises(bt.ConfigError, match=r"contract_size is 0\.1 and not 1"):
        bt.start_system(made(ruled("quantity", "unit", {"Asset": "BTC"}) | perpetual))


def test_a_contract_is_not_larger_than_what_can_be_counted():
    terms = {"contract_size": "1_000_000_001", "settlement_asset": "usdt"}
    with pytest.raises(
        bt.ConfigError, match="multiplier must be at most 1000000000, got 1000000001"
    ):
        bt.start_system(made({"kind": {"perpetual": terms}}))
    with pytest.raises(bt.ConfigError, match="multiplier must be at most"):
        bt.Instrument("A/B", tick=1, lot=1, multiplier=10**27)


def names(own):
    with bt.start_system(own, clock="event") as system:
        return [one.name for one in system.state().instruments]


def test_no_two_instruments_have_one_name():
    assert names(made({"name_exchange": "one"}, {"name_exchange": "ONE"})) == [
        "kraken-btc_usdt_ONE", "kraken-btc_usdt_one"
    ]  # fmt: skip
    twin = {"name_exchange": "X", "underlying": {"base": "btc", "quote": "usdt_a"}}
    with pytest.raises(bt.ConfigError, match=r'instruments\[.\] and .* called "kraken-btc_usdt_a"'):
        names(made({"name_exchange": "A"}, {"name_exchange": "B"}, twin))


def test_letters_beyond_ascii_are_one_asset_in_either_case():
    own = made(
        {"underlying": {"base": "Ä", "quote": "É"}},
        execution=mocked(money=[balance("ä"), balance("É")]),
    )
    with bt.start_system(own, clock="event") as system:
        system.send_event(touch(0, 1, 2))
        assert balances(system.state()) == {"ä": (10, 10), "é": (10, 10)}


def test_money_that_nothing_holds_back_is_free_and_told_of(caplog):
    with caplog.at_level("WARNING", "barter_python"):
        own = made(execution=mocked(money=[balance(free="4")]))
        with bt.start_system(own, clock="event") as system:
            system.send_event(touch(0, 1, 2))
            assert balances(system.state())["usdt"] == (10, 10)
    assert "balances[0]: no order holds 6 usdt back, all of it is free" in caplog.text
    caplog.clear()
    with bt.start_system(made(execution=mocked(ORDER, money=[balance(free="8")])), clock="event"):
        assert "holds" not in caplog.text


# Forms of the same.


def test_a_list_has_no_fields():
    for path in (("underlying",), ("spec",), ("spec", "notional"), ("spec", "quantity"), ()):
        whole = fields({"spec": SPEC})
        holder, key = whole["instruments"], 0
        for name in path:
            holder, key = holder[key], name
        holder[key] = list(holder[key].values())
        with pytest.raises(
            bt.ConfigError, match=r"config: instruments\[0\].*got|expected an object"
        ):
            bt.SystemConfig.from_json_str(json.dumps(whole))
    with pytest.raises(bt.ConfigError, match=r"risk\.global: invalid type: list"):
        made(risk={"global": [1, 2, 3, 1]})
    own = made()
    with pytest.raises(TypeError):
        own.set_global_risk_limits([1, 2, 3, 1])


def test_a_key_stands_once():
    text = json.dumps(fields())
    for name in ("latency_ms", "name_exchange", "instruments"):
        again = text.replace(f'"{name}": ', f'"{name}": null, "{name}": ', 1)
        with pytest.raises(bt.ConfigError):
            bt.SystemConfig.from_json_str(again)
    twice = text.replace('"latency_ms": 0', '"latency_ms": 0, "latency_ms": 7')
    with pytest.raises(bt.ConfigError, match='duplicate field "latency_ms"'):
        bt.SystemConfig.from_json_str(twice)


NESTED = {"risk_free_return": "0.1", "system": fields()}


def test_how_a_file_nests_is_kept_and_does_not_count():
    nested, plain = bt.SystemConfig.from_dict(NESTED), made(risk_free_return="0.10")
    assert nested == plain != made(risk_free_return="0.2")
    for one in (nested, plain):
        for again in (copy.copy(one), copy.deepcopy(one), pickle.loads(pickle.dumps(one))):
            assert again == one
            assert again.to_json() == one.to_json()
    assert list(nested.to_dict()) == ["risk_free_return", "system"]
    inner = {"system": fields(risk_free_return="0.1"), "risk_free_return": 0.1}
    assert bt.SystemConfig.from_dict(inner) == nested
    with pytest.raises(bt.ConfigError, match=r"risk_free_return is 0\.3 and system.* 0\.1; give"):
        bt.SystemConfig.from_dict(inner | {"risk_free_return": 0.3})


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("ends", [b"\n", b"\r\n"])
def test_files_of_any_editor_are_read(mark, ends, tmp_path):
    event = json.loads(touch(0, 1, 2).to_json())["Market"]["Item"]
    lines = json.dumps(fields(), indent=2).encode().replace(b"\n", ends)
    toml = ends.join(
        [
            b"executions = []",
            b"[[instruments]]",
            b'exchange = "kraken"',
            b'kind = "spot"',
            b'name_exchange = "BTCUSDT"',
            b'underlying = {base = "btc", quote = "usdt"}',
        ]
    )
    path = tmp_path / "file"
    path.write_bytes(mark + lines)
    assert bt.SystemConfig.from_json(path) == made()
    path.write_bytes(mark + toml)
    assert bt.SystemConfig.from_toml(path).instruments == made().instruments
    path.write_bytes(mark + ends.join(2 * [json.dumps({"Item": event}).encode()]))
    assert list(bt.MarketDataInMemory.from_json_file(path)) == [touch(0, 1, 2)] * 2


def test_a_file_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        made().to_json_file(tmp_path / "nowhere" / "config.json")
    made().to_json_file(tmp_path / "config.json")
    assert bt.SystemConfig.from_json(tmp_path / "config.json") == made()


@pytest.mark.parametrize("index", [-1, 1, 2**32, 2**200])
def test_an_index_of_no_instrument_is_a_fault_of_the_configuration(index):
    own = made()
    for call in (own.get_instrument_risk_limits, own.set_instrument_risk_limits):
        with pytest.raises(bt.ConfigError, match="instrument index must be"):
            call(index)


# Mocked exchanges.


def test_a_mocked_exchange_shares_nothing_with_what_was_made_of_it():
    execution = bt.MockExecutionConfig("kraken", {"usdt": 100}, fees_percent=0.05)
    own, twin = bt.SystemConfig([SPOT], [execution]), execution.clone()
    assert twin == execution
    assert (twin.fees_percent, execution.to_dict()) == (Decimal("0.05"), twin.to_dict())
    before = own.to_dict()
    execution.latency_ms, execution.initial_state["usdt"] = 99, 5
    own.executions()[0].initial_state["balances"].clear()
    own.to_dict()["instruments"].clear()
    assert own.to_dict() == before
    assert twin.initial_state == {"usdt": 100}


@pytest.mark.parametrize(
    ("state", "says"),
    [
        ([1], "initial_state of kraken must be a dict, got list"),
        ({"balance": []}, 'unknown field "balance", did you mean "balances"'),
        ({"usdt": None}, r"balance\.total"),
        ({"usdt": True}, r"balance\.total"),
        ({"usdt": -1}, "total must be >= 0, got -1"),
        ({"usdt": float("nan")}, "total must be finite"),
        ({"usdt": object()}, r"executions\[0\].*a value of type object has no JSON"),
    ],
)
def test_a_start_that_is_none_is_named(state, says):
    with pytest.raises(bt.ConfigError, match=says):
        bt.SystemConfig([SPOT], [bt.MockExecutionConfig("kraken", state)])


@pytest.mark.parametrize("fee", ["١", "x", None, True, -0.1, 100.1, float("nan"), []])
def test_a_fee_is_a_share(fee):
    with pytest.raises(bt.ConfigError, match="fees_percent"):
        bt.MockExecutionConfig("kraken", None, 0, fee)


def test_balances_that_a_system_begins_with_name_an_asset_once():
    twice = [{"exchange": "kraken", "asset": asset, "total": 5} for asset in ("usdt", "USDT")]
    with pytest.raises(bt.ConfigError, match=r'initial_balances\[0\]: "usdt" has two balances'):
        bt.start_system(config(), initial_balances=twice)


# Limits of money that 64 bits do not hold.


class Buys(bt.Strategy):
    def on_quote(self, context, quote):
        if context.position(quote.instrument).quantity == 0:
            context.buy(quote.instrument, 1_000)


@pytest.mark.parametrize(
    ("limits", "bought"),
    [
        ({}, True),
        ({"max_position_notional": 2 * 10**12 + 1000}, True),
        ({"max_position_notional": 2 * 10**12 - 1}, False),
        ({"max_position_notional": 7 * 10**27}, True),
        ({"max_leverage": "0.0021"}, True),
        ({"max_leverage": "0.0019"}, False),
        ({"max_exposure_percent": "0.0021"}, True),
        ({"max_exposure_percent": "0.0020000000000000000000000001"}, True),
        ({"max_exposure_percent": "0.0019"}, False),
    ],
)
def test_limits_are_as_large_as_they_say(limits, bought):
    """A thousand at two milliards, of a currency with many zeros, is 2e12 of 1e15."""
    own = config(money="1_000_000_000_000_000")
    own.set_global_risk_limits(limits)
    with bt.start_system(own, strategy=Buys(), clock="event") as system:
        system.feed_events(
            [touch(at * 1000, 1_999_999_999, 2_000_000_000, 10_000) for at in range(3)]
        )
        orders = system.state().orders
    assert [order.status for order in orders][:1] == ["filled" if bought else "denied"]
    assert all(one == other for one, other in pairwise(order.status for order in orders))


# Where a fault stands.


def test_a_fault_is_named_in_what_was_given(tmp_path):
    """A place in a text is told of a text, not of what became of a dict or of another form."""
    wrong = fields({"exchange": "krakn"})
    with pytest.raises(bt.ConfigError, match=r"^config: instruments\[0\]\.exchange: ") as caught:
        bt.SystemConfig.from_dict(wrong)
    assert "column" not in str(caught.value)
    with pytest.raises(bt.ConfigError, match=r"^line 2: config: .*\(column \d+\)$"):
        bt.SystemConfig.from_json_str("\n" + json.dumps(wrong))
    path = tmp_path / "wrong.json"
    for given in (wrong, fields({"name_exchange": ""}), [], {"system": 5}):
        path.write_text(json.dumps(given))
        with pytest.raises(bt.ConfigError, match=r"wrong\.json: .*config") as caught:
            bt.SystemConfig.from_json(path)
        assert "Keys" not in str(caught.value), "a name of ours"
    path = tmp_path / "wrong.toml"
    path.write_text("instruments = []\nexecutions = []\n")
    with pytest.raises(bt.ConfigError, match=r"wrong\.toml: config: instruments must have one"):
        bt.SystemConfig.from_toml(path)


def test_a_record_on_several_lines_is_told_how_records_stand():
    text = json.dumps({"Item": {}}, indent=2)
    with pytest.raises(bt.DataError, match="records are a list, or one on each line"):
        bt.MarketDataInMemory.from_json(text)
