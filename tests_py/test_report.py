"""The report: one page that fetches nothing, says what the figures say, and draws every run."""

import json
import os
import re
import shutil
import stat
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_display import HOSTILE, Flip, Page, assert_harmless

import barter_python as bt
from barter_python import _report
from barter_python._display import typeset
from barter_python._figures import error_text, value_text

END = "2023-03-10T00:00Z"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
OUTSIDE = {"href", "src", "srcset", "xlink:href", "action", "data", "poster", "formaction", "ping"}


class Still(bt.Strategy):
    """Never trades."""

    def on_candle(self, context, candle):
        pass


class Reckless(bt.Strategy):
    """Goes long with all the leverage there is, and stays."""

    def on_candle(self, context, candle):
        if context.position(candle.instrument).quantity == 0:
            context.buy(candle.instrument, "9")


def candles(prices, instrument="A/B", **settings):
    close = np.array(prices, float)
    open_ = np.concatenate([close[:1], close[:-1]])
    columns = {
        "open_time": np.datetime64("2024-01-30", "ns")
        + np.arange(len(close)) * np.timedelta64(1, "h"),
        "open": open_,
        "high": np.maximum(open_, close),
        "low": np.minimum(open_, close),
        "close": close,
        "volume": np.full(len(close), 1e6),
    }
    given_ = bt.Instrument(instrument, tick="0.01", lot="0.001", **settings)
    return bt.candles(columns, instrument=given_, every="1h")


@pytest.fixture(scope="module")
def run():
    return bt.backtest(bt.sample("candles"), Flip, cash="1_000_000 usdt", end=END)


@pytest.fixture(scope="module")
def html(run, tmp_path_factory):
    return run.report(tmp_path_factory.mktemp("report") / "run.html").read_text(encoding="utf-8")


def assert_self_contained(html):
    """Nothing fetched, and no script but the one that is always there."""
    seen = Page(html)
    assert not {"img", "iframe", "link", "object", "embed", "audio", "base"} & set(seen.tags)
    for name, value in seen.attributes:
        assert not name.startswith("on")
        assert name not in OUTSIDE
        assert "url(" not in (value or "")
    assert html.count("<script") == html.count("</script>") == 1
    assert f"<script>{_report.REPORT_SCRIPT}</script>" in html
    for style in re.findall(r"<style>(.*?)</style>", html, re.DOTALL):
        assert "url(" not in style
        assert "@import" not in style
    assert not re.search(r'[">,(]-?(nan|inf)[",<)]', html.lower())
    return seen


def test_the_report_is_one_page_that_fetches_nothing(html):
    assert html.startswith("<!doctype html>")
    seen = assert_self_contained(html)
    assert seen.tags.count("h1") == 1
    assert "http:" not in html
    assert "https:" not in html
    assert seen.tags.count("svg") == 2


def test_every_figure_is_there_with_its_definition(run, html):
    shown, figures = Page(html).text, run.summary.to_dict()
    for name in run.summary.figures:
        figure = run.summary.explain(name)
        value = value_text(figures, name, figure.unit)
        error = error_text(figures, name, figure.unit)
        said = f"{name.replace('_', ' ')} {value}{f' ± {error}' if error else ''} {figure.n:,}"
        why = f"{figure.why} ; " if figure.why else ""
        assert f"{said} {why}{figure.definition}".replace("-", " ") in shown.replace("-", " ")


def test_the_report_says_what_the_text_says(run, html):
    shown = Page(html).text.replace(",", " , ").lower()
    for line in str(run).lower().splitlines():
        for word in line.replace(",", " , ").split():
            assert word == "on" or word in shown, word


def test_sections_stand_in_their_order(html):
    titles = re.findall(r"<h2>(.*?)</h2>", html)
    assert titles == [
        "Price and fills",
        "Monthly returns",
        "Drawdowns",
        "Figures",
        "Trades",
        "Costs",
        "Orders",
        "Assumptions",
        "How figures are told",
        "Digest",
    ]


def test_months_and_years_are_those_of_the_table(run, html):
    pl = pytest.importorskip("polars")
    months = pl.DataFrame(run.monthly)
    cells = re.findall(r'<td class="(?:up|down)"[^>]*>([^<]*)<', html)
    expected = [typeset(f"{value:+.2%}"[:-1]) for value in months["return"]]
    assert cells == expected
    (total,) = re.findall(r"<td><b>([^<]*)</b></td>", html)
    growth = float(np.prod(1 + months["return"].to_numpy()) - 1)
    assert total == typeset(f"{growth:+.2%}"[:-1])


def test_the_deepest_drawdowns_come_first(run):
    pl = pytest.importorskip("polars")
    falls, count = run._picture().drawdowns(10)
    every = pl.DataFrame(run.drawdowns).sort("depth")
    assert count == len(every)
    assert [fall["depth"] for fall in falls] == every["depth"].head(10).to_list()
    assert [fall["length"] for fall in falls] == every["length"].head(
        10
    ).dt.total_nanoseconds().to_list()


def test_trades_are_excerpts_of_the_positions(run):
    pl = pytest.importorskip("polars")
    ends, ranked, count = run._picture().trades(3)
    table = pl.DataFrame(run.positions)
    assert count == len(table)
    opened = [trade["opened"] for trade in ends]
    stamps = table["opened"].dt.strftime("%Y-%m-%dT%H:%M:%SZ").to_list()
    assert opened == stamps[:3] + stamps[-3:]
    closed = table.filter(pl.col("closed").is_not_null()).sort("net_profit", descending=True)
    results = [str(value.normalize()) for value in closed["net_profit"]]
    said = [trade["net_profit"] for trade in ranked]
    assert [float(value) for value in said] == [float(r) for r in results[:3] + results[-3:]]


def test_orders_are_counted_by_what_became_of_them(run):
    pl = pytest.importorskip("polars")
    table = pl.DataFrame(run.orders).group_by("status", "reason").len()
    told = {(one["status"], one["reason"]): one["count"] for one in run._picture().orders()}
    assert told == {
        (row["status"], row["reason"]): row["len"] for row in table.iter_rows(named=True)
    }
    counts = [one["count"] for one in run._picture().orders()]
    assert counts == sorted(counts, reverse=True)


def test_the_path_comes_back_and_a_file_is_replaced_whole(run, tmp_path):
    target = tmp_path / "run.html"
    target.write_text("before")
    assert run.report(str(target)) == target
    assert target.read_text(encoding="utf-8").endswith("</html>\n")
    assert [file.name for file in tmp_path.iterdir()] == ["run.html"]
    if os.name == "posix":
        beside = tmp_path / "plain"
        beside.write_text("")
        assert stat.S_IMODE(target.stat().st_mode) == stat.S_IMODE(beside.stat().st_mode)


def test_a_report_that_fails_leaves_what_was_there(run, tmp_path, monkeypatch):
    target = tmp_path / "run.html"
    target.write_text("before")
    monkeypatch.setattr(Path, "replace", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run.report(target)
    assert target.read_text() == "before"
    assert [file.name for file in tmp_path.iterdir()] == ["run.html"]


def test_a_path_that_cannot_be_is_refused_in_a_sentence(run, tmp_path):
    with pytest.raises(
        FileNotFoundError, match='directory ".*nowhere" for the report is not there'
    ) as found:
        run.report(tmp_path / "nowhere" / "run.html")
    assert isinstance(found.value, bt.DataError)
    with pytest.raises(bt.ConfigError, match="is a directory"):
        run.report(tmp_path)


def test_figures_told_otherwise_can_be_reported(run, tmp_path):
    told = run.summarise(trials=50, trial_variance=0.002, risk_free=0.01)
    shown = Page(run.report(tmp_path / "a.html", summary=told).read_text(encoding="utf-8")).text
    deflated = value_text(told.to_dict(), "deflated_sharpe", "probability")
    assert f"trials best of 50, deflated Sharpe {deflated}" in shown
    assert "risk free 0.01" in shown
    other = bt.backtest(bt.sample("candles"), Still(), cash="1 usdt", end="2023-01-02T00:00Z")
    with pytest.raises(bt.ConfigError, match="of this result"):
        run.report(tmp_path / "b.html", summary=other.summary)


def test_the_curve_beside_is_that_of_the_benchmark_that_figures_name():
    data = [candles([10.0, 12.0] * 40), candles([5.0, 4.0] * 40, "C/B")]
    result = bt.backtest(data, Still(), cash="900 b")
    for told in (result.summary, result.summarise(benchmark="C/B")):
        held = result._picture(summary=told).curves(1000)["benchmark"]["value"]
        assert held[-1] / held[0] - 1 == pytest.approx(told.figures["benchmark_return"])


def odd_runs():
    linear = bt.SimulatedExchange(account="linear", leverage=10)
    yield "no trades", bt.backtest(bt.sample("candles"), Still(), cash="1 usdt", end=END)
    yield (
        "one candle",
        bt.backtest(candles([10.0, 10.0]), Still(), cash="1 b", end="2024-01-30T01:00Z"),
    )
    yield (
        "ruin",
        bt.backtest(candles([100.0] * 30 + [40.0] * 30), Reckless(), cash="100 b", exchange=linear),
    )
    nameless = candles([10.0, 11.0, 9.0] * 20, instrument="<b>&'\"/B")
    yield "hostile", bt.backtest(nameless, Hostile(), cash={"B": 1000})
    yield "incomplete", stopped()
    yield (
        "several",
        bt.backtest(
            [candles([10.0, 12.0] * 40), candles([5.0, 4.0] * 40, "C/B")],
            Flip(every=3),
            cash="900 b",
        ),
    )


class Hostile(Flip):
    """Prints itself as no page wants it."""

    def __repr__(self):
        return HOSTILE + "x" * 10_000


def stopped():
    class Stops(Flip):
        def on_candle(self, context, candle):
            super().on_candle(context, candle)
            if self.seen == 30:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as found:
        bt.backtest(candles([10.0, 11.0, 9.0] * 20), Stops(), cash="1000 b")
    return found.value.result


def test_odd_runs_draw_themselves_too(tmp_path):
    for name, result in odd_runs():
        report = result.report(tmp_path / "odd.html").read_text(encoding="utf-8")
        seen = assert_self_contained(report)
        card = assert_harmless(result._repr_html_())
        assert all(len(line) <= 100 for line in str(result).splitlines()), name
        for said in (seen.text, card.text, str(result)):
            assert "None" not in said, name
            assert "nan" not in said.split(), name
        for label, value in (("no trades", "no fills"), ("incomplete", "stopped before the end")):
            if name == label:
                assert value in seen.text
                assert value in card.text
        if name == "hostile":
            assert "<script>alert('x')</script> & \"q\" <img src=http x" in seen.text.replace(
                "://", " "
            )
            assert "<b>&'\"/B" in seen.text
        if name == "ruin":
            assert "equity fell to zero or below" in seen.text


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_name_is_text(strategy, instrument):
    row = {
        "side": "buy",
        "opened": None,
        "closed": None,
        "duration": None,
        "instrument": instrument,
    }
    money = dict.fromkeys(("quantity", "entry_price", "exit_price", "net_profit"), "1")
    figures = {"instruments": [instrument, "B"], "strategy": strategy, "start": None, "end": None}
    drawn = _report._header(figures) + _report._trade_table([row | money], figures, split=False)
    assert_harmless(drawn)
    for text in (strategy, instrument):
        for piece in re.findall(r"[<&\"'].?", text):
            if piece.isprintable() and not piece.isspace():
                assert piece not in {"<s", "<i"} or "&lt;" in drawn


def browser():
    return next(filter(None, map(shutil.which, BROWSERS)), None)


@pytest.mark.skipif(browser() is None, reason=f"none of {', '.join(BROWSERS)} is installed")
def test_a_browser_without_network_shows_the_figures_and_finds_no_fault(run, html, tmp_path):
    page = tmp_path / "run.html"
    page.write_text(html, encoding="utf-8")
    command = [browser(), "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr"]
    command += ["--v=0", f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=2000"]
    command += ["--host-resolver-rules=MAP * ~NOTFOUND", "--dump-dom", page.as_uri()]
    done = subprocess.run(command, capture_output=True, timeout=120, check=True, text=True)
    console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    assert not console
    seen = Page(done.stdout)
    figures = json.loads(run.summary.to_json())
    for name in run.summary.figures:
        unit = run.summary.explain(name).unit
        assert value_text(figures, name, unit) in seen.text
    assert figures["end_equity"] in seen.text.replace(",", "")
    # What the policy of the page would have to stop is not even asked for.
    assert not {name for name, _ in seen.attributes} & OUTSIDE
