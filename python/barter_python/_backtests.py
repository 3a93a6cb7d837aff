"""Many backtests of one configuration over the same data."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast, overload

from barter_python._core import BacktestArgsDynamic, backtests

if TYPE_CHECKING:
    from collections.abc import Iterable

    from barter_python._core import BacktestArgsConstant, TradingSummary


@dataclass(frozen=True, slots=True)
class BacktestSummary:
    """What came of one backtest: its `id`, its rate per year that costs no risk, its figures."""

    id: str
    risk_free_return: float
    trading_summary: TradingSummary

    def to_dict(self) -> dict[str, Any]:
        """Everything by name, ready for JSON."""
        figures = cast("Any", self.trading_summary)
        return {
            "id": self.id,
            "risk_free_return": self.risk_free_return,
            "trading_summary": figures.to_dict(),
        }


@dataclass(frozen=True, slots=True)
class MultiBacktestSummary:
    """What came of several backtests: `summaries` in the order in which they were given.

    `duration_ms` is how long they took together, in milliseconds on the wall.
    """

    num_backtests: int
    duration_ms: int
    summaries: tuple[BacktestSummary, ...]

    def to_dict(self) -> dict[str, Any]:
        """Everything by name, ready for JSON."""
        return {
            "num_backtests": self.num_backtests,
            "duration_ms": self.duration_ms,
            "summaries": [summary.to_dict() for summary in self.summaries],
        }


@overload
def run_backtests(
    constant: BacktestArgsConstant,
    dynamic: BacktestArgsDynamic,
    *,
    threads: int | None = None,
) -> BacktestSummary: ...
@overload
def run_backtests(
    constant: BacktestArgsConstant,
    dynamic: Iterable[BacktestArgsDynamic],
    *,
    threads: int | None = None,
) -> MultiBacktestSummary: ...
def run_backtests(
    constant: BacktestArgsConstant,
    dynamic: BacktestArgsDynamic | Iterable[BacktestArgsDynamic],
    *,
    threads: int | None = None,
) -> BacktestSummary | MultiBacktestSummary:
    """Runs a configuration several times, each time with another strategy or other limits.

    * `constant` - a `BacktestArgsConstant`: configuration, market data and start balances.
    * `dynamic` - `BacktestArgsDynamic` objects with ids that differ; a single one that is not in a
      list gives a single `BacktestSummary`.
    * `threads` - on how many threads runs go on at one time that call no hook of Python between
      their start and their end, > 0; by default on all cores. Runs of Python strategies go on one
      after the other in the caller's thread meanwhile: they would only take turns for the
      interpreter. Results depend neither on that nor on the order.

    Market data are held once, whatever the number of runs. All arguments are checked before
    anything runs: `ConfigError`, `StrategyError`. The first backtest in the given order that fails
    gives its error, whose text or note (`__notes__`) names the id; those behind it are given up.
    """
    begun = time.perf_counter()
    alone = isinstance(dynamic, BacktestArgsDynamic)
    every = [dynamic] if alone else list(dynamic)
    told = backtests(constant, every, threads)
    summaries = tuple(
        BacktestSummary(one.id, one.risk_free_return, summary)
        for one, summary in zip(every, told, strict=True)
    )
    if alone:
        return summaries[0]
    took = round((time.perf_counter() - begun) * 1000)
    return MultiBacktestSummary(len(summaries), took, summaries)
