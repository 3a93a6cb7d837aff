"""Small markets in which the exchange and its twin once differed, by what they are about."""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent / "reference"))
from exchange import Instrument, Setup, Stream

F = Fraction
USD = {"USD": F(100_000)}


SMALL = F(1, 10**8)


def abc(**rules: Any) -> Instrument:
    return Instrument("ABC/USD", "ABC", "USD", **rules)


def contract(**rules: Any) -> Instrument:
    return Instrument("ABC-PERP", "ABC", "USD", kind="perpetual", **rules)


def quotes(*rows: tuple) -> Stream:
    return Stream(0, "quotes", 0, [(t, *map(F, row)) for t, *row in rows])


def trades(*rows: tuple) -> Stream:
    """Rows of (time, side of the aggressor, price, quantity)."""
    return Stream(0, "trades", 0, [(t, F(price), F(size), side) for t, side, price, size in rows])


def depth(*rows: tuple) -> Stream:
    return Stream(0, "depth", 0, [(t, side, *map(F, row)) for t, side, *row in rows])


def candles(*rows: tuple) -> Stream:
    return Stream(0, "candles", 0, [(t, t + 12, *map(F, row)) for t, *row in rows])


def by_order(*rows: tuple) -> Stream:
    """Rows of (time, action, order, side, price, quantity)."""
    return Stream(0, "l3", 0, [(t, what, *row[:2], *map(F, row[2:])) for t, what, *row in rows])


def order(kind: str, side: int, quantity: Any = None, **more: Any) -> dict[str, Any]:
    sizes = {"quantity": quantity, "amount": more.pop("amount", None)}
    numbers = sizes | {name: more.pop(name, None) for name in ("limit", "trigger", "trail")}
    made = {"do": "submit", "instrument": 0, "side": side, "kind": kind} | more
    return made | {name: F(value) for name, value in numbers.items() if value is not None}


def amend(number: int, **terms: Any) -> dict[str, Any]:
    return {"do": "amend", "order": number} | {name: F(value) for name, value in terms.items()}


def pair(*legs: dict) -> dict[str, Any]:
    return {"do": "oco", "legs": list(legs)}


def family(entry: dict, *children: dict) -> dict[str, Any]:
    return {"do": "bracket", "entry": entry, "children": list(children)}


QUIET = quotes((0, 100, 9, 101, 9), (99, 100, 9, 101, 9))
CLOSES = ((100, 100, 100, 100), (100, 100, 96, 96), (90, 92, 88, 91))
FALLS = candles((0, 100, 100, 100, 100, 40), (12, 50, 60, 40, 55, 40))
HALVES = {"tick": F(1, 2), "lot": F(1, 1000)}
ONES_AND_TENS = {"tick": F(1), "lot": F(10)}
TOUCHED = trades(*((t, -1, 100, 1) for t in range(40)))

CASES: dict[str, Setup] = {
    "a_leg_fills_before_the_other_one_is_there": Setup(
        [abc(tick=SMALL, lot=SMALL)],
        [
            quotes((59, "0.00000048", 3, "0.00000049", "4.2")),
            trades((172, -1, "0.00000052", 3)),
        ],
        {"USD": F("0.0012"), "ABC": F(3000)},
        commands=[
            (
                59,
                pair(
                    order("limit", -1, "1.8", limit="0.00000039"),
                    order("stop_market", -1, "1.8", trigger="0.00000038"),
                ),
            )
        ],
    ),
    # More than is left there.
    "a_market_order_comes_at_the_last_point": Setup(
        [abc(**ONES_AND_TENS)],
        [
            candles(
                (0, 60_000_000, 60_000_002, 59_999_997, 60_000_000, 16_000_005),
                (12, 60_000_003, 60_000_004, 60_000_000, 60_000_004, 20_000_005),
                (72, 60_000_003, 60_000_004, 59_999_998, 60_000_004, 30_000_000),
            )
        ],
        {"USD": F(3 * 10**17)},
        commands=[(23, order("market", 1, 9_000_000))],
    ),
    "a_bid_reaches_the_level_that_our_sells_wait_behind": Setup(
        [abc(tick=SMALL)],
        [
            trades((135, 1, "0.00005002", 90_000), (188, 1, "0.00005002", 144_001)),
            depth(
                (8, -1, "0.00005002", 126_002),
                (38, -1, "0.00005002", 0),
                (155, -1, "0.00005002", 108_000),
                (171, 1, "0.00005002", 18_000),
            ),
        ],
        {"USD": F(4500), "ABC": F(90_000_000)},
        commands=[
            (16, order("limit", -1, 144_000, limit="0.00005002")),
            (37, order("limit", -1, 126_003, limit="0.00005002")),
        ],
    ),
    "a_stop_listens_to_last_prices_where_candles_lie_beside_quotes": Setup(
        [contract(**HALVES)],
        [
            candles((180, 21, 22, "19.5", 21, "2.38")),
            quotes((29, "18.5", "0.84", 20, "1.122"), (32, 20, "0.14", 20, "0.28")),
        ],
        {"USD": F(14_000)},
        account="linear",
        commands=[
            (29, order("touched_limit", -1, "1.26", limit=20, trigger="19.5")),
            (32, order("stop_limit", 1, "0.42", limit="18.5", source="last", trigger=22)),
        ],
    ),
    "trades_come_after_the_book_has_lost_a_side": Setup(
        [contract(**HALVES)],
        [
            depth((2, 1, "19.5", "1.26")),
            trades((0, -1, 22, "0.42"), (2, 1, "19.5", "1.12"), (12, -1, "19.5", "0.28")),
        ],
        {"USD": F("4.66666667")},
        account="linear",
        leverage=F(10),
        commands=[(2, order("market", -1, "0.7")), (3, order("limit", -1, "0.98", limit=20))],
    ),
    "a_child_meets_its_own_parent": Setup(
        [abc(**ONES_AND_TENS)],
        [
            trades((48, -1, 60_000_000, 6_000_000), (90, -1, 60_000_000, 10)),
            quotes((47, 59_999_999, 8_000_000, 60_000_002, 2_000_000)),
        ],
        {"USD": F(300_000_000_000_500_000), "ABC": F(5 * 10**9)},
        response=3,
        commands=[
            (
                47,
                family(
                    order("limit", 1, 9_000_000, limit=60_000_001, self_trade="none")
                    | {"tif": "gtd", "expire": 87},
                    order("limit", -1, 9_000_000, limit=60_000_002, self_trade="none"),
                ),
            ),
            (49, amend(2, limit=60_000_001)),
            (51, {"do": "cancel", "order": 2}),
            (52, order("market", 1, 6_000_000, self_trade="expire_both")),
        ],
    ),
    "a_trailing_stop_is_amended_after_it_has_trailed": Setup(
        [contract()],
        [trades((1, 1, 100, 9), (3, 1, 110, 9), (4, 1, 109, 9), (6, -1, 107, 9), (9, -1, 90, 9))],
        {"USD": F(10_000)},
        account="linear",
        commands=[(2, order("trailing_stop", -1, 2, trail=2)), (5, amend(1, quantity=1))],
    ),
    "an_amount_is_held_to_its_last_part": Setup(
        [abc(multiplier=F(3), lot=SMALL)],
        [trades((86, -1, "29999.99", "0.09876541"), (100, 1, "29999.98", "0.19753083"))],
        {"USD": F(20_000)},
        taker=F(1, 1000),
        participation=F(1, 10),
        commands=[(93, order("market", 1, amount="8888.88600002"))],
    ),
    # Each of them costs 1.4 of the smallest units.
    "the_ladder_of_fees_counts_what_was_booked": Setup(
        [abc(tick=SMALL, lot=F(1, 10))],
        [quotes((1, SMALL, 9, 2 * SMALL, 9), (9, SMALL, 9, 2 * SMALL, 9))],
        USD,
        fee_in="base",
        fee_tiers=[(F(0), F(1, 1000), F(1, 1000)), (4 * SMALL, F(1, 500), F(1, 500))],
        commands=[(time, order("market", 1, "0.7")) for time in (2, 3, 4, 5, 6)],
    ),
    # It holds no money, so what the other leg holds does not bound it.
    "a_leg_that_waits_is_amended": Setup(
        [abc()],
        [trades((1, 1, 100, 9), (99, 1, 110, 1))],
        {"USD": F(1000), "ABC": F(5)},
        entry={"new": 4, "amend": 4},
        commands=[
            (1, pair(order("limit", -1, 5, limit=120), order("stop_market", -1, 5, trigger=90))),
            (7, amend(2, quantity=7)),
        ],
    ),
    "an_amended_trigger_keeps_to_the_rules": Setup(
        [abc(min_price=F(100))],
        [QUIET],
        USD,
        allow_immediate=True,
        commands=[
            (1, order("stop_market", 1, 1, trigger=105)),
            (2, amend(1, trigger=102)),
            (3, amend(1, trigger=99)),
        ],
    ),
    "a_trigger_that_has_fired_keeps_to_none": Setup(
        [abc(min_price=F(100))],
        [quotes((0, 105, 9, 106, 9), (5, 99, 9, 100, 9), (99, 99, 9, 100, 9))],
        USD | {"ABC": F(5)},
        commands=[
            (1, order("stop_limit", -1, 1, trigger=103, limit=110)),
            (7, amend(1, trigger=99)),
            (8, amend(1, limit=99)),
        ],
    ),
    # 0.00000038 × 0.63157894 = 0.0000002399999972 is less, though not when it is rounded.
    "the_smallest_notional_is_exact": Setup(
        [abc(tick=F(1, 10**8), lot=F(1, 10**8), min_notional=F(24, 10**8))],
        [quotes((0, "0.00000043", 2, "0.00000044", 3), (9, "0.00000043", 2, "0.00000044", 4))],
        USD,
        commands=[(1, order("limit", 1, "0.63157894", limit="0.00000038"))],
    ),
    # A stop that works on through a candle grows with its parent, and takes in its turn.
    "a_child_works_on_beside_its_parent": Setup(
        [contract()],
        [candles((0, 100, 100, 100, 100, 9), (12, 100, 102, 99, 101, 16))],
        USD,
        account="linear",
        path="high_first",
        commands=[
            (
                12,
                family(
                    order("market", -1, 13, self_trade="none"),
                    order("stop_market", 1, 13, trigger=101, self_trade="none"),
                    order("limit", 1, 13, limit=90, self_trade="none"),
                ),
            )
        ],
    ),
    # At the open 500 are 10 lots, and not the 5 of the close before.
    "a_sell_by_amount_waits_for_its_price": Setup(
        [contract()],
        [FALLS],
        USD,
        account="linear",
        max_slippage=F(3, 5),
        commands=[(12, order("market", -1, amount=500)), (12, order("market", 1, amount=500))],
    ),
    "a_sell_by_amount_has_no_more_to_sell": Setup(
        [abc()],
        [FALLS],
        {"USD": F(1000), "ABC": F(6)},
        max_slippage=F(3, 5),
        commands=[(12, order("market", -1, amount=500))],
    ),
    # Its fee is covered by what it holds back, however far its protection price lies.
    "a_buy_by_amount_pays_its_fee_in_quote": Setup(
        [abc()],
        [depth((0, -1, "100.1", 1), (0, -1, "100.2", 5), (0, 1, 90, 5), (9, 1, 90, 4))],
        {"USD": F("401.402")},
        fee_tiers=[(F(0), F("0.001"), F("0.001")), (F(50), F("0.0008"), F("0.001"))],
        commands=[(1, order("market", 1, amount=401))],
    ),
    "no_draw_is_used_twice": Setup(
        [abc()],
        [TOUCHED],
        USD,
        queue="touch",
        p=F(1, 2),
        commands=[
            (1, order("limit", 1, 9, limit=100)),
            *((t, amend(1, quantity=9 + t)) for t in (4, 8, 12, 16)),
        ],
    ),
    # It was full, and its parent is filled once more.
    "a_child_that_wakes_draws_anew": Setup(
        [contract()],
        [
            trades(
                (0, 1, 102, 1),
                *((t, -1, 100, 1) if t % 4 else (t, 1, 101, 1) for t in range(2, 40, 2)),
                (60, 1, 90, 1),
            )
        ],
        USD,
        account="linear",
        queue="touch",
        p=F(1, 2),
        commands=[(1, family(order("limit", 1, 4, limit=100), order("limit", -1, 4, limit=101)))],
    ),
    # Seed 0 brings them after the news of what they belong to.
    "a_child_comes_late": Setup(
        [contract()],
        [quotes((0, 100, 9, 101, 9), (60, 110, 9, 111, 9), (99, 110, 9, 111, 9))],
        USD,
        account="linear",
        entry={"new": ("uniform", 1, 30)},
        commands=[
            (
                1,
                family(
                    order("limit", 1, 2, limit=101),
                    order("stop_market", -1, 2, trigger=95),
                    order("limit", -1, 2, limit=110),
                ),
            )
        ],
    ),
    "a_leg_comes_late": Setup(
        [abc()],
        [quotes((0, 100, 9, 101, 9), (60, 90, 9, 91, 9), (99, 90, 9, 91, 9))],
        USD | {"ABC": F(100)},
        entry={"new": ("uniform", 1, 30)},
        commands=[
            (1, pair(order("limit", -1, 5, limit=100), order("stop_market", -1, 5, trigger=95)))
        ],
    ),
    "a_trail_keeps_to_the_tick_of_its_time": Setup(
        [contract(changes=[(10, {"tick": F("0.5")})])],
        [trades((0, 1, 100, 9), (20, 1, "101.2", 9), (30, 1, "100.6", 9), (40, 1, 99, 9))],
        USD,
        account="linear",
        commands=[(1, order("trailing_stop", -1, 1, trail="0.3"))],
    ),
    "a_protection_price_keeps_to_the_tick_of_its_time": Setup(
        [contract(changes=[(10, {"tick": F(2)})])],
        [depth((0, -1, "100.5", 1), (0, -1, 105, 5), (0, 1, 90, 5), (29, 1, 90, 4))],
        USD,
        account="linear",
        commands=[(12, order("market", 1, 3))],
    ),
    "a_touch_proves_nothing_beside_a_book": Setup(
        [contract()],
        [
            by_order(
                (0, "add", 1, -1, 105, 9),
                (0, "add", 2, 1, 100, 5),
                (4, "fill", 2, 1, 100, 2),
                (10, "add", 4, 1, 90, 1),
            )
        ],
        USD,
        account="linear",
        queue="l3",
        touch=True,
        commands=[(1, order("limit", 1, 3, limit=100))],
    ),
    # It spends what the limit on its way was promised.
    "free_money_is_never_negative": Setup(
        [abc()],
        [quotes((0, 100, 9, 101, 9), (10, 104, 9, 105, 9), (99, 104, 9, 105, 9))],
        {"USD": F(1000)},
        entry={"new": 4},
        commands=[
            (1, order("stop_market", 1, 5, trigger=105)),
            (8, order("limit", 1, 8, limit=100)),
        ],
    ),
    # The venue holds it in full, and turns away what came after it.
    "an_amendment_is_held_in_full": Setup(
        [abc()],
        [QUIET],
        {"USD": F(1000)},
        entry={"new": 4, "amend": 4},
        commands=[
            (1, order("limit", 1, 1, limit=100, post_only=True)),
            (8, amend(1, quantity=9)),
            (9, order("limit", 1, 8, limit=100)),
        ],
    ),
    # Ten units of base each; a fee of 1 % of 1,000 are 0.1 of them.
    "a_contract_delivers_what_it_is_made_of": Setup(
        [abc(multiplier=F(10))],
        [QUIET],
        {"USD": F(5000), "ABC": F(25)},
        taker=F(1, 100),
        fee_in="base",
        commands=[
            (1, order("limit", 1, 1, limit=101)),
            (2, order("limit", -1, 4, limit=105)),
            (3, order("limit", -1, 3, limit=105)),
        ],
    ),
    "a_fee_is_worth_what_a_unit_costs": Setup(
        [contract(multiplier=F(1, 10))],
        [QUIET],
        USD | {"ABC": F(5)},
        account="linear",
        taker=F(1, 100),
        fee_in="ABC",
        fee_price=F(7),
        commands=[(1, order("market", 1, 3))],
    ),
    # The open fills the entry; what that wakes comes after the close before it.
    "an_exit_is_too_late_for_the_close": Setup(
        [contract()],
        [candles(*((t, *row, 40) for t, row in zip((0, 12, 24), CLOSES, strict=True)))],
        USD,
        account="linear",
        this_close=True,
        commands=[
            (12, family(order("limit", 1, 1, limit=95), order("limit", -1, 1, limit="95.5")))
        ],
    ),
    "an_amount_is_counted_at_the_close": Setup(
        [contract()],
        [FALLS],
        USD,
        account="linear",
        max_slippage=F(3, 5),
        this_close=True,
        commands=[(12, order("market", 1, amount=500)), (12, order("market", -1, amount=500))],
    ),
    "a_locked_book_of_orders_stands": Setup(
        [contract()],
        [
            by_order(
                (0, "add", 1, -1, 101, 9),
                (2, "add", 2, 1, 101, 4),
                (9, "add", 3, 1, 99, 1),
            )
        ],
        USD,
        account="linear",
        commands=[(3, order("market", 1, 1)), (4, order("limit", -1, 6, limit=101))],
    ),
    # It meets the rest of its own entry, and never trades with that.
    "an_exit_ends_the_rest_of_its_own_entry": Setup(
        [contract()],
        [trades((8, -1, 98, 2)), quotes((0, 100, 3, 103, 9), (8, 98, 0, 103, 9))],
        USD,
        account="linear",
        max_slippage=F(3, 10_000),
        self_trade="none",
        commands=[
            (1, order("limit", 1, 9, limit=99)),
            (2, family(order("limit", 1, 6, limit=102), order("stop_market", -1, 6, trigger=99))),
        ],
    ),
}
