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
from collections import Counter, defaultdict
from copy import copy
from dataclasses import dataclass, field, replace
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import count, groupby

from chance import delay, draw, lost

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
    multiplier: Fraction = Fraction(1)  # base units in one contract
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
    trading: bool = True
    changes: list[tuple[int, dict]] = field(default_factory=list)  # ascending: time, other rules

    def at(self, now):
        """The rules in force at a time."""
        rules = self
        for time, changed in self.changes:
            rules = replace(rules, **changed) if time <= now else rules
        return rules

    def worth(self, price, quantity):
        """What a quantity costs at a price, in quote."""
        return price * quantity * self.multiplier

    def delivered(self, quantity):
        """What a quantity is in units of base."""
        return quantity * self.multiplier

    @property
    def least_lot(self):
        """Of which every lot ever in force is a multiple."""
        lots = [self.lot, *(changed["lot"] for _, changed in self.changes if "lot" in changed)]
        whole = math.lcm(*(lot.denominator for lot in lots))
        return Fraction(math.gcd(*(int(lot * whole) for lot in lots)), whole)


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
    entry: dict[str, int | tuple] = field(default_factory=dict)  # delays of each kind of request
    response: int | tuple = 0
    seed: int = 0
    queue: str = "trades_only"
    f: str = "power"
    n: Fraction = Fraction(1)
    p: Fraction = Fraction(0)
    path: str = "adverse"
    touch: bool = False
    gap_improvement: bool = False
    this_close: bool = False  # what arrives at the end of a candle meets its close
    participation: Fraction = Fraction(1)
    half_spread: Fraction = Fraction(1)
    slippage_ticks: Fraction = Fraction(0)
    slippage_share: Fraction = Fraction(0)  # of the price, instead of ticks
    max_slippage: Fraction = Fraction(1, 20)
    allow_immediate: bool | None = None
    self_trade: str = "expire_taker"
    end: int | None = None  # nothing happens after this time
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
    amount: Fraction | None = None  # at the market: of quote, whatever the quantity
    spent: Fraction = Fraction(0)
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
    active: bool = True  # False for a child whose parent has filled nothing yet
    holds: bool = False  # counts against the account
    held: Fraction = Fraction(0)  # what is held back for it
    most: Fraction | None = None  # at the venue: what a market buy may hold back at most
    purse: Fraction | None = None  # what is left of it while the order takes
    purse_lot: Fraction | None = None
    planned: Fraction = Fraction(0)  # found for it by the present event, not booked yet
    triggered: bool = False
    resting: bool = False  # stands in the book
    working: bool = False  # a market order that waits for a candle point
    turn: bool = False  # one whose turn at the present point is still to come
    cap: Fraction | None = None  # the protection price of a market order
    broke: bool = False  # the money ran out before the quantity
    refused: bool = False  # a candle point with volume left was too dear
    stop_level: Fraction | None = None  # candles: where the child of a stop meets the market
    due: int = 0  # the event in which it meets the market, triggered or grown
    armed: int = 0  # the place of a stop among those that wait
    place: int = 0
    arrival: int = 0
    came: int = -1  # the time of that at the venue
    sent: int = 0  # its number among those sent for its instrument
    visits: int = 0  # how often it went to the market
    drawn: int = 0  # how often chance was asked about it since the last of them
    front: Fraction = Fraction(0)
    ahead: tuple = ()
    shown: Fraction = Fraction(0)
    traded: Fraction = Fraction(0)
    pending: bool = False
    worked: int = 0  # when a reduce-only order began to work
    asked: str | None = None  # the strategy's side: an "amend" or "cancel" without an answer yet

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
        return max(self.unfilled - self.planned, Fraction(0))

    @property
    def unfilled(self):
        """The same before the present event, whose fills are found first and then booked."""
        return self.quantity - self.filled if self.active else Fraction(0)

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
        self.instrument = self.rules = setup.instruments[index]
        self.least_lot = self.instrument.least_lot
        kinds = [s.kind for s in setup.streams if s.instrument == index]
        if len(set(kinds)) != len(kinds):
            raise ValueError(f"two sources of one type for {self.rules.name}")
        self.source = next((k for k in ("l3", "depth", "quotes") if k in kinds), None)
        self.mode = "book" if self.source else "trades" if "trades" in kinds else "candles"
        self.prints = self.source == "l3" or "trades" in kinds
        self.untold = self.source == "l3" and "trades" in kinds  # trades are told by trades alone
        self.shown = {1: {}, -1: {}}
        self.taken = {1: defaultdict(Fraction), -1: defaultdict(Fraction)}
        self.once = {1: None, -1: None}  # the best price that each side showed last
        self.quoted = False  # true after the first quote
        self.mended = False  # the last update crossed the book
        self.window = False  # the last update was a snapshot: worse levels may not be shown
        self.newest = 1  # the side that last showed a quantity
        self.entries = {}  # order by order data: id -> [side, price, quantity]
        self.cleared = -1, {}, None  # when the book was emptied, its entries and its levels
        self.last = None  # the last print
        self.size = self.given = self.used = Fraction(0)  # of the last print
        self.share = Fraction(0)  # what takers may have of it
        self.point = None  # candles: the last price
        self.offered = None  # candles: the volume of that point, whatever we took of it
        self.left = None  # candles: the volume left at that point, `None` without a volume
        self.until = -1  # candles: the end of the current bar
        self.before = None  # candles: end, close, offered and left of the bar before it
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
        self.quoted = True

    def depth(self, rows):
        """One update, row by row; a snapshot changes only the levels that differ afterwards."""
        self.window, before = any(len(row) > 4 and row[4] for row in rows), None
        for row in rows:
            if len(row) > 4 and row[4]:
                before = self.shown, self.taken
                self.shown = {1: {}, -1: {}}
                self.taken = {1: defaultdict(Fraction), -1: defaultdict(Fraction)}
            self.level_becomes(row[1], Fraction(row[2]), Fraction(row[3]), before)
            self.newest = row[1] if row[3] else self.newest
        self.mended = self.mend(self.shown, self.newest)

    def level_becomes(self, side, price, quantity, before):
        """A level that changes forgets what was taken from it."""
        levels, taken = self.shown[side], self.taken[side]
        if quantity == levels.pop(price, 0):
            levels.update({price: quantity} if quantity else {})
            return
        taken.pop(price, None)
        if quantity:
            levels[price] = quantity
            if before and before[0][side].get(price) == quantity:
                taken[price] = before[1][side][price]

    def mend(self, levels, newest):
        """Of a crossed book the newest side stands; what it reaches goes."""
        crossed = False
        if levels[1] and levels[-1] and max(levels[1]) >= min(levels[-1]):
            best = max(levels[1]) if newest > 0 else min(levels[-1])
            for price in list(levels[-newest]):
                if newest * (price - best) <= 0:
                    crossed = True
                    del levels[-newest][price]
                    self.taken[-newest].pop(price, None)
        return crossed

    def printed(self, price, size):
        """A trade of the recorded market."""
        self.last = Fraction(price)
        self.size, self.given, self.used = Fraction(size), Fraction(0), Fraction(0)
        self.share = floor_to(self.size * self.setup.participation, self.least_lot)

    def change_entry(self, row):
        """One change of order by order data; a cancel of nothing takes all there is."""
        time, what, key, side, price, quantity = row
        if what == "trade":
            return
        if what == "clear":
            self.cleared, self.entries = (time, self.entries, (self.shown, self.taken)), {}
            self.shown = {1: {}, -1: {}}
            self.taken = {1: defaultdict(Fraction), -1: defaultdict(Fraction)}
        elif what == "add":
            self.entries[key] = [side, Fraction(price), Fraction(quantity)]
        elif what == "cancel":
            self.entries[key][2] -= Fraction(quantity) or self.entries[key][2]
        elif what == "modify":
            self.entries[key] = [side, Fraction(price), Fraction(quantity)]
        elif key in self.entries:
            self.entries[key][2] -= Fraction(quantity)
        self.entries = {key: entry for key, entry in self.entries.items() if entry[2] > 0}
        before = self.cleared[2] if self.cleared[0] == time else None
        for side in (1, -1):
            new = defaultdict(Fraction)
            for entry_side, entry_price, left in self.entries.values():
                new[entry_price] += left if entry_side == side else 0
            for price in new.keys() | self.shown[side].keys():
                self.level_becomes(side, price, new[price], before)

    # -- what may be asked ----------------------------------------------------------------------

    def unseen(self, side, price):
        """Is the price worse than all that a snapshot shows of its side?"""
        return self.window and all(
            side * (shown - price) > 0 for shown in self.shown[side] or [price]
        )

    def best(self, side):
        """The best displayed price of a side."""
        if not self.shown[side]:
            return None
        return max(self.shown[side], key=lambda price: side * price)

    def last_price(self):
        """The last print, else the last point or close of a candle."""
        return self.point if self.last is None else self.last

    def mark(self):
        """What values a position: the middle of the book, else the last price."""
        return self.last_price() if self.middle() is None else self.middle()

    def middle(self):
        """Half way between the best prices, if both sides show one."""
        if None in (self.best(1), self.best(-1)):
            return None
        return (self.best(1) + self.best(-1)) / 2

    def trade_level(self, side):
        """Trades only: where a taker of this side of the book trades."""
        if self.last is None:
            return None
        return self.last - side * self.setup.half_spread * self.rules.tick

    def opposite_seen(self, side):
        """The best price a taker of `side` sees on the other side of the market.

        Before the first quote that is what trades and candles say.
        """
        if (self.source == "quotes" and not self.quoted) or self.mode != "book":
            return self.point if self.last is None else self.trade_level(-side)
        return self.best(-side)

    def last_seen(self, side):
        """The same; where that side is empty by now what it showed last."""
        seen = self.opposite_seen(side)
        return self.once[-side] if seen is None else seen

    def met(self, side):
        """The best price that a taker of `side` meets, whatever is left there."""
        if self.mode == "book":
            return self.best(-side)
        return self.trade_level(-side) if self.mode == "trades" else self.point

    def displayed_against(self, side, now):
        """The best displayed price a taker of `side` would meet now."""
        if self.mode == "book":
            return self.best(-side)
        if self.mode == "trades":
            return self.trade_level(-side)
        prices = [self.point] if self.is_open(now) and self.offered != 0 else []
        if self.just_closed(now) and self.before[2] != 0:
            prices.append(self.before[1])
        return min(prices, key=lambda price: side * price, default=None)

    def is_open(self, now):
        """Candles: does the present point stand for the market?"""
        return now < self.until or (self.setup.this_close and now == self.until)

    def just_closed(self, now):
        """Candles: has one ended now, and the next one opened, where orders fill at the close?"""
        return self.setup.this_close and self.before is not None and self.before[0] == now

    def trigger_price(self, source, side):
        """The price that a stop of `side` listens to."""
        if source == "mark":
            return self.middle() if self.last_price() is None else self.last_price()
        if self.mode == "book" and (source == "bid_ask" or not self.prints):
            return self.best(-side)
        return self.last if self.mode == "trades" or self.prints else self.point

    # -- what a taker may take ------------------------------------------------------------------

    def levels(self, side, now, *, walk=True):
        """Price and quantity left (`None`: without end) of a side, best first."""
        if self.mode == "candles":
            if self.is_open(now):
                yield self.point, self.left
        elif self.mode == "trades":
            if self.last is not None:
                rest = min(self.share - self.used, self.size - self.given - self.used)
                yield self.trade_level(side), rest
        else:
            prices = sorted(self.shown[side], reverse=side > 0)
            for price in prices:
                yield price, self.shown[side][price] - self.taken[side][self.noted(side, price)]
            if walk and self.source == "quotes" and prices:
                yield from self.invented(side, prices[0])

    def invented(self, side, best):
        """Beyond a quote: every further tick offers the same size."""
        if self.shown[side][best] < self.least_lot:
            return
        for step in count(1):
            price = best - side * step * self.rules.tick
            if price <= 0:
                return
            yield price, self.shown[side][best] - self.taken[side][self.noted(side, price)]

    def noted(self, side, price):
        """What is taken is noted by price, of quotes by the number of ticks behind the best."""
        if self.source != "quotes":
            return price
        return side * (self.best(side) - price) / self.rules.tick

    def take(self, side, price, quantity):
        """Remember what was taken."""
        if self.mode == "candles":
            if self.left is not None:
                self.left -= quantity
        elif self.mode == "trades":
            self.used += quantity
        else:
            self.taken[side][self.noted(side, price)] += quantity

    def take_close(self, side, price, quantity):
        """The same of the candle that has just ended."""
        if self.before[3] is not None:
            self.before[3] -= quantity

    def deduct_print(self, price, size, aggressor):
        """A print that triggered a stop of ours has emptied the level it names."""
        sides = (-aggressor,) if aggressor else (1, -1)
        for side in sides:
            if price in self.shown[side]:
                noted = self.noted(side, price)
                left = self.shown[side][price] - self.taken[side][noted]
                self.taken[side][noted] += min(left, size)
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
        self.counter = count(1)

    def rules(self, order):
        """The instrument of an order with the rules in force."""
        return self.market(order).rules

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
        realised, worth = Fraction(0), money(self.markets[index].rules.worth(price, abs(signed)))
        closing = min(abs(held), abs(signed)) if held * signed < 0 else Fraction(0)
        if closing:
            direction = 1 if held > 0 else -1
            released = cost if closing == abs(held) else money(cost * closing / abs(held))
            proceeds = money(worth * closing / abs(signed))
            realised, worth = direction * proceeds - released, worth - proceeds
            held -= direction * closing
            cost -= released
            signed += direction * closing
        if signed:
            direction = 1 if signed > 0 else -1
            held += signed
            cost += direction * worth
        self.positions[index] = [held, cost, position[2] + realised]
        return realised

    # -- what is held back ----------------------------------------------------------------------

    def fee_is_quote(self, order):
        """True if fees are meant to be paid in the quote asset."""
        return self.setup.fee_in in ("quote", self.rules(order).quote)

    def rungs(self):
        """Maker and taker rates, of all tiers."""
        tiers = [tier[1:] for tier in self.setup.fee_tiers]
        return tiers or [(self.setup.maker, self.setup.taker)]

    def cost_of(self, order, worth, quantity, rate):
        """A buy's cost and its fee, each part rounded up."""
        if not self.fee_is_quote(order):
            return lock_up(worth)
        amount = lock_up(worth * (1 + max(rate, Fraction(0))))
        if quantity and (self.setup.fee_flat or self.setup.fee_per_contract):
            amount += lock_up(self.setup.fee_per_contract * quantity) + lock_up(self.setup.fee_flat)
        return amount

    def outstanding(self, order, price=0, quantity=0):
        """What an order may come to, after a fill that is not booked yet."""
        rest = order.unfilled - quantity
        worth = self.rules(order).worth
        if order.amount is not None and order.side > 0 and rest:
            return order.amount - order.spent - worth(price, quantity)
        return worth(order.price, rest)

    def need(self, order):
        """What an order holds back if nothing else bounds it."""
        if not self.cash:
            return money(self.outstanding(order))
        if order.side < 0:
            return lock_up(self.rules(order).delivered(order.unfilled))
        rate = max(max(rates) for rates in self.rungs())
        return self.cost_of(order, self.outstanding(order), order.unfilled, rate)

    def capped(self, order):
        """True for an order that may cost more than there is: it buys what the money pays for."""
        cuts = order.kind == "market" and order.tif != "fok" and order.amount is None
        return self.cash and cuts and order.side > 0

    def held_in(self, order):
        """The asset that a cash account holds back for an order."""
        rules = self.rules(order)
        return rules.quote if order.side > 0 else rules.base

    def hold(self, order, amount):
        """Count the order against the account."""
        order.holds, order.held = True, amount

    def release(self, order):
        """Count it no longer."""
        order.holds, order.held = False, Fraction(0)

    def rest_now(self, order):
        """Nothing is left of a child for now: it needs nothing, and waits for its trigger anew."""
        self.release(order)
        order.triggered, order.place = False, 0

    def refit(self, order):
        """What is held back for an order follows its new terms."""
        if not order.unfilled:
            self.rest_now(order)
        elif order.holds:
            need = self.need(order)
            order.held = min(need, order.held) if self.capped(order) else need

    def locked(self, asset, now):
        """What is held back of an asset on a cash account."""
        own = [order for order in self.open_orders() if order.holds and self.cash]
        return sum((o.held for o in own if self.held_in(o) == asset), Fraction(0))

    def free(self, asset, now):
        """What is not locked."""
        return self.balances[asset] - self.locked(asset, now)

    def shown_locked(self, asset, now):
        """The same for who reads it: never more than there is.

        A stop that fires may spend what an order on its way was promised.
        """
        return min(self.locked(asset, now), self.balances[asset])

    def order_margin(self, index):
        """The notional of the larger side of the working orders of one instrument.

        What closes the position is spared, at the average price of its side.
        """
        held, sides = self.positions[index][0], []
        for side in (1, -1):
            own = [o for o in self.open_orders() if (o.instrument, o.side) == (index, side)]
            value = sum((o.held for o in own if o.holds), Fraction(0))
            quantity = sum((o.unfilled for o in own if o.holds), Fraction(0))
            spared = min(max(-side * held, Fraction(0)), quantity)
            if spared:
                value -= floor_to(value * spared / quantity, Fraction(1, 10**DIGITS))
            sides.append(value)
        return max(sides)

    def requirement(self):
        """Initial margin of all positions and orders."""
        total = Fraction(0)
        for index, (_, cost, _) in enumerate(self.positions):
            total += abs(cost) + self.order_margin(index)
        return lock_up(total / self.setup.leverage)

    def equity(self):
        """The wallet and what the positions would bring at their marks."""
        total = self.balances[self.setup.instruments[0].quote]
        for market, (held, cost, _) in zip(self.markets, self.positions, strict=True):
            mark = market.mark()
            if held and mark is not None:
                total += money(market.rules.worth(mark, held)) - cost
        return total

    def sibling(self, order):
        """The other leg of a pair, if it has not ended."""
        others = [self.orders.get(number) for number in order.group if number != order.number]
        return next((o for o in others if o is not None and not o.done), None)

    def idle(self, order):
        """True for an order that has no claim on money."""
        return order.done or not order.unfilled or order.asleep or order.reduce_only

    def need_of_two(self, one, other):
        """What two legs need together: whichever fills first, the larger one may fill the rest."""
        whole = []
        for first, then in ((one, other), (other, one)):
            rest = copy(then)
            rest.quantity -= min(first.unfilled, then.unfilled)
            whole.append(self.need(first) + self.need(rest))
        return max(whole)

    def larger(self, one, other):
        """The leg that holds for both."""
        return other if other.unfilled > one.unfilled else one

    def at_most_free(self, order, amount):
        """On a cash account nothing is held back that is not there."""
        if not self.cash:
            return amount
        return min(amount, max(self.free(self.held_in(order), None), Fraction(0)))

    def share(self, order):
        """Two legs hold what they need together once, whatever changed."""
        legs = [leg for leg in (order, self.sibling(order)) if leg is not None]
        legs = [leg for leg in legs if not self.idle(leg)]
        if len(legs) == 2:
            amount, holder = self.need_of_two(*legs), self.larger(*legs)
            for leg in legs:
                self.release(leg)
            self.hold(holder, self.at_most_free(holder, amount))
        for leg in legs[:1] if len(legs) == 1 else []:
            amount = self.need(leg)
            amount = min(amount, leg.held) if leg.holds else amount
            self.release(leg)
            self.hold(leg, self.at_most_free(leg, amount))

    def claim(self, order):
        """A leg that is filled pays out of what both hold."""
        other = self.sibling(order)
        if other is not None and other.holds and not order.holds:
            self.hold(order, other.held)
            self.release(other)

    def secure(self, order, now):
        """Hold back what the order needs; False if there is not enough.

        Two legs hold what they need together once.
        """
        other = self.sibling(order)
        if other is None or not other.holds:
            return self.cover(order, now)
        return self.secure_two(order, other, now)

    def secure_two(self, order, other, now):
        """The same for an order and its other leg, which has a claim too."""
        kept = [(leg, leg.holds, leg.held) for leg in (order, other)]
        amount = self.need_of_two(order, other)
        if amount <= order.held + other.held:
            return True
        self.release(order)
        self.release(other)
        holder = self.larger(order, other)
        enough = self.cover(holder, now, amount - self.need(holder))
        if not enough:
            for leg, holds, held in kept:
                leg.holds, leg.held = holds, held
        return enough

    def cover(self, order, now, beside=0):
        """Hold back what the order needs and something beside, whatever its other leg does."""
        need = self.need(order) + beside
        if self.cash:
            free = self.free(self.held_in(order), now)
            if self.capped(order):
                lot = self.rules(order).lot
                rate = max(max(rates) for rates in self.rungs())
                tick = self.rules(order).tick
                best = floor_to(order.price / (1 + self.setup.max_slippage), tick)
                worth = self.rules(order).worth(max(best, tick), lot)
                least = self.cost_of(order, worth, lot, rate)
                need = min(need, max(free, least))
                need = need if order.most is None else min(need, order.most)
            if free <= 0 or need > free:
                return False
            self.hold(order, need)
            return True
        before = self.requirement()
        self.hold(order, need)
        after = self.requirement()
        if after > before and self.equity() < after:
            self.release(order)
            return False
        return True

    # -- checks ---------------------------------------------------------------------------------

    def reduce_only_room(self, order):
        """What a reduce-only order may still close."""
        held = self.positions[order.instrument][0]
        if held * order.side >= 0:
            return Fraction(0)
        return abs(held) - self.reducing(order.instrument, order.side, {order.number})[0]

    def reducing(self, index, side, without=()):
        """The working reduce-only orders of one side, newest first, and their quantity."""
        found = []
        for order in self.open_orders():
            fits = order.instrument == index and order.side == side and order.reduce_only
            works = order.active and not order.asleep and not order.due
            if fits and works and order.number not in without:
                found.append(order)
        total = sum((order.unfilled for order in found), Fraction(0))
        return total, sorted(found, key=lambda order: -order.worked)

    def refusal(self, order, now, unfit=None):
        """Why an order, already among the orders, may not go on; clips a reduce-only one.

        `unfit` is what only the market at the venue can say against it.
        """
        if order.kind == "market" and order.cap is None:
            return "no_price"
        if not order.quantity:
            return "lot_range"  # an amount of less than a lot
        if order.kind == "trailing_stop":
            market = self.market(order)
            if market.last_price() is None and market.opposite_seen(order.side) is None:
                return "no_price"
        reason = self.filter_refusal(order) or (unfit and unfit(order))
        if reason is None and order.reduce_only and self.cash:
            return "reduce_only_unsupported"
        if reason or order.asleep or not order.active:
            return reason
        return self.means_refusal(order, now)

    def means_refusal(self, order, now):
        """Is there a position to reduce, is there money? Clips a reduce-only order."""
        if order.reduce_only:
            order.worked = next(self.counter)
            room = self.reduce_only_room(order)
            if room <= 0:
                return "reduce_only_nothing_left"
            excess = max(order.unfilled - room, Fraction(0))
            order.quantity -= excess
            return None
        return None if self.secure(order, now) else "insufficient_funds"

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
            ("trading_status", self.halted),
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
        reference = market.best(-order.side)
        reference = market.last_price() if reference is None else reference
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
            for known in (market.last_price(), market.opposite_seen(order.side)):
                price = known if price is None else price
        return None if price is None else self.rules(order).worth(price, order.quantity)

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
            if same and other.number != order.number and other.holds:
                total += other.unfilled
        return total > most

    def halted(self, order):
        return not self.rules(order).trading


class Simulation:
    """The run: one queue of events, the venue's account and the account the strategy sees."""

    def __init__(self, setup):
        exact = {stream.instrument for stream in setup.streams if stream.kind == "l3"}
        if setup.queue == "l3" and not exact.issuperset(range(len(setup.instruments))):
            raise ValueError("the exact queue needs order by order data")
        self.setup = setup
        self.venue, self.view = Account(setup), Account(setup)
        both = (*self.venue.markets, *self.view.markets)
        self.changing = [market for market in both if market.instrument.changes]
        self.queue = []
        self.tickets = count(1)
        self.now = self.round = self.events = 0
        self.requests, self.told = count(1), count(1)
        self.arrivals, self.places, self.arms = count(1), count(1), count(1)
        self.sent, self.talked = Counter(), Counter()
        self.last_sent = self.last_lost = self.last_told = (0, 0)
        self.hits, self.fired = [], []
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
            if stream.kind in ("depth", "l3"):
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
            if self.setup.end is not None and self.queue[0][0] > self.setup.end:
                break
            self.now, self.round, _, _, _, _, what, payload = heapq.heappop(self.queue)
            for market in self.changing:
                market.rules = market.instrument.at(self.now)
            if self.round > ROUND_CAP:
                raise EventStormError(f"more than {ROUND_CAP} rounds at {self.now}")
            getattr(self, "on_" + what)(payload)
        return self.result()

    def result(self):
        """What is left of it."""
        orders = {}
        for number in sorted(self.view.orders):
            order = self.view.orders[number]
            if not order.done:
                order = self.venue.orders.get(number, order)
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
            order = self.view.orders.get(command["order"])
            if order is not None and not order.done and order.asked != "cancel":
                order.asked = do
                self.send(do, order, command)
            return
        orders = self.create(command)
        reasons = {}
        for order in orders:
            self.view.orders[order.number] = order
            reason = self.view.refusal(order, self.now)
            if reason:
                reasons[order.number], order.status = reason, "denied"
        if not reasons:
            for order in orders:
                order.status, order.most = "submitted", order.held
                self.sent[order.instrument] += 1
                order.sent = self.sent[order.instrument]
                self.send("new", order, copy(order))
            return
        for order in orders:
            order.status = "denied"
            self.view.release(order)
            reasons.setdefault(order.number, "oco_leg")
        for number, reason in reasons.items():
            self.view.orders[number].reason = reason
            self.effect(
                self.now, CLASS_MESSAGE, next(self.told) + 10**9, "denial", (number, reason)
            )

    def on_denial(self, payload):
        """The strategy hears that an order was not sent."""
        number, reason = payload
        self.record(number, "denied", reason)

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
        order = Order(number, index, side, kind, Fraction(command.get("quantity", 0)), **given)
        order.arrival = number
        best = self.view.markets[index].last_seen(side)
        if kind == "market":
            order.cap = self.protection(order, best)
        if command.get("amount") is not None:
            amount = Fraction(command["amount"])
            order.quantity = self.lots_for(order, amount, best if kind == "market" else order.limit)
            order.amount = amount if kind == "market" else None
        return order

    def lots_for(self, order, amount, price):
        """The lots that an amount pays for."""
        rules = self.view.rules(order)
        if not price or price <= 0:
            return Fraction(0)
        return floor_to(amount / rules.worth(price, 1), rules.lot)

    def protection(self, order, best):
        """The worst price of a market order, rounded inward to a tick."""
        if best is None:
            return None
        tick = self.view.rules(order).tick
        cap = best * (1 + order.side * self.setup.max_slippage)
        return floor_to(cap, tick) if order.side > 0 else ceil_to(cap, tick)

    def due(self, wait):
        """Time and round of an effect of the present event."""
        return (self.now + wait, 0) if wait else (self.now, self.round + 1)

    def travel(self, kind, model, order):
        """When a message about an order arrives if it overtakes nothing."""
        name = self.setup.instruments[order.instrument].name
        key = (self.setup.seed, f"latency {kind}", name, order.sent)
        k = self.talked[kind, order.number]
        self.talked[kind, order.number] += 1
        return self.due(delay(model, self.now, key, k, back=kind == "back"))

    def send(self, kind, order, payload):
        """A request on its way; it never overtakes another. Perhaps the venue never gets it."""
        model, seq = self.setup.entry.get(kind, 0), next(self.requests)
        wait = lost(model, self.now)
        if wait is not None:
            self.last_lost = max(self.last_lost, self.due(wait))
            self.at((*self.last_lost, CLASS_REQUEST, -1, seq), "lost", (kind, order.number))
            return
        self.last_sent = max(self.last_sent, self.travel(kind, model, order))
        self.at((*self.last_sent, CLASS_REQUEST, 0, seq), "request", (kind, payload))

    def on_lost(self, payload):
        """It is known that a request never reached the venue."""
        kind, number = payload
        what = "rejected" if kind == "new" else f"{kind}_rejected"
        self.answer((self.now, self.round), number, what, "refused")

    def record(self, number, what, detail):
        """What the strategy's side is told, and what it then believes to have."""
        self.messages.append((self.now, number, what, detail))
        view, quote = self.view, self.setup.instruments[0].quote
        assets = set(view.balances) | {quote}
        balances = {}
        for asset in sorted(assets):
            locked = view.shown_locked(asset, self.now) if view.cash else Fraction(0)
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
        elif stream.kind == "trades":
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
            for row in rows:
                if row[1] in ("fill", "trade") and not market.untold:
                    market.printed(row[4], row[5])
                market.change_entry(row)
        for side in (1, -1):
            best = market.best(side)
            market.once[side] = market.once[side] if best is None else best

    def tell(self, number, what, detail=None, extra=None):
        """A message of the venue on its way."""
        order = self.view.orders[number]
        due = self.travel("back", self.setup.response, order)
        self.answer(due, number, what, detail, extra)

    def answer(self, due, number, what, detail=None, extra=None):
        """News that reach the strategy's side when they are due, but overtake nothing."""
        self.last_told = max(self.last_told, due)
        key = (*self.last_told, CLASS_MESSAGE, 0, next(self.told))
        self.at(key, "message", (number, what, detail, extra))

    def on_message(self, payload):
        """A message of the venue reaches the strategy's side."""
        number, what, detail, extra = payload
        order = self.view.orders.get(number)
        touched = None
        if what == "accepted":
            order.status, order.active = "open", True
        elif what == "triggered":
            self.wake(order)
            order.cap = extra
            touched = order
        elif what == "filled":
            self.learn_fill(order, extra)
        elif what == "completed":
            order.status = "filled"
        elif what == "amended":
            order.quantity, order.limit, order.trigger = detail
            self.view.refit(order)
            order.asked = None if extra and order.asked == "amend" else order.asked
            touched = order if order.parent or order.group else None
        elif what in DONE:
            order.status, order.reason = what, detail
            self.view.release(order)
            touched = self.view.sibling(order)
        if order.done or what == f"{order.asked}_rejected":
            order.asked = None
        if touched is not None:
            self.view.share(touched)
        self.record(number, what, detail)

    def learn_fill(self, order, extra):
        """The strategy's side books a fill as it was told."""
        price, quantity, *_ = extra
        order.active = True
        self.view.claim(order)
        self.view.trade(order.instrument, order.side * quantity, price)
        self.book(self.view, order, extra)

    def book(self, account, order, news):
        """A fill's postings and what they change in the order."""
        price, quantity, postings, completes = news
        quote, held = account.rules(order).quote, order.held
        worth = account.rules(order).worth(price, quantity)
        order.filled += quantity
        order.spent += worth
        if order.holds:
            order.held = account.need(order)
        if order.holds and account.cash and order.side > 0:
            # What was spent came out of what was held back.
            fee = sum(-a for asset, a, why in postings if why == "fee" and asset == quote)
            left = held - money(worth) - (fee if account.fee_is_quote(order) else 0)
            extra = self.setup.fee_flat or self.setup.fee_per_contract
            if extra and account.fee_is_quote(order) and not account.capped(order):
                # The flat fee of the next fill is held back anew, as far as it is there.
                left += account.free(quote, self.now) + order.held - held
            order.held = max(min(order.held, left), Fraction(0))
        for asset, amount, _ in postings:
            account.balances[asset] += amount
        account.volume.append((self.now, money(worth)))
        order.status = "filled" if completes else "part_filled"
        if not order.unfilled:
            account.rest_now(order)

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

    def arrive_new(self, order):
        """A new order arrives."""
        order.arrival, order.holds, order.held = next(self.arrivals), False, Fraction(0)
        order.came = self.now
        self.venue.orders[order.number] = order
        self.arrive_one(order)

    def arrive_one(self, order):
        """One new order is checked, accepted and matched; a child waits for its parent."""
        if order.tif == "gtd" and order.expire <= self.now:
            self.finish(order, "expired", "expired")
            return
        if order.tif == "gtd":
            key = (order.expire, 0, CLASS_EXPIRY, 0, order.number)
            self.at(key, "expire", order.number)
        if order.parent is not None:
            self.adopt(order)
            return
        self.join(order)
        if order.done:
            return
        sent, order.quantity = order.quantity, self.lots_met(order) or order.quantity
        asked = (order.quantity, order.limit)
        reason = self.venue.refusal(order, self.now, self.unfit)
        if reason:
            self.refuse(order, reason)
            return
        if order.kind != "market":
            order.status = "open"
            self.tell(order.number, "accepted")
        self.tell_changes(order, asked, converted=order.amount and asked[0] != sent)
        self.enter(order)

    def lots_met(self, order):
        """The lots of an order by amount at the price that it meets."""
        if order.amount is None:
            return None
        market = self.venue.market(order)
        price = market.met(order.side)
        if self.meets_close(order, market) and market.before[3] != 0:
            price = market.before[1]
        return self.lots_for(order, order.amount, price)

    def join(self, order):
        """A leg arrives after the other one: it ends with that, or loses what that has filled."""
        first = [self.venue.orders.get(number) for number in order.group]
        for other in (o for o in first if o is not None and o is not order):
            if other.status == "rejected":
                self.finish(order, "cancelled", "oco")
            elif other.filled:
                self.cut(order, other.filled, "oco")

    def tell_changes(self, order, asked, *, converted):
        """Tell what the arrival has changed: limit or lots of an amount, then the quantity."""
        quantity, limit = asked
        clipped, order.quantity = order.quantity, quantity
        if order.limit != limit or converted:
            self.tell_amended(order)
        order.quantity = clipped
        if clipped != quantity:
            self.tell_amended(order)

    def adopt(self, child):
        """A child closes what its parent has filled and its other leg has not closed."""
        parent = self.venue.orders.get(child.parent)
        others = [self.venue.orders.get(n) for n in child.group if n != child.number]
        others = [other for other in others if other is not None]
        to_close = (parent.filled if parent else 0) - sum(other.filled for other in others)
        refused = any(other.status == "rejected" for other in others)
        if refused or (to_close <= 0 and (parent is None or parent.done)):
            self.finish(child, "cancelled", "oco")
        elif to_close > 0:
            self.grow([child], to_close)
            if not child.done and not child.active and (parent is None or parent.done):
                self.finish(child, "cancelled", "oco")

    def may_grow(self, order):
        """True for a child whose parent still works."""
        return order.parent is not None and not self.venue.orders[order.parent].done

    def refuse(self, order, reason):
        """An order is rejected, and with it its other leg."""
        self.finish(order, "rejected", reason)

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

    def tell_amended(self, order, *, answers=False):
        """Tell what the order asks for now, perhaps in answer to an amend."""
        detail = (order.quantity, order.limit, order.trigger)
        self.tell(order.number, "amended", detail, answers)

    def enter(self, order):
        """An accepted order meets the market."""
        if not order.asleep:
            self.match(order)
            return
        market = self.venue.market(order)
        order.armed = next(self.arms)
        if self.passes(order, market.trigger_price(order.source, order.side)):
            self.fired.append((order, market.point if market.mode == "candles" else None))
            self.fire()

    def on_expire(self, number):
        """The time of a GTD order is over."""
        order = self.venue.orders[number]
        if not order.done:
            self.finish(order, "expired", "expired")

    def finish(self, order, status, reason):
        """The end of an order other than by a fill: its children end that have nothing to close, a
        refused leg takes the other one along, one that ends otherwise leaves it its money.
        """
        self.venue.release(order)
        order.status, order.reason = status, reason
        order.resting = order.working = False
        order.due = 0
        self.tell(order.number, status, reason)
        self.settle_children(order)
        other = self.venue.sibling(order)
        if other is not None and status == "rejected":
            self.finish(other, "cancelled", "oco")
        elif other is not None:
            self.take_over(other)

    def settle_children(self, order):
        """Nothing more will come to the children of an order that has ended."""
        for number in order.children:
            child = self.venue.orders.get(number)
            if child is None or child.done or child.unfilled:
                continue
            if child.filled:
                child.status = "filled"
                self.tell(child.number, "completed")
            else:
                self.finish(child, "cancelled", "oco")

    def take_over(self, order):
        """The leg that is left holds the money that both held once, or ends if that is short."""
        idle = order.holds or order.asleep or not order.unfilled or order.reduce_only
        if not idle and not self.venue.secure(order, self.now):
            self.finish(order, "cancelled", "insufficient_funds")
            return
        self.venue.share(order)

    # -- taking ---------------------------------------------------------------------------------

    def match(self, order):
        """An order meets the market as a taker; what is left rests, waits or ends."""
        order.visits, order.drawn = order.visits + 1, 0
        level, order.stop_level = order.stop_level, None
        order.purse = order.held if self.venue.capped(order) else None
        order.purse_lot = self.venue.rules(order).lot
        if order.amount is not None and order.side > 0:
            order.purse = order.amount
        if order.tif == "fok" and not self.fills_whole(order, level):
            self.finish(order, "cancelled", "fok")
            return
        ended = self.meet_own(order)
        if ended or order.done:
            if ended and not order.done:
                self.finish(order, "cancelled", "self_trade")
            return
        self.take(order, level=level)
        self.after_taking(order)

    def meet_own(self, order):
        """Our own resting orders come after recorded quantity of a better price.

        True if the rest of the order ends with one of them.
        """
        while own := self.own_against(order):
            self.take(order, before=own[0].limit)
            self.book_hits()
            if order.done or not order.leaves or order.broke:
                return False
            if self.own_against(order)[:1] == own[:1] and self.clash(order, own[0]):
                return True
            if order.done:
                return False
        return False

    def after_taking(self, order):
        """What becomes of the rest; it rests before its fills are booked."""
        market, end = self.venue.market(order), None
        if order.leaves and order.at_market:
            in_bar = market.mode == "candles" and self.now < market.until
            if market.mode == "candles" and not market.is_open(self.now):
                order.refused = False
            order.working = market.mode == "candles" and not (in_bar and market.index == 3)
            order.working = order.working and not order.broke
            order.place = order.place or next(self.places)
            end = None if order.working else self.end_of_market(order)
        elif order.leaves and order.tif in ("ioc", "fok"):
            end = order.tif
        elif order.leaves:
            self.rest(order)
        self.book_hits()
        if end and not order.done:
            self.finish(order, "cancelled", end)

    def end_of_market(self, order):
        """Why the rest of a market order is cancelled."""
        if order.broke:
            return "insufficient_funds" if order.amount is None else "quote_quantity"
        return "protection" if order.refused else "no_liquidity"

    def take(self, order, *, before=None, level=None):
        """Find what may be taken within the limit, or at better prices than `before` only."""
        market, side = self.venue.market(order), order.side
        for price, left, note in self.offers(order, level):
            quantity = order.leaves if left is None else floor_to(left, market.least_lot)
            if not order.leaves or order.broke:
                return
            if quantity <= 0:
                continue
            paid = price if level is not None else self.slipped(order, price, before)
            dear = side * (paid - order.price) > 0
            order.refused = order.refused or (dear and before is None)
            if dear or (before is not None and side * (paid - before) >= 0):
                if market.mode == "candles":
                    continue  # after a close the open may be better
                return
            wanted = min(quantity, order.leaves)
            quantity = self.affordable(order, paid, wanted)
            order.broke = quantity < wanted
            if quantity:
                note(-side, price, quantity)
                self.hit(order, paid, quantity, "taker")

    def meets_close(self, order, market):
        """Does it meet the close of the candle at whose end it arrives?"""
        return order.came == self.now and market.just_closed(self.now)

    def offers(self, order, level, *, walk=True):
        """What an order meets: price, what is left of it, and how to note what it takes."""
        market = self.venue.market(order)
        if level is not None:
            yield level, market.left, market.take
            return
        if self.meets_close(order, market):
            yield market.before[1], market.before[3], market.take_close
        for price, left in market.levels(-order.side, self.now, walk=walk):
            yield price, left, market.take

    def slipped(self, order, price, before):
        """What a taker pays where there is no book: a little more, but within its limit."""
        market, tick, side = self.venue.market(order), self.venue.rules(order).tick, order.side
        worse = self.worse(side, price, tick)
        if market.mode == "book" or worse == price:
            return price
        limit = order.price
        if before is not None:
            limit = ceil_to(before, tick) - tick if side > 0 else floor_to(before, tick) + tick
        if side > 0:
            return min(worse, max(floor_to(limit, tick), price))
        return max(worse, min(ceil_to(limit, tick), price))

    def worse(self, side, price, tick):
        """A price with the slippage of a taker: by ticks, or by a share up to the next tick."""
        ticks, share = self.setup.slippage_ticks, self.setup.slippage_share
        if not ticks and not share:
            return price
        moved = price + side * (ticks * tick + share * price)
        if share:
            moved = ceil_to(moved, tick) if side > 0 else floor_to(moved, tick)
        return max(moved, tick)

    def own_against(self, order):
        """Own resting orders that the order would meet, best first."""
        found = [o for o in self.resting(order.instrument, -order.side) if o.resting]
        return [o for o in found if order.side * (o.limit - order.price) <= 0]

    def resting(self, index, side):
        """Own orders in the book of one instrument and side, price before time."""
        orders = [o for o in self.venue.open_orders() if o.resting]
        orders = [o for o in orders if (o.instrument, o.side) == (index, side) and o.leaves > 0]
        return sorted(orders, key=lambda o: (-side * o.limit, o.place))

    def affordable(self, order, price, quantity):
        """The lots that the purse of a market buy pays for."""
        if order.purse is None:
            return quantity
        lot, rate = order.purse_lot, max(r[1] for r in self.venue.rungs())

        def cost(quantity):
            worth = self.venue.rules(order).worth(price, quantity)
            if order.amount is not None:
                return lock_up(worth)
            return self.venue.cost_of(order, worth, quantity, rate)

        if cost(quantity) > order.purse:
            most, least = ceil_to(quantity, lot) // lot, 0
            while most - least > 1:
                middle = (most + least) // 2
                paid = cost(middle * lot) <= order.purse
                most, least = (most, middle) if paid else (middle, least)
            quantity = least * lot
        if quantity:
            order.purse -= cost(quantity)
        return quantity

    def fills_whole(self, order, level):
        """Fill-or-kill: is there enough before the order would meet one of its own?"""
        own, market, total = self.own_against(order), self.venue.market(order), Fraction(0)
        if order.self_trade == "none":
            total = sum((o.leaves for o in own), Fraction(0))
        clash = own[0].limit if own and order.self_trade not in ("none", "expire_maker") else None
        for price, left, _ in self.offers(order, level, walk=False):
            beyond = order.side * (price - order.price) > 0
            if beyond or (clash is not None and order.side * (price - clash) >= 0):
                if market.mode == "candles":
                    continue
                break
            total += order.leaves if left is None else max(left, Fraction(0))
        return total >= order.leaves

    def clash(self, order, own):
        """The order meets one of our own; True if that is the end of it."""
        mode = order.self_trade
        if order.parent == own.number:
            mode = "expire_maker"
        elif own.parent == order.number:
            mode = "expire_taker"
        if mode == "none":
            available = own.leaves
            wanted = min(available, order.leaves)
            quantity = self.affordable(order, own.limit, wanted)
            order.broke = quantity < wanted
            if quantity:
                self.hit(order, own.limit, quantity, "taker")
                self.hit(own, own.limit, quantity, "maker")
            self.book_hits()
        elif mode == "decrement":
            overlap = min(order.leaves, own.leaves)
            self.cut(own, overlap, "self_trade")
            self.cut(order, overlap, "self_trade")
        elif mode == "expire_maker":
            self.finish(own, "cancelled", "self_trade")
        else:
            if mode == "expire_both":
                self.finish(own, "cancelled", "self_trade")
            return True
        return False

    def cut(self, order, amount, reason):
        """Take a quantity off an order; nothing left is its end, unless its parent still works."""
        if not order.unfilled:
            return
        if amount >= order.unfilled:
            if not self.may_grow(order):
                self.finish(order, "cancelled", reason)
                return
            amount = order.unfilled
            order.resting = order.working = False
            order.due = 0
            order.armed = 0
        order.quantity -= amount
        self.venue.refit(order)
        self.venue.share(order)
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
        notional = self.venue.rules(order).worth(price, quantity)
        worth = (maker if liquidity == "maker" else taker) * notional
        return worth + self.setup.fee_flat + self.setup.fee_per_contract * quantity

    def fee_of(self, order, price, quantity, liquidity):
        """Amount and asset of the fee of a fill that is not booked yet."""
        rules, cash = self.venue.rules(order), self.venue.cash
        worth = self.fee_worth(order, price, quantity, liquidity)
        base = rules.delivered(quantity)
        if not self.fee_in_quote(order):
            if self.setup.fee_in == "base":
                return min(money(worth / price), base), rules.base
            asset = self.setup.fee_in
            amount = money(worth / self.fee_asset_price(rules.quote))
            received = base if cash and asset == rules.base and order.side > 0 else 0
            free = self.venue.free(asset, self.now)
            if amount <= max(free + received, Fraction(0)):
                return amount, asset
        amount = money(worth)
        if not cash:
            return amount, rules.quote
        room = self.room_for_fee(order, price, quantity)
        if self.plain_fees():
            return (min(amount, room) if order.side > 0 else amount), rules.quote
        room = max(room, Fraction(0))
        if amount <= room + Fraction(1, 10**DIGITS) or order.side < 0:
            return min(amount, room), rules.quote
        return min(money(worth / price), base), rules.base

    def plain_fees(self):
        """True if there are but two rates, paid in quote."""
        setup = self.setup
        more = setup.fee_flat or setup.fee_per_contract or setup.fee_tiers
        return setup.fee_in == "quote" and not more

    def room_for_fee(self, order, price, quantity):
        """Quote that no order needs for its cost, after a fill that is not booked yet."""
        venue, cost = self.venue, money(self.venue.rules(order).worth(price, quantity))
        free = venue.free(venue.rules(order).quote, self.now)
        if order.side < 0:
            return free + cost
        left, rest = order.held - cost, venue.outstanding(order, price, quantity)
        if not venue.fee_is_quote(order):
            return free + max(left - lock_up(rest), Fraction(0))
        if venue.capped(order) or self.plain_fees():
            return free + left
        return free + left - lock_up(rest)

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

    def hit(self, order, price, quantity, liquidity):
        """Note an execution that is booked when all of the event are found."""
        order.planned += quantity
        order.resting = order.resting and order.leaves > 0
        self.hits.append((order, price, quantity, liquidity))

    def book_hits(self):
        """Book what was found; what one of them takes off another order is lost to all."""
        hits, self.hits = self.hits, []
        for order, price, quantity, liquidity in hits:
            order.planned -= quantity
            left = Fraction(0) if order.done else min(quantity, order.unfilled)
            if left > 0:
                self.fill(order, price, left, liquidity)

    def fill(self, order, price, quantity, liquidity):
        """One fill: money, position, message, and what it does to other orders."""
        venue, rules, number = self.venue, self.venue.rules(order), len(self.fills) + 1
        venue.claim(order)
        fee, asset = self.fee_of(order, price, quantity, liquidity)
        realised = venue.trade(order.instrument, order.side * quantity, price)
        postings = [(rules.quote, realised, "realised")]
        if venue.cash:
            paid = -order.side * money(rules.worth(price, quantity))
            postings = [
                (rules.base, order.side * rules.delivered(quantity), "trade_base"),
                (rules.quote, paid, "trade_quote"),
            ]
        postings.append((asset, -fee, "fee"))
        postings = [(asset, amount, why) for asset, amount, why in postings if amount]
        for posting_asset, amount, reason in postings:
            self.ledger.append((self.now, posting_asset, amount, reason, order.number, number))
        completes = quantity == order.unfilled and not self.may_grow(order)
        news = (price, quantity, postings, completes)
        self.book(venue, order, news)
        self.fills.append((self.now, order.number, price, quantity, liquidity, fee, asset))
        self.tell(order.number, "filled", number, news)
        if not order.unfilled:
            order.resting = order.working = False
        self.follow(order, quantity)

    def follow(self, order, quantity):
        """After a fill: the other leg, children, reduce-only orders."""
        other = self.venue.sibling(order)
        if other is not None:
            self.cut(other, quantity, "oco")
        there = [self.venue.orders.get(number) for number in order.children]
        self.grow([child for child in there if child is not None and not child.done], quantity)
        if order.done:
            self.settle_children(order)
        if not self.venue.cash:
            self.clip_reducing(order.instrument)

    def clip_reducing(self, index):
        """Reduce-only orders never exceed the position; the newest is clipped first."""
        held = self.venue.positions[index][0]
        for side in (1, -1):
            total, orders = self.venue.reducing(index, side)
            excess = total - max(-side * held, Fraction(0))
            for order in orders:
                amount = min(excess, order.unfilled)
                excess -= max(amount, Fraction(0))
                if amount > 0:
                    self.cut(order, amount, "reduce_only")

    def grow(self, children, quantity):
        """The parent was filled: first its children are as much larger, then they go where they
        belong.
        """
        new = [child.number for child in children if not child.active]
        grown = [child for child in children if not child.done and self.enlarge(child, quantity)]
        for child in grown:
            if not child.done:
                self.place_child(child, child.number in new)

    def closable(self, child, quantity):
        """How much more a child can close; on a cash account a sell delivers what was received."""
        venue = self.venue
        if not venue.cash or child.side > 0:
            return quantity
        other = venue.sibling(child)
        there = venue.free(venue.held_in(child), self.now) + child.held
        there += other.held if other is not None else 0
        there /= venue.rules(child).multiplier
        return floor_to(there, venue.rules(child).lot) - (child.unfilled if child.active else 0)

    def enlarge(self, child, quantity):
        """A child comes to life for a quantity, or becomes as much larger, if it can be."""
        quantity = min(quantity, self.closable(child, quantity))
        if quantity <= 0:
            return False
        if child.active:
            child.quantity += quantity
            if self.venue.cash and not self.can_pay(child):
                child.quantity -= quantity
                return False
            self.venue.refit(child)
            self.venue.share(child)
            self.tell_amended(child)
            return True
        child.active, child.quantity = True, quantity
        reason = self.venue.refusal(child, self.now, self.unfit_child)
        if reason:
            self.refuse(child, reason)
            return False
        child.status = "open"
        self.tell(child.number, "accepted")
        self.tell_amended(child)
        return True

    def place_child(self, child, new):
        """A child that has grown waits for its trigger, or meets the market: if it was there before
        or comes for the first time at once, else in the next round.
        """
        if child.asleep:
            if not child.armed and all(order is not child for order, _ in self.fired):
                self.watch(child)
        elif new or child.resting or child.working:
            child.resting = child.working = False
            child.place = 0
            self.match(child)
        elif not child.due and not child.turn:
            self.set_out(child)

    def watch(self, child):
        """A child begins to wait for its trigger; on candles from the next point on."""
        market = self.venue.market(child)
        child.armed = next(self.arms)
        met = self.passes(child, market.trigger_price(child.source, child.side))
        if met and market.mode != "candles":
            self.fired.append((child, None))
            self.fire()

    def unfit_child(self, child):
        """A child is never too late to be a stop."""
        return None if child.asleep else self.unfit(child)

    # -- resting: the queue ---------------------------------------------------------------------

    def rest(self, order):
        """The order takes its place at the back of its level."""
        order.resting, order.place = True, next(self.places)
        order.front = order.traded = order.shown = Fraction(0)
        order.pending = False
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
            order.pending = market.source == "quotes" and (behind or not market.quoted)
            order.pending = order.pending or market.unseen(order.side, order.limit)

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
                self.change_queue(order, new)

    def update_queues_by_row(self, index, rows):
        """Rows of one time are seen one after the other, a snapshot or a mended book as a whole."""
        market, before = self.venue.markets[index], False
        for row in rows:
            before = before or (len(row) > 4 and row[4])
            for order in self.resting(index, row[1]):
                if not before and order.limit == row[2]:
                    self.change_queue(order, row[3])
        if before or market.mended:
            for side in (1, -1):
                for order in self.resting(index, side):
                    if not market.unseen(side, order.limit):
                        new = market.shown[side].get(order.limit, Fraction(0))
                        self.change_queue(order, new)

    def change_queue(self, order, new):
        """The queue of an order, if the model has any."""
        if order.pending:
            order.pending, order.front, order.shown = False, new, new
        elif self.setup.queue not in ("front", "touch", "l3"):
            self.update_queue(order, new)

    def update_queue(self, order, new):
        """A depth update at the price of a resting order."""
        if new == order.shown:
            return
        others = max(order.shown - order.traded, Fraction(0))
        order.shown, order.traded = new, Fraction(0)
        if others > new > 0 and self.setup.queue != "trades_only":
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
            return 1 - self.weight(front / (front + back)) / self.weight(Fraction(1))
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
        market, lot = self.venue.markets[index], self.venue.markets[index].least_lot
        for side in (1, -1):
            if aggressor == side:
                continue
            for order in self.resting(index, side):
                distance = side * (order.limit - price)
                if distance < 0 or not order.resting:
                    continue
                share = size - market.given
                if distance == 0:
                    share = self.queue_share(order, size, market, aggressor, key)
                quantity = floor_to(min(order.leaves, max(share, Fraction(0))), lot)
                if quantity > 0:
                    market.given += quantity
                    self.hit(order, order.limit, quantity, "maker")

    def queue_share(self, order, size, market, aggressor, key):
        """What a trade at our very price leaves for us."""
        model, given = self.setup.queue, market.given
        if market.mode == "trades" and self.setup.touch:
            return size - given
        if model == "touch":
            return size - given if self.lucky(order) else Fraction(0)
        if market.mode == "trades":
            return size - given if model == "front" else Fraction(0)
        if model == "l3":
            # A trade that nobody shown made passed by all that was shown.
            sides = (order.side,) if aggressor else (1, -1)
            shown = key is None and any(market.shown[side].get(order.limit) for side in sides)
            return Fraction(0) if shown or key in order.ahead else size - given
        if order.pending:
            return Fraction(0)
        used = min(order.front, size)
        order.front -= used
        order.traded += size
        return size - used - given

    def lucky(self, order):
        """True if chance fills an order whose price is touched; every touch draws anew."""
        name = self.setup.instruments[order.instrument].name
        number = (order.visits - 1 << 32) + order.drawn
        bits = draw(self.setup.seed, "queue touch", name, order.sent, number)
        order.drawn += 1
        return Fraction(bits * 10**9 >> 64, 10**9) < self.setup.p

    def fill_by_reach(self, index):
        """The other side of the book has come to our price: what it displays is for us."""
        market, lot = self.venue.markets[index], self.venue.markets[index].least_lot
        for side in (1, -1):
            for order in self.resting(index, side):
                for price, left in list(market.levels(-side, self.now, walk=False)):
                    if side * (order.limit - price) < 0 or not order.resting:
                        break
                    quantity = min(order.leaves, floor_to(left, lot))
                    if quantity > 0:
                        market.take(-side, price, quantity)
                        self.hit(order, order.limit, quantity, "maker")

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
        self.test_stops(index)
        if market.mode == "book" and self.fired:
            market.deduct_print(price, size, aggressor)
        self.book_hits()
        self.fire()

    def on_book(self, index, rows):
        """A change of the book."""
        market = self.venue.markets[index]
        if market.source == "l3":
            self.on_entries(index, rows)
        else:
            self.change_book(market, rows)
        if market.source == "depth":
            self.update_queues_by_row(index, rows)
        elif market.source == "quotes":
            self.update_queues(index)
        self.fill_by_reach(index)
        self.test_stops(index)
        self.book_hits()
        self.fire()

    def on_entries(self, index, rows):
        """Order by order data of one time: the book is whole after the last of them only."""
        market, anew = self.venue.markets[index], False
        for number, row in enumerate(rows):
            self.on_entry(index, row)
            market.change_entry(row)
            anew = anew or row[1] == "clear"
            if not anew or number + 1 == len(rows):
                self.update_queues(index)
            if number + 1 < len(rows):
                self.book_hits()
                self.fire()

    def on_entry(self, index, row):
        """Order by order data, before it changes the book."""
        _, what, key, side, price, size = row
        market = self.venue.markets[index]
        price, size = Fraction(price), Fraction(size)
        if what in ("fill", "trade"):
            market.printed(price, size)
            fill = what == "fill"
            self.fill_by_print(index, price, size, -side if fill else side, key if fill else None)
            self.test_stops(index)
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
            late = rules.feed_latency  # an effect of the bar's end
            key = (row[1] + late, 0 if late else 1, CLASS_FEED, stream, number)
            self.at(key, "feed", (stream, number, [row]))
        market = self.venue.markets[rules.instrument]
        if market.mode != "candles":
            return
        if point == 0:
            market.path = self.path(rules.instrument, row)
            if market.until >= 0:
                market.before = [market.until, market.point, market.offered, market.left]
            market.until = row[1]
        market.index, market.point = point, market.path[point]
        market.offered = self.volume_at(rules.instrument, exact(row[6]), point)
        market.left = market.offered
        turns = sorted(self.venue.open_orders(), key=lambda o: o.place)
        turns = [o for o in turns if o.instrument == rules.instrument and o.working]
        for order in turns:
            order.working, order.turn = False, True
        for order in turns:
            order.turn = False
            if not order.done:
                self.work_on(order)
        self.fill_at_point(rules.instrument)
        self.test_stops(rules.instrument)
        self.book_hits()
        self.fire()

    def work_on(self, order):
        """A market order goes on at the next point."""
        self.convert(order)
        if self.meet_own(order):
            self.finish(order, "cancelled", "self_trade")
        elif not order.done:
            self.take(order)
            self.after_taking(order)

    def convert(self, order):
        """An order by amount that took nothing yet becomes the lots of this point, if it may."""
        lots = self.lots_met(order)
        if order.filled or not lots or lots == order.quantity:
            return
        old, order.quantity = copy(order), lots
        if self.venue.filter_refusal(order) or self.amend_short(order, old):
            order.quantity = old.quantity
            return
        self.venue.refit(order)
        self.venue.share(order)
        self.tell_amended(order)
        self.clip(order)

    def clip(self, order):
        """A reduce-only order loses what it could not reduce."""
        if order.reduce_only:
            excess = order.unfilled - max(self.venue.reduce_only_room(order), Fraction(0))
            if excess > 0:
                self.cut(order, excess, "reduce_only")

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
        lot = self.venue.markets[index].least_lot
        part = floor_to(volume / 4, lot)
        share = part if point < 3 else volume - 3 * part
        return floor_to(share * self.setup.participation, lot)

    def fill_at_point(self, index):
        """Resting limits that a point has passed, buys before sells, share its volume."""
        market = self.venue.markets[index]
        chance = self.setup.queue == "touch" and not self.setup.touch
        for side in (1, -1):
            for order in self.resting(index, side):
                distance = side * (order.limit - market.point)
                if not order.resting or distance < 0:
                    continue
                if distance == 0 and not (self.lucky(order) if chance else self.setup.touch):
                    continue
                quantity = order.leaves
                if market.left is not None:
                    quantity = min(quantity, market.left)
                if quantity > 0:
                    better = self.setup.gap_improvement and market.index == 0
                    market.take(-side, market.point, quantity)
                    self.hit(order, market.point if better else order.limit, quantity, "maker")

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
        """Every stop looks at its price; those that are triggered fire after the fills."""
        market = self.venue.markets[index]
        for order in sorted(self.venue.open_orders(), key=lambda o: o.armed):
            waits = order.active and order.asleep and order.armed
            if order.instrument != index or not waits:
                continue
            price = market.trigger_price(order.source, order.side)
            if self.passes(order, price):
                order.armed = 0
                self.fired.append((order, self.level_of_stop(order, market)))
            elif order.kind == "trailing_stop" and price is not None:
                moved = self.trailed(order, price)
                order.trigger = min(moved, order.trigger, key=lambda t: order.side * t)

    def fire(self):
        """What was triggered and has not ended since wakes."""
        fired, self.fired = self.fired, []
        for order, level in fired:
            if not order.done and order.unfilled:
                self.trigger(order, level)

    def level_of_stop(self, order, market):
        """Candles: the price that the child meets; a gap at the open gives the open."""
        if market.mode != "candles":
            return None
        if market.index == 0 or order.source == "mark":
            return market.point
        return self.worse(order.side, order.trigger, self.venue.rules(order).tick)

    def trigger(self, order, level):
        """A stop wakes: its child is matched in the next round of the same time."""
        self.wake(order)
        order.stop_level, order.armed = level, 0
        if order.at_market:
            market = self.venue.market(order)
            best = level
            if best is None:
                best = market.best(-order.side) if market.mode == "book" else None
                best = market.trade_level(-order.side) if market.mode == "trades" else best
            order.cap = self.protection(order, order.trigger if best is None else best)
        if not order.reduce_only and not self.venue.secure(order, self.now):
            self.turn_away(order, "insufficient_funds")
            return
        self.tell(order.number, "triggered", None, order.cap)
        self.set_out(order)

    def wake(self, order):
        """The trigger of an order was met; a part that was filled before still shows."""
        order.triggered = True
        order.status = "part_filled" if order.filled else "triggered"

    def turn_away(self, order, reason):
        """An order that may not go on; what is filled of it stands."""
        if order.filled:
            self.finish(order, "cancelled", reason)
        else:
            self.refuse(order, reason)

    def set_out(self, order):
        """It meets the market in the next round."""
        order.due = next(self.told)
        payload = (order.number, order.due)
        self.effect(self.now, CLASS_DATA, order.due, "child", payload, stream=-1)

    def on_child(self, payload):
        """The child of a triggered stop, or one that has grown, meets the market."""
        number, due = payload
        order = self.venue.orders[number]
        if order.done or order.due != due:
            return
        order.due = 0
        if order.resting or order.working or not order.unfilled:
            return
        if order.post_only:
            level, reprice, order.reprice = order.stop_level, order.reprice, False
            crosses = level is not None and order.side * (level - order.limit) <= 0
            reason = "post_only_would_cross" if crosses else self.post_only_refusal(order)
            order.reprice = reprice
            if reason:
                self.turn_away(order, reason)
                return
        if order.reduce_only:
            order.worked = next(self.venue.counter)
            self.clip(order)
        if not order.done:
            self.match(order)

    # -- amending -------------------------------------------------------------------------------

    def arrive_amend(self, command, order):
        """An amend reaches the venue."""
        number = command["order"]
        if order is None or order.done:
            self.tell(number, "amend_rejected", "not_open")
            return
        if not self.amendable(order):
            self.tell(number, "amend_rejected", "not_amendable")
            return
        values = {n: exact(command.get(n)) for n in ("quantity", "limit", "trigger")}
        if values["quantity"] is not None and values["quantity"] <= order.filled:
            self.finish(order, "cancelled", "user")
            return
        old = copy(order)
        for name, value in values.items():
            if value is not None:
                setattr(order, name, value)
        reason = self.amend_refusal(order, old)
        if reason:
            order.quantity, order.limit, order.trigger = old.quantity, old.limit, old.trigger
            self.tell(number, "amend_rejected", reason)
            return
        self.venue.refit(order)
        self.venue.share(order)
        self.tell_amended(order, answers=True)
        self.after_amend(order, old)

    def amendable(self, order):
        """Only what waits or rests may be amended."""
        if not order.unfilled:
            return False
        if order.asleep:
            return True
        return not order.due and not order.at_market and order.tif not in ("ioc", "fok")

    def amend_refusal(self, order, old):
        """Why the venue will not have the order in its new form."""
        if order.reduce_only and not order.asleep:
            room = self.venue.reduce_only_room(order)
            if room <= 0:
                return "reduce_only_nothing_left"
            order.quantity = min(order.quantity, room + order.filled)
        reason = self.venue.filter_refusal(order)
        if reason:
            return reason
        if order.asleep:
            market = self.venue.market(order)
            price = market.trigger_price(order.source, order.side)
            late = self.passes(order, price) and not self.immediate(market)
            return "would_trigger" if late else None
        if order.post_only and (order.limit != old.limit or order.quantity > old.quantity):
            reprice, order.reprice = order.reprice, False
            reason = self.post_only_refusal(order)
            order.reprice = reprice
        return reason or self.amend_short(order, old)

    def amend_short(self, order, old):
        """Is there the money for the new form? Nothing is held back yet."""
        return None if self.can_pay(order) else "insufficient_funds"

    def can_pay(self, order):
        """Is there the money for an order as it is now, if what it and its leg hold is free?"""
        venue = self.venue
        other = venue.sibling(order)
        kept = [(leg, leg.holds, leg.held) for leg in (order, other) if leg is not None]
        for leg, _, _ in kept:
            venue.release(leg)
        if venue.idle(order):
            enough = True
        elif other is None or venue.idle(other):
            enough = venue.cover(order, self.now)
        else:
            enough = venue.secure_two(order, other, self.now)
        for leg, holds, held in kept:
            leg.holds, leg.held = holds, held
        return enough

    def after_amend(self, order, old):
        """A new price or more quantity loses the place, and a new price may take."""
        if order.asleep:
            market = self.venue.market(order)
            price = market.trigger_price(order.source, order.side)
            order.armed = next(self.arms)
            if order.kind == "trailing_stop" and price is not None:
                moved = self.trailed(order, price)
                order.trigger = min(moved, order.trigger, key=lambda t: order.side * t)
            if self.passes(order, price):
                self.fired.append((order, market.point if market.mode == "candles" else None))
                self.fire()
        elif order.limit != old.limit or order.quantity > old.quantity:
            order.resting = False
            self.match(order)


def run(setup):
    """Run one simulation from its first event to its last."""
    return Simulation(setup).run()


# Where the rules leave room.
DECISIONS = """\
- A market order needs a price that the other side has shown by when it is sent, be that side empty
  now; before the first quote the last trade or candle says it, else it is denied no_price. A
  trailing stop needs one that is shown now. What has no price now breaks no rule of its value.
- Positions are valued at the middle of the touch, else at the last price; the trigger source mark
  is the last price, else the middle.
- A requirement of margin is rounded up once, for all positions and orders together; what closes a
  position is spared at the average price of its side.
- A fill that flips a position is rounded once and split, the rest by subtraction.
- The ladder of fees counts what fills cost as it is booked, rounded.
- A buy's lock is what its leaves need, but never more than what fills have left of it; it covers
  the dearest rate of all tiers, and amounts beside the rate once.
- A market buy holds back at most what is free, but the cost of a lot at the best price at least; it
  buys what that pays for, rounded up fill by fill. Fill-or-kill and triggered orders are paid for
  in full.
- An order by amount is so many lots: a limit when it is sent, a market order at the best price that
  it meets, on candles at each point until it took something, if rules and money allow them. A buy
  holds back what it has not spent of the amount, and its fee. A sell may receive more than the
  amount where later points are better.
- Two legs hold once what they need whichever fills first: the larger one, alone, and never more
  than there is. A leg that arrives after the
  other one loses what that has filled, and ends with it if it was rejected.
- Each time that an order goes to the market it draws from another line of draws. A request that the
  venue never gets is known as lost after the way there and back, but not before answers that are on
  their way.
- Rules of a time hold for what happens at it. Every price and quantity is a multiple of the steps
  of which all that were ever in force are; matching counts quantities in these, whatever the lot of
  the time. Prices that it makes up lie on the tick of the time; what was taken behind a quote is so
  many ticks behind it.
- A hidden trade of unknown side fills nobody where others are shown at its price on either side.
- Legs of a pair and members of a family are checked one by one; those that nothing is wrong with
  are denied oco_leg.
- The executions of one event are found first and then booked; what a booking takes off another
  order is lost to all.
- A child is as large as what its parent has filled, less what its other leg has; each fill of the
  parent makes it larger and sends it to the back. With nothing left it is out of the market, but
  not at its end before its parent is: then it is filled, or cancelled oco if it never was. Until
  then it can be cancelled, not amended, and the parent's next fill brings it back: to the market a
  round later, a stop to wait for its trigger anew.
- A child that is a stop fires at once if its trigger is met already, on candles from the next
  point on.
- Where an entry meets its own exit, the rest of the entry ends, unless they may trade.
- The rest of an order that fails at its trigger is cancelled if a part of it was filled before.
- A triggered order that is short of funds is rejected without a message of its trigger; a reduce-
  only one is clipped when it meets the market; a post-only one is never repriced.
- Stops fire in the order in which their present terms began to wait; reduce-only orders are
  clipped in the reverse order in which they began to work.
- A market order that arrives at the last point of a candle ends with it; market orders that work
  on take their turns in the order in which they began.
- Of crossed or locked depth the side that changed last stands, what it reaches is gone for the
  queues too; orders one by one stand where they lock the book, and never cross when a time is over.
  Rows of one time are seen by the queues one after the other.
- Before the first quote every place in a queue is pending; one that the best price has passed
  over without showing it leads. A snapshot says nothing of prices worse than all it shows; a place
  taken there is pending.
- A level that vanished leaves nobody ahead; who shows there later came later.
- Beside orders one by one trades change nothing at the venue, which has them from the orders; to
  the strategy they are the trades that there were.
- A touch fills where trades or candles alone show the market, never where there is a book.
- The price band lies around the best price of the other side, else the last. Ticks and the price
  range hold for triggers too, except trailing ones.
- max_position counts what is held back for, so two legs once and reduce-only orders not.
- Waiting stops may be amended whatever their time in force.
- A contract delivers its multiplier of base for each one; bounds of quantity and position count
  contracts.
- An order may have been promised money that a stop spends before it arrives; the strategy then
  reads that nothing is free.
- Where orders fill at the close that they were sent on, what arrives at the end of a candle meets
  that close, then the open that comes at this time; what was there already, amended or woken, is
  too late for it. A post-only order is refused by either, whatever we took there.
- The end of a candle is its event at the venue: without feed latency it is seen a round later.
- Slippage moves every price that a taker meets on candles and trades, never beyond its limit.
- Nothing happens after the last row has reached the strategy.
"""
