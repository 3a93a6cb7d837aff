"""The command line says what the package says, on the right stream, with the right exit code."""

import io
import json
import re
import subprocess
import sys

import pytest

import barter_python as bt
from barter_python import cli
from barter_python._display import result_text, summary_text
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
    assert (code, out, err) == (0, summary_text(sample_result.summary) + "\n", "")


def test_json_is_that_of_the_same_run_by_api(run, sample_result):
    code, out, _ = run("--json", *MONTH)
    found = json.loads(out)
    assert code == 0
    assert found["digest"] == sample_result.digest
    assert found["figures"] == sample_result.summary.to_dict()
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
    assert out == summary_text(sample_result.summary) + "\n"
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
