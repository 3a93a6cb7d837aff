"""The report of a result: one page that needs no network, to be read, printed and kept."""

from __future__ import annotations

import os
import secrets
from base64 import b64encode
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from barter_python import _figures
from barter_python._curve import account_svg, price_svg, span_of
from barter_python._display import drawdown, headline_html, text, typeset
from barter_python._style import CARD_CSS, REPORT_CSS, REPORT_SCRIPT
from barter_python.errors import ConfigError, MissingFileError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from barter_python._core import TradingSummary
    from barter_python._figures import Picture, Result

_POINTS = 1600  # of a curve
_BARS = 300  # of a price
_FILLS = 600  # marks in a picture of a price
_PRICES = 6  # pictures of prices
_DEEPEST = 10
_EACH = 8  # trades at either end of a list
_COSTS = 20  # instruments whose costs are listed
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_NS = 1e9
# Figures by what they tell; those of no group come last.
_GROUPS = {
    "Return and risk": (
        *("total_return", "cagr", "volatility", "sharpe", "adjusted_sharpe"),
        *("probabilistic_sharpe", "deflated_sharpe", "minimum_track_record", "sortino", "calmar"),
        "omega",
    ),
    "Drawdowns": ("max_drawdown", "average_drawdown", "pain", "ulcer", "longest_drawdown"),
    "Distribution of returns": (
        *("best", "worst", "positive_share", "skew", "adjusted_skew", "kurtosis"),
        *("adjusted_kurtosis", "value_at_risk", "expected_shortfall", "tail_ratio"),
    ),
    "Beside the benchmark": (
        *("benchmark_return", "beta", "alpha", "arithmetic_alpha", "correlation"),
        *("tracking_error", "information_ratio"),
    ),
    "Activity": (
        *("exposure", "gross_exposure", "net_exposure", "turnover", "one_way_turnover"),
        "maker_share",
    ),
    "Trades": (
        *("win_rate", "decided_win_rate", "profit_factor", "payoff", "expectancy", "average_win"),
        *("average_loss", "best_trade", "worst_trade", "system_quality", "average_holding"),
    ),
}
_NUMBER, _SMALL, _WARNING = "number", "small", "warning"


class _Run(_figures.Result, Protocol):
    def _told(self, summary: TradingSummary) -> bool: ...


def write_report(
    result: _Run, path: str | os.PathLike[str], summary: TradingSummary | None = None
) -> Path:
    """Writes the report and returns its path."""
    # Of the gate and for the report alone, here and below.
    if summary is not None and not result._told(summary):  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
        text = "summary must be of this result: what its `summarise` or `summary` gave"
        raise ConfigError(text)
    target = Path(path)
    if target.is_dir():
        raise ConfigError(f'path must name a file, and "{target}" is a directory')
    if not target.parent.is_dir():
        raise MissingFileError(
            f'the directory "{target.parent}" for the report is not there; make it first',
            str(target),
        )
    _replace(target, report_html(result, summary or result.summary))
    return target


def _replace(target: Path, document: str) -> None:
    """Puts `document` in the place of whatever is there, as a whole or not at all."""
    beside = target.with_name(f".{target.name[:100]}.{secrets.token_hex(6)}")
    try:
        with beside.open("x", encoding="utf-8") as file:
            file.write(document)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def report_html(result: Result, summary: _figures.Summary) -> str:
    """The whole document."""
    figures = summary.to_dict()
    # Of the gate and for pictures alone.
    picture = result._picture(summary=summary)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
    known = result._known_path_sensitivity()  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
    caveats = _figures.caveats(figures, picture.coverage, known)
    notices = [(label, said, _WARNING) for label, said in _figures.notices(figures)]
    body = "".join(
        (
            _header(figures),
            _listed(notices),
            headline_html(summary, figures),
            _account(picture, figures),
            _listed(_plainly(_figures.details(figures))),
            _listed(_plainly(caveats), "Caveats"),
            _prices(picture, figures),
            _months(picture),
            _drawdowns(picture),
            _all_figures(summary, figures),
            _trades(picture, figures),
            _costs(picture, figures),
            _orders(picture, figures),
            _assumptions(figures),
            _told_by(figures),
            f"<section><h2>Digest</h2><p><code>{text(result.digest)}</code></p></section>",
        )
    )
    return _document(_figures.one_line(figures["strategy"]), body)


def _header(figures: Mapping[str, Any]) -> str:
    name, instruments = _figures.names(figures)
    span = f"{_when(figures['start'])} to {_when(figures['end'])}"
    return f"<header><h1>{text(name)}</h1><p>{text(instruments)}</p><p>{span}</p></header>"


def _document(title: str, body: str) -> str:
    """The page, which forbids itself everything but its own styles and its own script."""
    script = b64encode(sha256(REPORT_SCRIPT.encode()).digest()).decode()
    policy = f"default-src 'sha256-{script}'; style-src 'unsafe-inline'"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{text(policy)}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{text(title)}</title><style>{CARD_CSS}{REPORT_CSS}</style></head>"
        f'<body><main class="bt report">{body}</main><script>{REPORT_SCRIPT}</script></body>'
        "</html>\n"
    )


def _section(title: str, *bodies: str, note: str = "") -> str:
    """A part with its heading; none where there is nothing in it."""
    content = "".join(bodies)
    if not content:
        return ""
    said = f'<p class="note">{text(note)}</p>' if note else ""
    return f"<section><h2>{text(title)}</h2>{content}{said}</section>"


def _listed(rows: Sequence[tuple[str, str, str]], title: str = "") -> str:
    """Labels and texts."""
    drawn = "".join(
        f'<tr class="{kind}"><th>{text(label)}</th><td>{text(said)}</td></tr>'
        for label, said, kind in rows
    )
    listed = f'<table class="list">{drawn}</table>' if drawn else ""
    return _section(title, listed) if title else listed


def _plainly(rows: Iterable[_figures.Row]) -> list[tuple[str, str, str]]:
    return [(label, said, "") for label, said in _figures.joined(rows)]


Cell = tuple[str, str]
"""Markup and a class."""


def _table(heads: Sequence[tuple[str, str]], rows: Iterable[Sequence[Cell]]) -> str:
    """A table with headings, each with the class of its column; nothing without rows."""
    drawn = "".join(
        f"<tr>{''.join(f'<td{_classed(kind)}>{cell}</td>' for cell, kind in row)}</tr>"
        for row in rows
    )
    head = "".join(f"<th{_classed(kind)}>{text(said)}</th>" for said, kind in heads)
    if not drawn:
        return ""
    return (
        f'<div class="wide"><table class="ruled"><thead><tr>{head}</tr></thead>'
        f"<tbody>{drawn}</tbody></table></div>"
    )


def _classed(kind: str) -> str:
    return f' class="{kind}"' if kind else ""


def _when(time: str | None) -> str:
    """A moment as it is read: without a T, seconds only where they count."""
    if time is None:
        return _figures.UNKNOWN
    date, _, clock = time.removesuffix("Z").partition("T")
    return text(f"{date} {clock.removesuffix(':00')}".removesuffix(" 00:00"))


def _exact(number: str | None) -> str:
    """An exact number as far as a reader follows it: ten digits."""
    if number is None:
        return _figures.UNKNOWN
    exact = Decimal(number)
    return typeset(f"{exact:,.0f}" if abs(exact) >= 10**9 else f"{exact:,.10g}")


def _percent(fraction: float | None) -> str:
    return typeset(_figures.percent(fraction))


def _span(ns: int | None) -> str:
    return _figures.UNKNOWN if ns is None else text(_figures.duration(ns / _NS))


def _figure(drawn: str, caption: str) -> str:
    """A picture with what it shows below it."""
    return f"<figure>{drawn}<figcaption>{caption}</figcaption></figure>" if drawn else ""


def _account(picture: Picture, figures: Mapping[str, Any]) -> str:
    curves = picture.curves(_POINTS)
    drawn = account_svg(curves, typeset(drawdown(figures)), exposure=True)
    benchmark = figures["told_by"]["benchmark"]
    beside = f" beside {text(_figures.one_line(benchmark))}" if benchmark else ""
    currency = text(_figures.one_line(figures["currency"]))
    return _figure(
        drawn,
        f"Equity in {currency}{beside}; how far each lies below its highest so far; what "
        "positions are worth as a share of equity. Times are UTC.",
    )


def _prices(picture: Picture, figures: Mapping[str, Any]) -> str:
    span = span_of(picture.curves(4))
    names: Sequence[str] = figures["instruments"]
    drawn = list[str]()
    for at, name in enumerate(names[:_PRICES]):
        fills, shown = picture.fills(at, _FILLS), _figures.one_line(name)
        marks, total = len(fills["time"]), fills["total"]
        said = f"{_figures.counted(total, 'fill')}" + (f", {marks:,} shown" * (marks < total))
        caption = (
            f"Price of {text(shown)}, {text(said)}: "
            '<i class="bought"></i> bought, <i class="sold"></i> sold.'
        )
        drawn.append(_figure(price_svg(shown, picture.prices(at, _BARS), fills, span), caption))
    more = len(names) - _PRICES
    return _section("Price and fills", *drawn, note=f"and {more:,} more" if more > 0 else "")


def _months(picture: Picture) -> str:
    """Returns by month, shaded by their size, and of the year."""
    months, years = picture.months()
    if not months:
        return ""
    found = {(month["year"], month["month"]): month["return"] for month in months}
    most = max((abs(found_) for found_ in found.values() if found_ is not None), default=0.0)

    def cell(fraction: float | None) -> str:
        if fraction is None:
            return "<td></td>"
        size = 0 if most == 0 else round(62 * abs(fraction) / most)
        kind = "up" if fraction > 0 else "down"
        said = typeset(_figures.percent(fraction).removesuffix("%"))
        return f'<td class="{kind}" style="--size:{size}%">{said}</td>'

    heads = "".join(f"<th>{name}</th>" for name in (*_MONTHS, "year"))
    rows = list[str]()
    for year in years:
        cells = (cell(found.get((year["year"], month))) for month in range(1, 13))
        total = _percent(year["return"]).removesuffix("%")
        rows.append(f"<tr><th>{year['year']}</th>{''.join(cells)}<td><b>{total}</b></td></tr>")
    drawn = (
        f'<div class="wide"><table class="months"><thead><tr><th></th>{heads}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )
    note = "Per cent, months of UTC; the first and the last may be parts of months."
    return _section("Monthly returns", drawn, note=note)


def _drawdowns(picture: Picture) -> str:
    falls, count = picture.drawdowns(_DEEPEST)
    heads = [("peak", ""), ("trough", ""), ("recovery", "")]
    heads += [("depth", _NUMBER), ("fall", _NUMBER), ("length", _NUMBER)]
    rows = [
        [
            (_when(fall["peak"]), ""),
            (_when(fall["trough"]), ""),
            (_when(fall["recovery"]) if fall["recovery"] else "not yet", ""),
            (_percent(fall["depth"]), _NUMBER),
            (_span(fall["fall"]), _NUMBER),
            (_span(fall["length"]), _NUMBER),
        ]
        for fall in falls
    ]
    left = f"The deepest {len(falls)} of {count:,}." if count > len(falls) else ""
    return _section("Drawdowns", _table(heads, rows), note=left)


def _all_figures(summary: _figures.Summary, figures: Mapping[str, Any]) -> str:
    """Every figure in its group, with its definition."""
    grouped = [name for names in _GROUPS.values() for name in names]
    others = tuple(name for name in figures["observations"] if name not in grouped)
    groups = [*_GROUPS.items(), ("Others", others)]
    drawn = list[str]()
    for title, names in groups:
        rows = "".join(_defined(summary, figures, name) for name in names if name in figures)
        if rows:
            drawn.append(f'<tbody><tr><th colspan="4">{title}</th></tr>{rows}</tbody>')
    heads = '<thead><tr><th></th><th class="number">value</th><th class="number">n</th><th></th>'
    table = f'<table class="ruled all">{heads}</tr></thead>{"".join(drawn)}</table>'
    return _section("Figures", f'<div class="wide">{table}</div>')


def _defined(summary: _figures.Summary, figures: Mapping[str, Any], name: str) -> str:
    """The row of a figure: value and error, observations, definition, and why it has no value."""
    figure = summary.explain(name)
    value = typeset(_figures.value_text(figures, name, figure.unit))
    error = typeset(_figures.error_text(figures, name, figure.unit))
    beside = f" <small>± {error}</small>" if error else ""
    why = f"<em>{text(figure.why)}</em>; " if figure.why else ""
    return (
        f'<tr><td class="name">{text(name.replace("_", " "))}</td>'
        f'<td class="number">{value}{beside}</td>'
        f'<td class="number">{figures["observations"][name]:,}</td>'
        f'<td class="small">{why}{text(figure.definition)}</td></tr>'
    )


def _trades(picture: Picture, figures: Mapping[str, Any]) -> str:
    ends, ranked, count = picture.trades(_EACH)
    closed = figures["trades"]
    parts = list[str]()
    if count > len(ends):
        parts += ["<h3>First and last</h3>", _trade_table(ends, figures, split=True)]
        if ranked:
            parts += ["<h3>Best and worst</h3>"]
            parts += [_trade_table(ranked, figures, split=closed > len(ranked))]
    else:
        parts.append(_trade_table(ends, figures, split=False))
    note = f"{_figures.counted(count, 'position')}; results are after fees, in the quote asset."
    return _section("Trades", *parts, note=note if count else "")


def _trade_table(
    trades: Sequence[Mapping[str, Any]], figures: Mapping[str, Any], *, split: bool
) -> str:
    """Positions; with a gap in the middle where others are left out."""
    several = len(figures["instruments"]) > 1
    heads = [("instrument", "")] * several + [("side", ""), ("opened", ""), ("closed", "")]
    heads += [(said, _NUMBER) for said in ("quantity", "entry", "exit", "result", "held")]
    rows: list[Sequence[Cell]] = []
    for at, trade in enumerate(trades):
        if split and at == _EACH:
            rows.append([("⋮", "gap")] + [("", "gap")] * (len(heads) - 1))
        instrument = (text(_figures.one_line(trade["instrument"])), "")
        rows.append(
            [
                *[instrument] * several,
                ("long" if trade["side"] == "buy" else "short", ""),
                (_when(trade["opened"]), ""),
                (_when(trade["closed"]) if trade["closed"] else "open", ""),
                *(
                    (_exact(trade[name]), _NUMBER)
                    for name in ("quantity", "entry_price", "exit_price", "net_profit")
                ),
                (_span(trade["duration"]), _NUMBER),
            ]
        )
    return _table(heads, rows)


def _costs(picture: Picture, figures: Mapping[str, Any]) -> str:
    """What trading cost, by instrument and in all."""
    total = figures["costs"]
    if total is None or not figures["fills"]:
        return ""
    parts = tuple(total)
    costs = picture.costs()
    rows: list[Sequence[Cell]] = [
        [
            (text(_figures.one_line(cost["instrument"])), ""),
            *((_exact(cost[part]), _NUMBER) for part in parts),
        ]
        for cost in costs[:_COSTS]
    ]
    if len(costs) > 1:
        sums = ((typeset(_figures.money(total[part])), "number total") for part in parts)
        rows.append([("all", "total"), *sums])
    more = len(costs) - _COSTS
    left = f" {more:,} instruments more are in the sum." if more > 0 else ""
    heads = [("", ""), *((part, _NUMBER) for part in parts)]
    currency = _figures.one_line(figures["currency"])
    note = f"In {currency}; what is below zero was earned.{left}"
    return _section("Costs", _table(heads, rows), note=note)


def _orders(picture: Picture, figures: Mapping[str, Any]) -> str:
    rows = [
        [
            (text(one["status"]), ""),
            (text((one["reason"] or "").replace("_", " ")), ""),
            (f"{one['count']:,}", _NUMBER),
        ]
        for one in picture.orders()
    ]
    heads = [("status", ""), ("reason", ""), ("orders", _NUMBER)]
    note = f"{_figures.counted(figures['orders'], 'order')}, " if rows else ""
    note += _figures.counted(figures["fills"], "fill") if rows else ""
    return _section("Orders", _table(heads, rows), note=note)


def _assumptions(figures: Mapping[str, Any]) -> str:
    said = _figures.assumed(figures)
    return _listed([(one.topic, one.said, _WARNING * one.flatters) for one in said], "Assumptions")


def _told_by(figures: Mapping[str, Any]) -> str:
    """The conventions that figures follow."""
    rows = [
        (name.replace("_", " "), _plain(value), "")
        for name, value in figures["told_by"].items()
        if value is not None
    ]
    return _listed(rows, "How figures are told")


def _plain(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else _figures.one_line(value)
