"""`MarketDataInMemory`: what goes in comes out, and runs of it are runs of the file."""

import gc
import json
import pickle
from datetime import UTC, datetime

import pytest
from scripted import START, ns
from systems import config, lost, touch, trade, walk

import barter_python as bt
from barter_python import data
from barter_python.errors import MissingFileError

EVENTS = [lost(), trade(5, "100.25"), touch(6, 100, 101), lost("okx"), trade(7, 99, of=1)]


class Buys(bt.Strategy):
    """Buys once, with the first quote."""

    done = False

    def on_quote(self, context, quote):
        if not self.done:
            context.buy(quote.instrument, 1)
            self.done = True


def told(summary):
    return summary.to_dict()


def test_what_goes_in_comes_out():
    tape = bt.MarketDataInMemory(iter(EVENTS))
    assert tape.events == EVENTS == list(tape) == [tape[at] for at in range(5)]
    assert tape[-1] == EVENTS[-1]
    assert len(tape) == 5
    assert tape.errors == 0
    assert tape.time_first_event_ns == ns(5)
    assert tape.time_first_event == datetime.fromtimestamp(START / 1e9 + 0.005, UTC)
    assert repr(tape).startswith("<MarketDataInMemory of 3 events from 2023")
    assert "2 lost connections" in repr(tape)
    for at in (5, -6):
        with pytest.raises(IndexError, match="there are 5 events"):
            tape[at]
    walking = iter(tape)
    assert iter(walking) is walking
    assert [next(walking), next(walking)] == EVENTS[:2]
    assert tape == bt.MarketDataInMemory(tape) == pickle.loads(pickle.dumps(tape))
    assert tape != bt.MarketDataInMemory(EVENTS[1:])
    assert tape != EVENTS


def test_text_a_file_and_a_list_are_the_same(tmp_path):
    records = [
        {"Reconnecting": "kraken"},
        {"Item": {"Ok": EVENTS[1].to_dict()["Market"]["Item"]}},
        {"Item": {"Err": "gone"}},
        {"Item": {"Ok": EVENTS[2].to_dict()["Market"]["Item"]}},
    ]
    text = json.dumps(records, default=str)
    lines = "\n".join(json.dumps(record, default=str) for record in records)
    path = tmp_path / "data.json"
    path.write_text(text)
    tape = bt.MarketDataInMemory.from_json(text)
    assert tape == bt.MarketDataInMemory(EVENTS[:3])
    assert tape == bt.MarketDataInMemory.from_json(lines)
    assert tape == bt.MarketDataInMemory.from_json_file(path)
    assert tape.errors == 1


def test_values_become_the_events_that_have_them():
    """The payload of an event, with where and when, is the event again."""
    make = bt.EngineEvent
    events = [
        *EVENTS[1:3],
        make.market_order_book_snapshot("kraken", 0, 7, ns(8), [(99, 1), (98, 2)], [(100, 3)]),
        make.market_candle("kraken", 1, ns(0), ns(9), 1, 4, 1, 2, 10, 3),
        make.market_liquidation("kraken", 0, 5, "0.5", "sell", ns(9)),
    ]
    values = [
        data.MarketEvent(
            event.time_exchange, event.time_received, event.exchange, event.instrument,
            event.payload,
        )
        for event in events
    ]  # fmt: skip
    assert [value.to_engine_event() for value in values] == events
    assert bt.MarketDataInMemory(values) == bt.MarketDataInMemory(events)


@pytest.mark.parametrize(
    ("events", "says"),
    [
        ([], "there is no event"),
        ([lost()], "there is no event"),
        ([EVENTS[1], "a trade"], r"events\[1\] must be an EngineEvent .* got str"),
        ([EVENTS[1], bt.EngineEvent.shutdown()], r"events\[1\] must be market data, got shutdown"),
        ("abc", "events must be a list, got str"),
        (7, "events must be a list, got int"),
    ],
)
def test_what_is_no_market_data_is_named(events, says):
    with pytest.raises(bt.DataError, match=says):
        bt.MarketDataInMemory(events)


def test_faults_of_files_are_named(tmp_path):
    with pytest.raises(MissingFileError, match=r"nowhere\.json"):
        bt.MarketDataInMemory.from_json_file(tmp_path / "nowhere.json")
    with pytest.raises(bt.DataError, match="row 0"):
        bt.MarketDataInMemory.from_json('[{"Item": {"Ok": {}}}]')


def test_an_iterable_that_fails_fails_with_its_own_error():
    def broken():
        yield EVENTS[1]
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        bt.MarketDataInMemory(broken())


def test_a_run_of_it_is_a_run_of_the_file(tmp_path):
    events = [*walk(50), lost(), *(trade(60_000 + at, 100) for at in range(5))]
    path = tmp_path / "data.json"
    records = [
        {"Item": {"Ok": event.to_dict()["Market"]["Item"]}} if event.instrument is not None
        else {"Reconnecting": "kraken"}
        for event in events
    ]  # fmt: skip
    path.write_text(json.dumps(records, default=str))
    tape = bt.MarketDataInMemory(events)
    of_file = told(bt.run_historic_backtest(config(), path, strategy=Buys()))
    assert of_file["fills"] == 1
    for _ in range(2):
        assert told(bt.run_historic_backtest(config(), tape, strategy=Buys())) == of_file


def test_one_tape_serves_configurations_that_differ():
    """What it comes to is kept for one of them at a time."""
    tape = bt.MarketDataInMemory(walk(20, of=1))
    rich, poor = config(), config(money="1")
    both = [told(bt.run_historic_backtest(c, tape, strategy=Buys())) for c in (rich, poor)]
    other = config()
    coarse = {
        "price": {"min": "1", "tick_size": "1"},
        "quantity": {"unit": "Contract", "min": "1", "increment": "1"},
        "notional": {"min": "0"},
    }
    fields = other.to_dict()
    fields["instruments"][1]["spec"] = coarse
    third = told(bt.run_historic_backtest(bt.SystemConfig.from_dict(fields), tape))
    again = [told(bt.run_historic_backtest(c, tape, strategy=Buys())) for c in (rich, poor)]
    assert both == again
    assert both[0] != both[1]
    assert third != both[0]


def test_an_event_that_the_configuration_does_not_have_is_named():
    tape = bt.MarketDataInMemory([trade(0, 100), trade(1, 100, of=2)])
    for _ in range(2):
        with pytest.raises(bt.DataError, match="row 1.*index must be from 0 to 1, got 2"):
            bt.run_historic_backtest(config(), tape)


def test_events_may_outlive_their_market_data():
    walking = iter(bt.MarketDataInMemory(EVENTS))
    gc.collect()
    assert list(walking) == EVENTS
