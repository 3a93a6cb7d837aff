"""Plays one `Setup` on both exchanges: the slow twin and the real one through its public API.

Both give the same shape, `Played`, whose entries are exact: fills, postings and orders as
fractions; what a hook saw as the floats that hooks get.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from fractions import Fraction
from pathlib import Path
from typing import Any

import pyarrow as pa

import barter_python as bt

sys.path.insert(0, str(Path(__file__).parent / "reference"))
from exchange import STOPS, Setup, Simulation, money

START = 19_676 * 86_400 * 1_000_000_000  # a midnight; the times of a setup count from here
NAMED = {1: "buy", -1: "sell", 0: "unknown"}
RULES = (
    "tick", "lot", "min_notional", "min_price", "max_price", "min_quantity", "max_quantity",
    "market_max_quantity", "max_notional", "max_orders", "max_position", "band",
)  # fmt: skip
MODELS = {"prob": "", "prob_total": "_total", "prob_front": "_front"}


@dataclass
class Played:
    """What a run leaves behind."""

    told: list  # (time, order, its terms, balances, positions) after each message
    fills: list
    ledger: list  # without the deposits
    orders: list
    balances: dict
    positions: list  # of each instrument: quantity, realised and unrealised profit at the end
    profits: dict  # of each instrument at the venue: realised


def text(value: Any) -> str | None:
    """A fraction as the decimal text that it is."""
    if value is None or isinstance(value, int):
        return None if value is None else str(value)
    with localcontext() as context:
        context.prec = 60
        exact = Decimal(value.numerator) / Decimal(value.denominator)
    assert Fraction(exact) == value
    return f"{exact:f}"


def end_of(setup: Setup) -> int:
    """When the last row reaches the strategy: the run ends there."""
    last = [stream.rows[-1][stream.kind == "candles"] for stream in setup.streams]
    return max(t + stream.feed_latency for t, stream in zip(last, setup.streams, strict=True))


# -- the twin ------------------------------------------------------------------------------------


class Watched(Simulation):
    """The twin, with a note of what the strategy's side knows after each message."""

    def __init__(self, setup: Setup) -> None:
        super().__init__(replace(setup, end=end_of(setup)))
        self.noted = []

    def record(self, number, what, detail):
        super().record(number, what, detail)
        order = self.view.orders[number]
        trigger = None if order.kind == "trailing_stop" else order.trigger
        terms = (order.quantity, order.filled, order.limit, trigger)
        pending = (order.asked == "amend", order.asked == "cancel")
        state = (order.status, order.reason, *pending)
        held = [float(position[0]) for position in self.view.positions]
        own = (number, *state, *(None if x is None else float(x) for x in terms))
        self.noted.append((self.now, own, self.money(), held))

    def held(self) -> list:
        """Positions as the strategy's side knows them."""
        found = []
        for market, (quantity, cost, realised) in zip(
            self.view.markets, self.view.positions, strict=True
        ):
            mark = market.mark()
            worth = None if mark is None else money(market.rules.worth(mark, quantity))
            unrealised = None if worth is None else float(worth - cost)
            found.append((float(quantity), float(realised), unrealised))
        return found

    def money(self) -> dict:
        """Total, free and locked of each asset."""
        view, quote = self.view, self.setup.instruments[0].quote
        found = {}
        assets = set(self.setup.balances) | {quote}
        if view.cash:
            assets |= {rules.base for rules in self.setup.instruments}
        for asset in sorted(assets):
            total = view.balances[asset]
            if view.cash:
                locked = view.shown_locked(asset, self.now)
                free = total - locked
            elif asset == quote:
                locked = view.requirement()
                free = view.equity() - locked
            else:
                locked, free = Fraction(0), total
            found[asset] = (float(total), float(free), float(locked))
        return found


def play_twin(setup: Setup) -> Played:
    simulation = Watched(setup)
    result = simulation.run()
    orders = [
        (number, o["status"], o["reason"], o["quantity"], o["filled"], o["limit"])
        for number, o in result.orders.items()
    ]
    ledger = [row for row in result.ledger if row[3] != "deposit"]
    balances = {asset: amount for asset, amount in result.balances.items() if amount}
    names = [rules.name for rules in setup.instruments]
    profits = dict(zip(names, (realised for *_, realised in result.positions), strict=True))
    return Played(
        simulation.noted, result.fills, ledger, orders, balances, simulation.held(), profits
    )


# -- the exchange --------------------------------------------------------------------------------


def rule(value: Any) -> Any:
    """What a rule says, as an instrument takes it."""
    if isinstance(value, tuple):
        return tuple(map(text, value))
    return value if value is None or isinstance(value, int) else text(value)


def instrument(rules: Any) -> bt.Instrument:
    given = {name: getattr(rules, name) for name in RULES if getattr(rules, name) is not None}
    changes = [
        (START + t, {name: rule(value) for name, value in changed.items()})
        for t, changed in rules.changes
    ]
    return bt.Instrument(
        rules.name, base=rules.base, quote=rules.quote, kind=rules.kind, rules=changes,
        multiplier=text(rules.multiplier),
        **{name: rule(value) for name, value in given.items()},
    )  # fmt: skip


def columns(kind: str, rows: list) -> dict[str, list]:
    """The rows of a stream as columns of text and integers."""
    table = {"time": [START + row[0] for row in rows]}
    if kind == "quotes":
        for at, name in enumerate(("bid", "bid_quantity", "ask", "ask_quantity"), 1):
            table[name] = [text(row[at]) for row in rows]
    elif kind == "trades":
        table["side"] = [NAMED[row[3]] for row in rows]
        table["price"] = [text(row[1]) for row in rows]
        table["quantity"] = [text(row[2]) for row in rows]
    elif kind == "l3":
        table["action"], table["order_id"] = [row[1] for row in rows], [row[2] for row in rows]
        table["side"] = [NAMED[row[3]] if row[3] else "none" for row in rows]
        table["price"] = [text(row[4]) for row in rows]
        table["quantity"] = [text(row[5]) for row in rows]
    elif kind == "depth":
        table["side"] = [NAMED[row[1]] for row in rows]
        table["price"] = [text(row[2]) for row in rows]
        table["quantity"] = [text(row[3]) for row in rows]
        table["snapshot"] = [int(len(row) > 4 and bool(row[4])) for row in rows]
    else:
        for at, name in enumerate(("open", "high", "low", "close"), 2):
            table[name] = [text(row[at]) for row in rows]
        if rows[0][6] is not None:
            table["volume"] = [text(row[6]) for row in rows]
    return table


def data(setup: Setup, known: list[bt.Instrument]) -> list[bt.MarketData]:
    """The streams in their order."""
    loaded = []
    for stream in setup.streams:
        more: dict[str, Any] = {"unit": "ns", "instrument": known[stream.instrument]}
        more["feed_latency"] = stream.feed_latency
        if stream.kind == "depth":
            more["book"] = "build"
        elif stream.kind == "candles":
            more |= {"stamp": "open", "every": stream.rows[0][1] - stream.rows[0][0]}
            more["volume_unit"] = "contracts"
        load = bt.market_by_order if stream.kind == "l3" else getattr(bt, stream.kind)
        loaded.append(load(columns(stream.kind, stream.rows), **more))
    return loaded


def fees(setup: Setup) -> bt.Fees:
    amounts = {"flat": text(setup.fee_flat), "per_contract": text(setup.fee_per_contract)}
    price = setup.fee_price if setup.fee_in not in ("quote", "base") else None
    paid = {"asset": setup.fee_in, "price": text(price)}
    if setup.fee_tiers:
        tiers = [tuple(text(Fraction(value)) for value in tier) for tier in setup.fee_tiers]
        return bt.Fees(tiers=tiers, **amounts, **paid)
    return bt.Fees(text(setup.maker), text(setup.taker), **amounts, **paid)


def queue(setup: Setup) -> str:
    if setup.queue == "touch":
        return f"touch {text(setup.p)}"
    if setup.queue not in MODELS:
        return setup.queue
    share = MODELS[setup.queue]
    return f"log{share}" if setup.f == "log" else f"power{share} {int(setup.n)}"


def slippage(setup: Setup) -> int | str:
    if setup.slippage_share:
        return f"{text(setup.slippage_share * 10_000)}bp"
    return int(setup.slippage_ticks)


def delay(model: int | tuple) -> Any:
    """A delay as `Latency` takes it."""
    if isinstance(model, int):
        return model
    name, *given = model
    if name == "uniform":
        return f"uniform {given[0]}ns {given[1]}ns"
    if name == "lognormal":
        return f"lognormal {given[0]}ns {text(given[1])}"
    rows = [[None if t is None else START + t for t in row] for row in given[0]]
    names = ("sent", "at_venue", "back")
    return {name: [row[at] or 0 for row in rows] for at, name in enumerate(names)}


def venue(setup: Setup) -> bt.SimulatedExchange:
    new, amend, cancel = (delay(setup.entry.get(kind, 0)) for kind in ("new", "amend", "cancel"))
    latency = bt.Latency(new, amend=amend, cancel=cancel, back=delay(setup.response))
    return bt.SimulatedExchange(
        account=setup.account, fees=fees(setup), latency=latency, queue=queue(setup),
        path=setup.path, touch="fill" if setup.touch else "pass", leverage=int(setup.leverage),
        max_slippage=text(setup.max_slippage), self_trade=setup.self_trade,
        allow_immediate=setup.allow_immediate, slippage=slippage(setup),
        participation=text(setup.participation), half_spread=int(setup.half_spread),
        gap_improvement=setup.gap_improvement,
        bar_fill="this_close" if setup.this_close else "next_open",
    )  # fmt: skip


def words(command: dict) -> dict[str, Any]:
    """A command of a setup as the words of `submit`."""
    kind, given = command["kind"], {}
    if "limit" in kind:
        given["limit"] = text(command["limit"])
    if kind == "trailing_stop":
        percent = command.get("trail_percent")
        given["trail"] = text(command["trail"]) if percent is None else f"{text(percent)}%"
    elif kind in STOPS:
        given["if_touched" if kind.startswith("touched") else "trigger"] = text(command["trigger"])
    if kind in STOPS:
        given["trigger_by"] = command.get("source", "last")
    if command.get("tif", "gtc") != "gtc":
        given["time_in_force"] = command["tif"]
    if command.get("expire") is not None:
        given["expire"] = START + command["expire"]
    if "amount" in command:
        given["quote_quantity"] = text(command["amount"])
    for name in ("post_only", "reprice", "reduce_only"):
        given[name] = bool(command.get(name))
    if command.get("self_trade") is not None:
        given["self_trade"] = command["self_trade"]
    return given


class Player(bt.Strategy):
    """Sends the commands of a setup by timers, and notes what it is told."""

    def __init__(self, setup: Setup, known: list[bt.Instrument]) -> None:
        super().__init__()
        self.setup, self.known, self.told = setup, known, []
        self.assets = set(setup.balances) | {known[0].quote}
        if setup.account == "cash":
            self.assets |= {one.base for one in known}

    def on_start(self, context):
        self.due = {context.set_timer(at=START + t): what for t, what in self.setup.commands}
        self.made = 0

    def on_timer(self, context, timer):
        self.send(context, self.due[timer.id])

    def send(self, context, command):
        do = command["do"]
        if do in ("amend", "cancel"):
            if command["order"] > self.made:
                return
            if do == "cancel":
                context.cancel(command["order"])
                return
            terms = {n: text(command.get(n)) for n in ("quantity", "limit", "trigger")}
            context.amend(command["order"], **{n: v for n, v in terms.items() if v is not None})
        elif do == "oco":
            self.oco(context, *command["legs"])
            self.made += 2
        elif do == "bracket":
            exits = {}
            for child in command["children"]:
                stop = child["kind"] == "stop_market"
                exits["stop" if stop else "target"] = text(child["trigger" if stop else "limit"])
            self.submit(context, command["entry"], **exits)
            self.made += 1 + len(exits)
        else:
            self.submit(context, command)
            self.made += 1

    def submit(self, context, command, **exits):
        context.submit(
            self.known[command["instrument"]], NAMED[command["side"]],
            text(command.get("quantity")), **words(command), **exits,
        )  # fmt: skip

    def oco(self, context, one, other):
        more = {"stop_limit": text(other["limit"])} if other["kind"] == "stop_limit" else {}
        context.oco(
            self.known[one["instrument"]], NAMED[one["side"]], text(one["quantity"]),
            limit=text(one["limit"]), trigger=text(other["trigger"]), **more,
        )  # fmt: skip

    def on_order(self, context, order):
        trigger = None if order.kind.value == "trailing_stop" else order.trigger
        terms = (order.quantity, order.filled, order.limit, trigger)
        state = (order.status.value, order.reason, order.is_amending, order.is_cancelling)
        money = {}
        for asset in sorted(self.assets):
            balance = context.balance(asset)
            money[asset] = (balance.total, balance.free, balance.locked)
        held = [context.position(one).quantity for one in self.known]
        self.told.append((context.time - START, (order.id, *state, *terms), money, held))

    def on_end(self, context):
        held = [context.position(one) for one in self.known]
        self.held = [(one.quantity, one.realised, one.unrealised) for one in held]


def rows(table: bt.Table) -> list[dict[str, Any]]:
    """A table as plain rows: times in ns after the start, decimals as fractions."""
    read = pa.table(table)
    found = {}
    for name in read.column_names:
        column = read[name]
        if pa.types.is_timestamp(column.type):
            times = column.cast(pa.int64()).to_pylist()
            values = [None if t is None else t - START for t in times]
        elif pa.types.is_decimal(column.type):
            values = [None if v is None else Fraction(v) for v in column.to_pylist()]
        else:
            values = column.to_pylist()
        found[name] = values
    return [dict(zip(found, row, strict=True)) for row in zip(*found.values(), strict=True)]


def pick(table: list[dict], names: str) -> list[tuple]:
    return [tuple(row[name] for name in names.split()) for row in table]


def play(setup: Setup) -> Played:
    known = [instrument(rules) for rules in setup.instruments]
    player = Player(setup, known)
    cash = {asset: text(amount) for asset, amount in setup.balances.items() if amount}
    result = bt.backtest(
        data(setup, known), player, cash=cash, exchange=venue(setup), seed=setup.seed
    )
    fills = pick(rows(result.fills), "time order price quantity liquidity fee fee_asset")
    ledger = pick(rows(result.ledger), "time asset amount reason order fill")
    orders = pick(rows(result.orders), "order status reason quantity filled limit")
    balances = {asset: Fraction(amount) for asset, amount in result.balances if amount}
    profits = dict.fromkeys((one.name for one in known), Fraction(0))
    for name, profit in pick(rows(result.positions), "instrument profit"):
        profits[name] += profit
    ledger = [row for row in ledger if row[3] != "deposit"]
    return Played(player.told, fills, ledger, orders, balances, player.held, profits)


# -- comparison ----------------------------------------------------------------------------------


def same(found: Any, wanted: Any) -> bool:
    """Equal; floats of large numbers may differ in the last place, by rounding twice."""
    if isinstance(found, float) and isinstance(wanted, float):
        return found == wanted or abs(found - wanted) <= 4e-16 * max(abs(found), abs(wanted))
    if isinstance(found, (list, tuple)):
        return len(found) == len(wanted) and all(map(same, found, wanted))
    if isinstance(found, dict):
        return found.keys() == wanted.keys() and all(same(found[k], wanted[k]) for k in found)
    return found == wanted


def difference(found: Played, wanted: Played) -> str | None:
    """The first thing in which two runs differ, `None` if there is none."""
    for name in ("told", "fills", "ledger", "orders"):
        ours, theirs = getattr(found, name), getattr(wanted, name)
        for at, (one, other) in enumerate(zip(ours, theirs)):  # noqa: B905 - the lengths come next
            if not same(one, other):
                what = name if name != "told" else part(one, other)
                return f"{what}[{at}]:\n  exchange {show(one)}\n  twin     {show(other)}"
        if len(ours) != len(theirs):
            longer = max(ours, theirs, key=len)
            who = "exchange" if longer is ours else "twin"
            at = min(len(ours), len(theirs))
            return f"{name}[{at}] only of the {who}:\n  {show(longer[at])}"
    for name in ("balances", "positions", "profits"):
        ours, theirs = getattr(found, name), getattr(wanted, name)
        if not same(ours, theirs):
            return f"{name}:\n  exchange {show(ours)}\n  twin     {show(theirs)}"
    return None


TOLD = ("time", "order", "status", "reason", "amending", "cancelling", "quantity", "filled",
        "limit", "trigger", "balances", "positions")  # fmt: skip


def part(one: tuple, other: tuple) -> str:
    """Which part of a message differs."""
    flat = ((told[0], *told[1], *told[2:]) for told in (one, other))
    pairs = zip(TOLD, *flat, strict=True)
    return "told " + next(name for name, a, b in pairs if not same(a, b))


def show(value: Any) -> str:
    """Fractions as short as they can be."""
    if isinstance(value, Fraction):
        return str(value) if value.denominator == 1 else str(float(value))
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}: {show(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "(" + ", ".join(map(show, value)) + ")"
    return str(value)
