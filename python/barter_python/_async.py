"""What waits, as awaitables."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


async def called(function: Callable[..., T], arguments: tuple[object, ...]) -> T:
    """What a call returns that waits, made in a thread of asyncio's."""
    return await asyncio.to_thread(function, *arguments)


async def ready(value: T) -> T:
    """A value that is there."""
    return value
