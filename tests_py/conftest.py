"""What several test files share."""

from __future__ import annotations

from pathlib import Path

import pytest

REAL = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture
def real() -> Path:
    """The folder of recorded market data beside the checkout."""
    if not REAL.is_dir():
        pytest.skip("no recorded market data beside the checkout")
    return REAL
