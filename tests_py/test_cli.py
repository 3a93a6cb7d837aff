"""The command line says what the package says, on the right stream, with the right exit code."""

import io
import json
import logging
import re
import subprocess
import sys
from decimal import Decimal

import pytest
from recorded import CONFIG, FAULT, LOST, array, lines, trade

import barter_python as bt
from barter_python import cli
from barter_python._display import figures_text, result_text, summary_text
from barter_python._sample import Cross

STRATEGIES = """
import signal
import barter_python as bt
from beside import QUANTITY

class Flip(bt.Strategy):
    every = bt.param(7)
    limit = bt.param(0.5)
    seen = 0

    def on_candle(self, context, candle):
        self.seen += 1
        context.target(candle.instrument, 0 if self.seen % self.every else QUANTITY)

class Breaks(bt.Strategy):
    def on_candle(self, context, candle):
        raise ZeroDivisionError("of the user")

class OffLot(bt.Strategy):
    def on_candle(self, context, candle):
        context.buy(candle.instrument, "0.0000000001")

class Stopped(Flip):
    def on_candle(self, context, candle):
        super().on_candle(context, candle)
        if self.seen == 500:
            signal.raise_signal(signal.SIGINT)

class Trades(bt.Strategy):
    every = bt.param(3)
    seen = 0

    def on_trade(self, context, trade):
        self.seen += 1
        context.target(trade.instrument, 0 if self.seen % self.every else QUANTITY)

class Falls(bt.Strategy):
    def on_trade(self, context, trade):
        raise ZeroDivisionError("of the user")
"""
MONTH = ("--start", "2023-01-01T00:00Z", "--end", "2023-02-01T00:00Z")


@pytest.fixture(autouse=True)
def clean_imports(monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield
    for name in ("__strategy__", "beside"):
        sys.modules.pop(name, None)


@pytest.fixture
def mine(tmp_path):
    (tmp_path / "beside.py").write_text("QUANTITY = 1\n", encoding="utf-8")
    file = tmp_path / "mine.py"
    file.write_text(STRATEGIES, encoding="utf-8")
    return file


@pytest.fixture
def run(capsys):
    def run(*arguments):
        try:
            code = cli.main([str(argument) for argument in arguments])
        except SystemExit as ended:
            code = ended.code
        return code, *capsys.readouterr()

    return run


@pytest.fixture(scope="module")
def sample_result():
    start, end = MONTH[1::2]
    return bt.backtest(bt.sample("candles"), Cross(), cash="100_000", start=start, end=end)


def test_without_arguments_the_sample_runs_and_says_that_its_data_are_generated(run):
    code, out, err = run()
    assert code == 0
    assert out == result_text(bt.backtest(bt.sample(), Cross(), cash="100_000")) + "\n"
    assert "generated" in err
    assert len(err.splitlines()) == 1


def test_quiet_prints_the_figures_only(run, sample_result):
    code, out, err = run("--quiet", *MONTH)
    assert (code, out, err) == (0, figures_text(sample_result.summary) + "\n", "")


def test_json_is_that_of_the_same_run_by_api(run, sample_result):
    code, out, _ = run("--json", *MONTH)
    found = json.loads(out)
    assert code == 0
    assert found["digest"] == sample_result.digest
    told = sample_result.summary.to_dict()
    assert found["assumptions"] == told.pop("assumptions")
    assert found["figures"] == told
    assert found["version"] == bt.__version__
    assert [(one["topic"], one["text"], one["optimistic"]) for one in found["assumptions"]] == [
        (one.topic, one.text, one.optimistic) for one in sample_result.assumptions
    ]


def test_options_mean_what_the_api_means(run, mine):
    code, out, _ = run(
        *("--strategy", f"{mine}:Flip", "--param", "every=5", "--param", "limit = 2.5"),
        *("--fees", "0.01%,0.04%", "--latency", "20ms,10ms", "--cash", "5_000_000 usdt"),
        *("--json", *MONTH),
    )
    flip = sys.modules["__strategy__"].Flip
    exchange = bt.SimulatedExchange(fees=("0.01%", "0.04%"), latency=("20ms", "10ms"))
    settings = {"cash": "5_000_000 usdt", "exchange": exchange}
    window = {"start": MONTH[1], "end": MONTH[3]}
    same = bt.backtest(bt.sample(), flip(every=5, limit=2.5), **settings, **window)
    assert code == 0
    assert json.loads(out)["digest"] == same.digest
    assert same.summary.fills > 0


@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
def test_a_file_is_loaded_as_the_api_loads_it(run, tmp_path, zone):
    rows = [f"2024-01-{1 + n // 24:02} {n % 24:02}:00:00,10,12,9,11,5" for n in range(480)]
    file = tmp_path / "mine.csv"
    file.write_text("\n".join(["time,open,high,low,close,volume", *rows]), encoding="utf-8")
    code, out, err = run(
        *("--data", file, "--stamp", "close", "--tz", zone, "--instrument", "A/B"),
        *("--start", "2024-01-02", "--json"),
    )
    data = bt.candles(file, stamp="close", tz=zone, instrument="A/B")
    day = {"UTC": "2024-01-02T00:00Z", "America/New_York": "2024-01-02T05:00Z"}[zone]
    assert (code, err) == (0, "")
    assert json.loads(out)["digest"] == bt.backtest(data, Cross(), cash=100_000, start=day).digest
    assert json.loads(out)["figures"]["instruments"] == ["A/B"]


def test_html_writes_the_report(run, tmp_path, sample_result):
    code, out, _ = run("--html", tmp_path / "run.html", "--quiet", *MONTH)
    page = (tmp_path / "run.html").read_text(encoding="utf-8")
    assert code == 0
    assert out == figures_text(sample_result.summary) + "\n"
    assert page == sample_result.report(tmp_path / "other.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--data", "missing.csv"], "missing.csv"),
        (["--cash", "much"], '"much"'),
        (["--fees", "7"], "fees"),
        (["--latency", "soon"], '"soon"'),
        (["--start", "2024-01-01"], "zone"),
        (["--start", "2030-01-01T00:00Z"], "no row"),
        (["--start", "2024-01-01", "--tz", "Atlantis"], '"Atlantis"'),
        (["--param", "fats=3"], 'did you mean "fast"'),
        (["--param", "fast=0"], "between 1 and 500"),
        (["--param", "fast=quick"], 'must be a number, got "quick"'),
        (["--strategy", "missing.py:Flip"], '"missing.py"'),
        (["--html", "."], "."),
    ],
)
def test_refused_input_is_one_sentence_and_exit_code_1(run, arguments, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, err = run(*arguments)
    last = err.splitlines()[-1]
    assert (code, out) == (1, "")
    assert last.startswith("barter-backtest: ")
    assert said in last
    assert "Traceback" not in err


def test_a_class_that_is_not_there_is_looked_for_among_those_that_are(run, mine):
    code, _, err = run("--strategy", f"{mine}:Flop")
    assert code == 1
    assert 'did you mean "Flip"?; it has Flip, Breaks, OffLot, Stopped' in err


@pytest.mark.parametrize(
    "arguments",
    [
        ["--unknown"],
        ["--kind", "rumours"],
        ["--kind", "quotes"],
        ["--stamp", "open"],
        ["--instrument", "A/B"],
        ["--data", "a.csv", "--kind", "trades", "--stamp", "open", "--strategy", "a.py:A"],
        ["--strategy", "mine.py"],
        ["--param", "fast"],
        ["--param", "=3"],
        ["extra"],
    ],
)
def test_wrong_usage_is_exit_code_2(run, arguments):
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("usage: barter-backtest")


@pytest.mark.parametrize(
    ("name", "said"), [("Breaks", "ZeroDivisionError: of the user"), ("OffLot", "OrderError")]
)
def test_an_exception_of_the_strategy_is_its_traceback_and_exit_code_3(run, mine, name, said):
    code, out, err = run("--strategy", f"{mine}:{name}")
    assert (code, out) == (3, "")
    assert said in err.splitlines()[-1]
    assert f'File "{mine}"' in err
    assert "cli.py" not in err


@pytest.mark.parametrize("text", ["class Flip(\n", "1 / 0\n", "import nowhere_to_be_found\n"])
def test_a_file_that_does_not_run_is_exit_code_3(run, mine, text):
    mine.write_text(text, encoding="utf-8")
    code, _, err = run("--strategy", f"{mine}:Flip")
    assert code == 3
    assert str(mine) in err
    assert "cli.py" not in err


def test_ctrl_c_prints_what_was_done(run, mine):
    code, out, err = run("--strategy", f"{mine}:Stopped", "--json")
    assert code == 130
    assert json.loads(out)["figures"]["complete"] is False
    assert err.splitlines()[-1] == "stopped"
    assert "Traceback" not in err


RECORDS = [trade(420 * number, 100 + number * number % 7) for number in range(90)]


@pytest.fixture
def config(tmp_path):
    file = tmp_path / "config.json"
    file.write_text(json.dumps(CONFIG), encoding="utf-8")
    return file


@pytest.fixture
def market(tmp_path):
    return array(tmp_path / "market.json", *RECORDS)


@pytest.fixture
def configured(config, market, monkeypatch):
    monkeypatch.chdir(config.parent)
    return ("--config", config, "--market-data", market)


def api(config, market, *arguments, **settings):
    return bt.run_historic_backtest(
        bt.SystemConfig.from_json(config), market, *arguments, **settings
    )


def test_a_configured_run_is_that_of_the_api(run, configured, config, market, mine):
    code, out, err = run(
        *(*configured, "--strategy", f"{mine}:Trades", "--param", "every=2", "--format", "json"),
        *("--risk-free-return", "0.01", "--interval", "annual-252"),
    )
    trades = sys.modules["__strategy__"].Trades
    same = api(config, market, 0.01, "annual_252", strategy=trades(every=2))
    assert (code, err) == (0, "")
    assert out == same.to_json() + "\n"
    assert same.fills == 89
    assert json.loads(out)["told_by"]["risk_free"] == 0.01
    assert json.loads(out)["told_by"]["periods_per_year"] == 252


@pytest.mark.parametrize("spelling", ["daily", "annual-365", "annual_365", "4h"])
def test_intervals_have_the_names_of_the_original_and_of_the_package(run, configured, spelling):
    code, out, _ = run(*configured, "--format", "json", "--interval", spelling)
    found = json.loads(out)["told_by"]
    assert code == 0
    assert found["interval"] == ("4h" if spelling == "4h" else "1d")
    assert found["risk_free"] == 0.03


def test_all_forms_of_files_are_the_same_run(run, configured, config, mine, tmp_path):
    strategy = ("--strategy", f"{mine}:Trades", "--format", "json")
    plain = run(*configured, *strategy)
    text = lines(tmp_path / "market.jsonl", *RECORDS)
    assert run("--config", config, "--market-data", text, *strategy) == plain
    nested = tmp_path / "nested.json"
    system = {name: CONFIG[name] for name in ("instruments", "executions")}
    nested.write_text(json.dumps({"risk_free_return": 0.03, "system": system}), encoding="utf-8")
    assert run("--config", nested, *configured[2:], *strategy) == plain
    indented = run(*configured, *strategy, "--pretty")
    assert indented[1].startswith('{\n  "strategy"')
    assert json.loads(indented[1]) == json.loads(plain[1])


def test_a_configuration_may_be_toml(run, configured, market, tmp_path):
    text = """
        executions = []
        risk_free_return = 0.03
        [[instruments]]
        exchange = "kraken"
        name_exchange = "XBTUSDT"
        quote = "underlying_quote"
        kind = "spot"
        underlying = { base = "btc", quote = "usdt" }
    """
    file = tmp_path / "system.toml"
    file.write_text(text, encoding="utf-8")
    code, out, err = run("--config", file, "--market-data", market, "--format", "json")
    assert (code, err) == (0, "")
    assert json.loads(out)["instruments"] == ["kraken-btc_usdt"]


def test_the_table_has_the_figures_and_the_tear_sheets(run, configured, config, market, mine):
    arguments = (*configured, "--strategy", f"{mine}:Trades")
    code, out, err = run(*arguments)
    same = api(config, market, strategy=sys.modules["__strategy__"].Trades)
    figures = summary_text(same)
    assert (code, err) == (0, "")
    assert out.startswith(f"{figures}\n")
    assert max(map(len, out.splitlines())) <= 100
    sheets = " ".join(out.removeprefix(figures).split())
    of_pair, of_assets = sheets.removeprefix("instruments ").split(" assets ")
    (sheet,) = same.instruments.values()
    assert of_pair.startswith(f"kraken-btc_usdt profit {sheet.pnl:,f}, return ")
    assert f"profit factor {sheet.profit_factor:,.2f}" in of_pair
    held = Decimal(same.assets["kraken:usdt"].to_dict()["balance_end"]["total"])
    assert f"kraken:usdt {held:,f}, max drawdown -" in of_assets
    assert "kraken:btc " in of_assets
    assert run(*arguments, "--quiet") == (0, f"{figures_text(same)}\n", "")


def test_without_a_strategy_a_configured_run_says_so(run, configured):
    code, out, err = run(*configured)
    said = " ".join(out.split())
    assert (code, err) == (0, "")
    assert said.startswith("no strategy on kraken-btc_usdt return 0.00%")
    assert "no order came from outside. These data would call on_trade." in said
    assert "kraken:usdt 10,000" in said


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ([], ["WARNING", "WARNING"]),
        (["--quiet"], []),
        (["--quiet", "--log-filter", "warn"], ["WARNING", "WARNING"]),
        (["--log-filter", "debug"], ["WARNING", "DEBUG", "WARNING", "DEBUG"]),
        (["--log-filter", "error,barter_python.engine=debug"], ["DEBUG", "DEBUG"]),
    ],
)
def test_warnings_are_on_standard_error(run, config, tmp_path, options, told):
    loggers = [logging.getLogger(name) for name in ("barter_python", "barter_python.engine")]
    before = [(logger.level, logger.handlers[:]) for logger in loggers]
    file = array(tmp_path / "lost.json", trade(0), FAULT, LOST, trade(1))
    code, out, err = run("--config", config, "--market-data", file, *options)
    assert code == 0
    assert out.startswith("no strategy on kraken-btc_usdt\n")
    assert [line.split()[1] for line in err.splitlines()] == told
    assert [(logger.level, logger.handlers) for logger in loggers] == before


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"--config": "missing.json"}, "missing.json"),
        ({"--config": "missing.toml"}, "missing.toml"),
        ({"--market-data": "missing.json"}, "missing.json"),
        ({"--market-data": "config.json"}, "config.json"),
        ({"--config": "market.json"}, "market.json"),
        ({"--interval": "annual-253"}, "interval"),
        ({"--risk-free-return": "-2"}, "risk_free_return"),
        ({"--risk-free-return": "nan"}, "risk_free_return"),
        ({"--strategy": "mine.py:Flop"}, 'did you mean "Flip"'),
        ({"--log-filter": "loud"}, "filter"),
    ],
)
def test_refused_input_of_a_configured_run(run, configured, change, said, mine):
    given = dict(zip(configured[::2], configured[1::2], strict=True)) | change
    code, out, err = run(*(word for option in given.items() for word in option))
    assert (code, out) == (1, "")
    assert re.fullmatch(rf"barter-backtest: .*{re.escape(said)}.*\n", err)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--config", "a.json"],
        ["--market-data", "a.json"],
        *(
            ["--config", "a.json", "--market-data", "b.json", *more]
            for more in (
                *(["--data", "a.csv"], ["--kind", "quotes"], ["--cash", "5"], ["--fees", "1%"]),
                *(["--latency", "1ms"], ["--start", "2024-01-01"], ["--json"], ["--html", "a"]),
                *(["--param", "fast=3"], ["--pretty"], ["--risk-free-return", "low"]),
                *(["--format", "yaml"], ["--stamp", "open"], ["--instrument", "A/B"]),
            )
        ),
        *(["--format", "json"], ["--pretty"], ["--interval", "daily"]),
        ["--risk-free-return", "0"],
    ],
)
def test_options_of_one_form_of_a_run_are_not_for_the_other(run, arguments):
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("usage: barter-backtest")


def test_an_exception_of_the_strategy_of_a_configured_run(run, configured, mine):
    code, out, err = run(*configured, "--strategy", f"{mine}:Falls")
    assert (code, out) == (3, "")
    assert err.splitlines()[-1] == "ZeroDivisionError: of the user"
    assert "cli.py" not in err


@pytest.mark.parametrize("name", ["barter_backtest_config.json", "barter_system_config.json"])
def test_the_files_of_the_original(run, real, name):
    data = real / "barter_market_data_with_disconnects.json"
    code, out, err = run("--config", real / name, "--market-data", data)
    assert code == 0
    assert out.startswith("no strategy on binance_spot-btc_usdt, binance_spot-eth_usdt, ")
    assert "binance_spot:usdt" in out
    assert [line.split()[1] for line in err.splitlines()] == ["WARNING"] * 3
    code, out, _ = run("--config", real / name, "--market-data", data, "--format", "json")
    assert code == 0
    assert len(json.loads(out)["tear_sheets"]["instruments"]) == 3


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(("after", "shown"), [(0.0, True), (60.0, False)])
def test_progress_is_for_long_runs_on_a_terminal(monkeypatch, run, after, shown):
    terminal = Terminal()
    monkeypatch.setattr(cli, "_PROGRESS_AFTER_S", after)
    monkeypatch.setattr(sys, "stderr", terminal)
    assert run()[0] == 0
    found = re.findall(r"\r +(\d+)% of ([\d,]+) rows", terminal.getvalue())
    assert bool(found) == shown
    assert terminal.getvalue().endswith("\r\x1b[K") == shown
    percents = [int(percent) for percent, _ in found]
    assert percents == sorted(percents)


def test_progress_changes_no_result(monkeypatch, run):
    plain = run("--json")[1]
    monkeypatch.setattr(cli, "_PROGRESS_AFTER_S", 0.0)
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert run("--json")[1] == plain


def test_help_lists_every_option_and_exit_code(run):
    code, out, _ = run("--help")
    assert code == 0
    for action in cli._parser()._actions:
        assert all(option in out for option in action.option_strings)
        assert action.help
    for number in (0, 1, 2, 3, 130):
        assert re.search(rf"^  {number} +\w", out, re.MULTILINE)
    assert "%%" not in out
    assert max(map(len, out.splitlines())) <= 100


def test_version(run):
    assert run("--version") == (0, f"barter-backtest {bt.__version__}\n", "")


def module(*arguments, **options):
    command = [sys.executable, "-m", "barter_python", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def test_the_package_is_the_command():
    done = module("--json", *MONTH)
    assert done.returncode == 0
    assert json.loads(done.stdout)["figures"]["complete"] is True
    assert module("--param", "fats=3").returncode == 1


@pytest.mark.skipif(sys.platform == "win32", reason="pipes end in another way")
def test_a_reader_that_leaves_early_is_no_error():
    command = [sys.executable, "-m", "barter_python"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert process.stderr.read().count(b"\n") == 1
        assert process.wait() == 0
