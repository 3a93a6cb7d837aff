"""The run behind a system's figures: its tables are those figures, and it draws itself."""

from collections import Counter
from itertools import pairwise

import pyarrow as pa
import pytest
from systems import config, told, walk

import barter_python as bt


class Swings(bt.Strategy):
    """Buys at the low of the walk and sells at its high."""

    def on_quote(self, context, quote):
        if quote.bid in (100, 103):
            context.target(quote.instrument, 2 if quote.bid == 100 else 0)


def ran(**more):
    events = bt.MarketDataInMemory(walk(200, every=3_600_000))
    return bt.run_historic_backtest(config(fees_percent="0.1"), events, strategy=Swings, **more)


@pytest.fixture(scope="module")
def summary():
    return ran()


def rows(table):
    return pa.table(table).to_pylist()


def test_tables_are_the_figures(summary):
    run = summary.run
    assert told(run.summary) == told(summary)
    assert summary.fills > 50
    assert (len(run.fills), len(run.orders)) == (summary.fills, summary.orders)
    sums = Counter()
    for row in rows(run.ledger):
        sums[row["asset"]] += row["amount"]
    assert sums == {asset: amount for asset, amount in run.balances if amount}
    fees = sum(row["fee"] for row in rows(run.fills))
    assert dict(summary.fees) == {"kraken:usdt": fees}
    times = [row["time"] for row in rows(run.equity)]
    assert all(one < other for one, other in pairwise(times))
    assert rows(run.equity)[-1]["equity"] == float(summary.end_equity)


def test_equal_runs_have_equal_digests(summary):
    assert ran().run.digest == summary.run.digest
    assert (
        ran(initial_balances=[{"exchange": "kraken", "asset": "usdt", "total": "9000"}]).run.digest
        != summary.run.digest
    )


def test_it_draws_itself_and_writes_its_page(summary, tmp_path):
    card = summary._repr_html_()
    assert card.count("<svg") == summary.run._repr_html_().count("<svg") == 1
    assert summary.run.digest in card
    assert "0.1% of the notional" in card
    page = summary.run.report(tmp_path / "run.html", summary=summary).read_text("utf-8")
    assert "Price and fills" in page
    assert f"{summary.fills} fills" in page
    assert str(summary.run).startswith(str(summary).partition("\n")[0])


def test_what_needs_the_rows_says_that_they_were_not_kept(summary):
    for ask in (lambda: summary.run.explain(1), summary.run.path_sensitivity):
        with pytest.raises(bt.StateError, match="needs the rows of the run, which a system does"):
            ask()


def test_figures_of_a_backtest_know_their_run():
    data = bt.sample("candles")
    result = bt.backtest(data, Swings, cash="1000 usdt")
    assert result.summary.run.digest == result.digest
    assert result.summarise(interval="1h").run.summary.to_dict() == result.summary.to_dict()


def test_figures_that_were_made_piece_by_piece_have_no_run():
    alone = bt.TradingSummaryGenerator().generate()
    assert alone.run is None
    assert alone.assumptions == []
    card = alone._repr_html_()
    assert "<svg" not in card
    assert "assumptions" not in card
    assert "caveats" not in card
