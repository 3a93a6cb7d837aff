"""A small configured system and Barter's market data for it, made here."""

import json
from pathlib import Path

INSTRUMENT = "kraken-btc_usdt"
CONFIG = {
    "risk_free_return": 0.03,
    "instruments": [
        {
            "exchange": "kraken",
            "name_exchange": "XBTUSDT",
            "underlying": {"base": "btc", "quote": "usdt"},
            "quote": "underlying_quote",
            "kind": "spot",
        }
    ],
    "executions": [
        {
            "mocked_exchange": "kraken",
            "latency_ms": 0,
            "fees_percent": 0.1,
            "initial_state": {
                "exchange": "kraken",
                "balances": [
                    {
                        "asset": "usdt",
                        "balance": {"total": "10000", "free": "10000"},
                        "time_exchange": "2024-01-01T00:00:00Z",
                    }
                ],
                "instruments": [],
            },
        }
    ],
}
LOST = {"Reconnecting": "kraken"}
FAULT = {"Item": {"Err": "the socket was closed"}}


def trade(minute: int, price: float = 100.0) -> dict[str, object]:
    """A trade so many minutes after the start of 2024, as a file of lines has it."""
    time = f"2024-01-{1 + minute // 1440:02}T{minute // 60 % 24:02}:{minute % 60:02}:00Z"
    kind = {"Trade": {"id": str(minute), "price": price, "amount": 1.0, "side": "Buy"}}
    event = {"time_exchange": time, "time_received": time, "exchange": "kraken", "instrument": 0}
    return {"Item": event | {"kind": kind}}


def layered(record: dict[str, object]) -> dict[str, object]:
    """A record as an array has it."""
    given = record.get("Item")
    return {"Item": {"Ok": given}} if isinstance(given, dict) and "kind" in given else record


def array(path: Path, *records: dict[str, object]) -> Path:
    """A file with an array of records."""
    path.write_text(json.dumps([layered(record) for record in records]), encoding="utf-8")
    return path


def lines(path: Path, *records: dict[str, object]) -> Path:
    """A file with a record a line."""
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path
