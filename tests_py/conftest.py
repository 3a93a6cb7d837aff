"""What every test file may ask for."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real market data that lies beside some checkouts, and is no part of them."""
    path = Path(__file__).parents[2] / "shared"
    if not path.is_dir():
        pytest.skip("no folder `shared` beside the checkout")
    return path
