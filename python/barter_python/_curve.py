"""The picture of equity over time: one inline SVG, drawn from points that are already thinned."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from html import escape
from itertools import pairwise
from math import ceil, floor, isfinite
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Point = tuple[float, float]

_WIDTH, _HEIGHT, _GUTTER = 720, 236, 118
_RIGHT = _WIDTH - _GUTTER
_CURVE = (14.0, 158.0)  # top and bottom of the curve of equity
_FALL = (172.0, 208.0)  # and of the drawdown below it
_AXIS = 227
_HALF = 26  # of the longest label of the axis
_LABEL_GAP = 13.0
_TICKS = 6
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


def curve_svg(curve: Iterable[Point], drawdown: str) -> str:
    """Equity above, the fall from its peak below, labelled.

    `curve` holds (seconds since 1970 UTC, equity) in order of time; `drawdown` is the markup beside
    the deepest fall. Fewer than two points make no picture.
    """
    points = [point for point in curve if isfinite(point[1])]
    if len(points) < 2 or points[0][0] == points[-1][0]:  # noqa: PLR2004 - a line
        return ""
    first, last = points[0][0], points[-1][0]
    values = [value for _, value in points]
    falls = _falls(values)
    across = [(time - first) / (last - first) * _RIGHT for time, _ in points]
    heights = _scaled(values, min(values), max(values), *_CURVE)
    depths = _scaled(falls, min(falls), 0.0, *_FALL)
    line = _path(across, heights)
    says = f"Equity from {number(values[0])} to {number(values[-1])}"
    return "".join(
        (
            f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(says)}">',
            *_axis(first, last),
            f'<path class="gain" d="{line}V{heights[0]:.1f}H0Z"/>',
            f'<path class="start" d="M0,{heights[0]:.1f}H{_RIGHT}"/>',
            f'<path class="curve" d="{line}"/>',
            *_labels(values, across, heights),
            *_fall(across, depths, drawdown if min(falls) < 0 else ""),
            "</svg>",
        )
    )


def number(value: float) -> str:
    """A number short enough for a label."""
    size = abs(value)
    if 1000 <= size < 1e9:  # noqa: PLR2004 - a label has room for this much
        return f"{value:,.0f}"
    return f"{value:.5g}"


def _falls(values: Iterable[float]) -> list[float]:
    """How far below its peak so far each value lies, as a fraction."""
    peak, falls = float("-inf"), list[float]()
    for value in values:
        peak = max(peak, value)
        falls.append(value / peak - 1 if peak > 0 else 0.0)
    return falls


def _scaled(
    values: Iterable[float], low: float, high: float, top: float, bottom: float
) -> list[float]:
    """Heights in the picture; what is flat lies in the middle, no fall at the top."""
    if high == low:
        return [top if high == 0 and top == _FALL[0] else (top + bottom) / 2 for _ in values]
    return [bottom - (value - low) / (high - low) * (bottom - top) for value in values]


def _path(across: Iterable[float], heights: Iterable[float]) -> str:
    """A line through the points, without those that repeat the one before."""
    spots = [f"{x:.1f},{y:.1f}" for x, y in zip(across, heights, strict=True)]
    kept = spots[:1] + [after for before, after in pairwise(spots) if before != after]
    return "M" + "L".join(kept)


def _labels(
    values: Sequence[float], across: Sequence[float], heights: Sequence[float]
) -> list[str]:
    """Last, highest and lowest value, in the gutter at their heights, none over another."""
    places = {
        "last": len(values) - 1,
        "max": max(range(len(values)), key=values.__getitem__),
        "min": min(range(len(values)), key=values.__getitem__),
    }
    chosen: dict[str, tuple[str, int]] = {}
    for name, place in places.items():
        chosen.setdefault(number(values[place]), (name, place))
    labels = sorted((heights[place], name, said) for said, (name, place) in chosen.items())
    spread = _spread([height for height, _, _ in labels])
    marks = [
        f'<circle class="mark" cx="{across[place]:.1f}" cy="{heights[place]:.1f}" r="2.2"/>'
        for _, place in chosen.values()
    ]
    return marks + [
        f'<text x="{_RIGHT + 10}" y="{at + 4:.1f}">{name} '
        f'<tspan class="value">{escape(said)}</tspan></text>'
        for at, (_, name, said) in zip(spread, labels, strict=True)
    ]


def _spread(heights: Sequence[float]) -> list[float]:
    """Sorted heights, moved apart as far as their texts need, upwards where there is no room."""
    spread = list[float]()
    for height in heights:
        spread.append(max(height, spread[-1] + _LABEL_GAP) if spread else height)
    limit = _CURVE[1]
    for place in reversed(range(len(spread))):
        spread[place] = min(spread[place], limit)
        limit = spread[place] - _LABEL_GAP
    return spread


def _fall(across: Sequence[float], depths: Sequence[float], deepest: str) -> list[str]:
    top = _FALL[0]
    drawn = [f'<path class="rule" d="M0,{top:g}H{_RIGHT}"/>']
    if deepest:
        shape = _path(across, depths)
        drawn.append(f'<path class="fall" d="{shape}V{top:g}H0Z"/>')
        drawn.append(
            f'<text x="{_RIGHT + 10}" y="{top + 14:g}">drawdown</text>'
            f'<text class="value" x="{_RIGHT + 10}" y="{top + 28:g}">{deepest}</text>'
        )
    return drawn


def _axis(first: float, last: float) -> list[str]:
    drawn = list[str]()
    for time, said in ticks(first, last):
        x = (time - first) / (last - first) * _RIGHT
        anchor = "start" if x < _HALF else "end" if x > _RIGHT - _HALF else "middle"
        drawn.append(
            f'<path class="grid" d="M{x:.1f},{_CURVE[0]:g}V{_FALL[1]:g}"/>'
            f'<text x="{x:.1f}" y="{_AXIS}" text-anchor="{anchor}">{said}</text>'
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
