"""Recorded market data that come as they once came."""

from __future__ import annotations

import asyncio
import math
import threading
import time
from contextlib import suppress
from datetime import timedelta
from os import PathLike, fspath
from typing import TYPE_CHECKING, Self, cast

from barter_python._core import MarketDataInMemory
from barter_python.errors import ConfigError, ReceiveTimeoutError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from types import TracebackType

    from barter_python._core import EngineEvent

_NS = 1_000_000_000
# Events that an asyncio loop hands over before others have their turn.
_AT_ONCE = 256
# Seconds of a wait before signals are looked at that came to another thread.
_PATIENCE = 0.05


class MarketStream:
    """A stream of `EngineEvent`: market data and lost connections, in the order of their record.

    * `market_data` - a `MarketDataInMemory`, or the path of a file of Barter's JSON.
    * `speed` - how many times as fast as they once came events come, by their `time_exchange`; the
      first comes when it is first asked for. A lost connection, and an event that is older than
      the one before it, come with that one. `None` gives all at once.

    An iterator and an asynchronous one; `handle.feed_events(stream)` feeds a running system. Any
    threads and tasks may ask it, and each event goes to one of them. Waiting holds nothing that
    others need; Ctrl-C and cancelling end it, and lose no event.

    Raises `ConfigError` for a speed that is not > 0, `DataError` for a file that cannot be read.
    """

    def __init__(
        self,
        market_data: MarketDataInMemory | str | PathLike[str],
        *,
        speed: float | None = None,
    ) -> None:
        self._speed = None if speed is None else _above_zero(speed)
        self._data = _recorded(market_data)
        self._count = len(self._data)
        self._next = 0
        # When the first event came, on the wall; and the time of the next one on the record.
        self._begun: float | None = None
        self._first = self._due = self._data.time_first_event_ns or 0
        self._event: EngineEvent | None = None
        self._closed = False
        self._changed = threading.Condition()
        self._wakers: set[Callable[[], object]] = set()

    @property
    def speed(self) -> float | None:
        """How many times as fast as they once came events come; `None` for all at once."""
        return self._speed

    def recv(self, timeout: float | timedelta | None = None) -> EngineEvent | None:
        """The next event; waits until it is due, and gives `None` at the end.

        `timeout` is in seconds, >= 0, or a `timedelta`. Raises `ReceiveTimeoutError` (also a
        `TimeoutError`) if the event is not due until then; it stays the next one.
        """
        until = None if timeout is None else time.monotonic() + _seconds(timeout)
        with self._changed:
            while (wait := self._wait()) > 0:
                left = wait if until is None else min(wait, until - time.monotonic())
                if left <= 0:
                    raise ReceiveTimeoutError(f"no event came in time: timeout was {timeout}")
                self._changed.wait(min(left, _PATIENCE))
            return self._take()

    def try_recv(self) -> EngineEvent | None:
        """The next event if it is due, else `None`, as at the end (see `is_closed`)."""
        with self._changed:
            return None if self._wait() > 0 else self._take()

    async def recv_async(self) -> EngineEvent | None:
        """What `recv` gives, waited for with the timers of the running loop.

        Cancelled it leaves the event to who asks next: `asyncio.wait_for` sets a time-out.
        """
        loop = asyncio.get_running_loop()
        if self._next % _AT_ONCE == 0:
            await asyncio.sleep(0)
        while True:
            with self._changed:
                wait = self._wait()
                if wait <= 0:
                    return self._take()
                woken = loop.create_future()

                def wake(woken: asyncio.Future[None] = woken) -> None:
                    with suppress(RuntimeError):  # a loop that was closed needs no waking
                        loop.call_soon_threadsafe(_wake, woken)

                self._wakers.add(wake)
            timer = loop.call_later(wait, _wake, woken)
            try:
                await woken
            finally:
                timer.cancel()
                with self._changed:
                    self._wakers.discard(wake)

    def is_closed(self) -> bool:
        """True if nothing comes any more: at the end, or once it was closed."""
        with self._changed:
            return self._is_over()

    def close(self) -> None:
        """Ends it, for all who wait too. What has not come yet never does."""
        with self._changed:
            self._closed = True
            self._event = None
            self._changed.notify_all()
            for wake in self._wakers:
                wake()

    def __iter__(self) -> Iterator[EngineEvent]:
        return self

    def __next__(self) -> EngineEvent:
        event = self.recv()
        if event is None:
            raise StopIteration
        return event

    def __aiter__(self) -> AsyncIterator[EngineEvent]:
        return self

    async def __anext__(self) -> EngineEvent:
        event = await self.recv_async()
        if event is None:
            raise StopAsyncIteration
        return event

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        pace = "" if self._speed is None else f", {self._speed:g} times as fast"
        end = ", closed" if self._closed else ""
        return f"<MarketStream at event {self._next} of {self._count}{pace}{end}>"

    def _is_over(self) -> bool:
        return self._closed or self._next >= self._count

    def _wait(self) -> float:
        """Seconds until something is there: an event that is due, or the end. Under the lock."""
        if self._speed is None or self._is_over():
            return 0
        if self._event is None:
            self._event = event = self._data[self._next]
            # A lost connection has no time of its own.
            self._due = max(self._due, event.time_exchange_ns or self._due)
        now = time.monotonic()
        if self._begun is None:
            self._begun = now
        return self._begun + (self._due - self._first) / _NS / self._speed - now

    def _take(self) -> EngineEvent | None:
        """What is there: the next event, or `None` at the end. Under the lock."""
        if self._is_over():
            return None
        event = self._data[self._next] if self._event is None else self._event
        self._event = None
        self._next += 1
        return event


def _wake(woken: asyncio.Future[None]) -> None:
    if not woken.done():
        woken.set_result(None)


def _recorded(given: object) -> MarketDataInMemory:
    if isinstance(given, MarketDataInMemory):
        return given
    if isinstance(given, str | PathLike):
        return MarketDataInMemory.from_json_file(fspath(cast("PathLike[str]", given)))
    kind = type(given).__name__
    raise TypeError(f"market_data must be a MarketDataInMemory or a path, got {kind}")


def _above_zero(speed: object) -> float:
    if isinstance(speed, bool) or not isinstance(speed, int | float):
        raise TypeError(f"speed must be a number or None, got {type(speed).__name__}")
    if not (speed > 0 and math.isfinite(speed)):
        raise ConfigError(f"speed must be > 0 and finite, got {speed}")
    return float(speed)


def _seconds(timeout: object) -> float:
    if isinstance(timeout, bool) or not isinstance(timeout, int | float | timedelta):
        kind = type(timeout).__name__
        raise TypeError(f"timeout must be seconds, a timedelta or None, got {kind}")
    seconds = timeout.total_seconds() if isinstance(timeout, timedelta) else float(timeout)
    if not seconds >= 0:
        raise ConfigError(f"timeout must be >= 0, got {timeout}")
    return seconds
