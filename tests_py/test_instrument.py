"""An instrument is a value: its rules are exact, it prints as code, it survives a pickle."""

from __future__ import annotations

import pickle
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import barter_python as bt
from barter_python import Instrument


def test_numbers_are_exact_however_given() -> None:
    expected = Instrument("BTC/USDT", tick="0.01", lot="0.00001")
    for tick, lot in [
        (0.01, 1e-5),
        (Decimal("0.01"), Decimal("1e-5")),
        (np.float64(0.01), np.float32(0.00001)),
        ("0.010", "1e-5"),
    ]:
        assert Instrument("BTC/USDT", tick=tick, lot=lot) == expected
    whole = Instrument("ES/USD", tick=Decimal(1), lot=np.int64(2))
    assert (whole.tick, whole.lot) == (1, 2)
    assert (expected.base, expected.quote, expected.kind) == ("BTC", "USDT", "spot")


def test_it_prints_as_code_and_survives_a_pickle() -> None:
    for instrument in [
        Instrument("BTC/USDT", tick="0.01", lot=1),
        Instrument("ES", tick="0.25", lot=1, kind="future", quote="USD", multiplier=50),
        Instrument("Ö\"'\\/X", tick=1, lot=1, base="a", quote="b", min_notional="10.5"),
    ]:
        assert eval(repr(instrument), {"Instrument": Instrument}) == instrument
        again = pickle.loads(pickle.dumps(instrument))
        assert again == instrument
        assert hash(again) == hash(instrument)
    assert Instrument("A/B", tick=1, lot=1) != Instrument("A/B", tick=1, lot=2)
    assert Instrument("A/B", tick=1, lot=1) != "A/B"


@pytest.mark.parametrize("value", [True, None, Fraction(1, 2), [1], np.True_, object()])
def test_what_is_no_number_is_a_type_error(value: object) -> None:
    with pytest.raises(TypeError, match="tick must be a number or text, got"):
        Instrument("A/B", tick=value, lot=1)


@pytest.mark.parametrize(
    ("value", "error", "said"),
    [
        ("1,5", bt.OrderError, 'write it like "1.5"'),
        ("one", bt.OrderError, "not understood"),
        ("1.5.0", bt.OrderError, "not understood"),
        (float("nan"), bt.OrderError, "tick must be finite, got nan"),
        (float("inf"), bt.OrderError, "tick must be finite, got inf"),
        (Decimal("NaN"), bt.OrderError, "tick must be finite, got nan"),
        (np.float32("inf"), bt.OrderError, "tick must be finite, got inf"),
        (Decimal("1e1000000"), bt.OrderError, "out of range"),
        pytest.param(10**5000, bt.OrderError, "out of range", id="huge"),
        (0, bt.ConfigError, "tick must be > 0, got 0"),
        (-1, bt.ConfigError, "tick must be > 0, got -1"),
        ("1e-13", bt.ConfigError, "at most 12 decimal places"),
    ],
)
def test_what_is_out_of_range_is_named(value: object, error: type, said: str) -> None:
    with pytest.raises(error, match=said):
        Instrument("A/B", tick=value, lot=1)


def test_names_and_kinds_are_checked() -> None:
    for name in ("", "x" * 65, "a\0b"):
        with pytest.raises(bt.ConfigError, match="1 to 64 printable"):
            Instrument(name, tick=1, lot=1)
    with pytest.raises(bt.ConfigError, match='"spto" is not known, did you mean "spot"'):
        Instrument("A/B", tick=1, lot=1, kind="spto")


@given(st.decimals("0.001", "1e6", places=6), st.sampled_from(["0.01", "0.25", "0.5", "3", "1e-5"]))
def test_rounding_brackets_the_number(value: Decimal, tick: str) -> None:
    instrument = Instrument("A/B", tick=tick, lot=tick)
    down, up = instrument.round_price(value), instrument.round_price(value, "up")
    nearest = instrument.round_price(value, "nearest")
    assert down <= value <= up
    assert up - down in {0, Decimal(tick)}
    assert nearest in {down, up}
    assert down % Decimal(tick) == 0
    assert instrument.round_quantity(value) == down
