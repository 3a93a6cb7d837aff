"""What a result shows is what it holds: one set of numbers in text, picture and JSON."""

import json
import math
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import barter_python as bt
from barter_python._curve import account_svg, number, price_svg, span_of, ticks
from barter_python._display import figures_text, result_html, result_text, story_html, summary_text
from barter_python._figures import amount, duration, money, percent, ratio, share

HOSTILE = "<script>alert('x')</script> & \"q\" <img src=http://x onerror=y>\n\x1b[31m\u202e"
VOID = {"meta", "br", "img", "input", "link", "hr"}
YEAR = 365.25 * 86_400


def assumed(topic, text, *, optimistic=False):
    return {"topic": topic, "text": text, "optimistic": optimistic}


FIGURES = {
    "total_return": 0.105,
    "cagr": 0.104,
    "sharpe": 1.234567,
    "max_drawdown": -0.02,
    "longest_drawdown": 86_400.0,
    "win_rate": 2 / 3,
    "exposure": 0.5,
    "benchmark_return": 0.21,
    "deflated_sharpe": None,
}


@dataclass
class Figure:
    why: str | None


@dataclass
class Summary:
    figures: dict = field(default_factory=dict)

    def explain(self, name):
        return Figure(f"{name} has none" if self.to_dict()[name] is None else None)

    def to_dict(self):
        return (
            FIGURES
            | {
                "strategy": "Cross()",
                "instruments": ["BTC/USDT"],
                "currency": "USDT",
                "start": "2024-01-01T00:00:00Z",
                "end": "2024-12-31T00:00:00Z",
                "complete": True,
                "start_equity": "100",
                "end_equity": "110.5",
                "errors": {"sharpe": 0.5},
                "observations": {"sharpe": 365},
                "told_by": {
                    "interval": "1d",
                    "calendar": "every day",
                    "trials": None,
                    "benchmark": "buy and hold of BTC/USDT",
                },
                "costs": {"traded": "900", "fees": "1.25", "spread": "0", "slippage": "0"},
                "fees": {"USDT": "1.25"},
                "trades": 3,
                "winners": 2,
                "open_positions": 0,
                "orders": 6,
                "fills": 7,
                "refused": {},
                "cancelled": {},
                "changes_refused": {},
                "ambiguous": 0,
                "events": 1234,
                "diagnosis": None,
                "assumptions": [assumed("impact", "none")],
            }
            | self.figures
        )


def line(points):
    times = np.array([round(time * 1e9) for time, _ in points], np.int64)
    return {"time": times, "value": np.array([value for _, value in points], float)}


def curves_of(points, benchmark=(), exposure=()):
    values = np.array([value for _, value in points], float)
    peaks = np.maximum.accumulate(values) if len(values) else values
    falls = np.divide(values, peaks, out=np.ones_like(values), where=peaks > 0) - 1
    return {
        "equity": line(points),
        "drawdown": line([(time, fall) for (time, _), fall in zip(points, falls, strict=True)]),
        "benchmark": line(benchmark),
        "benchmark_drawdown": line([(time, -0.01) for time, _ in benchmark]),
        "exposure": line(exposure),
    }


@dataclass
class Picture:
    points: list
    coverage: tuple | None = None

    def curves(self, _points):
        return curves_of(self.points)


@dataclass
class Result:
    summary: Summary = field(default_factory=Summary)
    curve: list = field(default_factory=lambda: [(0.0, 100.0), (YEAR / 2, 90.0), (YEAR, 110.5)])
    digest: str = "0123abcd"
    coverage: tuple | None = None
    sensitivity: object = None

    def _picture(self, summary):
        return Picture(self.curve, self.coverage)

    def _known_path_sensitivity(self):
        return self.sensitivity


def result(curve=None, **figures):
    one = Result(Summary(figures))
    return one if curve is None else Result(Summary(figures), curve)


@dataclass
class Story:
    heading: str = "order 1: buy 5 ABC/USD at 100 (limit, gtc), filled"
    lines: list = field(default_factory=list)
    left_out: int = 0

    def _lines(self):
        return self.lines


class Page(HTMLParser):
    """The visible text of a page, its tags and attributes; fails where tags do not match."""

    def __init__(self, html):
        super().__init__()
        self.open, self.tags, self.attributes, self.pieces = [], [], [], []
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not {"style", "script"} & set(self.open):
            self.pieces.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.pieces).replace("\N{MINUS SIGN}", "-").split())


def assert_harmless(html):
    """No script, nothing that fetches, no handler, no tag that was not meant."""
    seen = Page(html)
    assert "<script" not in html.lower()
    assert not {"script", "img", "iframe", "link", "object", "embed"} & set(seen.tags)
    for name, value in seen.attributes:
        assert not name.startswith("on")
        assert name not in {"href", "src", "srcset", "xlink:href"}
        assert "url(" not in (value or "")
    styles = "".join(re.findall(r"<style>(.*?)</style>", html, re.DOTALL))
    assert "url(" not in styles
    assert "@import" not in styles
    return seen


class Flip(bt.Strategy):
    """Long on the hours divisible by `every`, flat on the others."""

    every = bt.param(6)
    size = bt.param("1")

    seen = 0

    def on_candle(self, context, candle):
        self.seen += 1
        context.target(candle.instrument, self.size if self.seen % self.every == 0 else 0)


@pytest.fixture(scope="module")
def real_run():
    return bt.backtest(bt.sample("candles"), Flip(), cash="1_000_000 usdt", end=END)


END = "2023-02-01T00:00Z"


def row(text, label):
    (line,) = (line for line in text.splitlines() if line.split("  ")[1:2] == [label])
    return line.split("  ", 2)[2].strip()


def test_every_number_shown_is_that_of_the_figures(real_run):
    figures, text = real_run.summary.to_dict(), figures_text(real_run.summary)
    equity = f"{figures['end_equity']} USDT from {figures['start_equity']}"
    assert row(text, "return").replace(",", "") == f"{figures['total_return']:+.2%} {equity}"
    sharpe, error = figures["sharpe"], figures["errors"]["sharpe"]
    observed = f"n = {figures['observations']['sharpe']}, returns of 1d"
    assert row(text, "Sharpe") == f"{sharpe:,.2f} ± {error:,.2f}, {observed}"
    longest = duration(figures["longest_drawdown"])
    assert row(text, "max drawdown") == f"{figures['max_drawdown']:+.2%}, longest {longest}"
    trades = f"{figures['trades']:,}, {figures['win_rate']:.2%} with a profit"
    assert row(text, "trades") == trades
    assert row(text, "exposure") == f"{figures['exposure']:.2%} of the time"
    assert row(text, "buy and hold") == f"{figures['benchmark_return']:+.2%} of BTC/USDT"
    assert row(text, "fees").replace(",", "") == f"{figures['fees']['USDT']} USDT"
    assert row(text, "orders").replace(",", "") == f"{figures['orders']} {figures['fills']} fills"
    shown = row(text, "time").replace(",", "")
    assert shown == f"{figures['start']} to {figures['end']} {figures['events']} events"


def test_json_holds_the_same_figures(real_run):
    assert json.loads(real_run.summary.to_json()) == real_run.summary.to_dict()


def test_text_and_card_agree(real_run):
    page_text = assert_harmless(real_run._repr_html_()).text
    for line in str(real_run).splitlines():
        for word in line.replace(",", " , ").split():
            assert word == "on" or word in page_text.replace(",", " , "), word


def test_a_result_prints_figures_assumptions_and_digest(real_run):
    text = repr(real_run)
    assert text == str(real_run) == result_text(real_run)
    assert text.startswith(summary_text(real_run.summary))
    assert text.endswith(real_run.digest)
    flat = " ".join(text.split())
    for one in real_run.assumptions:
        assert f" {one.topic} {one.text}" in flat
        marked = f"{one.text} (optimistic)" in flat
        assert marked == one.optimistic


def test_an_assumption_that_holds_for_several_instruments_is_said_once():
    texts = ["A/B: same", "C/D: same", "C/D: other"]
    assumptions = [*(assumed("path", text) for text in texts), assumed("note", "none: of them")]
    one = result(instruments=["A/B", "C/D"], assumptions=assumptions)
    lines = ["path  A/B, C/D: same", "path  C/D: other", "note  none: of them"]
    assert "assumptions\n  " + "\n  ".join(lines) + "\n" in result_text(one)
    assert "A/B, C/D: same path C/D: other note" in Page(result_html(one)).text


def test_labels_are_aligned(real_run):
    lines = figures_text(real_run.summary).splitlines()[1:]
    assert all(len(line) <= 100 for line in str(real_run).splitlines())
    assert len({re.match(r"  \S+(?: \S+)* {2,}", line).end() for line in lines}) == 1


def test_nothing_hostile_reaches_the_card():
    one = Result(
        Summary(
            {
                "strategy": HOSTILE,
                "instruments": [HOSTILE] * 2,
                "currency": HOSTILE,
                "fees": {HOSTILE: "1"},
                "refused": {HOSTILE: 3},
                "assumptions": [assumed(HOSTILE, HOSTILE, optimistic=True)],
            }
        ),
        digest=HOSTILE,
    )
    one.summary.figures["told_by"] = one.summary.to_dict()["told_by"] | {"benchmark": HOSTILE}
    seen = assert_harmless(result_html(one))
    assert "<script>alert('x')</script>" in seen.text
    text = summary_text(one.summary)
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_the_card_of_a_story_says_what_the_story_prints(real_run):
    story = real_run.explain(1)
    shown = assert_harmless(story._repr_html_())
    assert shown.tags.count("tr") == len(story) > 1
    for word in str(story).replace("order 1:", "order 1").split():
        assert word in shown.text
    assert ("class", "filled") in shown.attributes


def test_a_story_shows_nothing_hostile_and_counts_what_it_leaves_out():
    lines = [(HOSTILE, HOSTILE, HOSTILE), ("then", "rejected", "why")]
    shown = assert_harmless(story_html(Story(f"order 1: {HOSTILE}", lines, left_out=1234)))
    assert shown.text.count("<script>alert('x')</script>") == 4
    assert shown.text.endswith("and 1,234 lines more")
    assert [value for name, value in shown.attributes if name == "class"] == [
        "bt", "line", "time", "warning", "time",
    ]  # fmt: skip


def test_a_card_needs_no_network():
    assert "http" not in result_html(Result())


@pytest.mark.parametrize("curve", [[], [(0.0, 1.0)], [(5.0, 1.0), (5.0, 2.0)]])
def test_less_than_a_line_is_not_drawn(curve):
    html = result_html(result(curve))
    assert "<svg" not in html
    assert_harmless(html)


def test_a_flat_curve_has_one_label_and_no_fall():
    svg = account_svg(curves_of([(0.0, 5.0), (YEAR, 5.0)]), "0.00%")
    assert re.findall(r">(\w+) <tspan", svg) == ["last"]
    assert 'class="fall"' not in svg


def test_last_highest_and_lowest_are_labelled_apart():
    curve = [(0.0, 100.0), (1e6, 90.0), (2e6, 90.2), (3e6, 90.1)]
    svg = account_svg(curves_of(curve, [(0.0, 100.0), (3e6, 90.3)]), "-10.00%")
    found = re.findall(r'y="([\d.]+)">(\w+) <tspan class="value">([\d.,]+)<', svg)
    assert {(name, value) for _, name, value in found} == {
        ("last", "90.1"),
        ("max", "100"),
        ("min", "90"),
    }
    heights = sorted(
        float(height) for height in re.findall(r'y="([\d.]+)"(?: class="beside")?>', svg)
    )
    assert min(b - a for a, b in pairwise(heights)) >= 12
    assert "-10.00%" in svg


def test_a_benchmark_does_not_flatten_the_curve_and_says_where_it_went():
    curve = [(0.0, 100.0), (1e6, 101.0), (2e6, 100.5)]
    svg = account_svg(curves_of(curve, [(0.0, 100.0), (1e6, 1e9), (2e6, 1e9)]), "")
    assert "buy and hold ↑" in svg
    (path,) = re.findall(r'class="curve"[^>]* d="([^"]*)"', svg)
    heights = [float(spot.split(",")[1]) for spot in path[1:].split("L")]
    assert max(heights) - min(heights) > 30
    near = account_svg(curves_of(curve, [(0.0, 100.0), (2e6, 99.9)]), "")
    assert "buy and hold <" in near


def test_undefined_figures_are_a_dash_with_its_reason():
    names = ("start_equity", "end_equity", "total_return", "cagr", "sharpe", "max_drawdown")
    one = result(**dict.fromkeys(names), win_rate=None, exposure=None, benchmark_return=None)
    text = summary_text(one.summary)
    assert row(text, "return") == "–, total_return has none"
    assert row(text, "Sharpe") == "–, sharpe has none"
    assert row(text, "trades") == "3, win_rate has none"
    shown = assert_harmless(result_html(one)).text
    assert "– sharpe has none" in shown
    assert "None" not in text + result_html(one)


def test_a_run_without_fills_says_why():
    why = "2 orders were made, none was filled: 2 denied (lot_step)."
    one = result(fills=0, diagnosis=why)
    assert why in " ".join(result_text(one).split())
    assert why in assert_harmless(result_html(one)).text
    assert "no fills" not in result_text(result())


def test_refused_orders_are_counted_by_reason():
    text = summary_text(result(refused={"insufficient_funds": 1200, "lot": 1}).summary)
    assert row(text, "refused") == "1,201 orders, insufficient_funds 1,200, lot 1"
    assert "refused" not in summary_text(Summary())


def test_what_ended_or_stays_open_is_counted():
    one = result(cancelled={"ioc": 2, "user": 1}, changes_refused={"not_open": 1}, ambiguous=3)
    text = summary_text(one.summary)
    assert row(text, "cancelled") == "3 orders, ioc 2, user 1"
    assert row(text, "not changed") == "1 request, not_open 1"
    assert row(text, "ambiguous") == "3 candles, which of two orders came first is assumed"
    nothing = summary_text(Summary())
    assert not any(word in nothing for word in ("cancelled", "not changed", "ambiguous"))


def test_an_incomplete_run_says_so():
    one = result(complete=False)
    assert "stopped before the end" in row(result_text(one), "incomplete")
    assert "stopped before the end" in Page(result_html(one)).text
    assert "incomplete" not in result_text(Result())


def test_several_fee_assets_and_open_positions():
    text = summary_text(
        result(fees={"USDT": "1000", "BTC": "0.00000001"}, open_positions=1).summary
    )
    assert row(text, "fees") == "1,000 USDT, 0.00000001 BTC"
    assert row(text, "open") == "1 position, valued, not closed"
    assert row(summary_text(result(fees={}).summary), "fees") == "none"


def test_long_names_stay_on_one_line():
    one = result(strategy="x" * 10_000, instruments=[f"A{n}/B\nC" for n in range(500)])
    heading = summary_text(one.summary).splitlines()[0]
    assert len(heading) <= 100
    assert "A3/B C and 496 more\n" in summary_text(one.summary)


@given(st.floats(-1e300, 1e300) | st.just(math.nan))
def test_a_percentage_says_the_fraction_to_what_it_shows(fraction):
    said = percent(fraction)
    assert len(said) < 20
    if math.isnan(fraction):
        assert said == "–"
    else:
        shown = float(said.rstrip("%").replace(",", "")) / 100
        assert math.isclose(shown, fraction, rel_tol=0.051, abs_tol=5.1e-5)
        assert shown != 0 or abs(fraction) < 1e-300


@given(st.decimals(allow_nan=False, allow_infinity=False, places=8))
def test_money_is_exact(amount):
    assert money(str(amount)).replace(",", "") == f"{amount:f}"


@given(st.floats(-1e300, 1e300))
def test_a_label_is_short(value):
    assert len(number(value)) <= 12
    assert math.isclose(float(number(value).replace(",", "")), value, rel_tol=1e-3)


moments = st.floats(-9e9, 9e9).map(lambda time: round(time, 3))


@given(moments, st.floats(1e-3, 9e9))
def test_ticks_are_round_few_and_inside(first, span):
    found = ticks(first, first + span)
    times = [time for time, _ in found]
    assert times == sorted(set(times))
    assert all(first <= time <= first + span for time in times)
    assert len(found) <= 7
    assert span < 2 or all(time % 1 == 0 for time in times)
    assert found


lines = st.lists(st.tuples(moments, st.floats(allow_nan=False, allow_infinity=False, width=32)))
lines = lines.map(sorted).map(lambda points: points[:20])


@given(lines, lines, st.booleans())
def test_any_curve_is_drawn_inside_its_frame(points, other, exposed):
    held = [(time, abs(value)) for time, value in points] if exposed else []
    assert_inside(account_svg(curves_of(points, other, held), "", exposure=exposed))


@given(lines, lines, st.integers(0, 1))
def test_any_price_is_drawn_inside_its_frame(points, done, bought):
    span = span_of(curves_of(points))
    fills = line(done) | {"bought": np.array([bought == 1] * len(done), bool)}
    fills["price"] = fills["value"]
    assert_inside(price_svg(HOSTILE, line(points), fills, span))
    bars = line(points)
    columns = dict.fromkeys(("open", "high", "low", "close"), bars["value"])
    assert_inside(price_svg("A/B", bars | columns, fills, span))


def assert_inside(svg):
    if svg:
        assert_harmless(svg)
        assert "nan" not in svg
        assert "inf" not in svg
        for path in re.findall(r' d="([^"]*)"', svg):
            spots = re.findall(r"[ML](-?[\d.]+),(-?[\d.]+)", path)
            assert all(0 <= float(x) <= 720 and 0 <= float(y) <= 300 for x, y in spots)


@given(st.floats(0, 1e12))
def test_a_duration_is_said_in_two_units_of_which_the_second_is_the_smaller(seconds):
    said = duration(seconds)
    assert len(said) <= 20
    parts = re.findall(r"([\d.,e+-]+)(ms|[dhms])", said)
    sizes = {"d": 86_400, "h": 3600, "m": 60, "s": 1, "ms": 1e-3}
    total = sum(float(count.replace(",", "")) * sizes[unit] for count, unit in parts)
    assert math.isclose(total, seconds, rel_tol=0.05, abs_tol=0.5)
    assert 1 <= len(parts) <= 2


@given(st.floats(-1e300, 1e300))
def test_ratios_and_amounts_say_the_number_to_what_they_show(value):
    for said in (ratio(value), amount(value)):
        shown = float(said.replace(",", ""))
        assert math.isclose(shown, value, rel_tol=0.05, abs_tol=5.1e-3)
        assert len(said) <= 16
    assert not share(value).startswith("+")
