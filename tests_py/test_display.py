"""What a result shows is what it holds: one set of numbers in text, picture and JSON."""

import json
import math
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

import barter_python as bt
from barter_python._curve import curve_svg, number, ticks
from barter_python._display import (
    money,
    page,
    percent,
    result_html,
    result_text,
    story_html,
    summary_text,
)

HOSTILE = "<script>alert('x')</script> & \"q\" <img src=http://x onerror=y>\n\x1b[31m\u202e"
VOID = {"meta", "br", "img", "input", "link", "hr"}
YEAR = 365.25 * 86_400


@dataclass
class Assumed:
    topic: str = "impact"
    text: str = "none"
    optimistic: bool = False


@dataclass
class Summary:
    figures: dict = field(default_factory=dict)

    def to_dict(self):
        return {
            "strategy": "Cross()",
            "instruments": ["BTC/USDT"],
            "currency": "USDT",
            "start": "2024-01-01T00:00:00Z",
            "end": "2024-12-31T00:00:00Z",
            "complete": True,
            "start_equity": "100",
            "end_equity": "110.5",
            "total_return": 0.105,
            "max_drawdown": -0.02,
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
        } | self.figures


@dataclass
class Result:
    summary: Summary = field(default_factory=Summary)
    curve: list = field(default_factory=lambda: [(0.0, 100.0), (YEAR / 2, 90.0), (YEAR, 110.5)])
    assumptions: list = field(default_factory=lambda: [Assumed()])
    digest: str = "0123abcd"

    def _curve(self, _count):
        return self.curve


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
        if "style" not in self.open:
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
    figures, text = real_run.summary.to_dict(), str(real_run.summary)
    assert row(text, "return") == f"{figures['total_return']:+,.2%}"
    assert row(text, "max drawdown") == f"{figures['max_drawdown']:+.2%}"
    equity = f"{figures['end_equity']} USDT from {figures['start_equity']}"
    assert row(text, "equity").replace(",", "") == equity
    assert row(text, "fees").replace(",", "") == f"{figures['fees']['USDT']} USDT"
    trades = f"{figures['trades']} {figures['winners']} with a profit"
    assert row(text, "trades").replace(",", "") == trades
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
    for one in real_run.assumptions:
        assert re.search(rf"\n  {one.topic} +{re.escape(one.text)}", text)
        marked = f"{one.text} (optimistic)" in text
        assert marked == one.optimistic


def test_an_assumption_that_holds_for_several_instruments_is_said_once():
    one = result(instruments=["A/B", "C/D"])
    one.assumptions = [
        Assumed("path", "A/B: same"),
        Assumed("path", "C/D: same"),
        Assumed("path", "C/D: other"),
        Assumed("note", "none: of them"),
    ]
    lines = ["path  A/B, C/D: same", "path  C/D: other", "note  none: of them"]
    assert "assumptions\n  " + "\n  ".join(lines) + "\n" in result_text(one)
    assert "A/B, C/D: same path C/D: other note" in Page(result_html(one)).text


def test_labels_are_aligned(real_run):
    lines = summary_text(real_run.summary).splitlines()[1:]
    assert len({re.match(r"  \S+(?: \S+)* {2,}", line).end() for line in lines}) == 1


def test_nothing_hostile_reaches_the_page():
    one = Result(
        Summary(
            {
                "strategy": HOSTILE,
                "instruments": [HOSTILE] * 2,
                "currency": HOSTILE,
                "fees": {HOSTILE: "1"},
                "refused": {HOSTILE: 3},
            }
        ),
        assumptions=[Assumed(HOSTILE, HOSTILE, optimistic=True)],
        digest=HOSTILE,
    )
    for html in (result_html(one), page(HOSTILE, result_html(one))):
        seen = assert_harmless(html)
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


def test_a_page_is_a_document_and_a_card_needs_no_network():
    html = page("Cross()", result_html(Result()))
    assert html.startswith("<!doctype html>")
    assert assert_harmless(html).tags[:2] == ["html", "head"]
    assert "http" not in html


@pytest.mark.parametrize("curve", [[], [(0.0, 1.0)], [(5.0, 1.0), (5.0, 2.0)]])
def test_less_than_a_line_is_not_drawn(curve):
    html = result_html(result(curve))
    assert "<svg" not in html
    assert_harmless(html)


def test_a_flat_curve_has_one_label_and_no_fall():
    svg = curve_svg([(0.0, 5.0), (YEAR, 5.0)], "0.00%")
    assert re.findall(r">(\w+) <tspan", svg) == ["last"]
    assert 'class="fall"' not in svg


def test_last_highest_and_lowest_are_labelled_apart():
    svg = curve_svg([(0.0, 100.0), (1e6, 90.0), (2e6, 90.2), (3e6, 90.1)], "-10.00%")
    found = re.findall(r'y="([\d.]+)">(\w+) <tspan class="value">([\d.,]+)<', svg)
    assert {(name, value) for _, name, value in found} == {
        ("last", "90.1"),
        ("max", "100"),
        ("min", "90"),
    }
    heights = sorted(float(height) for height, _, _ in found)
    assert min(b - a for a, b in pairwise(heights)) >= 12
    assert "-10.00%" in svg


def test_undefined_figures_are_a_dash():
    one = result(start_equity=None, end_equity=None, total_return=None, max_drawdown=None)
    text = summary_text(one.summary)
    assert row(text, "return") == row(text, "max drawdown") == "–"
    assert row(text, "equity") == "– USDT, from –"
    assert "–" in assert_harmless(result_html(one)).text
    assert "None" not in text + result_html(one)


def test_a_run_without_fills_says_why():
    why = "2 orders were made, none was filled: 2 denied (lot_step)."
    one = result(fills=0, diagnosis=why)
    assert row(result_text(one), "no fills") == why
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
    assert len(heading) < 250
    assert heading.endswith("A3/B C and 496 more")


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


@given(st.lists(st.tuples(moments, st.floats(allow_nan=False, width=32)), max_size=20))
def test_any_curve_is_drawn_inside_its_frame(points):
    svg = curve_svg(sorted(points), "")
    if svg:
        Page(svg)
        for path in re.findall(r' d="([^"]*)"', svg):
            numbers = [float(part) for part in re.findall(r"-?\d+(?:\.\d+)?", path)]
            assert all(0 <= value <= 720 for value in numbers)
