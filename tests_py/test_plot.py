"""The interactive figure: one axis of time, bounded detail, nothing lost that stands out."""

import sys

import numpy as np
import pytest
from test_display import END, HOSTILE, Flip
from test_report import Still, candles, stopped

import barter_python as bt

DAY = ("2023-01-10T00:00Z", "2023-01-11T00:00Z")


@pytest.fixture(scope="module")
def run():
    return bt.backtest(bt.sample("candles"), Flip(), cash="1_000_000 usdt", end=END)


@pytest.fixture
def figure(run):
    pytest.importorskip("plotly")
    return run.plot()


def named(figure, name):
    return [trace for trace in figure.data if trace.name == name]


def test_prices_fills_and_curves_share_one_axis(run, figure):
    names = ["price", "bought", "sold", "buy and hold", "equity", "drawdown"]
    names += ["buy and hold, drawdown", "exposure"]
    assert [trace.name for trace in figure.data] == names
    assert len({trace.xaxis for trace in figure.data}) == 1
    assert [trace.yaxis for trace in figure.data] == ["y", "y", "y", "y2", "y2", "y3", "y3", "y4"]
    assert all(trace.x.dtype == np.dtype("datetime64[ns]") for trace in figure.data)
    ends = [np.datetime64("2023-01-01", "ns"), np.datetime64("2023-02-01", "ns")]
    assert [np.datetime64(end) for end in figure.layout.xaxis4.range] == ends


def test_every_candle_and_fill_is_there_where_they_are_few(run, figure):
    pl = pytest.importorskip("polars")
    (bars,) = named(figure, "price")
    assert len(bars.x) == len(bars.open) == len(bars.close) == 24 * 31
    fills = pl.DataFrame(run.fills)
    marks = [trace for name in ("bought", "sold") for trace in named(figure, name)]
    assert [len(trace.x) for trace in marks] == [
        fills.filter(pl.col("side") == side).height for side in ("buy", "sell")
    ]
    orders = sorted(order for trace in marks for _, order in trace.customdata)
    assert orders == fills["order"].to_list()
    quantity = fills["quantity"].cast(pl.Float64).unique().to_list()
    assert {size for trace in marks for size, _ in trace.customdata} == set(quantity)


def test_a_part_is_shown_in_detail(run):
    pytest.importorskip("plotly")
    part, whole = run.plot(start=DAY[0], end=DAY[1]), run.plot(points=100)
    (bars,), (few,) = named(part, "price"), named(whole, "price")
    assert len(bars.x) == 24
    assert 0 < len(few.x) <= 100
    (equity,) = named(part, "equity")
    assert equity.x[0] == np.datetime64(DAY[0][:-1])
    assert equity.x[-1] < np.datetime64(DAY[1][:-1])
    (all_equity,) = named(run.plot(), "equity")
    known = dict(zip(all_equity.x.tolist(), all_equity.y.tolist(), strict=True))
    assert all(known[x] == y for x, y in zip(equity.x.tolist(), equity.y.tolist(), strict=True))


@pytest.mark.parametrize("points", [1, 7, 50, 744, 4000])
def test_bars_that_are_joined_keep_what_stands_out(run, points):
    fine, few = (run._picture().prices(0, count) for count in (10_000, points))
    each = -(-len(fine["time"]) // points)
    assert len(few["time"]) == -(-len(fine["time"]) // each) <= points
    for at in range(len(few["time"])):
        part = slice(at * each, (at + 1) * each)
        assert few["time"][at] == fine["time"][part][0]
        assert few["open"][at] == fine["open"][part][0]
        assert few["high"][at] == fine["high"][part].max()
        assert few["low"][at] == fine["low"][part].min()
        assert few["close"][at] == fine["close"][part][-1]


def test_curves_are_those_of_the_table(run):
    pl = pytest.importorskip("polars")
    curves, table = run._picture().curves(10_000), pl.DataFrame(run.equity)
    assert curves["equity"]["value"].tolist() == table["equity"].to_list()
    assert curves["drawdown"]["value"].tolist() == table["drawdown"].to_list()
    held = curves["benchmark"]["value"]
    benchmark = run.summary.figures["benchmark_return"]
    assert held[-1] / held[0] - 1 == pytest.approx(benchmark, abs=1e-12)
    falls = held / np.maximum.accumulate(held) - 1
    assert np.allclose(curves["benchmark_drawdown"]["value"], falls, atol=1e-15)
    assert curves["drawdown"]["value"].min() == run.summary.max_drawdown


def test_exposure_is_what_was_held_just_before_a_point(run):
    pl = pytest.importorskip("polars")
    exposure = run._picture().curves(10_000)["exposure"]
    fills, equity = pl.DataFrame(run.fills), pl.DataFrame(run.equity)["equity"].to_numpy()
    times = fills["time"].dt.timestamp("ns").to_numpy()
    signs = np.where(fills["side"] == "buy", 1.0, -1.0) * fills["quantity"].cast(pl.Float64)
    close = run._picture().prices(0, 10_000)["close"]
    for at, time in enumerate(exposure["time"]):
        held = signs.to_numpy()[times < time].sum()
        price = close[at - 1] if at else 0.0
        assert exposure["value"][at] == pytest.approx(held * price / equity[at], abs=1e-9)


def test_few_marks_keep_the_first_and_the_last(run):
    every, few = run._picture().fills(0, 10_000), run._picture().fills(0, 20)
    assert every["total"] == few["total"] == len(every["time"]) > 20
    assert len(few["time"]) <= 20
    assert few["order"][0] == every["order"][0]
    assert few["order"][-1] == every["order"][-1]
    assert set(few["order"]) <= set(every["order"])
    assert (np.diff(few["time"]) >= 0).all()


def test_coverage_counts_the_candles_that_are_missing():
    data = candles([10.0, 11.0, 9.0] * 20)
    assert bt.backtest(data, Still(), cash="1 b")._picture().coverage == (60, 60)
    half = bt.backtest(data, Still(), cash="1 b", end="2024-01-30T12:00Z")
    assert half._picture().coverage == (12, 12)
    assert stopped()._picture().coverage[0] < 60
    rows = np.arange(60)
    frame = {
        "open_time": np.datetime64("2024-01-30", "ns") + rows * np.timedelta64(1, "h"),
        **dict.fromkeys(("open", "high", "low", "close", "volume"), np.full(60, 10.0)),
    }
    holes = {name: column[rows % 10 != 5] for name, column in frame.items()}
    sparse = bt.candles(holes, instrument=bt.Instrument("A/B", tick="0.01", lot="1"), every="1h")
    found = bt.backtest(sparse, Still(), cash="1 b")
    assert found._picture().coverage == (54, 60)
    assert "missing       6 of 60 candles, 10.00%" in str(found)
    quotes = bt.backtest(bt.sample("quotes"), Still(), cash="1 usdt")
    assert quotes._picture().coverage is None


@pytest.mark.parametrize("points", [99, 1_000_001, -1])
def test_points_out_of_range_are_refused(run, points):
    with pytest.raises(bt.ConfigError, match="points must be from 100 to 1,000,000"):
        run.plot(points=points)


def test_without_plotly_the_extra_is_named(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "plotly", None)
    monkeypatch.setitem(sys.modules, "plotly.graph_objects", None)
    with pytest.raises(bt.MissingExtraError, match=r'pip install "barter-python\[plot\]"'):
        run.plot()


def test_odd_runs_are_figures_too():
    pytest.importorskip("plotly")

    class Hostile(Flip):
        def __repr__(self):
            return HOSTILE

    one = bt.backtest(candles([10.0] * 3, "<b>x/B"), Hostile(), cash={"B": 100})
    quotes = bt.backtest(bt.sample("quotes"), Still(), cash="1 usdt")
    several = [candles([10.0, 12.0] * 40, f"{name}/B") for name in "UVWXYZ"]
    many = bt.backtest(several, Flip(every=3), cash="900 b")
    assert len(named(many.plot(), "price")) == 4
    assert "prices of the first 4" in many.plot().layout.title.text
    for result in (one, quotes, many, stopped()):
        figure = result.plot()
        assert figure.to_json()
        texts = [figure.layout.title.text, figure.layout.yaxis.title.text]
        assert not any("<script" in text or "<b>" in text or "<img" in text for text in texts)
    assert one.plot(start="2030-01-01T00:00Z").to_json()
