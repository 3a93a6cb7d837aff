"""How results and reports draw themselves: plain text, and cards for notebooks.

A card is one piece of HTML: no script, nothing fetched, every text escaped. Its colours follow the
page it stands on, light or dark. Nothing is computed here; figures come from `to_dict()`.
"""

from __future__ import annotations

from decimal import Decimal
from html import escape as _escape
from typing import TYPE_CHECKING, Any, Protocol

from barter_python._curve import curve_svg

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from barter_python._core import Assumption

_CSS = (
    ".bt{--bt-line:color-mix(in srgb,currentColor 16%,transparent);"
    "--bt-soft:color-mix(in srgb,currentColor 62%,transparent);"
    "--bt-warn:#b45309;--bt-ink:#2f6fde;--bt-fall:#d64550;"
    "display:inline-block;box-sizing:border-box;max-width:min(60em,100%);"
    "border:1px solid var(--bt-line);border-radius:8px;padding:1em 1.3em;margin:.2em 0;"
    "font:13px/1.55 system-ui,sans-serif;color:inherit;overflow-wrap:anywhere;"
    "font-variant-numeric:tabular-nums}"
    ".bt h4{margin:0 0 .4em;font-size:1.1em;font-weight:600;line-height:1.4}"
    ".bt h4 small{color:var(--bt-soft);font-weight:400;font-size:.92em;margin-left:.4em}"
    ".bt table{border-collapse:collapse;margin:0;color:inherit;font-size:1em}"
    ".bt table tr{background:none!important}"
    ".bt th,.bt td{text-align:left;vertical-align:top;padding:.1em 1.4em .1em 0;border:0;"
    "background:none;max-width:none}"
    ".bt th{color:var(--bt-soft);font-weight:400;white-space:nowrap}"
    ".bt tr.warning th{color:var(--bt-warn);font-weight:600}"
    ".bt .figures{display:flex;flex-wrap:wrap;gap:.6em 3em;margin:.9em 0 1em}"
    ".bt .figures span{color:var(--bt-soft)}"
    ".bt .figures b{display:block;font-size:1.65em;font-weight:500;line-height:1.3;"
    "letter-spacing:-.01em}"
    ".bt .figures small{color:var(--bt-soft);font-size:.92em}"
    ".bt svg{display:block;width:100%;height:auto;margin:.4em 0 1em}"
    ".bt svg text{font:11px system-ui,sans-serif;fill:var(--bt-soft)}"
    ".bt svg .value{fill:currentColor}"
    ".bt svg .curve{fill:none;stroke:var(--bt-ink);stroke-width:1.4;stroke-linejoin:round}"
    ".bt svg .gain{fill:var(--bt-ink);fill-opacity:.08}"
    ".bt svg .fall{fill:var(--bt-fall);fill-opacity:.22;stroke:var(--bt-fall);stroke-width:.8}"
    ".bt svg .rule{stroke:var(--bt-line);fill:none}"
    ".bt svg .grid{stroke:var(--bt-line);stroke-opacity:.55;fill:none}"
    ".bt svg .start{stroke:var(--bt-soft);fill:none;stroke-dasharray:2 3}"
    ".bt svg .mark{fill:var(--bt-ink)}"
    ".bt section{border-top:1px solid var(--bt-line);padding-top:.7em;margin-top:.8em}"
    ".bt h5{margin:0 0 .3em;font-size:1em;font-weight:600;line-height:1.4}"
    ".bt section table{font-size:.94em}"
    ".bt td.time{color:var(--bt-soft);white-space:nowrap}"
    ".bt tr.filled td,.bt tr.filled th{font-weight:600}"
    ".bt code{font-size:.86em;color:var(--bt-soft);background:none;padding:0}"
    "@media(prefers-color-scheme:dark){"
    ".bt{--bt-warn:#f0a43c;--bt-ink:#6ea8ff;--bt-fall:#f0727b}}"
)
_PAGE_CSS = (
    ":root{color-scheme:light dark}"
    "body{margin:0;padding:3em 1.2em;display:flex;justify-content:center}"
)
_UNKNOWN = "–"
_NAMES_SHOWN = 4
_NAME_LENGTH = 120
_SENTENCE_LENGTH = 1000
# Lines of a story that stand out.
_STORY = dict.fromkeys(("denied", "rejected", "cancelled", "expired"), "warning") | {
    "filled": "filled"
}
_POINTS = 1200  # of the curve: two a pixel

Row = tuple[str, str, str]
"""Label, value, and what is said beside it."""


class _Summary(Protocol):
    def to_dict(self) -> dict[str, Any]: ...


class _Result(Protocol):
    @property
    def summary(self) -> _Summary: ...
    @property
    def assumptions(self) -> Sequence[Assumption]: ...
    @property
    def digest(self) -> str: ...
    def _curve(self, count: int) -> Sequence[tuple[float, float]]: ...


class _Story(Protocol):
    @property
    def heading(self) -> str: ...
    @property
    def left_out(self) -> int: ...
    def _lines(self) -> Sequence[tuple[str, str, str]]: ...


def text(value: object) -> str:
    """`value` as text that no browser takes for markup."""
    return _escape(str(value), quote=True)


def table(rows: Iterable[Sequence[object]]) -> str:
    """A table of label, text and an optional class of the row."""
    drawn: list[str] = []
    for label, content, *kind in rows:
        marked = f' class="{text(kind[0])}"' if kind else ""
        drawn.append(f"<tr{marked}><th>{text(label)}</th><td>{text(content)}</td></tr>")
    return f"<table>{''.join(drawn)}</table>" if drawn else ""


def card(title: object, subtitle: object, *bodies: str) -> str:
    """A frame with a heading around pieces of markup."""
    heading = f"<h4>{text(title)} <small>{text(subtitle)}</small></h4>"
    return f'<div class="bt"><style>{_CSS}</style>{heading}{"".join(bodies)}</div>'


def page(title: object, body: str) -> str:
    """A whole document around `body`, which is markup."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{text(title)}</title><style>{_PAGE_CSS}</style></head>"
        f"<body>{body}</body></html>\n"
    )


def load_report_html(report: Mapping[str, Any]) -> str:
    """The load report from its `to_dict()`, one card for each source."""
    return "".join(_source_html(source) for source in report["sources"])


def _source_html(source: Mapping[str, Any]) -> str:
    subtitle = f"{source['rows']:,} {source['kind']}, {source['memory']}"
    rows: list[Sequence[object]] = list(source["lines"])
    rows += [(found["severity"], found["text"], found["severity"]) for found in source["findings"]]
    return card(source["instrument"], subtitle, table(rows))


def summary_text(summary: _Summary) -> str:
    """The figures as aligned lines: what `print(result.summary)` shows."""
    figures = summary.to_dict()
    rows = _joined([*_headline(figures), *_details(figures)])
    return _aligned(_heading(figures), [*rows, *_notices(figures)])


def result_text(result: _Result) -> str:
    """Figures, assumptions and digest: what `print(result)` shows."""
    figures = result.summary.to_dict()
    said = [(topic, said) for topic, said, _ in _assumed(result, figures["instruments"])]
    assumptions = _aligned("assumptions", said)
    return f"{summary_text(result.summary)}\n{assumptions}\ndigest {result.digest}"


def result_html(result: _Result) -> str:
    """The card of a result: figures, the curve of equity, what was taken for granted."""
    figures = result.summary.to_dict()
    drawdown = _typeset(percent(figures["max_drawdown"]))
    # Of the gate and for this picture alone.
    curve = result._curve(_POINTS)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
    assumed = _assumed(result, figures["instruments"])
    assumptions = ((topic, said, *["warning"] * flatters) for topic, said, flatters in assumed)
    notices = [(label, said, "warning") for label, said in _notices(figures)]
    name, instruments = _names(figures)
    return card(
        name,
        instruments,
        table(notices),
        _figures_html(_headline(figures)),
        curve_svg(curve, drawdown),
        table(_joined(_details(figures))),
        f"<section><h5>assumptions</h5>{table(assumptions)}</section>",
        f"<section><h5>digest</h5><code>{text(result.digest)}</code></section>",
    )


def story_html(story: _Story) -> str:
    """The card of an order: what happened to it, line by line."""
    # Of the gate and for this picture alone.
    lines = story._lines()  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
    drawn = "".join(
        f'<tr class="{_STORY.get(event, "line")}"><td class="time">{text(time)}</td>'
        f"<th>{text(event)}</th><td>{text(said)}</td></tr>"
        for time, event, said in lines
    )
    title, _, order = story.heading.partition(": ")
    more = f"<p>and {story.left_out:,} lines more</p>" if story.left_out else ""
    return card(title, order, f"<table>{drawn}</table>", more)


def money(amount: str | None) -> str:
    """An exact amount with its thousands apart."""
    return _UNKNOWN if amount is None else f"{Decimal(amount):,f}"


def percent(fraction: float | None) -> str:
    """A fraction as a percentage: two places, more where it is tiny, a power of ten where huge."""
    if fraction is None or fraction != fraction:  # noqa: PLR0124 - not a number
        return _UNKNOWN
    if fraction == 0:
        return "0.00%"
    if abs(fraction) >= 1e7:  # noqa: PLR2004 - a thousand million per cent
        return f"{fraction * 100:+.3e}%"
    if abs(fraction) < 1e-4:  # noqa: PLR2004 - a hundredth of a per cent
        return f"{fraction * 100:+.2g}%"
    return f"{fraction:+,.2%}"


def _headline(figures: Mapping[str, Any]) -> list[Row]:
    equity = f"{money(figures['end_equity'])} {_line(figures['currency'])}"
    return [
        ("return", percent(figures["total_return"]), ""),
        ("max drawdown", percent(figures["max_drawdown"]), ""),
        ("equity", equity, f"from {money(figures['start_equity'])}"),
        ("trades", f"{figures['trades']:,}", f"{figures['winners']:,} with a profit"),
    ]


def _details(figures: Mapping[str, Any]) -> list[Row]:
    fees = [f"{money(amount)} {_line(asset)}" for asset, amount in figures["fees"].items()]
    refused, cancelled = figures["refused"], figures["cancelled"]
    changes, ambiguous = figures["changes_refused"], figures["ambiguous"]
    candles = _counted(ambiguous, "candle")
    rows = [
        ("fees", ", ".join(fees) or "none", ""),
        ("orders", f"{figures['orders']:,}", _counted(figures["fills"], "fill")),
        ("refused", _counted(sum(refused.values()), "order"), _by_reason(refused)),
        ("cancelled", _counted(sum(cancelled.values()), "order"), _by_reason(cancelled)),
        ("not changed", _counted(sum(changes.values()), "request"), _by_reason(changes)),
        ("ambiguous", candles, "which of two orders came first is assumed"),
        ("open", _counted(figures["open_positions"], "position"), "valued, not closed"),
        ("time", f"{figures['start']} to {figures['end']}", _counted(figures["events"], "event")),
    ]
    seen = {
        "refused": refused,
        "cancelled": cancelled,
        "not changed": changes,
        "ambiguous": ambiguous,
        "open": figures["open_positions"],
    }
    return [row for row in rows if seen.get(row[0], True)]


def _by_reason(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{_line(reason)} {count:,}" for reason, count in counts.items())


def _notices(figures: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What the reader must know before the figures mean anything."""
    notices: list[tuple[str, str]] = []
    if not figures["complete"]:
        notices.append(("incomplete", "stopped before the end; figures are of what was done"))
    if figures["diagnosis"]:
        notices.append(("no fills", _line(figures["diagnosis"], _SENTENCE_LENGTH)))
    return notices


def _joined(rows: Iterable[Row]) -> list[tuple[str, str]]:
    return [(label, ", ".join(filter(None, said))) for label, *said in rows]


def _names(figures: Mapping[str, Any]) -> tuple[str, str]:
    """The strategy and the instruments, each on one line."""
    return _line(figures["strategy"]), _listed(figures["instruments"])


def _listed(names: Sequence[str]) -> str:
    """The first names, and how many there are besides."""
    shown = ", ".join(_line(name) for name in names[:_NAMES_SHOWN])
    more = len(names) - _NAMES_SHOWN
    return f"{shown} and {more:,} more" if more > 0 else shown


def _heading(figures: Mapping[str, Any]) -> str:
    return " on ".join(_names(figures))


def _assumed(result: _Result, instruments: Sequence[str]) -> list[tuple[str, str, bool]]:
    """Topic, text and whether it flatters; what holds for several instruments is said once."""
    found: dict[tuple[str, str, bool], list[str]] = {}
    for one in result.assumptions:
        name, colon, said = one.text.partition(": ")
        known = bool(colon) and name in instruments
        key = (one.topic, said if known else one.text, one.optimistic)
        found.setdefault(key, []).extend([name] * known)
    return [
        (
            topic,
            (f"{_listed(names)}: " if names else "")
            + _line(said, _SENTENCE_LENGTH)
            + (" (optimistic)" if flatters else ""),
            flatters,
        )
        for (topic, said, flatters), names in found.items()
    ]


def _figures_html(rows: Iterable[Row]) -> str:
    tiles = (
        f"<div><span>{text(label)}</span><b>{_typeset(value)}</b><small>{text(note)}</small></div>"
        for label, value, note in rows
    )
    return f'<div class="figures">{"".join(tiles)}</div>'


def _typeset(figure: str) -> str:
    """A figure as markup, with a minus sign as long as a plus."""
    return text(figure).replace("-", "\N{MINUS SIGN}")


def _aligned(heading: str, rows: Sequence[tuple[str, str]]) -> str:
    width = max((len(label) for label, _ in rows), default=0)
    return "\n".join([heading, *(f"  {label:<{width}}  {said}" for label, said in rows)])


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _line(value: object, limit: int = _NAME_LENGTH) -> str:
    """`value` on one line of at most `limit` characters, all of them printable."""
    flat = " ".join(str(value).split())
    flat = "".join(sign if sign.isprintable() else "?" for sign in flat)
    return flat if len(flat) <= limit else f"{flat[: limit - 1]}…"
