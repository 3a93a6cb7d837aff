"""What waits, as awaitables. They hold no thread while they wait, and may be cancelled."""
# ruff: noqa: SLF001 - the other half of methods that have no public name

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from barter_python._core import AuditTick, AuditUpdates, EngineEvent, SystemHandle
    from barter_python._stream import MarketStream

T = TypeVar("T")

# Events that are sent before others have their turn.
_AT_ONCE = 1 << 12


async def called(function: Callable[..., T], *arguments: object, **named: object) -> T:
    """What a call returns that waits a little, made in a thread of asyncio's."""
    return await asyncio.to_thread(function, *arguments, **named)


async def ready(value: T) -> T:
    """A value that is there."""
    return value


async def until(changing: Any, look: Callable[[], T | None]) -> T:
    """What `look` finds once it finds something: it looks now, and after each change."""
    loop = asyncio.get_running_loop()
    while True:
        woken = loop.create_future()
        # Before the look, lest a change between the two be missed.
        number = changing._wake(partial(_tell, loop, woken))
        try:
            found = look()
            if found is not None:
                return found
            await woken
        finally:
            changing._forget(number)


def _tell(loop: asyncio.AbstractEventLoop, woken: asyncio.Future[None]) -> None:
    with suppress(RuntimeError):  # a loop that was closed needs no telling
        loop.call_soon_threadsafe(_wake, woken)


def _wake(woken: asyncio.Future[None]) -> None:
    if not woken.done():
        woken.set_result(None)


async def line_or_none(updates: AuditUpdates) -> AuditTick | None:
    """The next line of an audit; `None` at its end. A cancelled wait takes none."""

    def look() -> tuple[AuditTick | None] | None:
        # The end first: a line that comes between is there.
        over = updates.is_closed()
        tick = updates.try_recv_tick()
        return (tick,) if over or tick is not None else None

    found = look()
    if found is None:
        found = await until(updates, look)
    return found[0]


async def next_line(updates: AuditUpdates) -> AuditTick:
    """The next line of an audit, for `async for`."""
    tick = await line_or_none(updates)
    if tick is None:
        raise StopAsyncIteration
    return tick


async def ended(system: SystemHandle, method: str, arguments: tuple[object, ...]) -> object:
    """What a method returns that ends a system, called once it has ended."""
    own = cast("Any", system)
    own._begin(method, arguments)
    await until(own, lambda: None if system.is_running() else True)
    return await called(getattr(system, method), *arguments)


async def feed(
    system: SystemHandle,
    events: Iterable[EngineEvent] | MarketStream,
    timeout: float | None,  # noqa: ASYNC109 - of each wait for room
) -> int:
    """Sends events as they come; how many. It waits `timeout` seconds for room."""
    if hasattr(events, "try_recv"):
        return await _feed_stream(cast("Any", system), cast("Any", events), timeout)
    return await _feed_all(cast("Any", system), cast("Any", events), timeout)


async def _feed_stream(own: Any, stream: MarketStream, patience: float | None) -> int:
    sent = 0
    while True:
        # Nothing is taken from the stream that has no room.
        room = await _in_time(own, lambda: own._room() or None, sent, patience)
        event = await stream.recv_async()
        if event is None:
            return sent
        events = [event]
        while len(events) < min(room, _AT_ONCE) and (event := stream.try_recv()) is not None:
            events.append(event)
        own._try_feed(events, sent, True)
        sent += len(events)


async def _feed_all(own: Any, events: Iterable[EngineEvent], patience: float | None) -> int:
    iterator, sent = iter(events), 0
    here = isinstance(events, list | tuple)
    while True:
        some = islice(iterator, _AT_ONCE)
        # Anyone's iterator may wait for something.
        chunk = list(some) if here else cast("list[EngineEvent]", await called(list, some))
        if not chunk:
            return sent
        await _in_time(own, partial(_fed, own, chunk, sent), sent, patience)
        sent += len(chunk)
        await asyncio.sleep(0)


def _fed(own: Any, events: list[EngineEvent], sent: int) -> bool | None:
    return own._try_feed(events, sent, False) or None


async def _in_time(own: Any, look: Callable[[], T | None], sent: int, patience: float | None) -> T:
    try:
        async with asyncio.timeout(patience):
            return await until(own, look)
    except TimeoutError:
        own._refuse(sent)
        raise
