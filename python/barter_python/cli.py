"""The command line: `barter-backtest` runs a strategy over market data and prints what came out."""

from __future__ import annotations

import argparse
import difflib
import importlib.util
import json
import os
import sys
import time
import traceback
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from barter_python import _core
from barter_python._core import TradingSummary
from barter_python._display import figures_text, result_text, sheets_text, summary_text
from barter_python._logging import printing
from barter_python._sample import Cross
from barter_python.errors import BarterError, ConfigError
from barter_python.strategy import Strategy

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from barter_python._core import Backtest, MarketData

OK, REFUSED, RAISED, INTERRUPTED = 0, 1, 3, 130
"""Exit codes; 2, for wrong usage, is given by `argparse`."""

_EPILOG = """\
examples:
  barter-backtest
      the sample strategy over generated data
  barter-backtest --data "btc_*.parquet" --cash "10_000 usdt" --fees "0.02%,0.05%"
      the sample strategy over your candles
  barter-backtest --data btc.csv.gz --strategy mine.py:Breakout --param length=55
      your strategy over your candles; runs the code in mine.py
  barter-backtest --json | jq .figures.total_return
      figures, assumptions and digest for other programs
  barter-backtest --config system.json --market-data market.json --strategy mine.py:Breakout
      a system as Barter configures it, over a file of Barter's market data

exit codes:
  0    done
  1    data or settings were refused; a sentence on standard error says why
  2    wrong usage of this command
  3    the strategy raised an exception; its traceback is on standard error
  130  stopped with Ctrl-C; what was done so far is printed
"""
_LOADERS = {
    "candles": _core.candles,
    "quotes": _core.quotes,
    "trades": _core.trades,
    "depth": _core.depth,
    "mbo": _core.market_by_order,
}
_PROGRESS_AFTER_S = 1.0
# Options that only one of the two forms of a run has.
_OF_DATA = (
    *("data", "kind", "stamp", "tz", "instrument", "cash", "fees", "latency", "start", "end"),
    *("json", "html"),
)
_OF_CONFIG = ("risk_free_return", "interval", "format", "pretty")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command with `argv`, by default that of the process, and returns the exit code."""
    parser = _parser()
    given = parser.parse_args(argv)
    _check_usage(parser, given)
    try:
        with printing(given.log_filter or ("error" if given.quiet else "warn")):
            _show(given, _run(given) if given.config is None else _run_config(given))
    except KeyboardInterrupt as stop:
        partial: Backtest | None = getattr(stop, "result", None)
        if partial is not None:
            _show(given, partial)
        print("stopped", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # Who read us has had enough, as `head` does; Python must not flush into nothing at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except Exception as error:
        foreign = _foreign(error.__traceback__)
        if foreign is not None or isinstance(error, SyntaxError):
            traceback.print_exception(error.with_traceback(foreign))
            return RAISED
        if not isinstance(error, BarterError | OSError):
            raise
        print(f"barter-backtest: {error}", file=sys.stderr)
        return REFUSED
    return OK


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="barter-backtest",
        description="Runs a strategy over market data on a simulated exchange.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    data = parser.add_argument_group("data; without --data they are generated")
    data.add_argument("--data", metavar="PATH", help="Parquet, CSV or CSV.gz, or a pattern")
    data.add_argument("--kind", choices=_LOADERS, default="candles", help="default: candles")
    data.add_argument("--stamp", choices=("open", "close"), help="which moment marks a candle")
    data.add_argument("--tz", metavar="ZONE", help="zone of times that do not say theirs")
    data.add_argument("--instrument", metavar="NAME", help='such as "BTC/USDT"')
    run = parser.add_argument_group("run")
    run.add_argument(
        "--strategy",
        metavar="FILE.py:CLASS",
        type=_place,
        help="your own; default: a cross of two averages, with --config none",
    )
    run.add_argument(
        "--param",
        metavar="NAME=VALUE",
        type=_assignment,
        action="append",
        default=[],
        help="a parameter of the strategy; may be repeated",
    )
    run.add_argument(
        "--cash",
        metavar="AMOUNT",
        default="100_000",
        help='such as "10_000 usdt"; default: 100_000 of what prices are in',
    )
    run.add_argument(
        "--fees", metavar="RATE", help='"0.1%%", or of maker and taker "0.02%%,0.05%%"'
    )
    run.add_argument(
        "--latency",
        metavar="SPAN",
        help='"20ms" or "uniform 1ms 3ms", or there and back "20ms,10ms"',
    )
    run.add_argument("--start", metavar="TIME", help="first moment to replay")
    run.add_argument("--end", metavar="TIME", help="first moment not to replay")
    _add_config(parser)
    output = parser.add_argument_group("output")
    output.add_argument("--json", action="store_true", help="print JSON and nothing else")
    output.add_argument(
        "--html", metavar="FILE", help="also write the report, one page for any browser"
    )
    output.add_argument(
        "--quiet", action="store_true", help="figures only, no progress, no warnings"
    )
    output.add_argument(
        "--log-filter",
        metavar="SPEC",
        help='what to tell on standard error: "info", "warn,barter_python.system=debug"; '
        "default: warn",
    )
    output.add_argument("--version", action="version", version=f"%(prog)s {_core.__version__}")
    return parser


def _add_config(parser: argparse.ArgumentParser) -> None:
    config = parser.add_argument_group("a configured system, instead of --data and its settings")
    config.add_argument("--config", metavar="PATH", help="Barter's configuration, JSON or TOML")
    config.add_argument(
        "--market-data",
        metavar="PATH",
        help="Barter's market data: a JSON array, or a record a line",
    )
    config.add_argument(
        "--risk-free-return",
        metavar="RATE",
        type=float,
        help="per year, as a fraction; default: that of the configuration, else 0.05",
    )
    config.add_argument(
        "--interval",
        metavar="SPAN",
        help='of returns: "daily" (default), "annual-252", "annual-365", or a span such as "4h"',
    )
    config.add_argument(
        "--format", choices=("table", "json"), default="table", help="of the output"
    )
    config.add_argument("--pretty", action="store_true", help="JSON on several lines")


def _check_usage(parser: argparse.ArgumentParser, given: argparse.Namespace) -> None:
    """What `argparse` cannot say: which options go together."""
    if (given.config is None) != (given.market_data is None):
        parser.error("--config and --market-data need each other")
    strange = [
        f"--{name.replace('_', '-')}"
        for name in (_OF_CONFIG if given.config is None else _OF_DATA)
        if getattr(given, name) != parser.get_default(name)
    ]
    if strange:
        form = "without" if given.config is None else "together with"
        parser.error(f"{', '.join(strange)}: not {form} --config")
    if given.config is not None:
        if given.param and given.strategy is None:
            parser.error("--param needs --strategy: without one nothing is traded")
        if given.pretty and given.format != "json":
            parser.error("--pretty is for --format json")
        return
    if given.data is None and (given.stamp or given.instrument):
        parser.error("--stamp and --instrument describe your own data; they need --data")
    if given.stamp and given.kind != "candles":
        parser.error(f"--stamp is for candles, not for {given.kind}")
    if given.strategy is None and given.kind != "candles":
        parser.error(f"the sample strategy reads candles; for {given.kind} give --strategy")


def _run(given: argparse.Namespace) -> Backtest:
    strategy = _strategy(given)
    data = _data(given)
    venue: dict[str, Any] = {"fees": _pair(given.fees), "latency": _pair(given.latency)}
    exchange = _core.SimulatedExchange(**venue)
    window: dict[str, Any] = {
        name: _moment(name, given) for name in ("start", "end") if getattr(given, name) is not None
    }
    progress = None if given.quiet or not sys.stderr.isatty() else _Progress(sys.stderr)
    try:
        return _core.backtest(
            data, strategy, cash=given.cash, exchange=exchange, progress=progress, **window
        )
    finally:
        if progress is not None:
            progress.clear()


def _run_config(given: argparse.Namespace) -> TradingSummary:
    is_toml = Path(given.config).suffix.lower() == ".toml"
    read = _core.SystemConfig.from_toml if is_toml else _core.SystemConfig.from_json
    interval: str | None = given.interval
    return _core.run_historic_backtest(
        read(given.config),
        Path(given.market_data),
        given.risk_free_return,
        interval and interval.replace("-", "_"),
        strategy=None if given.strategy is None else _strategy(given),
    )


def _data(given: argparse.Namespace) -> MarketData:
    if given.data is None:
        if not given.quiet:
            print(f"no --data given: over generated {given.kind}, not a market", file=sys.stderr)
        return _core.sample(given.kind)
    options: dict[str, Any] = {"instrument": given.instrument, "tz": given.tz}
    if given.stamp:
        options["stamp"] = given.stamp
    return _LOADERS[given.kind](given.data, **options)


def _strategy(given: argparse.Namespace) -> Strategy:
    kind = Cross if given.strategy is None else _load(*given.strategy)
    values: dict[str, int | float | str] = dict(given.param)
    for name, value in values.items():
        default = getattr(getattr(kind, name, None), "default", None)
        if isinstance(value, str) and isinstance(default, int | float):
            raise ConfigError(f'--param {name} must be a number, got "{value}"')
    return kind(**values)


def _load(path: Path, name: str) -> type[Strategy]:
    """The class `name` of the file. Runs the file, which may import what lies beside it."""
    if not path.is_file():
        raise ConfigError(f'--strategy: there is no file "{path}"')
    spec = importlib.util.spec_from_file_location("__strategy__", path)
    if spec is None or spec.loader is None:
        raise ConfigError(f'--strategy: "{path}" is not a Python file')
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    sys.path.insert(0, str(path.resolve().parent))
    spec.loader.exec_module(module)
    found = getattr(module, name, None)
    if isinstance(found, type) and issubclass(found, Strategy):
        return found
    there = [
        key
        for key, value in vars(module).items()
        if isinstance(value, type) and issubclass(value, Strategy) and value is not Strategy
    ]
    near = difflib.get_close_matches(name, there, n=1)
    hint = f', did you mean "{near[0]}"?' if near else ""
    known = ", ".join(there) or "none"
    raise ConfigError(f'--strategy: {path} has no strategy "{name}"{hint}; it has {known}')


def _place(text: str) -> tuple[Path, str]:
    """File and class of "mine.py:Breakout"."""
    path, _, name = text.rpartition(":")
    if not path or not name.isidentifier():
        raise argparse.ArgumentTypeError(f'must look like "mine.py:Breakout", got "{text}"')
    return Path(path), name


def _assignment(text: str) -> tuple[str, int | float | str]:
    """Name and value of "fast=10": a number where it is one, else the text."""
    name, equals, value = (part.strip() for part in text.partition("="))
    if not equals or not name.isidentifier():
        raise argparse.ArgumentTypeError(f'must look like "fast=10", got "{text}"')
    for kind in (int, float):
        with suppress(ValueError):
            return name, kind(value)
    return name, value


def _pair(text: str | None) -> str | tuple[str, str] | None:
    """One value for both, or two around a comma."""
    if text is None or "," not in text:
        return text
    first, _, second = text.partition(",")
    return first.strip(), second.strip()


def _moment(name: str, given: argparse.Namespace) -> str | datetime:
    """A time as it was written; one without a zone is in that of --tz."""
    text: str = getattr(given, name)
    if given.tz is None:
        return text
    try:
        moment, zone = datetime.fromisoformat(text), ZoneInfo(given.tz)
    except ZoneInfoNotFoundError:
        raise ConfigError(f'--tz: there is no zone "{given.tz}"') from None
    except ValueError:
        return text
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _show(given: argparse.Namespace, result: Backtest | TradingSummary) -> None:
    if isinstance(result, TradingSummary):
        _show_summary(given, result)
        return
    if given.html:
        result.report(given.html)
    if given.json:
        print(json.dumps(_as_dict(result), indent=2))
    else:
        print(figures_text(result.summary) if given.quiet else result_text(result), flush=True)


def _show_summary(given: argparse.Namespace, summary: TradingSummary) -> None:
    if given.format == "json":
        text = summary.to_json()
        print(json.dumps(json.loads(text), indent=2) if given.pretty else text)
    elif given.quiet:
        print(figures_text(summary), flush=True)
    else:
        print(f"{summary_text(summary)}\n{sheets_text(summary)}", flush=True)


def _as_dict(result: Backtest) -> dict[str, Any]:
    figures: dict[str, Any] = json.loads(result.summary.to_json())
    return {
        "version": _core.__version__,
        "assumptions": figures.pop("assumptions"),
        "figures": figures,
        "digest": result.digest,
    }


def _foreign(trace: TracebackType | None) -> TracebackType | None:
    """The part of a traceback that begins in a strategy's code; `None` if all of it is ours."""
    while trace is not None:
        module: str = trace.tb_frame.f_globals.get("__name__", "")
        ours = module.partition(".")[0] in {"barter_python", *sys.stdlib_module_names}
        if not ours or module == Cross.__module__:
            return trace
        trace = trace.tb_next
    return None


class _Progress:
    """How far a run is, on one line of a terminal, once it has taken a while."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.begun = time.monotonic()
        self.shown = False

    def __call__(self, done: int, total: int) -> None:
        if time.monotonic() - self.begun >= _PROGRESS_AFTER_S:
            self.shown = True
            self.stream.write(f"\r{done / max(total, 1):4.0%} of {total:,} rows")
            self.stream.flush()

    def clear(self) -> None:
        """Leaves the line as it was found."""
        if self.shown:
            self.stream.write("\r\x1b[K")
            self.stream.flush()
