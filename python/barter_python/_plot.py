"""The interactive picture of a result: a Plotly figure over one axis of time."""

from __future__ import annotations

from html import escape
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from barter_python import _figures
from barter_python._curve import beside
from barter_python.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from barter_python._figures import Picture, Result

_PRICES = 4  # panels of prices
_INK, _FALL, _QUIET, _SOFT = "#4a86e8", "#dc5a64", "#9a8f7b", "#8a8f98"
_RULE = "rgba(128,128,128,0.22)"
_HEIGHTS = {"price": 0.34, "equity": 0.30, "drawdown": 0.15, "exposure": 0.12}
_FILLS = 4000
_NAME = 60  # characters
_NUMBER = "%{y:,.10~g}"


class _Panel(NamedTuple):
    """A row of the figure: what its axis says, its share of the height, and its traces."""

    title: str
    height: float
    traces: Sequence[Any]


def result_figure(result: Result, picture: Picture, points: int) -> Any:
    """Price with fills, equity beside the benchmark, drawdown and exposure."""
    plotly = _plotly("plotly.graph_objects")
    figures = result.summary.to_dict()
    names: Sequence[str] = figures["instruments"]
    panels = [
        _price(plotly, picture, at, _words(name), points) for at, name in enumerate(names[:_PRICES])
    ]
    curves = picture.curves(points)
    panels += _account(plotly, curves, figures)
    total = sum(panel.height for panel in panels)
    figure = _plotly("plotly.subplots").make_subplots(
        rows=len(panels),
        cols=1,
        shared_xaxes=True,
        vertical_spacing=0.025,
        row_heights=[panel.height / total for panel in panels],
    )
    for row, panel in enumerate(panels, start=1):
        for trace in panel.traces:
            figure.add_trace(trace, row=row, col=1)
        figure.update_yaxes(title_text=panel.title, row=row, col=1)
        percents = panel.title in {"drawdown", "exposure"}
        figure.update_yaxes(tickformat=".1%" if percents else None, row=row, col=1)
    more = len(names) - _PRICES
    _dress(figure, figures, f", prices of the first {_PRICES}" if more > 0 else "", len(panels))
    _mark_ends(figure, curves, len(panels))
    return figure


def _plotly(module: str) -> Any:
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "plotly":
            raise
        raise MissingExtraError(
            'this needs plotly, which is not installed; pip install "barter-python[plot]"'
        ) from error


def _words(value: object) -> str:
    """A name as Plotly shows it: what looks like markup is text."""
    return escape(_figures.one_line(value, _NAME), quote=False)


def _times(series: Mapping[str, Any]) -> Any:
    return series["time"].view("datetime64[ns]")


def _price(plotly: Any, picture: Picture, at: int, name: str, points: int) -> _Panel:
    """Candles, or a line where there are none, and the fills."""
    prices = picture.prices(at, points)
    traces: list[Any] = []
    if "close" in prices:
        sides = {side: prices[side] for side in ("open", "high", "low", "close")}
        bars = plotly.Candlestick(
            x=_times(prices),
            **sides,
            name="price",
            increasing={"line": {"color": _SOFT, "width": 1}, "fillcolor": "rgba(0,0,0,0)"},
            decreasing={"line": {"color": _SOFT, "width": 1}, "fillcolor": _SOFT},
            hoverinfo="x+y",
        )
        traces.append(bars)
    else:
        traces.append(_line(plotly, prices, "price", (_SOFT, 1.0), _NUMBER))
    fills = picture.fills(at, _FILLS)
    for bought, said, symbol, color in (
        (True, "bought", "triangle-up", _INK),
        (False, "sold", "triangle-down", _FALL),
    ):
        own = fills["bought"] == bought
        told = zip(fills["quantity"][own].tolist(), fills["order"][own].tolist(), strict=True)
        marks = plotly.Scatter(
            x=_times(fills)[own],
            y=fills["price"][own],
            customdata=list(told),
            mode="markers",
            name=said,
            marker={"symbol": symbol, "size": 9, "color": color},
            hovertemplate=f"{said} %{{customdata[0]}} at {_NUMBER}, order %{{customdata[1]}}"
            "<extra></extra>",
        )
        traces.append(marks)
    left = fills["total"] - len(fills["time"])
    title = f"{name}<br>{len(fills['time']):,} of {fills['total']:,} fills" if left else name
    return _Panel(title, _HEIGHTS["price"], traces)


def _account(plotly: Any, curves: Mapping[str, Any], figures: Mapping[str, Any]) -> list[_Panel]:
    currency = _words(figures["currency"])
    equity = [_line(plotly, curves["equity"], "equity", (_INK, 1.6), _NUMBER)]
    falls = [_line(plotly, curves["drawdown"], "drawdown", (_FALL, 1.0), "%{y:.2%}", "tozeroy")]
    if len(curves["benchmark"]["time"]):
        said = "buy and hold"
        held = _line(plotly, curves["benchmark"], said, (_QUIET, 1.0), _NUMBER)
        below = _line(
            plotly, curves["benchmark_drawdown"], f"{said}, drawdown", (_QUIET, 0.8), "%{y:.2%}"
        )
        equity.insert(0, held)
        falls.append(below)
    held = _line(plotly, curves["exposure"], "exposure", (_SOFT, 1.0), "%{y:.1%}", "tozeroy")
    return [
        _Panel(f"equity, {currency}", _HEIGHTS["equity"], equity),
        _Panel("drawdown", _HEIGHTS["drawdown"], falls),
        _Panel("exposure", _HEIGHTS["exposure"], [held]),
    ]


def _line(
    plotly: Any,
    series: Mapping[str, Any],
    name: str,
    pen: tuple[str, float],
    *shown: str,
) -> Any:
    """A line of a colour and a width; what it says of a point, and what it fills, if anything."""
    color, width = pen
    said, fill = (*shown, None)[:2]
    return plotly.Scatter(
        x=_times(series),
        y=series["value"],
        mode="lines",
        name=name,
        line={"color": color, "width": width},
        fill=fill,
        fillcolor=_faint(color) if fill else None,
        hovertemplate=f"{name} {said}<extra></extra>",
    )


def _faint(color: str) -> str:
    red, green, blue = (int(color[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.25)"


def _dress(figure: Any, figures: Mapping[str, Any], note: str, rows: int) -> None:
    """Colours that stand on a light page and on a dark one, one spike through all panels."""
    name = _words(figures["strategy"])
    instruments = escape(_figures.listed(figures["instruments"]), quote=False)
    figure.update_layout(
        template="none",
        title={"text": f"{name} <sub>{instruments}{note}</sub>", "x": 0.01, "xanchor": "left"},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": "system-ui, sans-serif", "size": 12, "color": _SOFT},
        margin={"l": 78, "r": 92, "t": 56, "b": 40},
        height=170 + 150 * rows,
        showlegend=False,
        hovermode="x",
        hoverlabel={"font": {"family": "system-ui, sans-serif"}},
    )
    figure.update_xaxes(
        gridcolor=_RULE,
        zeroline=False,
        showspikes=True,
        spikemode="across",
        spikesnap="cursor",
        spikethickness=1,
        spikedash="solid",
        spikecolor=_SOFT,
        rangeslider_visible=False,
    )
    figure.update_yaxes(gridcolor=_RULE, zeroline=False, fixedrange=False)
    # One axis for all: the spike goes through every panel, and a zoom moves all of them.
    figure.update_traces(xaxis=f"x{rows}")


def _mark_ends(figure: Any, curves: Mapping[str, Any], rows: int) -> None:
    """The time from end to end, and the names of the two curves at their last points."""
    times = _times(curves["equity"])
    if len(times) < 2:  # noqa: PLR2004 - a line
        return
    figure.update_xaxes(range=[times[0], times[-1]])
    row = rows - 2
    own = curves["equity"]["value"].tolist()
    low, high = beside(own, curves["benchmark"]["value"].tolist())
    edge = (high - low) * 0.05 or 1.0
    figure.update_yaxes(range=[low - edge, high + edge], row=row, col=1)
    for name, said, color in ("equity", "equity", _INK), ("benchmark", "buy and hold", _QUIET):
        if not len(curves[name]["time"]):
            continue
        figure.add_annotation(
            x=1.005,
            xref="paper",
            y=min(max(curves[name]["value"][-1], low), high),
            yref=f"y{row}",
            text=said,
            showarrow=False,
            xanchor="left",
            font={"color": color},
        )
