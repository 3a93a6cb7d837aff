"""How results and load reports draw themselves: plain text, and cards for notebooks.

A card is one piece of HTML: no script, nothing fetched, every text escaped. Its colours follow the
page it stands on, light or dark.
"""

from __future__ import annotations

from html import escape as _escape
from textwrap import wrap
from typing import TYPE_CHECKING, Any, Protocol

from barter_python import _figures
from barter_python._curve import account_svg
from barter_python._style import CARD_CSS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from barter_python._figures import Result, Row, Summary

# Lines of a story that stand out.
_STORY = dict.fromkeys(("denied", "rejected", "cancelled", "expired"), "warning") | {
    "filled": "filled"
}
_POINTS = 1200  # of a curve: two a pixel
_COLUMNS = 100  # of plain text
_LABEL = 40  # of these, for a name
_ALWAYS = 4  # assumptions that are not folded, besides those that flatter
_NOTHING = "No candle is {}ambiguous, no order was refused, no position is left open."


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


def section(title: object, *bodies: str) -> str:
    """A part of a card; nothing where there is nothing to show."""
    body = "".join(bodies)
    return f"<section><h5>{text(title)}</h5>{body}</section>" if body else ""


def card(title: object, subtitle: object, *bodies: str) -> str:
    """A frame with a heading around pieces of markup."""
    heading = f"<h4>{text(title)} <small>{text(subtitle)}</small></h4>"
    return f'<div class="bt"><style>{CARD_CSS}</style>{heading}{"".join(bodies)}</div>'


def load_report_html(report: Mapping[str, Any]) -> str:
    """The load report from its `to_dict()`, one card for each source."""
    return "".join(_source_html(source) for source in report["sources"])


def _source_html(source: Mapping[str, Any]) -> str:
    subtitle = f"{source['rows']:,} {source['kind']}, {source['memory']}"
    rows: list[Sequence[object]] = list(source["lines"])
    rows += [(found["severity"], found["text"], found["severity"]) for found in source["findings"]]
    return card(source["instrument"], subtitle, table(rows))


def figures_text(summary: Summary) -> str:
    """The figures as aligned lines."""
    figures = summary.to_dict()
    return _figures_text(summary, figures, _figures.caveats(figures))


def summary_text(summary: Summary) -> str:
    """Figures and assumptions: what `print(summary)` shows."""
    figures = summary.to_dict()
    shown = _figures_text(summary, figures, _figures.caveats(figures))
    return "\n".join(filter(None, (shown, _assumptions_text(figures))))


def result_text(result: Result) -> str:
    """Figures, assumptions and digest: what `print(result)` shows."""
    summary = result.summary
    figures = summary.to_dict()
    shown = _figures_text(summary, figures, _seen(result, summary, figures)[1])
    return f"{shown}\n{_assumptions_text(figures)}\ndigest {result.digest}"


def _assumptions_text(figures: Mapping[str, Any]) -> str:
    said = [(one.topic, one.said) for one in _figures.assumed(figures)]
    return _aligned("assumptions", said) if said else ""


def sheets_text(summary: Summary) -> str:
    """The tear sheets of instruments and assets as aligned lines; nothing where there are none."""
    sheets = summary.to_dict()["tear_sheets"]
    told = (("instruments", _figures.instrument_sheet), ("assets", _figures.asset_sheet))
    return "\n".join(
        _aligned(kind, [(_figures.one_line(name, _LABEL), say(one)) for name, one in of.items()])
        for kind, say in told
        if (of := sheets[kind])
    )


def _figures_text(summary: Summary, figures: Mapping[str, Any], caveats: Iterable[Row]) -> str:
    rows = [*_figures.headline(summary, figures), *_figures.details(figures), *caveats]
    lines = [*_figures.joined(rows), *_figures.notices(figures)]
    # A summary that was made piece by piece names neither strategy nor, perhaps, instruments.
    heading = " on ".join(filter(None, _figures.names(figures))) or "figures"
    return _aligned(heading, lines)


def result_html(result: Result) -> str:
    """The card of a result: figures, curves, what speaks against them, what was assumed."""
    return _run_html(result.summary, result)


def summary_html(summary: Summary) -> str:
    """The card of figures: that of their run, if they have one."""
    return _run_html(summary, summary.run)


def _run_html(summary: Summary, run: Result | None) -> str:
    figures = summary.to_dict()
    name, instruments = _figures.names(figures)
    curves = clean = digest = ""
    caveats = _figures.caveats(figures)
    if run is not None:
        picture, caveats = _seen(run, summary, figures)
        curves = account_svg(picture.curves(_POINTS), typeset(drawdown(figures)))
        clean = f"<p>{_NOTHING.format('missing or ' if picture.coverage else '')}</p>"
        digest = section("digest", f"<code>{text(run.digest)}</code>")
    return card(
        name or "figures",
        instruments,
        table((label, said, "warning") for label, said in _figures.notices(figures)),
        headline_html(summary, figures),
        curves,
        table(_figures.joined(_figures.details(figures))),
        section("caveats", table(_figures.joined(caveats)) or clean),
        assumptions_html(figures),
        digest,
    )


def drawdown(figures: Mapping[str, Any]) -> str:
    """The deepest drawdown, as it stands beside its picture."""
    return _figures.percent(figures["max_drawdown"])


def _seen(
    run: Result, summary: Summary, figures: Mapping[str, Any]
) -> tuple[_figures.Picture, list[Row]]:
    """What a run's pictures are drawn from, and what speaks against its figures."""
    # Of the gate and for pictures alone.
    picture = run._picture(summary=summary)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
    known = run._known_path_sensitivity()  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
    return picture, _figures.caveats(figures, picture.coverage, known)


def assumptions_html(figures: Mapping[str, Any]) -> str:
    """What was taken for granted: what flatters and some others at once, the rest folded."""
    shown: list[Sequence[object]] = []
    folded: list[Sequence[object]] = []
    for topic, said, flatters in _figures.assumed(figures):
        visible = flatters or len(shown) < _ALWAYS
        (shown if visible else folded).append((topic, said, *["warning"] * flatters))
    rest = table(folded)
    if rest:
        rest = f"<details><summary>and {len(folded):,} more</summary>{rest}</details>"
    return section("assumptions", table(shown), rest)


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


def headline_html(summary: Summary, figures: Mapping[str, Any]) -> str:
    """The figures that come first, large."""
    tiles = "".join(
        f"<div><span>{text(label)}</span><b>{_large(value)}</b><small>{text(note)}</small></div>"
        for label, value, note in _figures.headline(summary, figures)
    )
    return f'<div class="figures">{tiles}</div>'


def _large(value: str) -> str:
    """A value, with its error beside it."""
    figure, known, error = value.partition(" ± ")
    return typeset(figure) + (f" <small>± {typeset(error)}</small>" if known else "")


def typeset(figure: str) -> str:
    """A figure as markup, with a minus sign as long as a plus."""
    return text(figure).replace("-", "\N{MINUS SIGN}")


def _aligned(heading: str, rows: Sequence[tuple[str, str]]) -> str:
    """Labels and texts in two columns; what is too long goes on below itself."""
    width = max((len(label) for label, _ in rows), default=0)
    indent = " " * (width + 4)
    lines = _wrapped(heading, "", "  ")
    for label, said in rows:
        lines += _wrapped(said, f"  {label:<{width}}  ", indent)
    return "\n".join(lines)


def _wrapped(said: str, first: str, then: str) -> list[str]:
    lines = wrap(said, _COLUMNS, initial_indent=first, subsequent_indent=then)
    return lines or [first.rstrip()]
