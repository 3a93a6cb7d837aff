"""How results and reports draw themselves in a notebook: small tables, no scripts, every text escaped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape as _escape
from typing import Any

_CSS = (
    ".bt{--bt-line:color-mix(in srgb,currentColor 18%,transparent);"
    "--bt-soft:color-mix(in srgb,currentColor 62%,transparent);--bt-warn:#b45309;"
    "display:inline-block;max-width:60em;border:1px solid var(--bt-line);border-radius:6px;"
    "padding:.6em .9em;margin:.2em 0;font:13px/1.5 system-ui,sans-serif;color:inherit}"
    ".bt h4{margin:0 0 .3em;font-size:1.05em}.bt h4 small{color:var(--bt-soft);font-weight:400}"
    ".bt table{border-collapse:collapse;margin:0;color:inherit}"
    ".bt th,.bt td{text-align:left;vertical-align:top;padding:.1em 1em .1em 0;border:0;"
    "background:none}.bt th{color:var(--bt-soft);font-weight:400;white-space:nowrap}"
    ".bt tr.warning th{color:var(--bt-warn);font-weight:600}"
    "@media(prefers-color-scheme:dark){.bt{--bt-warn:#f59e0b}}"
)


def text(value: object) -> str:
    """`value` as text that no browser takes for markup."""
    return _escape(str(value), quote=True)


def table(rows: Iterable[Sequence[object]]) -> str:
    """A table of label, text and an optional class of the row."""
    drawn = []
    for label, content, *kind in rows:
        marked = f' class="{text(kind[0])}"' if kind else ""
        drawn.append(f"<tr{marked}><th>{text(label)}</th><td>{text(content)}</td></tr>")
    return f"<table>{''.join(drawn)}</table>"


def card(title: object, subtitle: object, *bodies: str) -> str:
    """A frame with a heading around pieces of markup."""
    heading = f"<h4>{text(title)} <small>{text(subtitle)}</small></h4>"
    return f'<div class="bt"><style>{_CSS}</style>{heading}{"".join(bodies)}</div>'


def load_report_html(report: Mapping[str, Any]) -> str:
    """The load report from its `to_dict()`, one card for each source."""
    return "".join(_source_html(source) for source in report["sources"])


def _source_html(source: Mapping[str, Any]) -> str:
    subtitle = f"{source['rows']:,} {source['kind']}, {source['memory']}"
    rows: list[Sequence[object]] = list(source["lines"])
    rows += [(found["severity"], found["text"], found["severity"]) for found in source["findings"]]
    return card(source["instrument"], subtitle, table(rows))
