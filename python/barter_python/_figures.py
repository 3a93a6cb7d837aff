"""A run's figures in words: one form of each for text, card and report.

Nothing is computed here: values come from `to_dict()`, definitions and reasons from `figures`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from barter_python._core import Figure, PathSensitivity

UNKNOWN = "–"
_NAMES_SHOWN = 4
_NAME_LENGTH = 120
_SENTENCE_LENGTH = 1000
# Fractions whose sign tells something; the others are shares.
_SIGNED = {
    *("total_return", "cagr", "max_drawdown", "average_drawdown", "best", "worst"),
    *("benchmark_return", "alpha", "arithmetic_alpha"),
}
_SPANS = ((86_400, "d"), (3_600, "h"), (60, "m"), (1, "s"))

Row = tuple[str, str, str]
"""Label, value, and what is said beside it."""


class Summary(Protocol):
    """What is asked of a run's figures."""

    @property
    def run(self) -> Result | None: ...
    def to_dict(self) -> dict[str, Any]: ...
    def explain(self, name: str) -> Figure: ...


class Picture(Protocol):
    """What pictures of a run are drawn from."""

    def curves(self, points: int) -> Mapping[str, Any]: ...
    def prices(self, instrument: int, points: int) -> Mapping[str, Any]: ...
    def fills(self, instrument: int, points: int) -> Mapping[str, Any]: ...
    def months(self) -> tuple[Sequence[Mapping[str, Any]], Sequence[Mapping[str, Any]]]: ...
    def drawdowns(self, count: int) -> tuple[Sequence[Mapping[str, Any]], int]: ...
    def trades(
        self, each: int
    ) -> tuple[Sequence[Mapping[str, Any]], Sequence[Mapping[str, Any]], int]: ...
    def costs(self) -> Sequence[Mapping[str, Any]]: ...
    def orders(self) -> Sequence[Mapping[str, Any]]: ...
    @property
    def coverage(self) -> tuple[int, int] | None: ...


class Result(Protocol):
    """What is asked of a run's result."""

    @property
    def summary(self) -> Summary: ...
    @property
    def digest(self) -> str: ...
    def _picture(
        self, start: object = None, end: object = None, summary: Any = None
    ) -> Picture: ...
    def _known_path_sensitivity(self) -> PathSensitivity | None: ...


class Assumed(NamedTuple):
    """Something taken for granted."""

    topic: str
    said: str
    flatters: bool


def money(amount: str | None) -> str:
    """An exact amount with its thousands apart."""
    return UNKNOWN if amount is None else f"{Decimal(amount):,f}"


def percent(fraction: float | None) -> str:
    """A fraction as a percentage: two places, more where it is tiny, a power of ten where huge."""
    if fraction is None or fraction != fraction:  # noqa: PLR0124 - not a number
        return UNKNOWN
    if fraction == 0:
        return "0.00%"
    if abs(fraction) >= 1e7:  # noqa: PLR2004 - a thousand million per cent
        return f"{fraction * 100:+.3e}%"
    if abs(fraction) < 1e-4:  # noqa: PLR2004 - a hundredth of a per cent
        return f"{fraction * 100:+.2g}%"
    return f"{fraction:+,.2%}"


def share(fraction: float | None) -> str:
    """A part of a whole as a percentage."""
    return percent(fraction).removeprefix("+")


def ratio(value: float | None) -> str:
    """A number without a unit: two places, more where it is tiny, a power of ten where huge."""
    if value is None:
        return UNKNOWN
    if value != 0 and not 0.01 <= abs(value) < 1e9:  # noqa: PLR2004 - room for so many digits
        return f"{value:.3g}"
    return f"{value:,.2f}"


def amount(value: float | None) -> str:
    """A mean of money, which is not exact: two places, four digits where that says little."""
    if value is None:
        return UNKNOWN
    return f"{value:,.4g}" if 0 < abs(value) < 1 else ratio(value)


def duration(seconds: float | None) -> str:
    """A time in its two largest units."""
    if seconds is None:
        return UNKNOWN
    if seconds < 1:
        return "0s" if seconds == 0 else f"{seconds * 1e3:.3g}ms"
    left, parts = round(seconds), list[str]()
    for span, unit in _SPANS:
        if left >= span or parts:
            parts.append(f"{left // span:,}{unit}")
            left %= span
    return " ".join(part for part in parts[:2] if part[0] != "0")


def value_text(figures: Mapping[str, Any], name: str, unit: str) -> str:
    """The value of a figure."""
    return _worded(figures[name], name, unit, one_line(figures["currency"]))


def error_text(figures: Mapping[str, Any], name: str, unit: str) -> str:
    """The standard error of a figure; nothing where none is known."""
    error = figures["errors"].get(name)
    return "" if error is None else _worded(error, "", unit, one_line(figures["currency"]))


def _worded(value: float | None, name: str, unit: str, currency: str) -> str:
    if value is None:
        return UNKNOWN
    match unit:
        case "fraction" | "fraction per year":
            return percent(value) if name in _SIGNED else share(value)
        case "probability":
            return share(value)
        case "seconds":
            return duration(value)
        case "money":
            return f"{amount(value)} {currency}"
        case _:
            return ratio(value)


def headline(summary: Summary, figures: Mapping[str, Any]) -> list[Row]:
    """The figures that come first, with what they need to be read; what is not known is left out.

    An undefined one is a dash with its reason.
    """
    start, end = money(figures["start_equity"]), money(figures["end_equity"])
    told, currency = figures["told_by"], one_line(figures["currency"])

    def said(name: str, note: str, unit: str = "fraction") -> tuple[str, str]:
        if figures[name] is None:
            return UNKNOWN, summary.explain(name).why or note
        error = error_text(figures, name, unit)
        value = value_text(figures, name, unit)
        return f"{value} ± {error}" if error else value, note

    observed = f"n = {figures['observations'].get('sharpe', 0):,}, returns of {told['interval']}"
    longest, why = said("longest_drawdown", "", "seconds")
    fell = f"longest {longest}" if figures["longest_drawdown"] else "never below a peak"
    won, why_not = said("win_rate", "")
    trades = f"{won} with a profit" if figures["win_rate"] is not None else why_not
    rows = [
        ("return", *said("total_return", f"{end} {currency} from {start}")),
        ("growth", *said("cagr", "a year")),
        ("Sharpe", *said("sharpe", observed, "ratio")),
        ("max drawdown", *said("max_drawdown", why or fell)),
        ("trades", f"{figures['trades']:,}", trades),
    ]
    if "exposure" in figures:
        rows.append(("exposure", *said("exposure", "of the time")))
    if told["benchmark"] is not None:
        held = one_line(told["benchmark"]).removeprefix("buy and hold ")
        rows.append(("buy and hold", *said("benchmark_return", held)))
    return rows


def details(figures: Mapping[str, Any]) -> list[Row]:
    """What was paid and done."""
    currency, costs = one_line(figures["currency"]), figures["costs"]
    fees = [f"{money(paid)} {one_line(asset)}" for asset, paid in figures["fees"].items()]
    cancelled = figures["cancelled"]
    rows = [("fees", ", ".join(fees) or "none", "")]
    rows += [
        (part, f"{money(costs[part])} {currency}", "")
        for part in ("spread", "slippage", "funding")
        if costs is not None and Decimal(costs.get(part, 0))
    ]
    rows.append(("orders", f"{figures['orders']:,}", counted(figures["fills"], "fill")))
    if cancelled:
        rows.append(("cancelled", counted(sum(cancelled.values()), "order"), _reasons(cancelled)))
    time = f"{figures['start']} to {figures['end']}"
    return [*rows, ("time", time, counted(figures["events"], "event"))]


def notices(figures: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What the reader must know before the figures mean anything."""
    found: list[tuple[str, str]] = []
    if not figures["complete"]:
        found.append(("incomplete", "stopped before the end; figures are of what was done"))
    if figures["diagnosis"]:
        found.append(("no fills", one_line(figures["diagnosis"], _SENTENCE_LENGTH)))
    return found


def caveats(
    figures: Mapping[str, Any],
    coverage: tuple[int, int] | None = None,
    sensitivity: PathSensitivity | None = None,
) -> list[Row]:
    """What speaks against the figures."""
    refused, changes = figures["refused"], figures["changes_refused"]
    rows: list[Row] = []
    if figures["ambiguous"] or sensitivity is not None:
        said = counted(figures["ambiguous"], "candle")
        rows.append(("ambiguous", said, _paths(figures, sensitivity)))
    if refused:
        rows.append(("refused", counted(sum(refused.values()), "order"), _reasons(refused)))
    if changes:
        rows.append(("not changed", counted(sum(changes.values()), "request"), _reasons(changes)))
    if coverage is not None and coverage[0] < coverage[1]:
        rows.append(("missing", *_gaps(coverage, figures["told_by"]["calendar"])))
    if figures["open_positions"]:
        open_ = counted(figures["open_positions"], "position")
        rows.append(("open", open_, "valued, not closed"))
    trials = figures["told_by"]["trials"]
    if trials is not None:
        deflated = share(figures["deflated_sharpe"])
        rows.append(("trials", f"best of {trials:,g}", f"deflated Sharpe {deflated}"))
    return rows


def _paths(figures: Mapping[str, Any], sensitivity: PathSensitivity | None) -> str:
    """What hangs on the order of high and low."""
    if sensitivity is None:
        return "which of two orders came first is assumed"
    if sensitivity.range is None:
        return "equity is not known under every path"
    least, most = (money(str(bound)) for bound in sensitivity.range)
    currency = one_line(figures["currency"])
    if least == most:
        return f"profit {least} {currency} whatever the path within candles"
    return f"profit from {least} to {most} {currency} by the path within candles"


def _gaps(coverage: tuple[int, int], calendar: str) -> tuple[str, str]:
    rows, full = coverage
    closed = ", nights and holidays included" if calendar == "days with data" else ""
    return f"{full - rows:,} of {full:,} candles", share((full - rows) / full) + closed


def _reasons(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{one_line(reason)} {count:,}" for reason, count in counts.items())


def assumed(figures: Mapping[str, Any]) -> list[Assumed]:
    """What was taken for granted; what holds for several instruments is said once."""
    found: dict[Assumed, list[str]] = {}
    for one in figures["assumptions"]:
        name, colon, said = one["text"].partition(": ")
        known = bool(colon) and name in figures["instruments"]
        key = Assumed(one["topic"], said if known else one["text"], one["optimistic"])
        found.setdefault(key, []).extend([name] * known)
    return [
        Assumed(
            one_line(one.topic),
            (f"{listed(names)}: " if names else "")
            + one_line(one.said, _SENTENCE_LENGTH)
            + (" (optimistic)" if one.flatters else ""),
            one.flatters,
        )
        for one, names in found.items()
    ]


def instrument_sheet(sheet: Mapping[str, Any]) -> str:
    """What the closed trades of an instrument made; what is undefined is left out."""
    rows = (
        ("return", percent, sheet["pnl_return"]["value"]),
        ("Sharpe", ratio, sheet["sharpe_ratio"]["value"]),
        ("Sortino", ratio, sheet["sortino_ratio"]["value"]),
        ("Calmar", ratio, sheet["calmar_ratio"]["value"]),
        ("max drawdown", percent, _depth(sheet["pnl_drawdown_max"])),
        ("with a profit", share, sheet["win_rate"]),
        ("profit factor", ratio, sheet["profit_factor"]),
    )
    known = [f"{label} {say(float(value))}" for label, say, value in rows if value is not None]
    return ", ".join([f"profit {money(sheet['pnl'])}", *known])


def asset_sheet(sheet: Mapping[str, Any]) -> str:
    """What there was of an asset at the end, and how deep it fell."""
    balance, depth = sheet["balance_end"], _depth(sheet["drawdown_max"])
    if balance is None:
        return "none"
    held = Decimal(balance["total"]) - Decimal(balance["free"])
    locked = f", of it {money(str(held))} held back" if held else ""
    return money(balance["total"]) + locked + (f", max drawdown {percent(depth)}" if depth else "")


def _depth(fall: Mapping[str, Any] | None) -> float | None:
    """A drawdown of a tear sheet, which is positive there, as it is shown."""
    return None if fall is None else -float(fall["value"])


def joined(rows: Iterable[Row]) -> list[tuple[str, str]]:
    """Labels, and values with what is said beside them."""
    return [(label, value + _apart(note) + note) for label, value, note in rows]


def _apart(note: str) -> str:
    """What stands between a value and its note: a comma, unless the note is its unit."""
    return "" if not note else " " if note.startswith(("a year", "of ")) else ", "


def names(figures: Mapping[str, Any]) -> tuple[str, str]:
    """The strategy and the instruments, each on one line."""
    return one_line(figures["strategy"]), listed(figures["instruments"])


def listed(several: Sequence[str]) -> str:
    """The first names, and how many there are besides."""
    shown = ", ".join(one_line(name) for name in several[:_NAMES_SHOWN])
    more = len(several) - _NAMES_SHOWN
    return f"{shown} and {more:,} more" if more > 0 else shown


def counted(count: int, noun: str) -> str:
    """A number of something."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def one_line(value: object, limit: int = _NAME_LENGTH) -> str:
    """`value` on one line of at most `limit` characters, all of them printable."""
    flat = " ".join(str(value).split())
    flat = "".join(sign if sign.isprintable() else "?" for sign in flat)
    return flat if len(flat) <= limit else f"{flat[: limit - 1]}…"
