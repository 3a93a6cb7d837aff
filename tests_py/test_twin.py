"""The exchange does, event by event, what its slow twin does that was written from the rules alone.

By hand: `python tests_py/test_twin.py --streams 50000 --seed 0` uses every core, counts what
differs, and prints each class of it cut down to what still fails, ready for `twin_cases.CASES`.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import fields, is_dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

sys.path.insert(0, str(Path(__file__).parent / "reference"))
sys.path.insert(0, str(Path(__file__).parent))
from exchange import Setup
from twin_adapter import difference, play, play_twin
from twin_cases import CASES
from twin_streams import FEATURES, draw

import barter_python as bt

if TYPE_CHECKING:
    from collections.abc import Callable

STREAMS = 600  # in a test run
CHUNK = 25


def differs(setup: Setup) -> str | None:
    """In what the two first differ; an order that the API refuses is a fault of the stream."""
    try:
        wanted = play_twin(setup)
    except (TypeError, ValueError, LookupError, ArithmeticError, AttributeError) as error:
        return f"the twin fails: {type(error).__name__}: {error}"
    try:
        found = play(setup)
    except bt.OrderError as error:
        return f"OrderError: {error}"
    except bt.BarterError as error:
        return f"{type(error).__name__}: {str(error)[:300]}"
    return difference(found, wanted)


def run_chunk(work: tuple[int, int, tuple[str, ...] | None]) -> list[tuple[int, str]]:
    """The seeds of a range whose streams differ, with the difference."""
    first, count, features = work
    found = ((seed, differs(draw(seed, features))) for seed in range(first, first + count))
    return [(seed, text) for seed, text in found if text]


# -- cutting a failure down ----------------------------------------------------------------------


def smaller(setup: Setup, fails: Callable[[Setup], bool]) -> Setup:
    """The setup without the rows and commands that it can fail without."""
    while True:
        before = size(setup)
        setup = fewer(setup, numbered(setup.commands), with_commands, fails)
        for at in range(len(setup.streams)):
            setup = fewer(setup, setup.streams[at].rows, rows_of(at), fails)
        setup = plainer(setup, fails)
        if size(setup) == before:
            return setup


def size(setup: Setup) -> tuple[int, int]:
    return len(setup.commands), sum(len(stream.rows) for stream in setup.streams)


def numbered(commands: list) -> list[tuple]:
    """Each command with the numbers of the orders that it makes."""
    found, last = [], 0
    for when, what in commands:
        parts = {"oco": 2, "bracket": 1 + len(what.get("children", ()))}
        made = parts.get(what["do"], int(what["do"] == "submit"))
        found.append((when, what, list(range(last + 1, last + 1 + made))))
        last += made
    return found


def with_commands(setup: Setup, kept: list[tuple]) -> Setup:
    """Only these commands: orders are numbered anew, what names another one goes."""
    new = {old: at for at, old in enumerate((n for *_, made in kept for n in made), 1)}
    commands = []
    for when, what, _ in kept:
        if "order" not in what:
            commands.append((when, what))
        elif what["order"] in new:
            commands.append((when, what | {"order": new[what["order"]]}))
    return replace(setup, commands=commands)


def rows_of(at: int) -> Callable[[Setup, list], Setup]:
    def put(setup: Setup, rows: list) -> Setup:
        streams = list(setup.streams)
        streams[at] = replace(streams[at], rows=rows)
        return replace(setup, streams=streams)

    return put


def fewer(setup: Setup, items: list, put: Callable, fails: Callable[[Setup], bool]) -> Setup:
    """Drops ever smaller parts of a list for as long as the rest still fails."""
    part = max(len(items) // 2, 1)
    while part:
        at = 0
        while at < len(items):
            kept = items[:at] + items[at + part :]
            if still(put(setup, kept), fails):
                items = kept
            else:
                at += part
        part //= 2
    return put(setup, items)


def plainer(setup: Setup, fails: Callable[[Setup], bool]) -> Setup:
    """Settings as they are by default, where that still fails."""
    for name, default in defaults(setup):
        if name != "account" and getattr(setup, name) != default:
            plain = replace(setup, **{name: default})
            setup = plain if still(plain, fails) else setup
    return setup


def defaults(value: Any) -> list[tuple[str, Any]]:
    made = type(value)(*[None] * 3)
    required = ("instruments", "streams", "balances", "instrument", "kind", "rows", "name")
    return [(f.name, getattr(made, f.name)) for f in fields(value) if f.name not in required]


def still(setup: Setup, fails: Callable[[Setup], bool]) -> bool:
    try:
        return fails(setup)
    except (ArithmeticError, ValueError, LookupError, TypeError, AttributeError):
        return False  # cut to something that is no stream


def kind_of(text: str) -> str:
    """What a difference is about, without its numbers."""
    return "".join(c for c in text.split("\n", maxsplit=1)[0] if not c.isdigit())


def source(value: Any) -> str:
    """A setup as the Python that makes it, without what is as by default."""
    if isinstance(value, Fraction):
        whole = value.denominator == 1
        return f"F({value.numerator})" if whole else f"F({value.numerator}, {value.denominator})"
    if is_dataclass(value):
        plain = dict(defaults(value)) if type(value).__name__ != "Stream" else {}
        given = [
            f"{f.name}={source(getattr(value, f.name))}"
            for f in fields(value)
            if f.name not in plain or getattr(value, f.name) != plain[f.name]
        ]
        return f"{type(value).__name__}({', '.join(given)})"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k!r}: {source(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(source, value)) + "]"
    if isinstance(value, tuple):
        return "(" + ", ".join(map(source, value)) + ("," if len(value) == 1 else "") + ")"
    return repr(value)


def cut_down(seed: int, text: str, features: tuple[str, ...] | None) -> str:
    """A failing stream as a case to paste."""

    def fails(setup: Setup) -> bool:
        found = differs(setup)
        return found is not None and kind_of(found) == kind_of(text)

    setup = smaller(draw(seed, features), fails)
    return f"# seed {seed}\n# {differs(setup)}".replace("\n", "\n# ") + f"\n{source(setup)},\n"


# -- tests ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_once_differed_is_the_same(case):
    assert differs(case) is None


def test_streams_are_the_same_on_both():
    work = [(seed, CHUNK, None) for seed in range(0, STREAMS, CHUNK)]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        failed = [one for found in pool.map(run_chunk, work) for one in found]
    assert not failed, "\n".join(f"seed {seed}: {text}" for seed, text in failed[:5])


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description="Compares both exchanges over many streams.")
    parser.add_argument("--streams", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0, help="of the first stream")
    parser.add_argument("--features", help=f"of every stream, of {', '.join(FEATURES)}; or none")
    parser.add_argument("--show", type=int, default=3, help="failures to cut down and print")
    given = parser.parse_args()
    features = None
    if given.features is not None:
        features = tuple(name for name in given.features.split(",") if name in FEATURES)
    starts = range(given.seed, given.seed + given.streams, CHUNK)
    began, failed = time.monotonic(), []
    end = given.seed + given.streams
    work = [(seed, min(CHUNK, end - seed), features) for seed in starts]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for found in pool.map(run_chunk, work):
            failed += found
    shown: Counter[str] = Counter()
    for seed, text in failed:
        shown[kind_of(text)] += 1
        if shown[kind_of(text)] == 1 and len(shown) <= given.show:
            say(cut_down(seed, text, features))
    took = time.monotonic() - began
    say(f"{given.streams} streams, {len(failed)} mismatches, {took:.0f} s")
    for name, count in shown.most_common():
        say(f"{count:6} {name}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
