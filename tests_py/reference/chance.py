"""Draws and delays, slow and obvious: a draw is a function of what it is for, of nothing else."""

from __future__ import annotations

import math
from bisect import bisect_right

MASK = (1 << 64) - 1


def mixed(state: int, word: int) -> int:
    z = ((state + 0x9E3779B97F4A7C15) & MASK) ^ word
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def draw(seed: int, model: str, instrument: str, order: int, number: int) -> int:
    """64 bits that depend on nothing but this."""
    state = mixed(0, seed)
    for text in (model.encode(), instrument.encode()):
        state = mixed(state, len(text))
        for at in range(0, len(text), 8):
            state = mixed(state, int.from_bytes(text[at : at + 8], "little"))
    return mixed(mixed(state, order), number)


# A delay is a number of ns, ("uniform", low, high), ("lognormal", median, sigma), or ("measured",
# rows) with rows of (sent, at the venue, back), where None says that the venue never got it.


def delay(model: int | tuple, sent: int, key: tuple, k: int, *, back: bool = False) -> int:
    """How long message number `k` of its kind takes; `key` is what it is drawn for."""
    if isinstance(model, int):
        return model
    name, *given = model
    if name == "uniform":
        low, high = given
        return low + (draw(*key, 2 * k) * (high - low + 1) >> 64)
    if name == "lognormal":
        median, sigma = given
        near, turn = ((draw(*key, 2 * k + at) >> 11) / 2**53 for at in range(2))
        normal = math.sqrt(-2 * math.log1p(-near)) * math.cos(2 * math.pi * turn)
        return round(median * math.exp(float(sigma) * normal))
    got = [row for row in given[0] if row[1] is not None]
    if back:
        got.sort(key=lambda row: row[1])
        return between([(there, returned - there) for _, there, returned in got], sent)
    return between([(asked, there - asked) for asked, there, _ in got], sent)


def lost(model: int | tuple, sent: int) -> int | None:
    """How long until a request is known to be lost; `None` if it arrives."""
    if isinstance(model, int) or model[0] != "measured":
        return None
    rows = model[1]
    last = max(bisect_right([row[0] for row in rows], sent), 1) - 1
    if rows[last][1] is not None:
        return None
    return between([(asked, returned - asked) for asked, _, returned in rows], sent)


def between(points: list[tuple[int, int]], at: int) -> int:
    """The value at `at` on the line through the points, beyond them that of the last one."""
    place = bisect_right([x for x, _ in points], at)
    if place == 0:
        return points[0][1]
    x, y = points[place - 1]
    if place == len(points):
        return y
    right, above = points[place]
    return y + (above - y) * (at - x) // (right - x)
