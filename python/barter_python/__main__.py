"""`python -m barter_python` is `barter-backtest`."""

from __future__ import annotations

from barter_python.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
