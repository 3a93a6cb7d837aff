"""What waits, as awaitables."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from barter_python._core import AuditTick, AuditUpdates

T = TypeVar("T")


async def called(function: Callable[..., T], arguments: tuple[object, ...]) -> T:
    """What a call returns that waits, made in a thread of asyncio's."""
    return await asyncio.to_thread(function, *arguments)


async def ready(value: T) -> T:
    """A value that is there."""
    return value


async def line_or_none(updates: AuditUpdates) -> AuditTick | None:
    """The next line of an audit; `None` at its end. A cancelled wait takes none."""
    loop = asyncio.get_running_loop()
    while True:
        tick = updates.try_recv_tick()
        if tick is not None or updates.is_closed():
            return tick
        woken = asyncio.Event()

        def wake(woken: asyncio.Event = woken) -> None:
            # The loop may have been closed since.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(woken.set)

        updates._wake(wake)  # pyright: ignore[reportPrivateUsage] # noqa: SLF001 - its other half
        await woken.wait()


async def next_line(updates: AuditUpdates) -> AuditTick:
    """The next line of an audit, for `async for`."""
    tick = await line_or_none(updates)
    if tick is None:
        raise StopAsyncIteration
    return tick
