"""The pictures of a result: inline SVG, drawn from series that are already thinned."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from html import escape
from itertools import pairwise
from math import ceil, floor
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_WIDTH, _GUTTER = 720, 118
_RIGHT = _WIDTH - _GUTTER
_TOP, _GAP, _FOOT = 14.0, 15.0, 28.0
_CURVE_HEIGHT, _FALL_HEIGHT, _HELD_HEIGHT, _PRICE_HEIGHT = 144.0, 40.0, 30.0, 150.0
_HALF = 26  # of the longest label of the axis
_LABEL_GAP = 13.0
_TICKS = 6
_BESIDE = 3.0  # the benchmark may widen the scale by so many ranges of the curve, up and down
_SHORT, _MINUTE, _HOUR, _DAY = 2, 60, 3600, 86_400
_STEPS = (
    *(1, 2, 5, 10, 15, 30),
    *(_MINUTE * count for count in (1, 2, 5, 10, 15, 30)),
    *(_HOUR * count for count in (1, 2, 3, 6, 12)),
    *(_DAY * count for count in (1, 2, 7)),
)
_YEAR = 12  # months
_MONTH_STEPS = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MONDAY = 4 * _DAY  # the first one after the epoch
_NS = 1e9


class Line(NamedTuple):
    """Values over time, in seconds since 1970 UTC."""

    times: Sequence[float]
    values: Sequence[float]


class Panel(NamedTuple):
    """A strip of the picture: where it lies, and the values at its edges."""

    top: float
    bottom: float
    low: float
    high: float

    def height(self, value: float) -> float:
        """Where a value lies; what is flat lies in the middle."""
        if self.high == self.low:
            return (self.top + self.bottom) / 2
        return self.bottom - (value - self.low) / (self.high - self.low) * (self.bottom - self.top)


class Label(NamedTuple):
    """A word beside the picture, at a height."""

    at: float
    name: str
    value: str
    kind: str = ""


def line_of(series: Mapping[str, Any], column: str = "value") -> Line:
    """A line from arrays."""
    return Line((series["time"] / _NS).tolist(), series[column].tolist())


def span_of(curves: Mapping[str, Any]) -> tuple[float, float] | None:
    """First and last moment of what can be drawn; less than a line cannot."""
    times = curves["equity"]["time"]
    if len(times) == 0 or times[0] == times[-1]:
        return None
    return float(times[0]) / _NS, float(times[-1]) / _NS


def account_svg(curves: Mapping[str, Any], deepest: str, *, exposure: bool = False) -> str:
    """Equity beside the benchmark above, the fall from its peak below, then what was held.

    `curves` are those of a `Picture`; `deepest` is the markup beside the deepest fall.
    """
    span = span_of(curves)
    if span is None:
        return ""
    equity, other = line_of(curves["equity"]), line_of(curves["benchmark"])
    panel = Panel(_TOP, _TOP + _CURVE_HEIGHT, *beside(equity.values, other.values))
    falls = line_of(curves["drawdown"])
    fell = line_of(curves["benchmark_drawdown"])
    lowest, _ = beside([*falls.values, 0.0], fell.values)
    below = _strip(panel.bottom, _FALL_HEIGHT, lowest, 0.0)
    drawn = [
        *_equity(panel, span, equity, other),
        *_fall(below, span, falls, fell, deepest),
    ]
    bottom = below.bottom
    if exposure:
        held = line_of(curves["exposure"])
        strip = _strip(bottom, _HELD_HEIGHT, 0.0, max(held.values, default=0.0))
        drawn += _held(strip, span, held)
        bottom = strip.bottom
    says = f"Equity from {number(equity.values[0])} to {number(equity.values[-1])}"
    return _picture(span, bottom, says, drawn)


def price_svg(
    name: str,
    prices: Mapping[str, Any],
    fills: Mapping[str, Any],
    span: tuple[float, float] | None,
) -> str:
    """The price of an instrument, and fills where they happened; bought from below, sold above."""
    if span is None or len(prices["time"]) < 2:  # noqa: PLR2004 - a line
        return ""
    bars = "close" in prices
    line = line_of(prices, "close" if bars else "value")
    high, low = (line_of(prices, side if bars else "value").values for side in ("high", "low"))
    done = line_of(fills, "price").values
    panel = Panel(_TOP, _TOP + _PRICE_HEIGHT, min((*low, *done)), max((*high, *done)))
    drawn = list[str]()
    if bars:
        upper = _path(_across(line.times, span), map(panel.height, high))
        lower = _path(_across(line.times[::-1], span), map(panel.height, reversed(low)))
        drawn.append(f'<path class="range" d="{upper}L{lower[1:]}Z"/>')
    drawn.append(f'<path class="price" {_read("price", panel)} d="{_line(panel, span, line)}"/>')
    spots = list(zip(_across((fills["time"] / _NS).tolist(), span), done, strict=True))
    for kind, wing in ("buy", 1), ("sell", -1):
        own = (
            spot
            for spot, bought in zip(spots, fills["bought"], strict=True)
            if bought == (wing > 0)
        )
        marks = "".join(
            f"M{x:.1f},{panel.height(price) + wing:.1f}l3,{5 * wing}h-6z" for x, price in own
        )
        drawn += [f'<path class="{kind}" d="{marks}"/>'] * bool(marks)
    labels = [Label(panel.height(line.values[-1]), "last", number(line.values[-1]))]
    for said, value in ("max", max(high)), ("min", min(low)):
        if number(value) not in [label.value for label in labels]:
            labels.append(Label(panel.height(value), said, number(value)))
    drawn += _words(labels, panel)
    return _picture(span, panel.bottom, f"Price of {name}", drawn)


def _picture(span: tuple[float, float], bottom: float, says: str, drawn: Iterable[str]) -> str:
    size = f'viewBox="0 0 {_WIDTH} {bottom + _FOOT:g}"'
    moments = f'data-span="{span[0]} {span[1]} {_RIGHT}"'
    opened = f'<svg {size} {moments} role="img" aria-label="{escape(says)}">'
    return "".join((opened, *_axis(span, bottom), *drawn, "</svg>"))


def _read(name: str, panel: Panel, *, share: bool = False) -> str:
    """What reads values off a line: its name and its scale."""
    scale = " ".join(map(repr, panel))
    return f'data-name="{name}" data-scale="{scale}"{" data-share" * share}'


def number(value: float) -> str:
    """A number short enough for a label."""
    size = abs(value)
    if 1000 <= size < 1e9:  # noqa: PLR2004 - a label has room for this much
        return f"{value:,.0f}"
    return f"{value:.5g}"


def _across(times: Iterable[float], span: tuple[float, float]) -> list[float]:
    first, last = span
    return [min(max((time - first) / (last - first), 0.0), 1.0) * _RIGHT for time in times]


def beside(values: Sequence[float], others: Sequence[float]) -> tuple[float, float]:
    """The ends of a scale for the values, with room for others as long as it stays theirs."""
    low, high = min(values), max(values)
    room = (high - low) * _BESIDE or float("inf")
    if others:
        low, high = max(min(low, *others), low - room), min(max(high, *others), high + room)
    return low, high


def _strip(above: float, height: float, low: float, high: float) -> Panel:
    """A panel below another one; with nothing in it, it is its upper or lower edge."""
    top = above + _GAP
    if low == high:
        low, high = (-1.0, 0.0) if high == 0 == low else (low, high)
    return Panel(top, top + height, low, high)


def _path(across: Iterable[float], heights: Iterable[float]) -> str:
    """A line through the points, without those that repeat the one before."""
    spots = [f"{x:.1f},{y:.1f}" for x, y in zip(across, heights, strict=True)]
    kept = spots[:1] + [after for before, after in pairwise(spots) if before != after]
    return "M" + "L".join(kept)


def _line(panel: Panel, span: tuple[float, float], line: Line) -> str:
    return _path(_across(line.times, span), map(panel.height, line.values))


def _pieces(panel: Panel, span: tuple[float, float], line: Line) -> str:
    """A line as far as it lies in the panel."""
    pieces, piece = list[str](), list[tuple[float, float]]()
    for time, value in zip(line.times, line.values, strict=True):
        if panel.low <= value <= panel.high:
            piece.append((time, value))
            continue
        if len(piece) > 1:
            pieces.append(_line(panel, span, Line(*zip(*piece, strict=True))))
        piece = []
    if len(piece) > 1:
        pieces.append(_line(panel, span, Line(*zip(*piece, strict=True))))
    return "".join(pieces)


def _other(panel: Panel, span: tuple[float, float], other: Line, read: str = "") -> list[str]:
    """The benchmark, if most of it lies in the panel: shreds of a line tell nothing."""
    inside = sum(panel.low <= value <= panel.high for value in other.values)
    pieces = _pieces(panel, span, other) if 2 * inside > len(other.values) else ""
    return [f'<path class="other" {read} d="{pieces}"/>'] if pieces else []


def _equity(panel: Panel, span: tuple[float, float], equity: Line, other: Line) -> list[str]:
    line, start = _line(panel, span, equity), panel.height(equity.values[0])
    across = _across(equity.times, span)
    labels = [Label(*label) for label in _known(panel, equity.values)]
    drawn = list[str]()
    if other.values:
        drawn += _other(panel, span, other, _read("buy and hold", panel))
        last = other.values[-1]
        arrow = " ↑" if last > panel.high else " ↓" if last < panel.low else ""
        at = panel.height(min(max(last, panel.low), panel.high))
        labels.append(Label(at, f"buy and hold{arrow}", "", "beside"))
    return [
        *drawn,
        f'<path class="gain" d="{line}V{start:.1f}H{across[0]:.1f}Z"/>',
        f'<path class="start" d="M0,{start:.1f}H{_RIGHT}"/>',
        f'<path class="curve" {_read("equity", panel)} d="{line}"/>',
        *(
            f'<circle class="mark" cx="{across[place]:.1f}" '
            f'cy="{panel.height(equity.values[place]):.1f}" r="2.2"/>'
            for place in _places(equity.values)
        ),
        *_words(labels, panel),
    ]


def _places(values: Sequence[float]) -> dict[int, str]:
    """Where the last, the highest and the lowest value stand."""
    places = {len(values) - 1: "last"}
    places.setdefault(max(range(len(values)), key=values.__getitem__), "max")
    places.setdefault(min(range(len(values)), key=values.__getitem__), "min")
    return places


def _known(panel: Panel, values: Sequence[float]) -> list[tuple[float, str, str]]:
    """Height, name and text of these, each text once."""
    chosen: dict[str, tuple[float, str, str]] = {}
    for place, name in _places(values).items():
        said = number(values[place])
        chosen.setdefault(said, (panel.height(values[place]), name, said))
    return list(chosen.values())


def _words(labels: Iterable[Label], panel: Panel) -> list[str]:
    """Labels in the gutter at their heights, none over another."""
    placed = sorted(labels)
    spread = _spread([label.at for label in placed], panel.bottom)
    return [
        f'<text x="{_RIGHT + 10}" y="{at + 4:.1f}"{_marked(label)}>{label.name} '
        f'<tspan class="value">{escape(label.value)}</tspan></text>'
        for at, label in zip(spread, placed, strict=True)
    ]


def _marked(label: Label) -> str:
    return f' class="{label.kind}"' if label.kind else ""


def _spread(heights: Sequence[float], limit: float) -> list[float]:
    """Sorted heights, moved apart as far as their texts need, upwards where there is no room."""
    spread = list[float]()
    for height in heights:
        spread.append(max(height, spread[-1] + _LABEL_GAP) if spread else height)
    for place in reversed(range(len(spread))):
        spread[place] = min(spread[place], limit)
        limit = spread[place] - _LABEL_GAP
    return spread


def _fall(
    panel: Panel, span: tuple[float, float], falls: Line, other: Line, deepest: str
) -> list[str]:
    top = panel.top
    drawn = [f'<path class="rule" d="M0,{top:g}H{_RIGHT}"/>']
    if min(falls.values, default=0.0) >= 0:
        return drawn
    across, read = _across(falls.times[:1], span), _read("drawdown", panel, share=True)
    shape = _line(panel, span, falls)
    return [
        *drawn,
        f'<path class="fall" {read} d="{shape}V{top:g}H{across[0]:.1f}Z"/>',
        *_other(panel, span, other),
        f'<text x="{_RIGHT + 10}" y="{top + 14:g}">drawdown</text>',
        f'<text class="value" x="{_RIGHT + 10}" y="{top + 28:g}">{deepest}</text>',
    ]


def _held(panel: Panel, span: tuple[float, float], held: Line) -> list[str]:
    bottom, most = panel.bottom, max(held.values, default=0.0)
    drawn = [f'<path class="rule" d="M0,{bottom:g}H{_RIGHT}"/>']
    if most > 0:
        across, read = _across(held.times[:1], span), _read("exposure", panel, share=True)
        shape = _line(panel, span, held)
        drawn.append(f'<path class="held" {read} d="{shape}V{bottom:g}H{across[0]:.1f}Z"/>')
    return [
        *drawn,
        f'<text x="{_RIGHT + 10}" y="{bottom - 15:g}">exposure, up to</text>',
        f'<text class="value" x="{_RIGHT + 10}" y="{bottom - 1:g}">{most:,.1%}</text>',
    ]


def _axis(span: tuple[float, float], bottom: float) -> list[str]:
    drawn = list[str]()
    for time, said in ticks(*span):
        (x,) = _across([time], span)
        anchor = "start" if x < _HALF else "end" if x > _RIGHT - _HALF else "middle"
        drawn.append(
            f'<path class="grid" d="M{x:.1f},{_TOP:g}V{bottom:g}"/>'
            f'<text x="{x:.1f}" y="{bottom + 19:g}" text-anchor="{anchor}">{said}</text>'
        )
    return drawn


def ticks(first: float, last: float) -> list[tuple[float, str]]:
    """Round moments from `first` to `last`, in seconds since 1970 UTC, and their labels.

    Of less than two seconds it is the ends.
    """
    span = last - first
    if span < _SHORT:
        return [(time, f"{_date(time):%H:%M:%S.%f}"[:-3]) for time in (first, last)]
    for step in _STEPS:
        if span / step <= _TICKS:
            offset = _MONDAY if step == 7 * _DAY else 0
            start = ceil((first - offset) / step) * step + offset
            times = range(start, floor(last) + 1, step)
            return [(float(time), _clock(time, step)) for time in times]
    begin, finish = _date(first), _date(last)
    months = (finish.year - begin.year) * 12 + finish.month - begin.month
    step = next((step for step in _MONTH_STEPS if months / step <= _TICKS), 1200)
    start = -(-(begin.year * 12 + begin.month - 1) // step) * step
    dates = (
        datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC)
        for month in range(start, finish.year * 12 + finish.month, step)
    )
    found = ((date.timestamp(), _month(date, step)) for date in dates)
    return [(time, said) for time, said in found if first <= time <= last]


def _date(time: float) -> datetime:
    return _EPOCH + timedelta(seconds=time)


def _clock(time: float, step: int) -> str:
    date = _date(time)
    if time % _DAY == 0:
        return f"{date.day} {_MONTHS[date.month - 1]}"
    return f"{date:%H:%M}" if step >= _MINUTE else f"{date:%H:%M:%S}"


def _month(date: datetime, step: int) -> str:
    return f"{date.year}" if step >= _YEAR else f"{_MONTHS[date.month - 1]} {date.year}"
