//! Money is conserved: over random orders in random markets, after every event.

use std::sync::Arc;

use barter_python::account::{AccountKind, Holding};
use barter_python::context::Context;
use barter_python::engine::Run;
use barter_python::error::Result;
use barter_python::event::Timer;
use barter_python::exchange::{
    CandlePath, Delay, ExchangeSettings, FeeAsset, FeeTier, Fees, Latency, MatchingRules, Measured,
    Measurement, QueueModel, SimulatedExchange, TakingRules,
};
use barter_python::instrument::{Instrument, InstrumentIndex};
use barter_python::market::{
    ASK, Arrival, CLEARS, Candle, Columns, DataSet, LAST, Quote, Series, Side, Trade,
};
use barter_python::order::{
    Amendment, Fill, Liquidity, Order, OrderKind, OrderRequest, SelfTrade, Special, Status,
    TimeInForce, Trail, Trigger, TriggerSource,
};
use barter_python::replay::Window;
use barter_python::strategy::{Hooks, Strategy};
use barter_python::system::{BacktestSettings, Cash, Outcome, prepare};
use barter_python::time::Time;
use proptest::prelude::*;
use proptest::strategy::Strategy as Generate;
use rust_decimal::Decimal;

/// What to do at one call of a hook.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::struct_excessive_bools)] // each is drawn by itself
struct Act {
    buy: bool,
    market: bool,
    ioc: bool,
    post_only: bool,
    quantity: i64,
    offset: i64,
    cancel: bool,
    /// Which of the rarer things an order can be; mostly none.
    rare: u8,
    /// Of a trigger from the price.
    away: i64,
    amend: bool,
}

impl Act {
    fn special(&self, now: Time, price: i64) -> Option<Box<Special>> {
        let modes = SelfTrade::NAMES;
        let mut special = Special {
            self_trade: Some(modes[usize::from(self.rare) % modes.len()].1),
            ..Special::default()
        };
        let rises = self.away % 2 == 0;
        let trigger = |trail, price| Trigger { source: TriggerSource::Last, rises, price, trail };
        match self.rare {
            0 | 1 => special.trigger = Some(trigger(None, Some((price + self.away).max(1)))),
            2 => {
                let trail = Some(Trail::By(self.away.abs() + 1));
                special.trigger = Some(Trigger { rises: self.buy, ..trigger(trail, None) });
            }
            3 | 4 => special.reduce_only = true,
            5 if !self.market => special.expire = Some(now.after(1 + self.away.abs() * 300)),
            6 | 7 => {}
            _ => return None,
        }
        Some(Box::new(special))
    }
}

/// Does the acts in turn, one at each row, and checks its own books at each event.
struct Random {
    acts: Vec<Act>,
    next: usize,
    told: i64,
    /// True if orders may come to need more money while others are on their way, or fees that were
    /// not held back be paid from what was promised to one.
    crossing: bool,
}

impl Random {
    fn act(&mut self, context: &mut Context, price: i64) -> Result<()> {
        self.check(context);
        let Some(act) = self.acts.get(self.next).copied() else { return Ok(()) };
        self.next += 1;
        if let Some(id) = context.working().first().copied().filter(|_| act.cancel) {
            context.cancel(id)?;
        }
        if let Some(id) = context.working().last().copied().filter(|_| act.amend) {
            let limit = context.order(id).is_some_and(|o| o.request.kind == OrderKind::Limit);
            let limit = limit.then_some((price + act.away).max(1));
            context.amend(id, Amendment { quantity: Some(act.quantity), limit, trigger: None })?;
        }
        let special = act.special(context.now(), price);
        let trails = act.rare == 2;
        let at_market = act.market || trails;
        let time_in_force = match (act.ioc, special.as_ref().and_then(|s| s.expire)) {
            (_, Some(_)) => TimeInForce::GoodTillDate,
            (true, _) if act.post_only => TimeInForce::FillOrKill,
            (true, _) => TimeInForce::ImmediateOrCancel,
            (false, _) => TimeInForce::GoodTillCancelled,
        };
        let order = OrderRequest {
            instrument: InstrumentIndex(0),
            side: if act.buy { Side::Buy } else { Side::Sell },
            kind: if at_market { OrderKind::Market } else { OrderKind::Limit },
            time_in_force,
            post_only: act.post_only && !at_market && !act.ioc,
            quantity: act.quantity,
            limit: (price + act.offset).max(1),
            special,
        };
        let leg = |side: Side, kind, offset: i64, trigger| OrderRequest {
            side,
            kind,
            time_in_force: TimeInForce::GoodTillCancelled,
            post_only: false,
            limit: (price + offset).max(1),
            special: Some(Box::new(Special { trigger, ..Special::default() })),
            ..order.clone()
        };
        let stop = |side: Side| {
            let (rises, price) = (side == Side::Buy, price + side.sign() * act.away.abs());
            let source = TriggerSource::BidAsk;
            leg(
                side,
                OrderKind::Market,
                0,
                Some(Trigger { source, rises, price: Some(price), trail: None }),
            )
        };
        let limit = |side: Side| leg(side, OrderKind::Limit, -side.sign() * act.away.abs(), None);
        match act.rare {
            8 | 9 => {
                let out = order.side.opposite();
                context.submit_family(order.clone(), vec![stop(out), limit(out)])?;
            }
            10 => {
                context.submit_pair([limit(order.side), stop(order.side)])?;
            }
            _ => {
                context.submit(order)?;
            }
        }
        self.check(context);
        Ok(())
    }

    /// What is held is what fills told; on a cash account nothing is ever negative.
    fn check(&self, context: &Context) {
        let account = context.account();
        assert_eq!(account.positions[0].quantity, self.told);
        if account.kind == AccountKind::Cash {
            for holding in &account.holdings {
                assert!(holding.locked >= 0, "{holding:?}");
                // A stop may fire, or an order grow, while the money is on its way to another one:
                // only the venue knows who was first.
                assert!(holding.total >= 0, "{holding:?}");
                assert!(self.crossing || holding.free() >= 0, "{holding:?}");
            }
            let locked = |side: Side| -> i128 {
                let working = context.working().iter().filter_map(|id| context.order(*id));
                working.filter(|order| order.request.side == side).map(|order| order.locked).sum()
            };
            let spec = &context.world.specs[0];
            assert_eq!(account.holdings[spec.quote.at()].locked, locked(Side::Buy));
            assert_eq!(account.holdings[spec.base.at()].locked, locked(Side::Sell));
        }
    }
}

impl Strategy for Random {
    fn hooks(&self) -> Hooks {
        Hooks { candle: true, quote: true, trade: true, fill: true, timer: true, ..Hooks::NONE }
    }

    fn on_candle(&mut self, context: &mut Context, _: InstrumentIndex, row: &Candle) -> Result<()> {
        self.act(context, row.close)
    }

    fn on_quote(&mut self, context: &mut Context, _: InstrumentIndex, row: &Quote) -> Result<()> {
        self.act(context, row.bid)
    }

    fn on_trade(&mut self, context: &mut Context, _: InstrumentIndex, row: &Trade) -> Result<()> {
        self.act(context, row.price)
    }

    fn on_fill(&mut self, context: &mut Context, fill: &Fill) -> Result<()> {
        self.told += fill.side.sign() * fill.quantity;
        self.check(context);
        Ok(())
    }

    fn on_timer(&mut self, context: &mut Context, _: &Timer) -> Result<()> {
        self.check(context);
        Ok(())
    }
}

fn series(time: Vec<i64>, columns: Columns) -> Arc<Series> {
    // 6 + 5 places: more than money has, so that every posting is rounded.
    let instrument = Instrument::new("A/B", Decimal::new(1, 6), Decimal::new(1, 5)).expect("rules");
    let (price_scale, quantity_scale) = (6, 5);
    let arrival = Arrival::Latency(0);
    let instrument = Arc::new(instrument);
    Arc::new(Series { instrument, price_scale, quantity_scale, time, arrival, columns })
}

/// Candles, or quotes with trades, or depth with trades, or trades alone, over a walk of prices.
fn market(kind: u8, steps: &[(i64, i64, i64)]) -> DataSet {
    let count = steps.len() as i64;
    let mut price = 1_000_003;
    let walk: Vec<i64> = steps
        .iter()
        .map(|(step, ..)| {
            price = (price + step).max(1_000);
            price
        })
        .collect();
    let quantity = || steps.iter().map(|(_, quantity, _)| *quantity).collect::<Vec<i64>>();
    let every = |start: i64, gap: i64| (0..count).map(|k| start + k * gap).collect::<Vec<i64>>();
    let trades = || {
        let price = walk.iter().zip(steps).map(|(price, (_, _, through))| price + through);
        series(
            every(500, 1_000),
            Columns::Trades {
                price: price.collect(),
                quantity: quantity(),
                aggressor: steps.iter().map(|(_, _, through)| through.signum() as i8).collect(),
            },
        )
    };
    let parts = match kind {
        0 => vec![series(
            every(0, 3_000),
            Columns::Candles {
                interval_ns: 3_000,
                open: walk.clone(),
                high: walk.iter().zip(steps).map(|(p, (_, q, _))| p + q % 70).collect(),
                low: walk.iter().zip(steps).map(|(p, (_, q, _))| p - q % 50).collect(),
                close: walk.clone(),
                volume: Some(quantity()),
            },
        )],
        1 => vec![
            series(
                every(0, 1_000),
                Columns::Quotes {
                    bid: walk.clone(),
                    bid_quantity: quantity(),
                    ask: walk.iter().map(|price| price + 3).collect(),
                    ask_quantity: quantity(),
                },
            ),
            trades(),
        ],
        2 => {
            let pairs = || walk.iter().zip(steps);
            vec![
                series(
                    (0..2 * count).map(|k| k / 2 * 1_000).collect(),
                    Columns::Depth {
                        price: pairs().flat_map(|(price, _)| [*price, price + 4]).collect(),
                        quantity: pairs()
                            .flat_map(|(_, (_, quantity, _))| [*quantity; 2])
                            .collect(),
                        flags: pairs().flat_map(|_| [CLEARS, ASK | LAST]).collect(),
                    },
                ),
                trades(),
            ]
        }
        _ => vec![trades()],
    };
    DataSet::new(parts).expect("one market")
}

/// Both sides agree with the ledger, and the ledger with the fills.
fn check_end(outcome: &Outcome, amended: bool) {
    let (venue, world) = (&outcome.exchange, &outcome.context.world);
    let account = venue.account();
    let mut sums = vec![0i128; world.assets.len()];
    for posting in account.ledger.iter().flatten() {
        assert!(posting.amount != 0, "no posting is empty");
        sums[posting.asset.at()] += posting.amount;
    }
    let totals: Vec<i128> = account.holdings.iter().map(|holding| holding.total).collect();
    assert_eq!(sums, totals, "a balance is the sum of its postings");
    let spec = &world.specs[0];
    let orders: Vec<_> = outcome.orders().collect();
    let (mut base, mut quote) = (0i128, 0i128);
    let mut fees = vec![0i128; world.assets.len()];
    for fill in venue.fills() {
        let sign = i128::from(fill.side.sign());
        base += sign * i128::from(fill.quantity);
        quote -= sign * spec.notional(fill.price, fill.quantity);
        fees[fill.fee_asset.at()] += fill.fee;
        let order = orders[fill.order.at()];
        let worse = fill.side.sign() * (fill.price - order.request.limit);
        assert!(amended || worse <= 0, "a fill lies inside its order's limit");
        check_promises(order, fill, base);
    }
    let position = &account.positions[0];
    assert_eq!(i128::from(position.quantity), base, "a position is the sum of its fills");
    // What was paid is in the position's cost or realised, to the last unit.
    assert_eq!(position.cost - position.realised, -quote);
    let start = sums_of_deposits(outcome);
    let mut moved = vec![0i128; world.assets.len()];
    if account.kind == AccountKind::Cash {
        let enough = |holding: &Holding| holding.locked >= 0 && holding.free() >= 0;
        assert!(account.holdings.iter().all(enough), "{:?}", account.holdings);
        moved[spec.quote.at()] = quote;
        moved[spec.base.at()] = spec.base_money(position.quantity);
        assert!(totals.iter().all(|total| *total >= 0), "a cash account owes nothing");
    } else {
        moved[spec.quote.at()] = position.realised;
    }
    for (at, total) in totals.iter().enumerate() {
        assert_eq!(*total, start[at] + moved[at] - fees[at], "in = out + fees");
    }
    for order in orders {
        assert!((0..=order.request.quantity).contains(&order.filled));
        assert!(!order.status.is_final() || order.locked == 0, "an ended order holds no money");
        let (full, over) = (order.leaves() == 0, order.status == Status::Filled);
        // A child may be full before its end, or have been left nothing.
        assert!(full || !over);
        assert!(over || !full || order.request.parent().is_some());
    }
}

/// What an order promised holds for each of its fills; `held` is the position after it.
fn check_promises(order: &Order, fill: &Fill, held: i128) {
    let before = held - i128::from(fill.side.sign() * fill.quantity);
    if order.request.reduce_only() {
        assert!(held.abs() < before.abs() && held * before >= 0, "{before} became {held}");
    }
    let taker = fill.liquidity == Liquidity::Taker;
    assert!(!(order.request.post_only && taker), "a post-only order took");
    let special = order.request.special.as_deref();
    let expire = special.and_then(|special| special.expire);
    assert!(expire.is_none_or(|expire| fill.time < expire), "filled at or after its end");
    if order.request.time_in_force == TimeInForce::FillOrKill {
        assert_eq!(order.leaves(), 0, "filled in part");
    }
}

fn sums_of_deposits(outcome: &Outcome) -> Vec<i128> {
    let mut start = vec![0; outcome.context.world.assets.len()];
    let ledger = outcome.exchange.account().ledger.iter().flatten();
    for posting in ledger.filter(|posting| posting.fill.is_none()) {
        start[posting.asset.at()] += posting.amount;
    }
    start
}

fn act() -> impl Generate<Value = Act> {
    let flags = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    let rare = (0u8..20, -60i64..60, prop::bool::weighted(0.2));
    (flags, 1i64..400_000, -60i64..60, rare).prop_map(
        |((buy, market, ioc, post_only, cancel), quantity, offset, (rare, away, amend))| Act {
            buy,
            market,
            ioc,
            post_only,
            quantity,
            offset,
            cancel,
            rare,
            away,
            amend,
        },
    )
}

/// Queue models that are not bounds, in the form that users write.
const QUEUES: [&str; 5] = ["power 2", "power_total 1", "log_front", "touch 0.4", "trades_only"];

/// Delays of kinds of messages that differ, up to about `ns`; some requests are never got.
fn latency(model: u8, ns: i64) -> Latency {
    let requests = [
        (0, 1, 1),
        (20_000, 20_000 + ns, 20_000 + 2 * ns),
        (30_000, 0, 30_000 + ns),
        (40_000, 40_000, 40_000),
    ];
    let row = |(sent, at_venue, back)| Measurement { sent, at_venue, back };
    let measured = Measured::new("latency", requests.map(row).to_vec()).expect("in order");
    let drawn = Delay::uniform("latency", 0, ns).expect("in range");
    match model {
        0 => Latency::constant(ns, ns / 3),
        1 => Latency { cancel: Delay::Constant(0), ..Latency::constant(ns, ns / 3) },
        2 => Latency { back: drawn.clone(), new: drawn, ..Latency::constant(ns, 0) },
        _ => {
            let delay = Delay::Measured(Arc::new(measured));
            Latency { new: delay.clone(), cancel: delay.clone(), amend: drawn, back: delay }
        }
    }
}

/// Every form of fee, small enough to be paid often and large enough to run an account dry.
fn fees(form: u8, linear: bool, maker: i64) -> Fees {
    let plain = Fees::rates(Decimal::new(maker, 5), Decimal::new(123, 5));
    let third = || FeeAsset::Other { name: "C".to_owned(), price: Some(Decimal::new(37, 1)) };
    let tier = |from, rate| FeeTier { from, maker: rate, taker: rate };
    match form {
        0 => plain,
        1 if !linear => Fees { paid_in: FeeAsset::Base, ..plain },
        2 => Fees { paid_in: third(), ..plain },
        3 => Fees { paid_in: third(), flat: Decimal::new(11, 3), ..plain },
        4 => Fees { flat: Decimal::new(123_456_789, 10), ..plain },
        5 => Fees { per_contract: Decimal::new(17, 3), ..plain },
        _ => {
            let tiers = vec![
                tier(Decimal::ZERO, Decimal::new(3, 3)),
                tier(Decimal::ONE, Decimal::new(maker, 5)),
            ];
            Fees { tiers, ..plain }
        }
    }
}

fn settings(linear: bool, front: bool, latency: Latency, fees: Fees) -> BacktestSettings {
    let account = if linear { AccountKind::Linear { leverage: 2 } } else { AccountKind::Cash };
    let queue = if front { QueueModel::Front } else { QueueModel::TradesOnly };
    let cash = |amount, asset: &str| Cash { amount, asset: Some(asset.to_owned()) };
    let mut start = vec![cash(Decimal::new(70, 1), "B")];
    if !linear {
        start.push(cash(Decimal::from(3), "A"));
    }
    if matches!(fees.paid_in, FeeAsset::Other { .. }) {
        start.push(cash(Decimal::new(5, 3), "C"));
    }
    BacktestSettings {
        cash: start,
        exchange: ExchangeSettings {
            account,
            fees,
            latency,
            venues: Vec::new(),
            matching: MatchingRules {
                queue,
                path: CandlePath::Adverse,
                touch: front,
                taking: TakingRules::default(),
            },
            max_slippage: Decimal::new(5, 2),
            self_trade: SelfTrade::default(),
            allow_immediate: None,
            seed: 0,
        },
        window: Window::ALL,
        equity_every_ns: Some(7_000),
    }
}

fn run(data: &DataSet, acts: &[Act], settings: &BacktestSettings) -> Outcome {
    let exchange = &settings.exchange;
    let late = exchange.latency != Latency::default();
    let unlocked = exchange.fees.paid_in != FeeAsset::Quote || !exchange.fees.flat.is_zero();
    let grows = |act: &Act| act.amend || (late && matches!(act.rare, 0..=2 | 8..=10));
    let crossing = (late && unlocked) || acts.iter().any(grows);
    let strategy = Box::new(Random { acts: acts.to_vec(), next: 0, told: 0, crossing });
    let mut run: Run<SimulatedExchange> = prepare(data, strategy, settings).expect("settings");
    run.run(&mut |_| Ok(())).expect("runs");
    Outcome::new(run, true, data, settings)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    /// Assets in = assets out + fees, and both sides keep their books, whatever is sent into
    /// whatever market.
    #[test]
    fn money_is_conserved(
        kind in 0u8..4,
        steps in prop::collection::vec((-40i64..40, 1i64..300_000, -9i64..9), 1..60),
        acts in prop::collection::vec(act(), 0..60),
        (linear, front) in any::<(bool, bool)>(),
        (model, ns) in (0u8..6, prop_oneof![Just(0i64), 1i64..4_000]),
        queue in 0usize..8,
        (form, maker) in (0u8..7, -20i64..100),
    ) {
        let data = market(kind, &steps);
        let delays = latency(model.saturating_sub(2), ns);
        let mut settings = settings(linear, front, delays, fees(form, linear, maker));
        if let Some(queue) = QUEUES.get(queue) {
            settings.exchange.matching.queue = QueueModel::parse(queue).expect("a model");
        }
        let outcome = run(&data, &acts, &settings);
        check_end(&outcome, acts.iter().any(|act| act.amend));
        // The same inputs give the same bytes.
        prop_assert_eq!(outcome.digest(), run(&data, &acts, &settings).digest());
    }
}

/// The law above is about something: each kind of market fills both market and resting orders.
#[test]
fn every_market_trades() {
    let steps: Vec<(i64, i64, i64)> =
        (0..60).map(|k| (k % 7 * 13 - 39, 200_000, k % 9 - 4)).collect();
    let one = |k: i64| Act {
        buy: k % 2 == 0,
        market: k % 3 == 0,
        ioc: false,
        post_only: false,
        quantity: 1_000 + k,
        // Some take, some rest until the walk comes to them.
        offset: (if k % 2 == 0 { 1 } else { -1 }) * (if k % 5 < 2 { -5 } else { 2 }),
        cancel: false,
        rare: 20,
        away: 0,
        amend: false,
    };
    let acts: Vec<Act> = (0..60).map(one).collect();
    for kind in 0..4 {
        let settings = settings(true, true, Latency::default(), fees(0, true, 10));
        let outcome = run(&market(kind, &steps), &acts, &settings);
        let fills = outcome.exchange.fills();
        for wanted in [Liquidity::Maker, Liquidity::Taker] {
            assert!(fills.iter().any(|fill| fill.liquidity == wanted), "market {kind}: {wanted:?}");
        }
    }
}
