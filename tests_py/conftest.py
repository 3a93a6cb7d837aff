"""What every test file may ask for."""

import functools
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from identities import check

import barter_python as bt

SHARED = Path(__file__).parents[2] / "shared"


@pytest.fixture(scope="session", autouse=True)
def listening() -> Iterator[None]:
    """Ctrl-C is heard also where a shell started the tests in its background, deaf to it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session", autouse=True)
def consistent() -> Iterator[None]:
    """The figures of every backtest of the tests agree with one another."""
    run = bt.backtest

    @functools.wraps(run)
    def checked(*args: object, **settings: object) -> bt.Backtest:
        result = run(*args, **settings)
        check(result)
        return result

    bt.backtest = checked
    yield
    bt.backtest = run


@pytest.fixture(scope="session")
def real() -> Path:
    """The folder of recorded market data that lies beside some checkouts and is no part of them."""
    if not (SHARED / "data").is_dir():
        pytest.skip("no recorded market data beside the checkout")
    return SHARED / "data"
