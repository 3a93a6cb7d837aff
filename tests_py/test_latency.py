"""Delays of messages: their kinds, their models, and that none overtakes another."""

import pickle
import sys
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted import CONTRACT, MS, buy, cancel, ns, pairs, quotes, run, trades

import barter_python as bt
from barter_python import Latency

sys.path.insert(0, str(Path(__file__).parent / "reference"))
from chance import draw

LIQUID = quotes((0, 100, 9_000, 100.10, 9_000), (1_000, 100, 9_000, 100.10, 9_000))


def table(*rows):
    """Columns of measured requests from rows of (sent, at_venue, back) in ms; 0 stays 0."""
    columns = zip(*rows, strict=True)
    return {
        name: [ns(ms) if ms or name == "sent" else 0 for ms in column]
        for name, column in zip(("sent", "at_venue", "back"), columns, strict=True)
    }


def told(ran):
    """(ms, what, order) of everything that the strategy was told."""
    return [(ms, what, more[0] if what == "fill" else more) for ms, what, more in ran.strategy.told]


# Kinds.


def test_each_kind_of_message_takes_its_own_time():
    latency = Latency("4ms", cancel="1ms", back="2ms")
    ran = run(LIQUID, (0, buy(1, 99)), (10, cancel(1)), latency=latency)
    assert told(ran) == [(6, "open", 1), (13, "cancelled", 1)]
    assert ran.orders[1]["updated"] == pd.Timestamp(ns(11), tz="UTC")


def test_one_span_is_both_ways_and_all_kinds():
    same = [
        "5ms", timedelta(milliseconds=5), 5 * MS, np.timedelta64(5, "ms"), ("5ms", "5ms"),
        Latency("5ms"), Latency("5ms", amend="5ms", cancel=5 * MS, back="0.005s"),
    ]  # fmt: skip
    runs = [run(LIQUID, (0, buy(1)), (1, buy(1, 99)), latency=latency) for latency in same]
    assert {ran.digest for ran in runs} == {runs[0].digest}
    assert told(runs[0])[0] == (10, "fill", 1)


# Order.


def test_a_faster_message_does_not_overtake():
    """Delays of 5 ms (sent at 0) and 2 ms (sent at 1): both arrive at 5, the first one first."""
    rows = table((0, 5, 5), (1, 3, 3))
    ran = run(
        quotes((0, 100, 5, 100.10, 1), (50, 100, 5, 100.10, 1)),
        (0, buy(1, 100.10)), (1, buy(1, 100.10)), latency=Latency(rows, back=0),
    )  # fmt: skip
    assert ran.times == [5]
    assert told(ran) == [(5, "open", 1), (5, "fill", 1), (5, "filled", 1), (5, "open", 2)]


delays = st.one_of(
    st.builds("{}ms".format, st.integers(0, 9)),
    st.just("uniform 0ms 9ms"),
    st.just("lognormal 3ms 1"),
    st.just("lognormal 3ms 0"),
    st.just(table((0, 1, 5), (20, 29, 31), (40, 40, 60), (60, 61, 61))),
    st.just(table((0, 1, 5), (20, 0, 31), (40, 40, 60), (50, 0, 61))),
)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    delays,
    delays,
    delays,
    st.lists(st.integers(0, 90), min_size=1, max_size=30),
    st.integers(0, 99),
)
def test_no_message_overtakes_another(new, stop, back, times, seed):
    """Orders reach the venue in the order of their sending, and news come in that of the venue."""
    times = sorted(times)
    acts = [(ms, buy(1) if at % 3 else buy(1, 99)) for at, ms in enumerate(times)]
    acts += [(ms + 1, cancel(at + 1)) for at, ms in enumerate(times) if at % 3 == 0]
    latency = Latency(new, cancel=stop, back=back)
    ran = run(LIQUID, *acts, latency=latency, seed=seed, cash="1000000 USD")
    assert ran.times == sorted(ran.times)
    filled = [row["order"] for row in ran.fill_rows]
    assert filled == sorted(filled)
    said = [row[0] for row in ran.strategy.told]
    assert said == sorted(said)
    fills = [more for _, what, more in ran.strategy.told if what == "fill"]
    assert [order for order, _, _ in fills] == filled
    assert {status for status, _ in map(ran.status, ran.orders)} <= {
        "filled", "cancelled", "open", "rejected"
    }  # fmt: skip
    assert run(LIQUID, *acts, latency=latency, seed=seed, cash="1000000 USD").digest == ran.digest


# Models.


def test_a_uniform_delay_is_the_draw_of_its_order():
    acts = [(100 * at, buy(1)) for at in range(9)]
    ran = run(LIQUID, *acts, latency=("uniform 1ms 3ms", 0), seed=3)
    draws = [draw(3, "latency new", "ABC/USD", order, 0) for order in range(1, 10)]
    expected = [100 * at + 1 + (bits * (2 * MS + 1) >> 64) / MS for at, bits in enumerate(draws)]
    assert ran.times == pytest.approx(expected, abs=1e-9)


def test_answers_and_cancels_have_draws_of_their_own():
    """The third answer about an order and the second cancel of it are drawn as such."""
    latency = Latency(0, cancel="uniform 1ms 3ms", back="uniform 5ms 9ms")
    ran = run(LIQUID, (0, buy(1, 99)), (50, cancel(1)), latency=latency, seed=3)
    cancels = 50 + 1 + (draw(3, "latency cancel", "ABC/USD", 1, 0) * (2 * MS + 1) >> 64) / MS
    backs = [5 + (draw(3, "latency back", "ABC/USD", 1, 2 * k) * (4 * MS + 1) >> 64) / MS
             for k in range(2)]  # fmt: skip
    assert told(ran) == [
        (pytest.approx(backs[0]), "open", 1),
        (pytest.approx(cancels + backs[1]), "cancelled", 1),
    ]


@pytest.mark.parametrize("seed", range(20))
def test_an_exit_that_comes_after_its_entry_has_ended_still_closes_it(seed):
    data = quotes((0, 100, 9, 101, 9), (60, 94, 9, 95, 9), (99, 94, 9, 95, 9))
    ran = run(data, (1, buy(2, 101, stop=95)), latency=("uniform 1ms 30ms", 0), seed=seed)
    assert ran.fills == pairs("2 @ 101, 2 @ 94")


@pytest.mark.parametrize("seed", range(20))
def test_a_leg_that_comes_after_the_other_has_ended_does_not_fill_again(seed):
    def legs(context):
        context.oco(CONTRACT, "sell", 2, limit=100, trigger=95)

    rows = ((0, 100, 9, 101, 9), (60, 94, 9, 95, 9), (99, 94, 9, 95, 9))
    data = quotes(*rows, instrument=CONTRACT)
    latency = ("uniform 1ms 30ms", 0)
    ran = run(data, (1, legs), latency=latency, seed=seed, account="linear")
    assert ran.fills == pairs("2 @ 100")


def test_a_log_normal_delay_without_deviation_is_its_median():
    plain = run(LIQUID, (0, buy(1)), (5, buy(2, 99)), latency="7ms")
    drawn = run(LIQUID, (0, buy(1)), (5, buy(2, 99)), latency="lognormal 7ms 0")
    assert drawn.digest == plain.digest


def test_draws_do_not_depend_on_other_instruments():
    other = bt.Instrument("AAA/USD", tick="0.01", lot="1")
    beside = quotes((0, 50, 900, 51, 900), (1_000, 50, 900, 51, 900), instrument=other)
    acts = [(10 * at, lambda context: context.buy("ABC/USD", 1)) for at in range(20)]
    more = [(3 * at, lambda context: context.buy("AAA/USD", 1)) for at in range(50)]
    latency = "lognormal 2ms 1"

    def times(ran):
        rows = zip(ran.times, ran.fill_rows, strict=True)
        return [ms for ms, row in rows if row["instrument"] == "ABC/USD"]

    alone = run(LIQUID, *acts, latency=latency, cash="100000 USD")
    beside_it = run(beside + LIQUID, *acts, latency=latency, cash="100000 USD")
    assert times(beside_it) == times(alone)
    # With orders there too, messages of one session wait for each other: but for that, the same.
    both = run(beside + LIQUID, *acts, *more, latency=latency, cash="100000 USD")
    assert all(late >= ms for late, ms in zip(times(both), times(alone), strict=True))
    assert any(late == ms for late, ms in zip(times(both), times(alone), strict=True))


def test_measured_delays_are_interpolated_by_the_time_of_sending():
    rows = table((0, 10, 12), (100, 130, 136), (200, 210, 210))
    ran = run(LIQUID, *((ms, buy(1)) for ms in (0, 50, 100, 150, 250, 400)), latency=rows)
    assert ran.times == [10, 70, 130, 170, 260, 410]
    # Back by the time at the venue: 2 ms at 10, 6 at 130, none from 210 on.
    told_at = [ms for ms, what, _ in ran.strategy.told if what == "fill"]
    assert told_at == [12, 74, 136, 173, 260, 410]


# Requests that the venue never gets.

OUTAGE = table((0, 1, 2), (10, 0, 40), (20, 21, 22))


def test_an_order_that_the_venue_never_got_is_rejected_after_the_round_trip():
    ran = run(LIQUID, (0, buy(1)), (10, buy(2)), (20, buy(3)), latency=OUTAGE)
    assert ran.times == [1, 21]  # nobody waits for a request that went nowhere
    assert ran.status(2) == ("rejected", "refused")
    assert (40, "rejected", 2) in told(ran)
    assert ran.result.summary.refused == {"refused": 1}


def test_an_outage_lasts_until_the_next_row():
    ran = run(LIQUID, *((ms, buy(1)) for ms in (9, 15, 19, 20)), latency=OUTAGE)
    assert [ran.status(order)[0] for order in (1, 2, 3, 4)] == [
        "filled", "rejected", "rejected", "filled"
    ]  # fmt: skip


def test_a_cancel_that_the_venue_never_got_leaves_the_order_as_it_was():
    ran = run(
        LIQUID + trades((200, "sell", 98, 5)),
        (0, buy(1, 99)), (10, cancel(1)), (30, cancel(1)), (50, cancel(1)), latency=OUTAGE,
    )  # fmt: skip
    assert ran.strategy.returned == [1, True, False, True]  # the first is known as refused at 40
    assert ran.status() == ("cancelled", "user")
    assert (52, "cancelled", 1) in told(ran)


def test_money_of_an_order_that_never_arrived_is_free_again():
    seen = []

    def look(context):
        seen.append(context.balance().free)

    ran = run(LIQUID, (10, buy(5, 99)), (39, look), (41, look), latency=OUTAGE, fees=0)
    assert seen == [1000 - 495, 1000]
    assert ran.balances == {"USD": 1000, "ABC": 0}


# How they are written.


@pytest.mark.parametrize(
    "latency",
    [
        Latency("20ms"),
        Latency("20ms", cancel="5ms", back="10ms"),
        Latency("uniform 1ms 3ms", amend="lognormal 2ms 0.5"),
        Latency(OUTAGE, back="1ms"),
    ],
)
def test_a_latency_is_a_value(latency):
    assert eval(repr(latency)) == latency
    assert pickle.loads(pickle.dumps(latency)) == latency
    assert Latency(latency.new, amend=latency.amend, cancel=latency.cancel, back=latency.back) == (
        latency
    )
    assert latency != Latency("21ms")
    assert len({latency, pickle.loads(pickle.dumps(latency)), Latency("21ms")}) == 2
    assert bt.SimulatedExchange(latency=latency).latency == latency


def test_a_latency_is_shown_as_it_is_written():
    assert repr(Latency(20 * MS, back="0.01s")) == "Latency('20ms', back='10ms')"
    assert Latency("uniform  1000us 3ms").new == "uniform 1ms 3ms"
    assert Latency("lognormal 2ms 0.50").back == "lognormal 2ms 0.5"
    many = {name: list(range(1, 1001)) for name in ("sent", "at_venue", "back")}
    assert repr(Latency(many)) == "Latency(<1000 measured requests>)"
    assert Latency(many).cancel == many
    shown = repr(bt.SimulatedExchange(latency=("20ms", "uniform 1ms 2ms")))
    assert "latency=('20ms', 'uniform 1ms 2ms')" in shown
    assert "latency=Latency('1ms', cancel='2ms')" in repr(
        bt.SimulatedExchange(latency=Latency("1ms", cancel="2ms"))
    )


def test_measured_requests_come_as_any_table(tmp_path):
    frame = pd.DataFrame(OUTAGE)
    frame.to_parquet(tmp_path / "rows.parquet")
    frame.to_csv(tmp_path / "rows.csv", index=False)
    stamps = frame.assign(sent=pd.to_datetime(frame["sent"], utc=True))
    forms = [
        frame, stamps, pl.DataFrame(OUTAGE), pa.table(OUTAGE), tmp_path / "rows.parquet",
        tmp_path / "rows.csv", {name: np.array(column) for name, column in OUTAGE.items()},
        OUTAGE | {"symbol": ["a", "b", "c"]},
    ]  # fmt: skip
    assert all(Latency(form) == Latency(OUTAGE) for form in forms)


@pytest.mark.parametrize(
    ("latency", "text"),
    [
        ("-1ms", "latency must be >= 0, got -1ms"),
        (("1ms", -1), "latency back must be >= 0, got -1ns"),
        ("soon", '"soon" not understood'),
        ("uniform 3ms 1ms", "low <= high, got 3ms and 1ms"),
        ("uniform -3ms 1ms", ">= 0"),
        ("uniform 3ms", 'write "uniform 1ms 3ms", got "uniform 3ms"'),
        ("lognormal 3ms", 'write "lognormal 2ms 0.5"'),
        ("lognormal 3ms -1", "sigma must be between 0 and 10, got -1"),
        ("lognormal 3ms nan", "sigma.*not understood"),
        ("lognormal 3ms 11", "sigma must be between 0 and 10"),
        ({"sent": [1], "back": [3]}, 'no column "at_venue"; there are sent, back'),
        (table((0, 1, 2), (-5, 1, 2)), "row 1: sent, .* comes before that of the row above"),
        (table((10, 9, 12)), "row 0: at_venue, .* is neither 0 nor at or after sent"),
        (table((10, 11, 10)), "row 0: back, .* comes before"),
        (table((10, 0, 12)), "at least one row whose at_venue is not 0"),
        ({"sent": [], "at_venue": [], "back": []}, "at least one row"),
        ({"sent": [1.0, float("nan")], "at_venue": [2, 2], "back": [3, 3]}, '"sent", row 1: '),
        ({"sent": [1, None], "at_venue": [2, 2], "back": [3, 3]}, '"sent", row 1'),
    ],
)
def test_a_delay_out_of_range_is_refused(latency, text):
    with pytest.raises(bt.ConfigError, match=text):
        bt.SimulatedExchange(latency=latency)


@pytest.mark.parametrize("latency", [1.5, True, ("1ms", "1ms", "1ms"), [1, 2]])
def test_a_delay_is_a_span_text_or_a_table(latency):
    with pytest.raises((TypeError, bt.ConfigError, bt.DataError)):
        bt.SimulatedExchange(latency=latency)


@pytest.mark.parametrize(
    ("latency", "text", "drawn"),
    [
        ("20ms", "20ms to the exchange, 20ms back", False),
        (Latency("2ms", cancel="1ms"), "(2ms for an amend, 1ms for a cancel), 2ms back", False),
        (("uniform 1ms 2ms", 0), "uniform 1ms 2ms to the exchange, 0s back", True),
        ("lognormal 1ms 2", "lognormal 1ms 2", True),
        (OUTAGE, "as measured in 3 requests", False),
    ],
)
def test_what_is_assumed_of_latency_is_said(latency, text, drawn):
    assumptions = run(LIQUID, latency=latency, seed=7).result.assumptions
    said = [one for one in assumptions if one.topic == "latency"]
    assert [text in one.text and not one.optimistic for one in said] == [True]
    assert [one.text for one in assumptions if one.topic == "seed"] == (
        ["all draws come from seed 7"] if drawn else []
    )
