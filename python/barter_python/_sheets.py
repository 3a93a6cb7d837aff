"""Tear sheets under Barter's names: views of the figures of a summary."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from barter_python._ratios import (
    CalmarRatio,
    Drawdown,
    MeanDrawdown,
    RateOfReturn,
    SharpeRatio,
    SortinoRatio,
    TimeDeltaInterval,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from barter_python._core import Balance

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class TearSheet:
    """What a portfolio or an instrument made.

    Ratios are of a year and `None` inside where undefined; `.scale("daily")` tells them by the day.
    A drawdown is a positive fraction of the highest equity before it.
    """

    pnl: Decimal | None
    """Profit and loss after fees, in money of the summary's currency. Of a portfolio it is all that
    equity gained, of an instrument what its closed trades made."""
    pnl_return: RateOfReturn
    """It as a fraction of the equity at the start, over the whole time."""
    sharpe_ratio: SharpeRatio
    sortino_ratio: SortinoRatio
    calmar_ratio: CalmarRatio
    pnl_drawdown: Drawdown | None
    """The drawdown that is still open."""
    pnl_drawdown_mean: MeanDrawdown | None
    pnl_drawdown_max: Drawdown | None
    win_rate: Decimal | None
    """Share of the closed trades with a profit after fees."""
    profit_factor: Decimal | None

    def to_dict(self) -> dict[str, Any]:
        """Everything by name, ready for JSON: numbers as text, times as ISO 8601."""
        return _told(self)


class InstrumentTearSheet(TearSheet):
    """What the closed trades of one instrument made; ratios are of its share in the account."""


@dataclass(frozen=True)
class AssetTearSheet:
    """What there was of one asset: the balance at the end, and its falls since it first was > 0."""

    balance_end: Balance | None
    drawdown: Drawdown | None
    """The drawdown that is still open."""
    drawdown_mean: MeanDrawdown | None
    drawdown_max: Drawdown | None

    def to_dict(self) -> dict[str, Any]:
        """Everything by name, ready for JSON."""
        return _told(self)


def tear_sheet(raw: Mapping[str, Any], *, of_instrument: bool) -> TearSheet:
    """A sheet from what the core knows of it."""
    year = raw["year"]
    kind = InstrumentTearSheet if of_instrument else TearSheet
    length = timedelta(microseconds=max(raw["length_ns"] // 1000, 1))
    now, mean, deepest = _falls(raw["falls"])
    return kind(
        pnl=raw["pnl"],
        pnl_return=RateOfReturn(raw["pnl_return"], TimeDeltaInterval(length)),
        sharpe_ratio=SharpeRatio(raw["sharpe"], year),
        sortino_ratio=SortinoRatio(raw["sortino"], year),
        calmar_ratio=CalmarRatio(raw["calmar"], year),
        pnl_drawdown=now,
        pnl_drawdown_mean=mean,
        pnl_drawdown_max=deepest,
        win_rate=_decimal(raw["win_rate"]),
        profit_factor=_decimal(raw["profit_factor"]),
    )


def asset_sheet(raw: Mapping[str, Any]) -> AssetTearSheet:
    """A sheet from what the core knows of it."""
    now, mean, deepest = _falls(raw["falls"])
    return AssetTearSheet(raw["balance"], now, mean, deepest)


def _falls(raw: Mapping[str, Any]) -> tuple[Drawdown | None, MeanDrawdown | None, Drawdown | None]:
    mean = raw["mean"]
    return (
        _drawdown(raw["now"]),
        None if mean is None else MeanDrawdown(mean[0], timedelta(seconds=mean[1])),
        _drawdown(raw["deepest"]),
    )


def _drawdown(raw: tuple[float, int, int] | None) -> Drawdown | None:
    if raw is None:
        return None
    depth, start, end = raw
    return Drawdown(depth, moment(start), moment(end))


def moment(ns: int) -> datetime:
    """Nanoseconds since 1970 UTC as an aware datetime, to the microsecond."""
    return _EPOCH + timedelta(microseconds=ns // 1000)


def _decimal(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _told(sheet: Any) -> dict[str, Any]:
    def plain(value: Any) -> Any:
        if value is None:
            return None
        if hasattr(value, "to_dict"):
            return value.to_dict()
        if hasattr(value, "total"):
            return {"total": str(value.total), "free": str(value.free)}
        return str(value)

    return {field.name: plain(getattr(sheet, field.name)) for field in fields(sheet)}
