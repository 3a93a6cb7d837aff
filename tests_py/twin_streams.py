"""Streams of data and orders for both exchanges, drawn by a seed and weighted for trouble.

Prices collide, times are equal, our orders cross our own, the money is short. Every stream has
some of the features only, so that what goes wrong goes wrong with few of them.
"""

from __future__ import annotations

import random
import sys
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent / "reference"))
from exchange import STOPS, Instrument, Setup, Stream

F = Fraction
BAR = 12  # ns of a candle; its points lie at 0, 4, 8 and 11
FEATURES = (
    "amends", "ioc_fok", "gtd", "post_only", "self_trade", "stops", "trailing", "oco", "brackets",
    "reduce_only", "latency", "feed_latency", "queues", "fees", "poor", "filters", "taking",
    "two", "unknown_sides", "snapshots", "amounts", "chance", "delays",
    "repeats", "rules", "by_order", "contracts",
    "closes", "crosses",
)  # fmt: skip
SCALES = (  # tick, lot, the middle price in ticks, a usual quantity in lots
    ("0.01", "1", 10_000, 5),
    ("0.01", "1", 10_000, 5),
    ("0.5", "0.001", 40, 700),
    ("0.00000001", "1", 5_000, 90_000),
    ("0.01", "0.00000001", 3_000_000, 12_345_678),
    ("1", "10", 60_000_000, 500_000),
    ("0.00000001", "0.00000001", 40, 300_000_000),
)


@dataclass
class Scale:
    """Sizes of one instrument's prices and quantities."""

    tick: Fraction
    lot: Fraction
    middle: int
    usual: int
    multiplier: Fraction

    @property
    def worth(self) -> Fraction:
        """What a usual order costs."""
        return self.usual * self.lot * self.middle * self.tick * self.multiplier


class Drawing:
    """One stream in the making."""

    def __init__(self, seed: int, features: tuple[str, ...] | None) -> None:
        self.random = random.Random(seed)
        if features is None:
            share = self.random.choice((0.1, 0.3, 0.6))
            features = tuple(name for name in FEATURES if self.random.random() < share)
        self.features = features
        self.linear = self.random.random() < 0.5
        self.count = 2 if self.has("two") else 1
        self.scales = [self.scale() for _ in range(self.count)]
        self.width = self.random.choice((2, 4, 4, 12))  # how far prices lie apart, in ticks
        self.others = 0  # orders of others so far
        self.kinds: dict[int, dict] = {}  # number of an order -> the command that made it

    def has(self, feature: str) -> bool:
        return feature in self.features

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def scale(self) -> Scale:
        tick, lot, middle, usual = self.random.choice(SCALES)
        return Scale(F(tick), F(lot), middle, usual, self.multiplier(F(lot)))

    def multiplier(self, lot: Fraction) -> Fraction:
        """Units of base in a contract; their places and those of a lot are no more than money's."""
        if not self.has("contracts"):
            return F(1)
        parts = ("0.1", "0.01", "0.001") if lot >= F(1, 10**4) else ()
        return F(self.random.choice(("3", "10", "50", *parts)))

    def price(self, index: int, side: int = 0) -> Fraction:
        """A price on a tick; of a resting order of `side` rather on its side of the middle."""
        scale, width = self.scales[index], self.width
        away = self.random.randint(-1, width) if side else self.random.randint(-width, width)
        return (scale.middle - (side or 1) * away) * scale.tick

    def size(self, index: int, most: int = 9) -> Fraction:
        scale = self.scales[index]
        unit = max(scale.usual // 5, 1)
        lots = self.random.randint(1, most) * unit
        if self.chance(0.2):
            lots += self.random.randint(1, 3)
        return lots * scale.lot

    # -- time -----------------------------------------------------------------------------------

    def times(self, count: int) -> list[int]:
        """Ascending times, of which a third repeat the one before."""
        now, found = 0, []
        for _ in range(count):
            if not self.chance(0.3):
                now += self.random.choice((1, 1, 1, 2, 3, 7))
            found.append(now)
        return found

    # -- data -----------------------------------------------------------------------------------

    def instruments(self) -> list[Instrument]:
        kind = "perpetual" if self.linear else "spot"
        names = (("ABC", "ABC/USD"), ("XYZ", "XYZ/USD"))[: self.count]
        found = []
        for index, (base, name) in enumerate(names):
            scale = self.scales[index]
            rules = self.filters(index) if self.has("filters") else {}
            rules |= {"tick": scale.tick, "lot": scale.lot, "multiplier": scale.multiplier}
            if self.has("rules"):
                rules |= self.changing(index)
            found.append(Instrument(name, base, "USD", kind, **rules))
        return found

    def changing(self, index: int) -> dict[str, Any]:
        """Rules that become others. Data are on the finest of the steps."""
        scale, some = self.scales[index], self.bounds(index)
        steps = {"tick": scale.tick, "lot": scale.lot}
        first = {name: step * self.random.choice((1, 2)) for name, step in steps.items()}
        changes, now = [], 0
        for _ in range(self.random.randint(1, 4)):
            now += self.random.randint(1, 60)
            changed = {
                name: step * self.random.choice((1, 1, 2, 5)) for name, step in steps.items()
            }
            names = self.random.sample(sorted(some), self.random.randint(0, 2))
            changed |= {name: some[name] if self.chance(0.6) else None for name in names}
            if changed.get("min_notional", 0) is None:
                changed["min_notional"] = F(0)
            if self.chance(0.3):
                changed["trading"] = self.chance(0.5)
            kept = self.random.sample(sorted(changed), self.random.randint(1, len(changed)))
            changes.append((now, {name: changed[name] for name in kept}))
        changes.append((now + 1, steps))
        return first | {"changes": changes}

    def filters(self, index: int) -> dict[str, Any]:
        """A few of the rules that an instrument can have."""
        some = self.bounds(index)
        names = self.random.sample(sorted(some), self.random.randint(1, 4))
        return {name: some[name] for name in names}

    def bounds(self, index: int) -> dict[str, Any]:
        """Rules that go together."""
        scale = self.scales[index]
        middle, usual = scale.middle * scale.tick, scale.usual * scale.lot
        return {
            "min_notional": scale.worth / 5,
            "min_price": middle - self.width * scale.tick,
            "max_price": middle + self.width * scale.tick,
            "min_quantity": (scale.usual // 5 + 1) * scale.lot,
            "max_quantity": scale.usual * 3 // 2 * scale.lot,
            "market_max_quantity": usual,
            "max_notional": scale.worth * 3 / 2,
            "max_orders": self.random.randint(1, 4),
            "max_position": usual * 2,
            "band": (F(1001, 1000), F(999, 1000)),
        }

    def sources(self) -> list[tuple[int, str]]:
        """Which streams there are, in which order."""
        found = []
        for index in range(self.count):
            main = self.random.choice(("depth", "depth", "quotes", "quotes", "trades", "candles"))
            if self.has("by_order") and self.chance(0.8):
                main = "l3"
            if self.has("closes") and self.chance(0.8):
                main = "candles"
            kinds = {main}
            beside = {"depth": 0.8, "quotes": 0.8, "l3": 0.3}
            if self.chance(beside.get(main, 0)):
                kinds.add("trades")
            kinds |= {other for other in ("quotes", "trades", "candles") if self.chance(0.08)}
            found += [(index, kind) for kind in sorted(kinds)]
        self.random.shuffle(found)
        return sorted(found, key=lambda one: one[0]) if self.chance(0.5) else found

    def streams(self, times: list[int]) -> list[Stream]:
        sources = self.sources()
        streams = []
        for index, kind in sources:
            delay = self.random.choice((0, 1, 3, 10)) if self.has("feed_latency") else 0
            own = [t for t in times if self.chance(0.8 / len(sources) ** 0.5)] or [times[0]]
            if kind == "candles":
                rows = self.candles(index, own[-1])
            else:
                rows = getattr(self, kind)(index, own)
            streams.append(Stream(index, kind, delay, rows))
        return streams

    def quotes(self, index: int, times: list[int]) -> list[tuple]:
        scale, rows = self.scales[index], []
        for t in times:
            if rows and self.chance(0.2):
                rows.append((t, *rows[-1][1:]))  # nothing new
                continue
            bid = scale.middle + self.random.randint(-self.width, self.width)
            ask = bid + self.random.choice((0, 1, 1, 2, 3))
            if rows and self.chance(0.4):
                bid, ask = rows[-1][1] / scale.tick, rows[-1][3] / scale.tick
            sizes = [0 if self.chance(0.08) else self.size(index) for _ in range(2)]
            rows.append((t, bid * scale.tick, F(sizes[0]), ask * scale.tick, F(sizes[1])))
        return rows

    def depth(self, index: int, times: list[int]) -> list[tuple]:
        scale, rows, seen = self.scales[index], [], set()
        middle, last = scale.middle, None
        for t in times:
            if t != last:
                last, seen = t, set()
                middle += self.random.choice((-1, 0, 0, 0, 1))
                middle = min(max(middle, scale.middle - self.width), scale.middle + self.width)
            start = self.has("snapshots") and self.chance(0.15) and not seen
            for _ in range(self.random.randint(2, 5) if start else 1):
                side = self.random.choice((1, -1))
                price = (middle - side * self.random.randint(0, self.width)) * scale.tick
                if (side, price) in seen and not (self.has("repeats") and self.chance(0.7)):
                    continue
                seen.add((side, price))
                quantity = F(0) if self.chance(0.25) else self.size(index)
                mark = (True,) if start and (not rows or rows[-1][0] != t) else ()
                rows.append((t, side, price, quantity, *mark))
        return rows

    def l3(self, index: int, times: list[int]) -> list[tuple]:
        """Orders of others one by one; when a time is over they do not cross."""
        rows, live = [], {}
        for t, following in zip(times, [*times[1:], None], strict=True):
            for _ in range(self.random.choice((1, 1, 1, 2, 4))):
                what = self.random.choice(
                    ("add", "add", "fill", "fill", "cancel", "modify", "trade")
                )
                if self.has("snapshots") and self.chance(0.1):
                    rows += self.again(t, live)
                elif live and what in ("fill", "cancel", "modify"):
                    rows.append(self.change(t, index, what, live))
                elif rows and what == "trade":
                    side = self.random.choice((1, -1, 0))
                    rows.append((t, what, 0, side, self.price(index), self.size(index)))
                else:
                    rows += self.joins(t, index, live)
            if t != following:
                rows += self.uncross(t, live)
        side, price = 1, self.scales[index].tick
        return rows or [(times[0], "add", 10**6, side, price, self.size(index))]

    def joins(self, t: int, index: int, live: dict) -> list[tuple]:
        """An order of others, if it may stand there."""
        side, price = self.random.choice((1, -1)), self.price(index)
        if not self.free(live, side, price):
            return []
        self.others += 1
        live[self.others] = [side, price, self.size(index)]
        return [(t, "add", self.others, *live[self.others])]

    def change(self, t: int, index: int, what: str, live: dict) -> tuple:
        """Something befalls one of the others."""
        key = self.random.choice(sorted(live))
        side, price, left = live[key]
        if what == "modify":
            new = self.price(index)
            price = new if self.chance(0.4) and self.free(live, side, new) else price
            live[key] = [side, price, self.size(index)]
            return (t, what, key, *live[key])
        size = left if self.chance(0.4) else min(self.size(index, 4), left)
        live[key][2] -= size
        if not live[key][2]:
            del live[key]
        if what == "cancel" and size == left and self.chance(0.3):
            size = F(0)  # which says the same
        return (t, what, key, side, price, size)

    def free(self, live: dict, side: int, price: Fraction) -> bool:
        """True if an order of others may stand there: where it meets none, or for a while."""
        meets = any(one[0] != side and side * (one[1] - price) <= 0 for one in live.values())
        return not meets or (self.has("crosses") and self.chance(0.6))

    def uncross(self, t: int, live: dict) -> list[tuple]:
        """Those who cross go; who stand at one price may stay."""
        rows = []
        while True:
            bid, ask = (
                max((k for k in live if live[k][0] == side), default=None,
                    key=lambda k: side * live[k][1])
                for side in (1, -1)
            )  # fmt: skip
            if None in (bid, ask) or live[bid][1] <= live[ask][1]:
                return rows
            key = self.random.choice((bid, ask))
            side, price, left = live.pop(key)
            rows.append((t, self.random.choice(("fill", "cancel")), key, side, price, left))

    def again(self, t: int, live: dict) -> list[tuple]:
        """The book is emptied, and most of it shown again."""
        rows = [(t, "clear", 0, 0, F(0), F(0))]
        for key in list(live):
            if self.chance(0.1):
                del live[key]
            else:
                rows.append((t, "add", key, *live[key]))
        return rows

    def trades(self, index: int, times: list[int]) -> list[tuple]:
        sides = (1, -1, 0) if self.has("unknown_sides") else (1, -1)
        return [(t, self.price(index), self.size(index), self.random.choice(sides)) for t in times]

    def candles(self, index: int, last: int) -> list[tuple]:
        scale, rows = self.scales[index], []
        volumes = self.chance(0.6)
        for start in range(0, max(last, 1), BAR):
            if rows and self.chance(0.15):
                continue
            prices = sorted(self.price(index) for _ in range(4))
            first, close = self.random.sample(prices, 2)
            volume = None
            if volumes:
                volume = F(0) if self.chance(0.1) else self.size(index, 30)
                if scale.lot == 1:  # else money would have more places
                    volume += self.random.choice((0, 0, F(1, 2)))
            rows.append((start, start + BAR, first, prices[3], prices[0], close, volume))
        return rows

    # -- commands -------------------------------------------------------------------------------

    def order(self, now: int, *, amounts: bool = True) -> dict[str, Any]:
        """One order of any kind; if it may, by an amount of money."""
        pick = self.random.choice
        index = self.random.randrange(self.count)
        kinds = ["limit"] * 6 + ["market"] * 2
        if self.has("stops"):
            kinds += [*STOPS[:4], "stop_market"]
        if self.has("trailing"):
            kinds += ["trailing_stop"] * 2
        kind, side = pick(kinds), pick((1, -1))
        made: dict[str, Any] = {
            "do": "submit", "instrument": index, "side": side, "kind": kind,
            "quantity": self.size(index),
        }  # fmt: skip
        if "limit" in kind:
            made["limit"] = self.price(index, side)
            self.time_in_force(made, now)
        elif self.has("ioc_fok") and self.chance(0.3):
            made["tif"] = pick(("ioc", "fok"))
        if kind in STOPS:
            self.trigger(made)
        if self.has("post_only") and "limit" in kind and "tif" not in made and self.chance(0.4):
            made["post_only"], made["reprice"] = True, self.chance(0.5)
        if self.has("self_trade") and self.chance(0.7):
            modes = ("expire_taker", "expire_maker", "expire_both", "decrement", "none")
            made["self_trade"] = pick(modes)
        made["reduce_only"] = self.has("reduce_only") and self.chance(0.4)
        priced = "limit" in kind or (kind == "market" and made.get("tif") != "fok")
        if amounts and priced and self.has("amounts") and self.chance(0.6):
            made["amount"] = self.amount(index, made.pop("quantity"))
        return made

    def amount(self, index: int, quantity: Fraction) -> Fraction:
        """What about so many lots cost, or sometimes less than one of them."""
        scale = self.scales[index]
        step = max(scale.tick * scale.lot * scale.multiplier, F(1, 10**8))
        worth = (quantity if self.chance(0.95) else scale.lot * F(9, 10)) * self.price(index)
        worth *= scale.multiplier
        return max(worth // step + self.random.randint(-2, 2), 1) * step

    def time_in_force(self, made: dict[str, Any], now: int) -> None:
        if self.has("ioc_fok") and self.chance(0.3):
            made["tif"] = self.random.choice(("ioc", "fok"))
        elif self.has("gtd") and self.chance(0.5):
            made["tif"], made["expire"] = "gtd", now + self.random.choice((1, 1, 2, 3, 10, 40))

    def trigger(self, made: dict[str, Any]) -> None:
        index = made["instrument"]
        if self.has("stops") and self.chance(0.5):
            made["source"] = self.random.choice(("last", "mark", "bid_ask"))
        if made["kind"] != "trailing_stop":
            made["trigger"] = self.price(index)
        elif self.chance(0.6):
            made["trail"] = self.random.randint(1, self.width) * self.scales[index].tick
        else:
            made["trail_percent"] = self.random.choice((F("0.01"), F("0.1"), F(2)))

    def pair(self) -> dict[str, Any]:
        """A limit and a stop of which one cancels the other."""
        index, side = self.random.randrange(self.count), self.random.choice((1, -1))
        common = {
            "do": "submit", "instrument": index, "side": side, "quantity": self.size(index),
        }  # fmt: skip
        limit, trigger = self.price(index, side), self.price(index)
        if side * trigger <= side * limit:
            # The limit is the better price, else the pair is not sent.
            tick = self.scales[index].tick
            limit, trigger = min(limit, trigger), max(limit, trigger) + tick
            limit, trigger = (limit, trigger) if side > 0 else (trigger, limit)
        one = common | {"kind": "limit", "limit": limit}
        other = common | {"kind": "stop_market", "trigger": trigger}
        if self.chance(0.5):
            other |= {"kind": "stop_limit", "limit": self.price(index)}
        return {"do": "oco", "legs": [one, other]}

    def family(self, now: int) -> dict[str, Any]:
        """An entry with a stop, a target or both."""
        entry = self.order(now, amounts=False)
        index, side = entry["instrument"], entry["side"]
        common = {
            "do": "submit", "instrument": index, "side": -side, "quantity": entry["quantity"],
            "self_trade": entry.get("self_trade"),
        }  # fmt: skip
        tick = self.scales[index].tick
        away = self.random.randint(1, self.width) * tick * side
        # The stop lies behind what opens the position, the target beyond it.
        opens = entry.get("limit", entry.get("trigger", self.scales[index].middle * tick))
        children = [
            common | {"kind": "stop_market", "trigger": max(opens - away, tick)},
            common | {"kind": "limit", "limit": max(opens + away, tick)},
        ]
        which = self.random.choice((slice(2), slice(2), slice(1), slice(1, 2)))
        return {"do": "bracket", "entry": entry, "children": children[which]}

    def amend(self, number: int) -> dict[str, Any] | None:
        """New terms that the order can have."""
        made = self.kinds[number]
        index, terms = made["instrument"], {}
        if self.chance(0.6):
            terms["quantity"] = self.size(index)
        if "limit" in made["kind"] and self.chance(0.6):
            terms["limit"] = self.price(index, made["side"])
        if made.get("trigger") is not None and self.chance(0.4):
            terms["trigger"] = self.price(index)
        return {"do": "amend", "order": number} | terms if terms else None

    def command(self, now: int) -> dict[str, Any] | None:
        """What the strategy does now."""
        known = len(self.kinds)
        if known and self.chance(0.4 if self.has("amends") else 0.15):
            number = max(1, known - int(self.random.expovariate(0.3)))
            if self.has("amends") and self.chance(0.6):
                return self.amend(number)
            return {"do": "cancel", "order": number}
        if self.has("oco") and self.chance(0.2):
            made = self.pair()
            orders = made["legs"]
        elif self.has("brackets") and self.chance(0.3):
            made = self.family(now)
            orders = [made["entry"], *made["children"]]
        else:
            made = self.order(now)
            orders = [made]
        for order in orders:
            self.kinds[len(self.kinds) + 1] = order
        return made

    # -- settings -------------------------------------------------------------------------------

    def balances(self) -> dict[str, Fraction]:
        """Enough for some orders, for a few, or for hardly one."""
        share = self.random.choice((F(1, 3), 1, 3) if self.has("poor") else (20, 1000))
        found = {"USD": F(0)}
        for scale, base in zip(self.scales, ("ABC", "XYZ")):  # noqa: B905 - one or two
            found["USD"] += round(scale.worth * share, 8)
            if not self.linear and self.chance(0.8):
                found[base] = scale.usual * share // 1 * scale.lot * scale.multiplier
        found["USD"] = max(found["USD"], F(1, 10**8))
        return {asset: amount for asset, amount in found.items() if amount}

    def settings(self) -> dict[str, Any]:
        pick = self.random.choice
        some: dict[str, Any] = {
            "account": "linear" if self.linear else "cash",
            "leverage": F(pick((1, 3, 10))) if self.linear else F(1),
            "maker": pick((F(0), F("0.0008"), F("-0.0001"))),
            "taker": pick((F(0), F("0.001"), F("0.0237"))),
            "path": pick(("adverse", "nearer", "high_first", "low_first")),
            "max_slippage": pick((F("0.05"), F("0.05"), F("0.0003"), F(0))),
            "queue": pick(("trades_only", "trades_only", "front")),
            "this_close": self.has("closes"),
        }
        if self.has("latency"):
            some["entry"] = {name: pick((0, 1, 4)) for name in ("new", "amend", "cancel")}
            some["response"] = pick((0, 1, 3))
        if self.has("delays"):
            some["entry"] = {name: self.delay() for name in ("new", "amend", "cancel")}
            some["response"] = self.delay()
        if self.has("queues"):
            some["queue"] = pick(("front", "prob", "prob_total", "prob_front", "touch"))
            some |= {"f": pick(("power", "log")), "n": F(pick((1, 2, 3))), "p": pick((0, 1))}
            some["touch"] = self.chance(0.3)
        if self.has("chance"):
            some["queue"], some["p"] = "touch", pick((F("0.3"), F("0.5"), F("0.999999999")))
        if self.has("chance") or self.has("delays"):
            some["seed"] = pick((0, 7, 2**64 - 1))
        if self.has("self_trade"):
            modes = ("expire_taker", "expire_maker", "expire_both", "decrement", "none")
            some["self_trade"] = pick(modes)
        if self.has("stops") or self.has("trailing"):
            some["allow_immediate"] = pick((None, True, False))
        if self.has("fees"):
            some |= self.fees()
        if self.has("taking"):
            some |= self.taking()
        return some

    def taking(self) -> dict[str, Any]:
        """What takers get where no book shows it."""
        pick = self.random.choice
        ticks, share = pick((0, 0, 1, 3)), pick(("0", "0.0001", "0.00025", "0.03"))
        return {
            "gap_improvement": self.chance(0.5),
            "participation": pick((F(1), F("0.1"), F("0.5"))),
            "half_spread": F(pick((0, 1, 2))),
            "slippage_ticks": F(ticks),
            "slippage_share": F(0) if ticks else F(share),
        }

    def delay(self) -> int | tuple:
        """How long messages of one kind take: always as long, drawn, or as measured."""
        kind = self.random.choice(("constant", "uniform", "lognormal", "measured"))
        if kind == "uniform":
            low = self.random.randint(0, 3)
            return "uniform", low, low + self.random.randint(0, 6)
        if kind == "lognormal":
            return "lognormal", self.random.choice((1, 3)), self.random.choice((F(0), F("0.8")))
        if kind == "constant":
            return self.random.choice((0, 1, 4))
        rows, now = [], 0
        for _ in range(self.random.randint(1, 6)):
            now += self.random.choice((0, 5, 30))
            there = now + self.random.randint(0, 9)
            back = there + self.random.randint(0, 9)
            rows.append((now, None if rows and self.chance(0.3) else there, back))
        return "measured", rows

    def fees(self) -> dict[str, Any]:
        pick, scale = self.random.choice, self.scales[0]
        usual = round(scale.worth, 8)
        some: dict[str, Any] = {}
        if self.chance(0.4):
            some["fee_flat"] = round(usual / pick((3, 1000)), 8)
        if self.chance(0.3):
            some["fee_per_contract"] = round(usual / (scale.usual * scale.lot) / 500, 8)
        if self.chance(0.3):
            some["fee_tiers"] = [
                (F(0), F("0.001"), F("0.002")), (usual, F("0.0005"), F("0.0015")),
                (3 * usual, F("-0.0001"), F("0.001")),
            ]  # fmt: skip
        base = "XYZ" if self.count == 2 else "ABC"  # priced by its market, once that has a price
        some["fee_in"] = pick(("quote", "FEE", base, *(() if self.linear else ("base",))))
        if some["fee_in"] not in ("quote", "base"):
            some["fee_price"] = pick((F(300), F("0.7")))
        return some

    def setup(self, length: int) -> Setup:
        """The whole stream: about half of its events are rows, half are commands."""
        times = self.times(length)
        streams = self.streams(times)
        first = min(stream.rows[0][0] for stream in streams)
        commands = []
        ends = self.has("closes") and self.chance(0.7)
        for t in (t // BAR * BAR if ends else t for t in times):
            made = self.command(t) if t >= first and self.chance(0.45) else None
            if made is not None:
                commands.append((t, made))
        settings, balances = self.settings(), self.balances()
        exact = {stream.instrument for stream in streams if stream.kind == "l3"}
        if len(exact) == self.count and self.chance(0.7):
            settings["queue"] = "l3"
        paid_in = settings.get("fee_in", "quote")
        if paid_in not in ("quote", "base", *balances) and self.chance(0.7):
            worth = balances["USD"] / settings["fee_price"]
            balances[paid_in] = max(round(worth / self.random.choice((3, 3000)), 8), F(1, 10**8))
        return Setup(self.instruments(), streams, balances, commands=commands, **settings)


def draw(seed: int, features: tuple[str, ...] | None = None, length: int = 110) -> Setup:
    """The stream of a seed; `features` says which of them it has, else chance does."""
    return Drawing(seed, features).setup(length)
