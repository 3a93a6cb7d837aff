"""What every test file may ask for."""

from pathlib import Path

import pytest

SHARED = Path(__file__).parents[2] / "shared"


@pytest.fixture(scope="session")
def real() -> Path:
    """The folder of recorded market data that lies beside some checkouts and is no part of them."""
    if not (SHARED / "data").is_dir():
        pytest.skip("no recorded market data beside the checkout")
    return SHARED / "data"
