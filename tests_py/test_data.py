"""The same rows give the same series, whatever they come in; and what is loaded says what it is."""

from __future__ import annotations

import datetime as dt
import gzip
import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import barter_python as bt

START = 1_700_000_000_000_000_000
MINUTE = 60_000_000_000
ROWS = 300


def columns() -> dict[str, np.ndarray]:
    steps = np.arange(ROWS)
    close = 46_000.0 + np.round(np.sin(steps / 9.0) * 200) * 0.5
    opened = np.concatenate([[46_000.0], close[:-1]])
    return {
        "time": START + steps * MINUTE,
        "open": opened,
        "high": np.maximum(opened, close) + 0.5,
        "low": np.minimum(opened, close) - 0.5,
        "close": close,
        "volume": (steps % 17) / 8 + 0.001,
    }


def structured(data: dict[str, np.ndarray]) -> np.ndarray:
    table = np.zeros(ROWS, dtype=[(name, column.dtype) for name, column in data.items()])
    for name, column in data.items():
        table[name] = column
    return table


def text_of(data: dict[str, np.ndarray], separator: str) -> str:
    rows = [separator.join(data)]
    rows += [
        separator.join(str(cell.item()) for cell in row) for row in zip(*data.values(), strict=True)
    ]
    return "\n".join(rows) + "\n"


def sources(folder: Path) -> dict[str, object]:
    data = columns()
    frame = pd.DataFrame(data)
    dates = frame.assign(time=pd.to_datetime(frame["time"], unit="ns", utc=True))
    pq.write_table(pa.table(data), folder / "one.parquet", row_group_size=70)
    pl.DataFrame(data).write_parquet(folder / "two.parquet", compression="zstd")
    for half, part in enumerate(np.array_split(np.arange(ROWS), 2)):
        pq.write_table(
            pa.table({name: column[part] for name, column in data.items()}),
            folder / f"part-{half}.parquet",
        )
    (folder / "comma.csv").write_text(text_of(data, ","))
    (folder / "semicolon.csv").write_bytes(b"\xef\xbb\xbf" + text_of(data, ";").encode())
    (folder / "tab.tsv").write_text(text_of(data, "\t").replace("\n", "\r\n"), newline="")
    (folder / "packed.csv.gz").write_bytes(gzip.compress(text_of(data, "|").encode()))
    return {
        "arrays": data,
        "lists": {name: column.tolist() for name, column in data.items()},
        "structured array": structured(data),
        "text": {name: [str(cell) for cell in column.tolist()] for name, column in data.items()},
        "big-endian": {
            name: column.astype(column.dtype.newbyteorder(">")) for name, column in data.items()
        },
        "every second of twice": {name: np.repeat(column, 2)[::2] for name, column in data.items()},
        "backwards of backwards": {
            name: column[::-1].copy()[::-1] for name, column in data.items()
        },
        "datetime64": data | {"time": data["time"].view("M8[ns]")},
        "datetime64[s]": data | {"time": data["time"].view("M8[ns]").astype("M8[s]")},
        "milliseconds": data | {"time": data["time"] // 1_000_000},
        "pandas": frame,
        "pandas, dates": dates,
        "pandas, index": dates.set_index("time"),
        "pandas, nameless index": dates.set_index("time").rename_axis(None),
        "columns of pandas": {name: dates[name] for name in dates},
        "polars": pl.DataFrame(data),
        "polars, lazy no more": pl.LazyFrame(data).collect(),
        "columns of polars": {name: pl.Series(name, column) for name, column in data.items()},
        "pyarrow": pa.table(data),
        "columns of pyarrow": {
            name: pa.chunked_array([column[:9], column[9:]]) for name, column in data.items()
        },
        "batches": pa.table(data).to_reader(max_chunksize=37),
        "parquet": folder / "one.parquet",
        "parquet of polars": str(folder / "two.parquet"),
        "pattern": str(folder / "part-*.parquet"),
        "list of paths": [folder / "part-0.parquet", folder / "part-1.parquet"],
        "comma": folder / "comma.csv",
        "semicolon and mark": folder / "semicolon.csv",
        "tab": folder / "tab.tsv",
        "packed": folder / "packed.csv.gz",
    }


def test_every_source_gives_the_same_series(tmp_path: Path) -> None:
    expected = bt.candles(columns(), instrument="BTC/USDT")
    for name, source in sources(tmp_path).items():
        data = bt.candles(source, instrument="BTC/USDT")
        assert len(data) == ROWS, name
        assert data == expected, f"{name}\n{data.report}\n{expected.report}"


def test_what_is_loaded_says_what_it_is() -> None:
    data = bt.candles(columns(), instrument="BTC/USDT")
    assert repr(data) == "<MarketData BTC/USDT 300 candles>"
    assert (data.start, data.end) == (START, START + ROWS * MINUTE)
    (instrument,) = data.instruments
    assert (instrument.name, instrument.inferred) == ("BTC/USDT", True)
    assert str(instrument.tick) == "0.5"
    text = str(data.report)
    assert "0 minutes missing" in text
    assert "assumed open" in text
    report = data.report.to_dict()
    assert report["rows"] == ROWS
    assert report["memory_bytes"] == 48 * ROWS
    assert [found.text for found in data.report.findings] == ["0 minutes missing"]


def test_loading_copies() -> None:
    source = columns()
    data = bt.candles(source, instrument="BTC/USDT")
    source["open"][:] = 1.0
    source["time"][:] = 0
    assert data == bt.candles(columns(), instrument="BTC/USDT")


def test_joined_data_are_the_sum_of_their_parts() -> None:
    one = bt.candles(columns(), instrument="BTC/USDT")
    two = bt.candles(columns(), instrument="ETH/USDT")
    both = one + two
    assert len(both) == 2 * ROWS
    assert [instrument.name for instrument in both.instruments] == ["BTC/USDT", "ETH/USDT"]
    assert both == bt.candles({"BTC/USDT": columns(), "ETH/USDT": pd.DataFrame(columns())})
    with pytest.raises(bt.errors.ConfigError, match="two sources of candles"):
        _ = one + one
    with pytest.raises(TypeError, match="got int"):
        _ = one + 1


def test_the_notebook_view_escapes_and_runs_nothing() -> None:
    data = bt.candles(columns(), instrument="<script>alert(1)</script>")
    drawn = data._repr_html_()
    assert "<script" not in drawn
    assert "&lt;script&gt;" in drawn
    assert data.report._repr_html_() == drawn


def test_samples_are_the_same_each_time() -> None:
    for name in ("candles", "quotes", "trades", "depth"):
        data = bt.sample(name)
        assert data == bt.sample(name)
        assert "generated, not a market" in str(data.report)
    assert len(bt.sample()) == 2 * 365 * 24
    joined = bt.sample("quotes") + bt.sample("trades")
    assert len(joined) == 25_000
    assert len(joined.instruments) == 1
    with pytest.raises(bt.errors.ConfigError, match='did you mean "quotes"'):
        bt.sample("quote")


def test_recorded_quotes_and_trades_load_with_a_shift(real: Path) -> None:
    for name in ("cm_btcusd_perp", "spot_btcusdt"):
        for kind in ("trades", "depth", "quotes"):
            path = real / f"{name}_20240808_{kind}.parquet"
            extra = {"book": "build"} if kind == "depth" else {}
            load = getattr(bt, kind)
            if (name, kind) == ("spot_btcusdt", "quotes"):
                data = load(path)
                assert "only receive times are known" in str(data.report)
                continue
            with pytest.raises(bt.errors.DataError, match=r"by about 1\.\d+s \(median\)") as error:
                load(path, **extra)
            shift = str(error.value).split('shift_received="')[1].split('"')[0]
            data = load(path, shift_received=shift, **extra)
            assert len(data) == pq.read_metadata(path).num_rows
            assert data.report.to_dict()["memory_bytes"] <= 48 * len(data)


def test_values_that_cannot_be_pickled_say_so() -> None:
    data = bt.candles(columns())
    with pytest.raises(TypeError, match="MarketData"):
        pickle.dumps(data)
    assert data.instruments[0].name == "instrument"
    assert dt.datetime.fromtimestamp(data.start / 1e9, dt.UTC).year == 2023
