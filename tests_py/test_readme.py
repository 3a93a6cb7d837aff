"""What README shows runs as it stands, and gives what README says it gives."""

import re
import shlex
from pathlib import Path

import pytest

from barter_python import cli

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def test_the_python_in_it_runs_from_top_to_bottom(tmp_path, monkeypatch, capsys):
    pytest.importorskip("polars")
    monkeypatch.chdir(tmp_path)
    names = {"__name__": "readme"}
    for number, block in enumerate(blocks("python")):
        exec(compile(block, f"README, block {number}", "exec"), names)
    result = names["result"]
    assert result.summary.fills > 10
    assert len(names["fills"]) == result.summary.fills
    assert capsys.readouterr().out == f"{result}\n"
    assert {found.severity for found in names["data"].report.findings} <= {"note"}


def test_a_strategy_is_fifteen_lines():
    (block,) = (block for block in blocks("python") if "class Breakout" in block)
    strategy = block.partition("\n\nexchange")[0].splitlines()
    assert len([line for line in strategy if line]) <= 15


def test_the_commands_in_it_are_understood(capsys):
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    assert lines[:2] == ["pip install . && barter-backtest", "scripts/test"]
    commands = [shlex.split(line)[1:] for line in lines if line.startswith("barter-backtest")]
    assert len(commands) >= 4
    for command in commands:
        cli._check_usage(cli._parser(), cli._parser().parse_args(command))
    assert cli.main(commands[0]) == 0
    assert [capsys.readouterr().out] == blocks("text")


def test_the_files_it_names_are_there():
    root = Path(__file__).parents[1]
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", README):
        if target.startswith("docs/") and not (root / "docs").exists():
            continue
        assert (root / target).is_file(), target


def test_every_reason_of_an_order_is_explained():
    root = Path(__file__).parents[1]
    if not (root / "src").exists() or not (root / "docs").exists():
        pytest.skip("no sources beside the tests")
    names = (root / "src/order.rs").read_text(encoding="utf-8").partition("impl Reason {")[2]
    reasons = set(re.findall(r'Self::\w+ => "(\w+)"', names.partition("impl Order {")[0]))
    table = (root / "docs/exchange.md").read_text(encoding="utf-8").partition("## Why an order")[2]
    explained = {
        name for line in table.splitlines() if re.match(r"\| [DRCE -]+ \|", line)
        for name in re.findall(r"`(\w+)`", line.split("|")[2])
    }  # fmt: skip
    assert len(reasons) >= 30
    assert explained == reasons
