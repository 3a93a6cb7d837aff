"""Frames and arrays of odd shape are refused with a reason, never misread."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest

import barter_python as bt
from barter_python.errors import ConfigError, DataError

START = 1_700_000_000_000_000_000
DATA = {"ts": START + np.arange(3), "price": [1.0, 2.0, 3.0], "qty": [1.0, 1.0, 1.0]}


def test_frames_that_are_no_table() -> None:
    frame = pd.DataFrame(DATA)
    for wrong, said in [
        (frame.set_index(["ts", "price"]), "index is a MultiIndex"),
        (pd.concat({"BTC": frame}, axis=1), "columns are a MultiIndex"),
        (pd.concat([frame, frame[["price"]]], axis=1), "same name"),
        (frame.iloc[:0], "no rows"),
        (pl.DataFrame(DATA).clear(), "no rows"),
        (frame.assign(price=[1.0, None, 2.0]), r'row 1, column "price": is empty'),
        (frame.assign(price=["a", 1, None]), "price"),
    ]:
        with pytest.raises(DataError, match=said):
            bt.trades(wrong)


def test_arrays_that_are_no_table() -> None:
    for wrong, said in [
        (np.zeros((3, 3)), "without column names"),
        (np.zeros(0, dtype=[("ts", "i8"), ("price", "f8"), ("qty", "f8")]), "no rows"),
        ({"ts": [], "price": [], "qty": []}, "no rows"),
    ]:
        with pytest.raises(DataError, match=said):
            bt.trades(wrong)
    with pytest.raises(ConfigError, match="empty mapping"):
        bt.trades({})
    with pytest.raises(TypeError, match="names of columns are text"):
        bt.trades({1: [1.0]})


def test_layout_does_not_matter() -> None:
    expected = bt.trades(DATA)
    packed = np.zeros(3, dtype=[("a", "i1"), ("ts", "i8"), ("price", "f8"), ("qty", "f4")])
    for name, column in DATA.items():
        packed[name] = column
    assert bt.trades(packed) == expected
    raw = np.zeros(1 + 24, "u1")
    raw[1:] = np.array(DATA["price"]).view("u1")
    unaligned = raw[1:].view("f8")
    assert bt.trades(DATA | {"price": unaligned}) == expected
    frozen = np.array(DATA["price"])
    frozen.flags.writeable = False
    assert bt.trades(DATA | {"price": frozen}) == expected
    fortran = np.asfortranarray(np.array([DATA["price"]] * 2))[0]
    assert bt.trades(DATA | {"price": fortran}) == expected
