"""What holds between the figures of any run. `check` is called for every backtest of the tests."""

from __future__ import annotations

import json
import math
from decimal import Decimal

import numpy as np
import pyarrow as pa

import barter_python as bt

MANY = 3_000  # points and fills beyond which a check would slow the tests down


def close(a: float | None, b: float | None, size: float = 1.0) -> bool:
    """Equal within rounding; what is undefined equals what is undefined."""
    if a is None or b is None:
        return a is b
    return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9 * size)


def column(table: bt.Table, name: str) -> np.ndarray:
    return np.asarray(pa.table(table[name])[name].to_numpy(), dtype=float)


def check(result: bt.Backtest) -> None:
    summary = result.summary
    figures = summary.figures
    told = summary.to_dict()
    json.dumps(told, allow_nan=False)
    for name in figures:
        figure = figures.explain(name)
        assert (figure.value is not None) or (figure.reason is not None), name
        assert figure.value is None or math.isfinite(figure.value), name
        assert told[name] == figure.value
    money(result, summary)
    trades(result, summary)
    activity(summary)
    if len(result.equity) <= MANY:
        series(result, summary)


def money(result: bt.Backtest, summary: bt.TradingSummary) -> None:
    """What equity gained is what trades made, where nothing else could change it."""
    start, end = summary.start_equity, summary.end_equity
    if start is None or end is None or start <= 0:
        return
    assert close(summary.total_return, float(end / start) - 1)
    ledger = pa.table(result.ledger).to_pylist()
    deposited = {row["asset"] for row in ledger if row["reason"] == "deposit"}
    charged = {asset for asset, _ in summary.fees}
    alone = deposited == {summary.currency} >= charged and len(summary.instruments) == 1
    if alone and summary.open_positions == 0:
        made = pa.table(result.positions)["net_profit"].to_pylist()
        assert end - start == sum(made, Decimal(0))


def trades(result: bt.Backtest, summary: bt.TradingSummary) -> None:
    """Win rate, payoff, profit factor and expectancy are one another's."""
    figures, count = summary.figures, summary.trades
    if count == 0:
        assert figures["win_rate"] is None
        return
    if figures.explain("win_rate").reason == "missing_price":
        return
    closed = [row for row in pa.table(result.positions).to_pylist() if row["closed"] is not None]
    assert len(closed) == count
    assert close(figures["win_rate"], summary.winners / count)
    if len({name.rpartition("/")[2] for name in summary.instruments}) == 1:
        results = [float(row["net_profit"]) for row in closed]
        size = max(map(abs, results), default=1) + 1
        assert close(figures["expectancy"] * count, math.fsum(results), size * count)
        if figures["profit_factor"] is not None and figures["payoff"] is not None:
            lost = sum(1 for made in results if made < 0)
            assert close(figures["profit_factor"], figures["payoff"] * summary.winners / lost)


def activity(summary: bt.TradingSummary) -> None:
    """Shares are shares, and the net of something is no more than its gross."""
    figures = summary.figures
    if (gross := figures["gross_exposure"]) is not None:
        assert 0 <= figures["exposure"] <= 1
        assert abs(figures["net_exposure"]) <= gross * (1 + 1e-9)
        assert (figures["exposure"] == 0) == (gross == 0) or figures["exposure"] > 0
    if (turnover := figures["turnover"]) is not None:
        assert figures["one_way_turnover"] <= turnover / 2 * (1 + 1e-9)
    if figures["maker_share"] is not None:
        assert 0 <= figures["maker_share"] <= 1
    if summary.costs is not None and {asset for asset, _ in summary.fees} == {summary.currency}:
        assert abs(summary.costs["fees"] - sum(fee for _, fee in summary.fees)) < Decimal("1e-6")


def series(result: bt.Backtest, summary: bt.TradingSummary) -> None:
    """Figures of the curve are those that the tables give, computed alone."""
    figures, year = summary.figures, summary.periods_per_year
    equity = column(result.equity, "equity")
    if np.isnan(equity).any() or equity[0] <= 0:
        return
    falls = column(result.equity, "drawdown")
    assert close(summary.max_drawdown, falls.min())
    depths = column(result.drawdowns, "depth")
    assert close(summary.max_drawdown, depths.min(initial=0.0))
    if (equity <= 0).any():
        assert figures["sharpe"] is None
        assert figures.explain("sharpe").reason == "ruin"
        return
    returns = column(result.returns("table"), "return")
    assert close(np.prod(1 + returns) - 1, summary.total_return if len(returns) else 0.0)
    months = column(result.monthly, "return")
    assert close(np.prod(1 + months) - 1, summary.total_return if len(months) else 0.0)
    stat = bt.statistic
    assert close(stat.sharpe(returns, periods_per_year=year), summary.sharpe)
    # Omega at 0 is the profit factor of the returns.
    assert close(figures["omega"], stat.profit_factor(returns) if len(returns) > 1 else None)
    if figures["volatility"]:
        assert close(stat.beta(returns, returns), 1.0)
        assert close(stat.alpha(returns, returns, periods_per_year=year), 0.0)
