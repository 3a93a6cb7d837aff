"""A slow and exact twin of the simulated exchange.

Everything is a `Fraction`, a list or a dict; every lock, margin and queue is worked out anew
whenever it is asked for. Nothing here is meant to be fast, everything is meant to be checked by
reading it.

Sides are +1 (bids, buys) and -1 (asks, sells); times are integer nanoseconds; orders are numbered
from 1 in the order of their creation. The venue and the strategy's side keep two separate accounts:
the second one learns of the first one only by messages.
"""

import heapq
import math
from collections import defaultdict
from copy import copy
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import count, groupby

DIGITS = 8
DAY = 86_400 * 10**9
ROUND_CAP = 10_000
DONE = ("denied", "rejected", "filled", "cancelled", "expired")
STOPS = ("stop_market", "stop_limit", "touched_market", "touched_limit", "trailing_stop")
AT_MARKET = ("market", "stop_market", "touched_market", "trailing_stop")
CLASS_EXPIRY, CLASS_DATA, CLASS_REQUEST, CLASS_MESSAGE, CLASS_FEED, CLASS_TIMER = 2, 4, 5, 6, 7, 8


class EventStormError(RuntimeError):
    """Too many rounds of cause and effect at one time."""


@dataclass
class Instrument:
    """What is traded, and the filters of its venue (`None` means: no such rule)."""

    name: str
    base: str
    quote: str
    kind: str = "spot"
    tick: Fraction = Fraction(1, 100)
    lot: Fraction = Fraction(1)
    min_notional: Fraction = Fraction(0)
    min_price: Fraction | None = None
    max_price: Fraction | None = None
    min_quantity: Fraction | None = None
    max_quantity: Fraction | None = None
    market_max_quantity: Fraction | None = None
    max_notional: Fraction | None = None
    max_orders: int | None = None
    max_position: Fraction | None = None
    band: tuple[Fraction, Fraction] | None = None


@dataclass
class Stream:
    """One source of data of one instrument."""

    instrument: int
    kind: str
    feed_latency: int
    rows: list


@dataclass
class Setup:
    """All that a run depends on."""

    instruments: list[Instrument]
    streams: list[Stream]
    balances: dict[str, Fraction]
    account: str = "cash"
    leverage: Fraction = Fraction(1)
    maker: Fraction = Fraction(0)
    taker: Fraction = Fraction(0)
    fee_in: str = "quote"
    fee_price: Fraction | None = None
    fee_flat: Fraction = Fraction(0)
    fee_per_contract: Fraction = Fraction(0)
    fee_tiers: list[tuple] = field(default_factory=list)
    entry: dict[str, int] = field(default_factory=dict)
    response: int = 0
    queue: str = "trades_only"
    f: str = "power"
    n: Fraction = Fraction(1)
    p: int = 0
    path: str = "adverse"
    touch: bool = False
    gap_improvement: bool = False
    participation: Fraction = Fraction(1)
    half_spread: Fraction = Fraction(1)
    slippage_ticks: Fraction = Fraction(0)
    max_slippage: Fraction = Fraction(1, 20)
    allow_immediate: bool | None = None
    self_trade: str = "expire_taker"
    commands: list[tuple[int, dict]] = field(default_factory=list)


@dataclass
class Result:
    """What a run leaves behind."""

    fills: list[tuple]
    ledger: list[tuple]
    orders: dict[int, dict]
    messages: list[tuple]
    after: list[tuple]
    balances: dict[str, Fraction]
    positions: list[tuple]


@dataclass
class Order:
    """One order as one of the two sides knows it."""

    number: int
    instrument: int
    side: int
    kind: str
    quantity: Fraction
    limit: Fraction | None = None
    trigger: Fraction | None = None
    source: str = "last"
    trail: Fraction | None = None
    trail_percent: Fraction | None = None
    tif: str = "gtc"
    expire: int | None = None
    post_only: bool = False
    reprice: bool = False
    reduce_only: bool = False
    self_trade: str = "expire_taker"
    status: str = "created"
    reason: str | None = None
    filled: Fraction = Fraction(0)
    group: tuple[int, ...] = ()
    parent: int | None = None
    children: tuple[int, ...] = ()
    grown: Fraction = Fraction(0)  # a child: the filled quantity of its parent
    lost: Fraction = Fraction(0)  # taken off the quantity by a clip, a decrement or the other leg
    active: bool = True
    triggered: bool = False
    resting: bool = False  # stands in the book
    working: bool = False  # a market order that waits for a candle point
    cap: Fraction | None = None  # the protection price of a market order
    granted: Fraction | None = None  # what a market buy may spend
    refused: bool = False  # a candle point with volume left was too dear
    stop_level: Fraction | None = None  # candles: where the child of a stop meets the market
    due: bool = False  # triggered, its child is not yet matched
    live_from: int = 0  # number of the first data event that may trigger it
    place: int = 0
    arrival: int = 0
    front: Fraction = Fraction(0)
    ahead: tuple = ()
    shown: Fraction = Fraction(0)
    traded: Fraction = Fraction(0)
    pending: bool = False
    deleted: bool = False

    @property
    def done(self):
        """True once nothing more can happen to it."""
        return self.status in DONE

    @property
    def at_market(self):
        """True for an order that is or becomes a market order."""
        return self.kind in AT_MARKET

    @property
    def asleep(self):
        """True for a stop that has not been triggered."""
        return self.kind in STOPS and not self.triggered

    @property
    def leaves(self):
        """The quantity that may still be filled now."""
        total = self.quantity
        if self.parent is not None:
            total = min(total, self.grown - self.lost)
        return max(total - self.filled, Fraction(0))

    @property
    def price(self):
        """The worst price at which it may trade."""
        return self.cap if self.at_market else self.limit


def money(value):
    """A posting: half-even at the precision of the asset."""
    return round(Fraction(value), DIGITS)


def lock_up(value):
    """A lock: rounded up at the precision of the asset."""
    return Fraction(math.ceil(value * 10**DIGITS), 10**DIGITS)


def floor_to(value, step):
    """The largest multiple of `step` that is not above `value`."""
    return value // step * step


def ceil_to(value, step):
    """The smallest multiple of `step` that is not below `value`."""
    return -(-value // step) * step


def exact(value):
    """A row's entry as a fraction, `None` kept."""
    return None if value is None else Fraction(value)


class Market:
    """What one side knows of one instrument's market, and what was taken from it."""

    def __init__(self, setup, index):
        self.setup = setup
        self.rules = setup.instruments[index]
        kinds = [s.kind for s in setup.streams if s.instrument == index]
        if len(set(kinds)) != len(kinds):
            raise ValueError(f"two sources of one type for {self.rules.name}")
        self.source = next((k for k in ("l3", "depth", "quotes") if k in kinds), None)
        self.mode = "book" if self.source else "trades" if "trades" in kinds else "candles"
        self.prints = self.source == "l3" or "trades" in kinds
        self.shown = {1: {}, -1: {}}
        self.taken = {1: defaultdict(Fraction), -1: defaultdict(Fraction)}
        self.seen = {1: None, -1: None}  # the last best price of each side
        self.entries = {}  # order by order data: id -> [side, price, quantity]
        self.cleared = -1, {}  # when the book was emptied, and what was in it
        self.last = None  # the last print
        self.size = self.given = self.used = Fraction(0)  # of the last print
        self.point = None  # candles: the last price
        self.left = None  # candles: the volume left at that point, `None` without a volume
        self.until = -1  # candles: the end of the current bar
        self.index = 0  # candles: which of the four points of a bar this is
        self.path = ()  # candles: the prices of the four points of this bar

    # -- what the data says ---------------------------------------------------------------------

    def quote(self, row):
        """Both best prices; a side that changes forgets what was taken from it."""
        sides = ((1, row[1], row[2]), (-1, row[3], row[4]))
        for side, price, quantity in sides:
            new = {}
            if price is not None and quantity:
                new = {Fraction(price): Fraction(quantity)}
            if new != self.shown[side]:
                self.taken[side].clear()
            self.shown[side] = new
        self.remember()

    def depth(self, rows):
        """One update; only levels that differ afterwards forget what was taken from them."""
        new = {side: dict(self.shown[side]) for side in (1, -1)}
        for row in rows:
            if len(row) > 4 and row[4]:
                new = {1: {}, -1: {}}
            new[row[1]][Fraction(row[2])] = Fraction(row[3])
        self.levels_become(new)

    def levels_become(self, new):
        """Replace all levels at once."""
        for side in (1, -1):
            levels = {price: quantity for price, quantity in new[side].items() if quantity > 0}
            for price in set(levels) | set(self.shown[side]):
                if levels.get(price) != self.shown[side].get(price):
                    self.taken[side].pop(price, None)
            self.shown[side] = levels
        self.remember()

    def remember(self):
        """Keep the best prices for orders that meet an empty side later."""
        for side in (1, -1):
            best = self.best(side)
            if best is not None:
                self.seen[side] = best

    def printed(self, price, size):
        """A trade of the recorded market."""
        self.last = Fraction(price)
        self.size, self.given, self.used = Fraction(size), Fraction(0), Fraction(0)

    def change_entry(self, row):
        """One change of order by order data; a cancel of nothing takes all there is."""
        time, what, key, side, price, quantity = row
        if what == "trade":
            return
        if what == "clear":
            self.cleared, self.entries = (time, self.entries), {}
        elif what == "add":
            self.entries[key] = [side, Fraction(price), Fraction(quantity)]
        elif what == "cancel":
            self.entries[key][2] -= Fraction(quantity) or self.entries[key][2]
            if self.entries[key][2] <= 0:
                del self.entries[key]
        elif what == "modify":
            self.entries[key] = [side, Fraction(price), Fraction(quantity)]
        elif key in self.entries:
            self.entries[key][2] -= Fraction(quantity)
            if self.entries[key][2] <= 0:
                del self.entries[key]
        new = {1: defaultdict(Fraction), -1: defaultdict(Fraction)}
        for entry_side, entry_price, left in self.entries.values():
            new[entry_side][entry_price] += left
        self.levels_become(new)

    # -- what may be asked ----------------------------------------------------------------------

    def best(self, side):
        """The best displayed price of a side."""
        if not self.shown[side]:
            return None
        return max(self.shown[side], key=lambda price: side * price)

    def last_price(self):
        """The last print, else the last point or close of a candle."""
        return self.point if self.last is None else self.last

    def mark(self):
        """The last print, else the middle of the book, else the last point of a candle."""
        if self.last is None and None not in (self.best(1), self.best(-1)):
            return (self.best(1) + self.best(-1)) / 2
        return self.last_price()

    def trade_level(self, side):
        """Trades only: where a taker of this side of the book trades."""
        if self.last is None:
            return None
        return self.last - side * self.setup.half_spread * self.rules.tick

    def opposite_seen(self, side):
        """The best price a taker of `side` has seen on the other side of the market."""
        if self.mode == "book":
            return self.seen[-side]
        return self.trade_level(-side) if self.mode == "trades" else self.point

    def displayed_against(self, side, now):
        """The best displayed price a taker of `side` would meet now."""
        if self.mode == "book":
            return self.best(-side)
        if self.mode == "trades":
            return self.trade_level(-side)
        return self.point if now < self.until else None

    def trigger_price(self, source, side):
        """The price that a stop of `side` listens to."""
        if source == "mark":
            return self.mark()
        if self.mode == "book" and (source == "bid_ask" or not self.prints):
            return self.best(-side)
        return self.last if self.mode == "trades" or self.prints else self.point

    # -- what a taker may take ------------------------------------------------------------------

    def levels(self, side, now, *, walk=True):
        """Price and quantity left (`None`: without end) of a side, best first."""
        if self.mode == "candles":
            if now < self.until:
                yield self.point, self.left
        elif self.mode == "trades":
            if self.last is not None:
                share = floor_to(self.size * self.setup.participation, self.rules.lot)
                rest = min(share - self.used, self.size - self.given - self.used)
                yield self.trade_level(side), rest
        else:
            prices = sorted(self.shown[side], reverse=side > 0)
            for price in prices:
                yield price, self.shown[side][price] - self.taken[side][price]
            if walk and self.source == "quotes" and prices:
                yield from self.invented(side, prices[0])

    def invented(self, side, best):
        """Beyond a quote: every further tick offers the same size."""
        if self.shown[side][best] < self.rules.lot:
            return
        for step in count(1):
            price = best - side * step * self.rules.tick
            if price <= 0:
                return
            yield price, self.shown[side][best] - self.taken[side][price]

    def take(self, side, price, quantity):
        """Remember what was taken."""
        if self.mode == "candles":
            if self.left is not None:
                self.left -= quantity
        elif self.mode == "trades":
            self.used += quantity
        else:
            self.taken[side][price] += quantity

    def deduct_print(self, price, size, aggressor):
        """A print that triggered a stop of ours has emptied the level it names."""
        sides = (-aggressor,) if aggressor else (-1, 1)
        for side in sides:
            if price in self.shown[side]:
                left = self.shown[side][price] - self.taken[side][price]
                self.taken[side][price] += min(left, size)
                return


class Account:
    """Balances, positions and orders as one of the two sides knows them."""

    def __init__(self, setup):
        self.setup = setup
        self.cash = setup.account == "cash"
        self.markets = [Market(setup, i) for i in range(len(setup.instruments))]
        self.balances = defaultdict(Fraction)
        for asset, amount in setup.balances.items():
            self.balances[asset] += Fraction(amount)
        zero = Fraction(0)
        self.positions = [[zero, zero, zero] for _ in setup.instruments]  # signed, cost, realised
        self.orders = {}
        self.volume = []

    def rules(self, order):
        """The instrument of an order."""
        return self.setup.instruments[order.instrument]

    def market(self, order):
        """The market of an order."""
        return self.markets[order.instrument]

    def open_orders(self):
        """All orders of this account that are not done, by number."""
        return [
            self.orders[number] for number in sorted(self.orders) if not self.orders[number].done
        ]

    def rates(self, now):
        """Maker and taker rate after the volume of the last 30 days."""
        volume = sum(notional for time, notional in self.volume if time > now - 30 * DAY)
        rates = (self.setup.maker, self.setup.taker)
        for tier in sorted(self.setup.fee_tiers, key=lambda tier: tier[0]):
            if volume >= tier[0]:
                rates = tier[1:]
        return rates

    # -- positions ------------------------------------------------------------------------------

    def trade(self, index, signed, price):
        """Change a position; returns what the closed part has realised."""
        position = self.positions[index]
        held, cost, _ = position
        realised = Fraction(0)
        closing = min(abs(held), abs(signed)) if held * signed < 0 else Fraction(0)
        if closing:
            direction = 1 if held > 0 else -1
            released = cost if closing == abs(held) else money(cost * closing / abs(held))
            realised = direction * money(closing * price) - released
            held -= direction * closing
            cost -= released
            signed += direction * closing
        if signed:
            direction = 1 if signed > 0 else -1
            held += signed
            cost += direction * money(abs(signed) * price)
        self.positions[index] = [held, cost, position[2] + realised]
        return realised

    # -- cash: locks ----------------------------------------------------------------------------

    def need(self, order, now):
        """The asset and the amount that an order locks on a cash account."""
        rules = self.rules(order)
        if order.side < 0:
            return rules.base, lock_up(order.leaves)
        if order.price is None:
            return rules.quote, Fraction(0)
        factor = Fraction(1)
        if self.setup.fee_in in ("quote", rules.quote):
            factor += max(*self.rates(now), Fraction(0))
        amount = lock_up(order.price * order.leaves * factor)
        if order.granted is not None:
            amount = min(amount, order.granted)
        return rules.quote, amount

    def locked(self, asset, now, without=()):
        """What all working orders lock; the legs of a pair lock the larger need once."""
        groups = defaultdict(Fraction)
        for order in self.open_orders():
            if order.asleep or not order.active or order.number in without:
                continue
            locked_asset, amount = self.need(order, now)
            if locked_asset == asset:
                key = order.group or (order.number,)
                groups[key] = max(groups[key], amount)
        return sum(groups.values(), Fraction(0))

    def free(self, asset, now, without=()):
        """What is not locked."""
        return self.balances[asset] - self.locked(asset, now, without)

    # -- linear: margin -------------------------------------------------------------------------

    def order_margin(self, index, without=None):
        """The larger side of the working orders of one instrument, over the leverage."""
        held = self.positions[index][0]
        sides = {1: Fraction(0), -1: Fraction(0)}
        exempt = {1: max(-held, Fraction(0)), -1: max(held, Fraction(0))}
        orders = [o for o in self.open_orders() if o.instrument == index and o.number != without]
        for order in sorted(orders, key=lambda o: (o.arrival, o.number)):
            if order.asleep or not order.active or order.reduce_only or order.price is None:
                continue
            spared = min(order.leaves, exempt[order.side])
            exempt[order.side] -= spared
            sides[order.side] += order.price * (order.leaves - spared)
        return lock_up(max(sides.values()) / self.setup.leverage)

    def requirement(self, without=None):
        """Initial margin of all positions and orders."""
        total = Fraction(0)
        for index, (_, cost, _) in enumerate(self.positions):
            total += lock_up(abs(cost) / self.setup.leverage)
            total += self.order_margin(index, without)
        return total

    def equity(self):
        """The wallet and what the positions would bring at their marks."""
        total = self.balances[self.setup.instruments[0].quote]
        for market, (held, cost, _) in zip(self.markets, self.positions, strict=True):
            mark = market.mark()
            if held and mark is not None:
                total += held * mark - cost
        return total

    # -- checks ---------------------------------------------------------------------------------

    def short_of_funds(self, order, now, before=None):
        """True if the order, already among the orders, asks for more than there is."""
        if not self.cash:
            if self.market(order).mark() is None:
                return False
            before = self.requirement(order.number) if before is None else before
            after = self.requirement()
            return after > before and self.equity() < after
        asset, need = self.need(order, now)
        if order.at_market and order.side > 0:
            others = {order.number, *order.group}
            room = self.free(asset, now, others)
            order.granted = min(need, room)
            return room <= 0
        return need > 0 and self.free(asset, now) < 0

    def reduce_only_room(self, order):
        """What a reduce-only order may still close."""
        held = self.positions[order.instrument][0]
        if held * order.side >= 0:
            return Fraction(0)
        others = {order.number, *order.group}
        return abs(held) - self.reducing(order.instrument, order.side, others)[0]

    def reducing(self, index, side, without=()):
        """Quantity of the working reduce-only orders of one side, and those orders in units."""
        units = defaultdict(list)
        for order in self.open_orders():
            fits = order.instrument == index and order.side == side and order.reduce_only
            if fits and order.active and not order.asleep and order.number not in without:
                units[order.group or (order.number,)].append(order)
        total = sum((max(o.leaves for o in unit) for unit in units.values()), Fraction(0))
        return total, sorted(units.values(), key=lambda unit: -max(o.arrival for o in unit))

    def refusal(self, order, now):
        """Why an order, already among the orders, may not go on; clips a reduce-only one."""
        reason = self.filter_refusal(order)
        if reason:
            return reason
        if order.kind == "market" and order.cap is None:
            return "no_price"
        if order.reduce_only and self.cash:
            return "reduce_only_unsupported"
        return None if order.asleep or not order.active else self.means_refusal(order, now)

    def means_refusal(self, order, now):
        """Is there a position to reduce, is there money? Clips a reduce-only order."""
        if order.reduce_only:
            room = self.reduce_only_room(order)
            if room <= 0:
                return "reduce_only_nothing_left"
            excess = max(order.leaves - room, Fraction(0))
            order.quantity -= excess
            order.lost += excess
        return "insufficient_funds" if self.short_of_funds(order, now) else None

    # -- filters --------------------------------------------------------------------------------

    def filter_refusal(self, order):
        """The first filter, in their listed order, that refuses the order."""
        checks = (
            ("price_tick", self.off_tick),
            ("price_range", self.out_of_range),
            ("price_band", self.out_of_band),
            ("lot_step", self.off_lot),
            ("lot_range", self.out_of_lots),
            ("market_lot_range", self.too_large_at_market),
            ("min_notional", self.too_small),
            ("max_notional", self.too_large),
            ("max_orders", self.too_many),
            ("max_position", self.too_long),
        )
        return next((name for name, refuses in checks if refuses(order)), None)

    def prices_of(self, order):
        """The prices that the order names."""
        limit = None if order.at_market else order.limit
        trigger = order.trigger if order.asleep and order.trail is None else None
        if order.trail_percent is not None:
            trigger = None
        return [price for price in (limit, trigger) if price is not None]

    def off_tick(self, order):
        tick = self.rules(order).tick
        return any(price % tick for price in self.prices_of(order))

    def out_of_range(self, order):
        rules = self.rules(order)
        low, high = rules.min_price, rules.max_price
        return any(
            price <= 0 or (low is not None and price < low) or (high is not None and price > high)
            for price in self.prices_of(order)
        )

    def out_of_band(self, order):
        band = self.rules(order).band
        if band is None or order.at_market:
            return False
        market = self.market(order)
        reference = market.best(-order.side) if market.mode == "book" else market.last_price()
        if reference is None:
            return False
        return not reference * band[1] <= order.limit <= reference * band[0]

    def off_lot(self, order):
        return order.quantity % self.rules(order).lot != 0

    def out_of_lots(self, order):
        low, high = self.rules(order).min_quantity, self.rules(order).max_quantity
        quantity = order.quantity
        below = quantity <= 0 or (low is not None and quantity < low)
        return below or (high is not None and quantity > high)

    def too_large_at_market(self, order):
        most = self.rules(order).market_max_quantity
        return order.at_market and most is not None and order.quantity > most

    def notional(self, order):
        """What the order is worth for the filters, `None` if nobody can say."""
        price = order.limit
        if order.at_market:
            market = self.market(order)
            price = order.trigger if order.asleep else None
            for known in (market.last_price(), market.mark(), market.seen[-order.side]):
                price = known if price is None else price
        return None if price is None else price * order.quantity

    def too_small(self, order):
        notional = self.notional(order)
        return notional is not None and notional < self.rules(order).min_notional

    def too_large(self, order):
        notional, most = self.notional(order), self.rules(order).max_notional
        return None not in (notional, most) and notional > most

    def too_many(self, order):
        most = self.rules(order).max_orders
        same = [o for o in self.open_orders() if o.instrument == order.instrument]
        return most is not None and len(same) > most

    def too_long(self, order):
        most = self.rules(order).max_position
        if most is None:
            return False
        total = order.side * self.positions[order.instrument][0] + order.quantity - order.filled
        for other in self.open_orders():
            same = other.instrument == order.instrument and other.side == order.side
            if same and other.number != order.number and other.active and not other.asleep:
                total += other.leaves
        return total > most


class Simulation:
    """The run: one queue of events, the venue's account and the account the strategy sees."""

    def __init__(self, setup):
        if setup.queue == "l3" and not all(s.kind == "l3" for s in setup.streams):
            books = [s.kind for s in setup.streams if s.kind in ("depth", "quotes", "candles")]
            if books:
                raise ValueError("the exact queue needs order by order data")
        self.setup = setup
        self.venue, self.view = Account(setup), Account(setup)
        self.queue = []
        self.tickets = count(1)
        self.now = self.round = self.events = 0
        self.requests, self.told = count(1), count(1)
        self.arrivals, self.places = count(1), count(1)
        self.last_arrival = 0
        self.touched = []
        self.fills, self.messages, self.after = [], [], []
        self.ledger = [
            (0, asset, amount, "deposit", None, None)
            for asset, amount in self.venue.balances.items()
            if amount
        ]

    # -- the order of events --------------------------------------------------------------------

    def at(self, key, what, payload):
        """Put an event at (time, round, class, stream, seq)."""
        heapq.heappush(self.queue, (*key, next(self.tickets), what, payload))

    def effect(self, time, kind, seq, what, payload, *, stream=0):
        """Put an effect of the present event: in the next round if it is due at once."""
        step = self.round + 1 if time == self.now else 0
        self.at((time, step, kind, stream, seq), what, payload)

    def load(self):
        """All data and all commands."""
        for index, stream in enumerate(self.setup.streams):
            if stream.kind == "candles":
                self.load_bars(index, stream.rows)
                continue
            rows = [[row] for row in stream.rows]
            if stream.kind == "depth":
                rows = [list(part) for _, part in groupby(stream.rows, key=lambda row: row[0])]
            for number, part in enumerate(rows):
                key = (part[0][0], 0, CLASS_DATA, index, number)
                self.at(key, "data", (index, number, part))
        for number, (time, command) in enumerate(self.setup.commands):
            self.at((time, 1, CLASS_TIMER, 0, number), "command", command)

    def load_bars(self, index, rows):
        """The four points of every bar."""
        for number, row in enumerate(rows):
            start, end = row[0], row[1]
            third = (end - start) // 3
            times = (start, start + third, start + 2 * (end - start) // 3, end - 1)
            for point, time in enumerate(times):
                key = (time, 0, CLASS_DATA, index, number)
                self.at(key, "point", (index, number, row, point))

    def run(self):
        """All events in their order."""
        self.load()
        while self.queue:
            self.now, self.round, _, _, _, _, what, payload = heapq.heappop(self.queue)
            if self.round > ROUND_CAP:
                raise EventStormError(f"more than {ROUND_CAP} rounds at {self.now}")
            getattr(self, "on_" + what)(payload)
            self.settle()
        return self.result()

    def result(self):
        """What is left of it."""
        orders = {}
        for number in sorted(self.view.orders):
            order = self.venue.orders.get(number, self.view.orders[number])
            names = ("status", "reason", "filled", "quantity", "limit")
            orders[number] = {name: getattr(order, name) for name in names}
        positions = [tuple(position) for position in self.venue.positions]
        balances = dict(self.venue.balances)
        return Result(
            self.fills, self.ledger, orders, self.messages, self.after, balances, positions
        )

    # -- the strategy's side --------------------------------------------------------------------

    def on_command(self, command):
        """A timer of the strategy: one request."""
        do = command["do"]
        if do in ("amend", "cancel"):
            self.send(do, command)
            return
        orders = self.create(command)
        refused = None
        for order in orders:
            self.view.orders[order.number] = order
            if refused is None:
                reason = self.view.refusal(order, self.now)
                refused = (order.number, reason) if reason else None
        for order in orders:
            order.status = "denied" if refused else "submitted"
        if refused is None:
            self.send("new", [copy(order) for order in orders])
            return
        for order in orders:
            order.reason = refused[1] if order.number == refused[0] else "oco_leg"
            self.record(order.number, "denied", order.reason)

    def create(self, command):
        """The orders that a command asks for, linked with each other."""
        parts = [command]
        if command["do"] == "oco":
            parts = command["legs"]
        elif command["do"] == "bracket":
            parts = [command["entry"], *command["children"]]
        first = len(self.view.orders) + 1
        numbers = tuple(range(first, first + len(parts)))
        orders = [self.one_order(n, part) for n, part in zip(numbers, parts, strict=True)]
        if command["do"] == "oco":
            for order in orders:
                order.group = numbers
        elif command["do"] == "bracket":
            orders[0].children = numbers[1:]
            for child in orders[1:]:
                child.parent, child.active = first, False
                child.group = numbers[1:] if command.get("oco", True) else ()
        return orders

    def one_order(self, number, command):
        """One order as the strategy asks for it."""
        names = ["limit", "trigger", "source", "trail", "trail_percent", "tif", "expire"]
        names += ["post_only", "reprice", "reduce_only", "self_trade"]
        given = {name: command[name] for name in names if command.get(name) is not None}
        given.setdefault("self_trade", self.setup.self_trade)
        for name in ("limit", "trigger", "trail", "trail_percent"):
            if name in given:
                given[name] = Fraction(given[name])
        index, side, kind = command["instrument"], command["side"], command["kind"]
        order = Order(number, index, side, kind, Fraction(command["quantity"]), **given)
        order.arrival = number
        if kind == "market":
            best = self.view.markets[index].opposite_seen(side)
            order.cap = self.protection(order, best)
        return order

    def protection(self, order, best):
        """The worst price of a market order, rounded inward to a tick."""
        if best is None:
            return None
        tick = self.setup.instruments[order.instrument].tick
        cap = best * (1 + order.side * self.setup.max_slippage)
        return floor_to(cap, tick) if order.side > 0 else ceil_to(cap, tick)

    def send(self, kind, payload):
        """A request on its way; it never overtakes another."""
        due = self.now + self.setup.entry.get(kind, 0)
        self.last_arrival = max(self.last_arrival, due)
        seq = next(self.requests)
        self.effect(self.last_arrival, CLASS_REQUEST, seq, "request", (kind, payload))

    def record(self, number, what, detail):
        """What the strategy's side is told, and what it then believes to have."""
        self.messages.append((self.now, number, what, detail))
        view, quote = self.view, self.setup.instruments[0].quote
        assets = set(view.balances) | {quote}
        balances = {}
        for asset in sorted(assets):
            locked = view.locked(asset, self.now) if view.cash else Fraction(0)
            if not view.cash and asset == quote:
                locked = view.requirement()
            balances[asset] = (view.balances[asset], locked)
        self.after.append((balances, [position[0] for position in view.positions]))

    def on_feed(self, payload):
        """Market data reaches the strategy."""
        index, _, rows = payload
        stream = self.setup.streams[index]
        market = self.view.markets[stream.instrument]
        if stream.kind == "candles":
            market.point = Fraction(rows[0][5])
        elif stream.kind == "trades" and market.source != "l3":
            market.printed(rows[0][1], rows[0][2])
        elif stream.kind == market.source:
            self.change_book(market, rows)

    def change_book(self, market, rows):
        """Apply one update of the book source."""
        if market.source == "quotes":
            market.quote(rows[0])
        elif market.source == "depth":
            market.depth(rows)
        else:
            if rows[0][1] in ("fill", "trade"):
                market.printed(rows[0][4], rows[0][5])
            market.change_entry(rows[0])

    def tell(self, number, what, detail=None, extra=None):
        """A message of the venue on its way."""
        payload = (number, what, detail, extra)
        seq = next(self.told)
        self.effect(self.now + self.setup.response, CLASS_MESSAGE, seq, "message", payload)

    def on_message(self, payload):
        """A message of the venue reaches the strategy's side."""
        number, what, detail, extra = payload
        order = self.view.orders.get(number)
        if what == "accepted":
            order.status, order.active = "open", True
        elif what == "triggered":
            order.status, order.triggered = "triggered", True
            order.cap, order.active = extra
            self.view.short_of_funds(order, self.now)
        elif what == "filled":
            self.learn_fill(order, extra)
        elif what == "amended":
            order.quantity, order.limit, order.trigger = detail
            order.lost = extra
        elif what in DONE:
            order.status, order.reason = what, detail
            order.quantity, order.limit = extra
        self.record(number, what, detail)

    def learn_fill(self, order, extra):
        """The strategy's side books a fill as it was told."""
        price, quantity, postings = extra
        self.view.trade(order.instrument, order.side * quantity, price)
        self.book(self.view, order, price, quantity, postings)
        order.active = True
        for number in order.group:
            other = self.view.orders[number]
            if other is not order and not other.done:
                other.quantity, other.lost = other.quantity - quantity, other.lost + quantity
        for number in order.children:
            self.view.orders[number].grown = order.filled

    def book(self, account, order, price, quantity, postings):
        """A fill's postings and what they change in the order."""
        quote = account.rules(order).quote
        for asset, amount, _ in postings:
            account.balances[asset] += amount
            if order.granted is not None and asset == quote:
                order.granted = max(order.granted + amount, Fraction(0))
        account.volume.append((self.now, price * quantity))
        order.filled += quantity
        order.status = "filled" if order.filled >= order.quantity else "part_filled"

    # -- requests at the venue ------------------------------------------------------------------

    def on_request(self, payload):
        """One of our requests reaches the venue."""
        kind, what = payload
        if kind == "new":
            self.arrive_new(what)
            return
        order = self.venue.orders.get(what["order"])
        if kind == "amend":
            self.arrive_amend(what, order)
        elif order is None or order.done:
            self.tell(what["order"], "cancel_rejected", "not_open")
        else:
            self.finish(order, "cancelled", "user")

    def arrive_new(self, orders):
        """New orders: all are checked, then all are accepted, then each is matched."""
        for order in orders:
            order.arrival, order.granted = next(self.arrivals), None
            self.venue.orders[order.number] = order
        for order in orders:
            if order.tif == "gtd" and order.expire <= self.now:
                self.finish(order, "expired", "expired")
        alive, told = [order for order in orders if not order.done], {}
        for order in alive:
            told[order.number] = (order.quantity, order.limit)
            reason = self.venue.refusal(order, self.now) or self.unfit(order)
            if reason:
                self.refuse(order, reason, alive)
                return
        for order in alive:
            self.accept(order, told[order.number])
        for order in alive:
            if order.active and not order.done:
                self.enter(order)

    def refuse(self, order, reason, others):
        """An order is rejected, and with it those that came or go with it."""
        self.finish(order, "rejected", reason)
        for other in others:
            if not other.done:
                self.finish(other, "cancelled", "oco")

    def unfit(self, order):
        """What only the market at the venue can say against an order on its arrival."""
        if not order.active:
            return None
        market = self.venue.market(order)
        if order.asleep:
            price = market.trigger_price(order.source, order.side)
            if order.kind == "trailing_stop":
                if price is None:
                    return "no_price"
                order.trigger = self.trailed(order, price)
            if self.passes(order, price) and not self.immediate(market):
                return "would_trigger"
        elif order.post_only and not order.at_market:
            return self.post_only_refusal(order)
        return None

    def post_only_refusal(self, order):
        """A post-only order that would take is moved away or refused."""
        best = self.venue.market(order).displayed_against(order.side, self.now)
        prices = [own.limit for own in self.own_against(order)]
        prices += [] if best is None else [best]
        if not prices:
            return None
        nearest = min(prices, key=lambda price: order.side * price)
        if order.side * (nearest - order.limit) > 0:
            return None
        if not order.reprice:
            return "post_only_would_cross"
        order.limit = nearest - order.side * self.venue.rules(order).tick
        return None

    def immediate(self, market):
        """True if a stop that is already past its trigger may trigger on arrival."""
        if self.setup.allow_immediate is None:
            return market.mode == "candles"
        return self.setup.allow_immediate

    def accept(self, order, asked):
        """Tell of the acceptance, and of what was changed by it."""
        if order.tif == "gtd" and order.expire > self.now:
            key = (order.expire, 0, CLASS_EXPIRY, 0, order.arrival)
            self.at(key, "expire", order.number)
        if not order.active:
            return
        if order.kind != "market":
            order.status = "open"
            self.tell(order.number, "accepted")
        if (order.quantity, order.limit) != asked:
            self.tell_amended(order)

    def tell_amended(self, order):
        """Tell what the order asks for now."""
        detail = (order.quantity, order.limit, order.trigger)
        self.tell(order.number, "amended", detail, order.lost)

    def enter(self, order):
        """An accepted order meets the market."""
        if not order.asleep:
            self.match(order)
            return
        market = self.venue.market(order)
        order.live_from = self.events + 1
        if self.passes(order, market.trigger_price(order.source, order.side)):
            self.trigger(order, market.point if market.mode == "candles" else None)

    def on_expire(self, number):
        """The time of a GTD order is over."""
        order = self.venue.orders[number]
        if not order.done:
            self.finish(order, "expired", "expired")

    def finish(self, order, status, reason):
        """The end of an order other than by a fill."""
        order.status, order.reason = status, reason
        order.resting = order.working = False
        if order.children:
            self.touched.append(order)
        self.tell(order.number, status, reason, (order.quantity, order.limit))

    # -- taking ---------------------------------------------------------------------------------

    def match(self, order):
        """An order meets the market as a taker; what is left rests, waits or ends."""
        if order.leaves == 0:
            return
        if order.at_market and order.cap is None:
            self.finish(order, "cancelled", "no_liquidity")
        elif order.tif == "fok" and not self.fills_whole(order):
            self.finish(order, "cancelled", "fok")
        else:
            self.take(order)
            order.stop_level = None
            if not order.done:
                self.after_taking(order)

    def after_taking(self, order):
        """What becomes of the rest."""
        if order.leaves == 0:
            return
        if order.at_market:
            self.rest_of_market(order)
        elif order.tif in ("ioc", "fok"):
            self.finish(order, "cancelled", order.tif)
        else:
            self.rest(order)

    def rest_of_market(self, order):
        """A market order never rests; on candles it works on until the close of the bar."""
        market = self.venue.market(order)
        lot = self.venue.rules(order).lot
        levels = market.levels(-order.side, self.now)
        beyond = any(left is None or floor_to(left, lot) > 0 for _, left in levels)
        order.refused = order.refused or beyond
        in_bar = market.mode == "candles" and self.now < market.until
        order.working = market.mode == "candles" and not (in_bar and market.index == 3)
        if not order.working:
            reason = "protection" if order.refused else "no_liquidity"
            self.finish(order, "cancelled", reason)

    def take(self, order):
        """Price by price; at one price own resting orders come before recorded quantity."""
        while order.leaves > 0 and not order.done:
            own = self.own_against(order)
            level = self.next_level(order)
            if own and (level is None or order.side * (own[0].limit - level[0]) <= 0):
                self.clash(order, own[0])
            elif level is not None:
                self.take_level(order, *level)
            else:
                return

    def next_level(self, order, *, walk=True):
        """The best recorded price within the order's limit, with what may be had there."""
        return next(self.levels_for(order, walk=walk), None)

    def levels_for(self, order, *, walk):
        """Prices within the order's limit with whole lots left, best first."""
        market, lot = self.venue.market(order), self.venue.rules(order).lot
        levels = market.levels(-order.side, self.now, walk=walk)
        if order.stop_level is not None and self.now < market.until:
            levels = [(order.stop_level, market.left)]
        for price, left in levels:
            if order.side * (price - order.price) > 0:
                return
            quantity = order.leaves if left is None else floor_to(left, lot)
            if quantity > 0:
                yield price, quantity

    def own_against(self, order):
        """Own resting orders that the order would meet, best first."""
        found = [o for o in self.resting(order.instrument, -order.side) if o.resting]
        return [o for o in found if order.side * (o.limit - order.price) <= 0]

    def resting(self, index, side):
        """Own orders in the book of one instrument and side, price before time."""
        orders = [o for o in self.venue.open_orders() if o.resting]
        orders = [o for o in orders if (o.instrument, o.side) == (index, side) and o.leaves > 0]
        return sorted(orders, key=lambda o: (-side * o.limit, o.place))

    def take_level(self, order, price, quantity):
        """Take from one recorded level what the money allows."""
        wanted = min(quantity, order.leaves)
        quantity = self.affordable(order, price, wanted)
        if quantity > 0:
            self.venue.market(order).take(-order.side, price, quantity)
            self.fill(order, price, quantity, "taker")
        if quantity < wanted and not order.done:
            self.finish(order, "cancelled", "insufficient_funds")

    def affordable(self, order, price, quantity):
        """The lots that a market buy on a cash account can pay."""
        if not self.venue.cash or order.side < 0 or not order.at_market:
            return quantity
        lot = self.venue.rules(order).lot
        room = self.room(order)
        if self.cost(order, price, quantity) <= room:
            return quantity
        rate = max(self.venue.rates(self.now)[1], 0) if self.fee_in_quote(order) else 0
        quantity = min(quantity, floor_to(room / (price * (1 + rate)), lot) + lot)
        while quantity > 0 and self.cost(order, price, quantity) > room:
            quantity -= lot
        return max(quantity, Fraction(0))

    def room(self, order):
        """Quote that the order may spend: its own lock and what is free."""
        others = {order.number, *order.group}
        return self.venue.free(self.venue.rules(order).quote, self.now, others)

    def cost(self, order, price, quantity):
        """What a taker pays in quote for a quantity, its fee included."""
        cost = money(price * quantity)
        if self.fee_in_quote(order):
            cost += max(money(self.fee_worth(order, price, quantity, "taker")), Fraction(0))
        return cost

    def fills_whole(self, order):
        """Fill-or-kill: is there enough before the order would meet one of its own?"""
        own = self.own_against(order)
        total = spent = Fraction(0)
        if order.self_trade == "none":
            total = sum((o.leaves for o in own), Fraction(0))
        clash = own[0].limit if own and order.self_trade not in ("none", "expire_maker") else None
        room = self.room(order)
        for price, left in self.levels_for(order, walk=False):
            if clash is not None and order.side * (price - clash) >= 0:
                break
            quantity = min(left, order.leaves - total)
            if quantity <= 0:
                break
            total += quantity
            spent += self.cost(order, price, quantity)
        tight = self.venue.cash and order.side > 0 and order.at_market and spent > room
        return total >= order.leaves and not tight

    def clash(self, order, own):
        """The order would trade with one of its own side of the table."""
        mode = order.self_trade
        overlap = min(order.leaves, own.leaves)
        if mode == "none":
            quantity = self.affordable(order, own.limit, overlap)
            if quantity > 0:
                self.fill(order, own.limit, quantity, "taker")
                if own.leaves > 0:
                    self.fill(own, own.limit, min(quantity, own.leaves), "maker")
            if quantity < overlap and not order.done:
                self.finish(order, "cancelled", "insufficient_funds")
        elif mode == "decrement":
            self.cut(own, overlap, "self_trade")
            self.cut(order, overlap, "self_trade")
        else:
            if mode in ("expire_maker", "expire_both"):
                self.finish(own, "cancelled", "self_trade")
            if mode in ("expire_taker", "expire_both"):
                self.finish(order, "cancelled", "self_trade")

    def cut(self, order, amount, reason):
        """Take a quantity off an order; nothing left is its end."""
        order.quantity -= amount
        order.lost += amount
        if order.quantity <= order.filled:
            self.finish(order, "cancelled", reason)
        else:
            self.tell_amended(order)

    # -- fills and what follows from them -------------------------------------------------------

    def fee_in_quote(self, order):
        """True if the fee of the order is to be paid in quote."""
        rules = self.venue.rules(order)
        if self.setup.fee_in in ("quote", rules.quote):
            return True
        return self.setup.fee_in == "base" and (order.side < 0 or not self.venue.cash)

    def fee_worth(self, order, price, quantity, liquidity):
        """The fee of one fill in quote, not yet rounded."""
        maker, taker = self.venue.rates(self.now)
        worth = (maker if liquidity == "maker" else taker) * price * quantity
        return worth + self.setup.fee_flat + self.setup.fee_per_contract * quantity

    def fee_of(self, order, price, quantity, liquidity, room):
        """Amount and asset of the fee; `room` is the quote that is left after the trade."""
        rules = self.venue.rules(order)
        worth = self.fee_worth(order, price, quantity, liquidity)
        if not self.fee_in_quote(order):
            if self.setup.fee_in == "base":
                return money(worth / price), rules.base
            asset = self.setup.fee_in
            amount = money(worth / self.fee_asset_price(rules.quote))
            if self.venue.free(asset, self.now) >= amount:
                return amount, asset
        amount = money(worth)
        if self.venue.cash and amount > room and amount > 0:
            if order.side > 0:
                return min(money(worth / price), quantity), rules.base
            amount = max(room, Fraction(0))
        return amount, rules.quote

    def fee_asset_price(self, quote):
        """The price of the asset that fees are paid in."""
        for rules, market in zip(self.setup.instruments, self.venue.markets, strict=True):
            if (rules.base, rules.quote) == (self.setup.fee_in, quote):
                price = market.mark()
                if price is not None:
                    return price
        if self.setup.fee_price is None:
            raise ValueError(f"no price for the fee asset {self.setup.fee_in}")
        return Fraction(self.setup.fee_price)

    def fill(self, order, price, quantity, liquidity):
        """One fill: money, position, message, and what it does to other orders."""
        venue, rules, number = self.venue, self.venue.rules(order), len(self.fills) + 1
        room = self.room(order) if venue.cash else None
        realised = venue.trade(order.instrument, order.side * quantity, price)
        postings = [(rules.quote, realised, "realised")]
        if venue.cash:
            paid = -order.side * money(price * quantity)
            postings = [
                (rules.base, order.side * quantity, "trade_base"),
                (rules.quote, paid, "trade_quote"),
            ]
            room += paid
        fee, asset = self.fee_of(order, price, quantity, liquidity, room)
        postings.append((asset, -fee, "fee"))
        postings = [posting for posting in postings if posting[1]]
        for posting_asset, amount, reason in postings:
            self.ledger.append((self.now, posting_asset, amount, reason, order.number, number))
        self.book(venue, order, price, quantity, postings)
        self.fills.append((self.now, order.number, price, quantity, liquidity, fee, asset))
        self.tell(order.number, "filled", number, (price, quantity, postings))
        if order.done:
            order.resting = order.working = False
        self.follow(order, quantity)

    def follow(self, order, quantity):
        """After a fill: the other leg, reduce-only orders, children."""
        for number in order.group:
            other = self.venue.orders[number]
            if other is not order and not other.done:
                self.cut(other, min(quantity, other.quantity - other.filled), "oco")
        if not self.venue.cash:
            self.clip_reducing(order.instrument)
        if order.children:
            self.touched.append(order)

    def clip_reducing(self, index):
        """Reduce-only orders never exceed the position; the newest is clipped first."""
        held = self.venue.positions[index][0]
        for side in (1, -1):
            total, units = self.venue.reducing(index, side)
            excess = total - max(-side * held, Fraction(0))
            for unit in units:
                if excess <= 0:
                    break
                amount = max(order.leaves for order in unit)
                keep = max(amount - excess, Fraction(0))
                excess -= amount - keep
                for order in unit:
                    if order.leaves > keep:
                        self.cut(order, order.leaves - keep, "reduce_only")

    def settle(self):
        """Children follow the filled quantity of their parents at the end of each event."""
        while self.touched:
            parent = self.touched.pop(0)
            children = [self.venue.orders[number] for number in parent.children]
            for child in children:
                if not child.done and child.grown < parent.filled:
                    self.grow(child, parent.filled)
            if parent.done:
                for child in children:
                    surplus = child.quantity + child.lost - parent.filled
                    if not child.done and parent.filled == 0:
                        self.finish(child, "cancelled", "oco")
                    elif not child.done and surplus > 0:
                        self.cut_child(child, surplus)

    def cut_child(self, child, surplus):
        """The parent has ended: the child is never more than what the parent has filled."""
        child.quantity -= surplus
        if child.quantity <= child.filled:
            self.finish(child, "cancelled", "oco")
        else:
            self.tell_amended(child)

    def grow(self, child, filled):
        """The parent was filled further: the child becomes active, or larger."""
        new, child.grown, child.active = not child.active, filled, True
        asked = (child.quantity, child.limit)
        reason = None
        if child.kind == "market" and child.cap is None:
            best = self.venue.market(child).displayed_against(child.side, self.now)
            child.cap = self.protection(child, best)
        if not child.asleep:
            reason = self.venue.means_refusal(child, self.now)
        if reason is None and new:
            reason = self.unfit_child(child)
        if reason and new:
            self.refuse(child, reason, [self.venue.orders[n] for n in child.group])
        elif reason:
            self.finish(child, "cancelled", reason)
        elif new:
            self.accept(child, asked)
            child.live_from = self.events + 1
            if not child.asleep:
                self.match(child)
        elif child.resting:
            self.rest(child)
        elif not child.asleep and not child.due:
            self.match(child)

    def unfit_child(self, child):
        """A child is never too late to be a stop, but it may have no price to trail."""
        if not child.asleep:
            return self.unfit(child)
        if child.kind == "trailing_stop":
            market = self.venue.market(child)
            price = market.trigger_price(child.source, child.side)
            if price is None:
                return "no_price"
            child.trigger = self.trailed(child, price)
        return None

    # -- resting: the queue ---------------------------------------------------------------------

    def rest(self, order):
        """The order takes its place at the back of its level."""
        order.resting, order.place = True, next(self.places)
        order.front = order.traded = order.shown = Fraction(0)
        order.pending = order.deleted = False
        market = self.venue.market(order)
        if market.mode != "book":
            return
        order.shown = market.shown[order.side].get(order.limit, Fraction(0))
        best = market.best(order.side)
        if self.setup.queue == "l3":
            here = [order.side, order.limit]
            order.ahead = tuple(k for k, entry in market.entries.items() if entry[:2] == here)
        elif self.setup.queue not in ("front", "touch"):
            order.front = order.shown
            behind = best is not None and order.side * (best - order.limit) > 0
            order.pending = market.source == "quotes" and behind

    def update_queues(self, index):
        """The book of an instrument has changed: what does it say about our places?"""
        market = self.venue.markets[index]
        for side in (1, -1):
            best = market.best(side)
            for order in self.resting(index, side):
                frozen = best is not None and side * (best - order.limit) > 0
                if market.source == "quotes" and frozen:
                    continue
                new = market.shown[side].get(order.limit, Fraction(0))
                if order.pending:
                    order.pending, order.deleted = False, new == 0
                    order.front = order.shown = new
                elif self.setup.queue not in ("front", "touch", "l3"):
                    self.update_queue(order, new)

    def update_queue(self, order, new):
        """A depth update at the price of a resting order."""
        if new == order.shown:
            return
        others = max(order.shown - order.traded, Fraction(0))
        order.shown, order.traded = new, Fraction(0)
        if new == 0:
            order.front, order.deleted = Fraction(0), True
        elif order.deleted:
            order.front, order.deleted = new, False
        else:
            if others > new and self.setup.queue != "trades_only":
                self.cancel_ahead(order, others, others - new)
            order.front = max(min(order.front, new), Fraction(0))

    def cancel_ahead(self, order, others, gone):
        """Cancels of others: the share that the model puts ahead of us."""
        front = order.front
        back = max(others - front, Fraction(0))
        p = self.share_behind(front, back)
        front -= (1 - p) * gone + max(p * gone - back, Fraction(0))
        order.front = round(front, 9)

    def share_behind(self, front, back):
        """The share of a cancelled quantity that lies behind us."""
        if front == 0:
            return Fraction(1)
        if back == 0:
            return Fraction(0)
        if self.setup.queue == "prob_front":
            return 1 - self.weight(front / (front + back))
        if self.setup.queue == "prob_total":
            return self.weight(back) / self.weight(back + front)
        return self.weight(back) / (self.weight(back) + self.weight(front))

    def weight(self, x):
        """The function of the queue models."""
        with localcontext() as context:
            context.prec = 60
            if self.setup.f == "log":
                one_more = 1 + x
                return Fraction((Decimal(one_more.numerator) / one_more.denominator).ln())
            power = Fraction(self.setup.n)
            if power.denominator == 1:
                return x**power.numerator
            exponent = Decimal(power.numerator) / power.denominator
            return Fraction((Decimal(x.numerator) / x.denominator) ** exponent)

    # -- resting: fills -------------------------------------------------------------------------

    def fill_by_print(self, index, price, size, aggressor, key=None):
        """A recorded trade gives our resting orders, all together, at most its size."""
        market, lot = self.venue.markets[index], self.setup.instruments[index].lot
        for side in (1, -1):
            if aggressor == side:
                continue
            for order in self.resting(index, side):
                distance = side * (order.limit - price)
                if distance < 0 or not order.resting:
                    continue
                share = size - market.given
                if distance == 0:
                    share = self.queue_share(order, size, market, key)
                quantity = floor_to(min(order.leaves, max(share, Fraction(0))), lot)
                if quantity > 0:
                    market.given += quantity
                    self.fill(order, order.limit, quantity, "maker")

    def queue_share(self, order, size, market, key):
        """What a trade at our very price leaves for us."""
        model, given = self.setup.queue, market.given
        if model == "touch":
            return size - given if self.setup.p == 1 else Fraction(0)
        if market.mode == "trades":
            return size - given if self.setup.touch or model == "front" else Fraction(0)
        if model == "l3":
            # A trade that nobody shown made passed by all that was shown.
            shown = key is None and market.shown[order.side].get(order.limit)
            return Fraction(0) if shown or key in order.ahead else size - given
        if order.pending:
            return Fraction(0)
        used = min(order.front, size)
        order.front -= used
        order.traded += size
        return size - used - given

    def fill_by_reach(self, index):
        """The other side of the book has come to our price: what it displays is for us."""
        market, lot = self.venue.markets[index], self.setup.instruments[index].lot
        for side in (1, -1):
            for order in self.resting(index, side):
                for price, left in list(market.levels(-side, self.now, walk=False)):
                    if side * (order.limit - price) < 0 or not order.resting:
                        break
                    quantity = min(order.leaves, floor_to(left, lot))
                    if quantity > 0:
                        market.take(-side, price, quantity)
                        self.fill(order, order.limit, quantity, "maker")

    # -- market data at the venue ---------------------------------------------------------------

    def on_data(self, payload):
        """One update or trade: resting orders are filled first, then stops are tested."""
        index, number, rows = payload
        stream = self.setup.streams[index]
        self.events += 1
        time = self.now + stream.feed_latency
        self.effect(time, CLASS_FEED, number, "feed", payload, stream=index)
        market = self.venue.markets[stream.instrument]
        if stream.kind == "trades" and market.source != "l3":
            self.on_print(stream.instrument, rows[0])
        elif stream.kind == market.source:
            self.on_book(stream.instrument, rows)

    def on_print(self, index, row):
        """A recorded trade."""
        _, price, size, aggressor = row
        price, size, market = Fraction(price), Fraction(size), self.venue.markets[index]
        market.printed(price, size)
        self.fill_by_print(index, price, size, aggressor)
        triggered = self.test_stops(index)
        if market.mode == "book" and any(order.source != "bid_ask" for order in triggered):
            market.deduct_print(price, size, aggressor)

    def on_book(self, index, rows):
        """A change of the book."""
        market = self.venue.markets[index]
        if market.source == "l3":
            self.on_entry(index, rows[0])
        self.change_book(market, rows)
        self.update_queues(index)
        self.fill_by_reach(index)
        self.test_stops(index)

    def on_entry(self, index, row):
        """Order by order data, before it changes the book."""
        _, what, key, side, price, size = row
        market = self.venue.markets[index]
        price, size = Fraction(price), Fraction(size)
        if what == "fill":
            market.printed(price, size)
            self.fill_by_print(index, price, size, -side, key)
            return
        if what == "trade":
            market.printed(price, size)
            self.fill_by_print(index, price, size, side)
            return
        if what == "clear":
            return  # whoever is shown again at this time keeps the place
        entry = market.entries.get(key)
        if what == "add" and market.cleared[0] == row[0]:
            entry = market.cleared[1].get(key)
        stays = entry and entry[:2] == [side, price] and size <= entry[2]
        if what == "cancel":
            stays = 0 < size < entry[2]
        if stays:
            return
        for order in self.venue.open_orders():
            if order.instrument == index and key in order.ahead:
                order.ahead = tuple(other for other in order.ahead if other != key)

    def on_point(self, payload):
        """One of the four points of a bar."""
        stream, number, row, point = payload
        rules = self.setup.streams[stream]
        self.events += 1
        if point == 0:
            time = row[1] + rules.feed_latency
            self.effect(time, CLASS_FEED, number, "feed", (stream, number, [row]), stream=stream)
        market = self.venue.markets[rules.instrument]
        if market.mode != "candles":
            return
        if point == 0:
            market.path = self.path(rules.instrument, row)
            market.until = row[1]
        market.index, market.point = point, market.path[point]
        market.left = self.volume_at(rules.instrument, exact(row[6]), point)
        for order in sorted(self.venue.open_orders(), key=lambda o: o.arrival):
            if order.instrument == rules.instrument and order.working and not order.done:
                self.match(order)
        self.fill_at_point(rules.instrument)
        self.test_stops(rules.instrument)

    def path(self, index, row):
        """The prices of a bar in the order in which they are taken to have happened."""
        start, high, low, close = (Fraction(value) for value in row[2:6])
        rule, held = self.setup.path, self.venue.positions[index][0]
        if rule == "adverse" and held:
            high_first = held < 0
        elif rule in ("adverse", "nearer"):
            up, down = high - start, start - low
            high_first = up < down if up != down else close <= start
        else:
            high_first = rule == "high_first"
        return (start, high, low, close) if high_first else (start, low, high, close)

    def volume_at(self, index, volume, point):
        """A quarter of the bar's volume in whole lots, the remainder on the close."""
        if volume is None:
            return None
        lot = self.setup.instruments[index].lot
        part = floor_to(volume / 4, lot)
        share = part if point < 3 else volume - 3 * part
        return floor_to(share * self.setup.participation, lot)

    def fill_at_point(self, index):
        """Resting limits that a point has passed, buys before sells, share its volume."""
        market = self.venue.markets[index]
        equal = self.setup.touch or (self.setup.queue == "touch" and self.setup.p == 1)
        for side in (1, -1):
            for order in self.resting(index, side):
                distance = side * (order.limit - market.point)
                if not order.resting or distance < 0 or (distance == 0 and not equal):
                    continue
                quantity = order.leaves
                if market.left is not None:
                    quantity = min(quantity, market.left)
                if quantity > 0:
                    better = self.setup.gap_improvement and market.index == 0
                    market.take(-side, market.point, quantity)
                    self.fill(order, market.point if better else order.limit, quantity, "maker")

    # -- stops ----------------------------------------------------------------------------------

    def trailed(self, order, price):
        """Where a trailing stop stands after a price."""
        offset = order.trail
        if offset is None:
            offset = price * order.trail_percent / 100
        tick = self.venue.rules(order).tick
        if order.side > 0:
            return ceil_to(price + offset, tick)
        return floor_to(price - offset, tick)

    def passes(self, order, price):
        """True if a price triggers the order."""
        if price is None:
            return False
        beyond = order.side * (price - order.trigger)
        return beyond <= 0 if order.kind.startswith("touched") else beyond >= 0

    def test_stops(self, index):
        """Every stop looks at its price; returns those that were triggered."""
        market, triggered = self.venue.markets[index], []
        for order in sorted(self.venue.open_orders(), key=lambda o: o.arrival):
            alive = order.active and order.asleep and not order.done
            if order.instrument != index or not alive or order.live_from > self.events:
                continue
            price = market.trigger_price(order.source, order.side)
            if self.passes(order, price):
                triggered.append(order)
                self.trigger(order, self.level_of_stop(order, market))
            elif order.kind == "trailing_stop" and price is not None:
                moved = self.trailed(order, price)
                order.trigger = min(moved, order.trigger, key=lambda t: order.side * t)
        return triggered

    def level_of_stop(self, order, market):
        """Candles: the price that the child meets; a gap at the open gives the open."""
        if market.mode != "candles":
            return None
        if market.index == 0 or order.source == "mark":
            return market.point
        return order.trigger + order.side * self.setup.slippage_ticks * self.venue.rules(order).tick

    def trigger(self, order, level):
        """A stop wakes: its child is matched in the next round of the same time."""
        order.triggered, order.status, order.stop_level = True, "triggered", level
        if order.at_market:
            market = self.venue.market(order)
            best = market.displayed_against(order.side, self.now) if level is None else level
            order.cap = self.protection(order, best)
        short = self.venue.short_of_funds(order, self.now)
        self.tell(order.number, "triggered", None, (order.cap, not short))
        if order.reduce_only:
            room = max(self.venue.reduce_only_room(order), Fraction(0))
            if order.leaves > room:
                self.cut(order, order.leaves - room, "reduce_only")
        if order.done:
            return
        if short:
            others = [self.venue.orders[number] for number in order.group]
            self.refuse(order, "insufficient_funds", others)
            return
        order.due = True
        self.effect(self.now, CLASS_DATA, order.arrival, "child", order.number, stream=-1)

    def on_child(self, number):
        """The child of a triggered stop meets the market."""
        order = self.venue.orders[number]
        order.due = False
        if order.done:
            return
        asked = (order.quantity, order.limit)
        if order.post_only and not order.at_market:
            reason = self.post_only_refusal(order)
            if reason:
                others = [self.venue.orders[n] for n in order.group]
                self.refuse(order, reason, others)
                return
            if asked[1] != order.limit:
                self.tell_amended(order)
        self.match(order)

    # -- amending -------------------------------------------------------------------------------

    def arrive_amend(self, command, order):
        """An amend reaches the venue."""
        number = command["order"]
        if order is None or order.done or not self.amendable(order):
            self.tell(number, "amend_rejected", "not_open")
            return
        values = {n: exact(command.get(n)) for n in ("quantity", "limit", "trigger")}
        old = copy(order)
        before = None if self.venue.cash else self.venue.requirement()
        if values["quantity"] is not None and values["quantity"] <= order.filled:
            self.finish(order, "cancelled", "user")
            return
        for name, value in values.items():
            useless = (name == "limit" and order.at_market) or (
                name == "trigger" and not order.asleep
            )
            if value is not None and not useless:
                setattr(order, name, value)
        reason = self.amend_refusal(order, old, before)
        if reason:
            order.quantity, order.limit, order.trigger = old.quantity, old.limit, old.trigger
            order.lost = old.lost
            self.tell(number, "amend_rejected", reason)
            return
        self.tell_amended(order)
        self.after_amend(order, old)

    def amendable(self, order):
        """Only what waits or rests may be amended."""
        if order.tif in ("ioc", "fok"):
            return False
        return not order.at_market or (order.asleep and order.kind != "market")

    def amend_refusal(self, order, old, before):
        """Why the venue will not have the order in its new form."""
        reason = self.venue.filter_refusal(order)
        if reason or not order.active:
            return reason
        market = self.venue.market(order)
        if order.asleep:
            price = market.trigger_price(order.source, order.side)
            late = self.passes(order, price) and not self.immediate(market)
            return "would_trigger" if late else None
        if order.reduce_only:
            room = self.venue.reduce_only_room(order)
            if room <= 0:
                return "reduce_only_nothing_left"
            excess = max(order.leaves - room, Fraction(0))
            order.quantity, order.lost = order.quantity - excess, order.lost + excess
        if self.venue.short_of_funds(order, self.now, before):
            return "insufficient_funds"
        if order.post_only and order.limit != old.limit:
            reprice, order.reprice = order.reprice, False
            reason = self.post_only_refusal(order)
            order.reprice = reprice
        return reason

    def after_amend(self, order, old):
        """A new price or more quantity loses the place; a new price may take."""
        if not order.active:
            return
        if order.asleep:
            market = self.venue.market(order)
            price = market.trigger_price(order.source, order.side)
            if self.passes(order, price):
                self.trigger(order, market.point if market.mode == "candles" else None)
        elif order.resting and order.limit != old.limit:
            order.resting = False
            self.match(order)
        elif order.resting and order.quantity > old.quantity:
            self.rest(order)


def run(setup):
    """Run one simulation from its first event to its last."""
    return Simulation(setup).run()


DECISIONS = []
