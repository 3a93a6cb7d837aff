//! A log is its run: a replica that follows it knows what the engine knows after every line, its
//! file leads to the same state, and a run that is resumed anywhere ends as the straight one does.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use barter_python::audit::{Line, Replica, read};
use barter_python::context::{Context, View};
use barter_python::engine::{Entry, Log};
use barter_python::error::Result;
use barter_python::event::{MarketEvent, Moment, Timer};
use barter_python::instrument::InstrumentIndex;
use barter_python::market::{BookUpdate, Candle, Quote, Side, Trade};
use barter_python::order::{
    Amendment, Fill, OrderKind, OrderRequest, Special, TimeInForce, Trigger, TriggerSource,
};
use barter_python::replay::Row;
use barter_python::strategy::{Hooks, Strategy};
use barter_python::system::message::{OrderKey, OrderRequestCancel, RequestCancel};
use barter_python::system::{
    Command, Input, Keeping, Opening, Running, SystemConfig, Told, Universe, about, replay, replica,
};
use barter_python::time::{MINUTE, SECOND, Time};

const CONFIG: &str = r#"{
  "instruments": [
    {"exchange": "kraken", "name_exchange": "AB", "kind": "KIND",
     "underlying": {"base": "a", "quote": "c"}, "quote": "underlying_quote"},
    {"exchange": "okx", "name_exchange": "BC", "kind": "KIND",
     "underlying": {"base": "b", "quote": "c"}, "quote": "underlying_quote"}
  ],
  "executions": [
    {"mocked_exchange": "kraken", "latency_ms": LATENCY, "fees_percent": 0.1, "initial_state":
      {"exchange": "kraken", "instruments": [], "balances": [
        {"asset": "a", "balance": {"total": 5, "free": 5}, "time_exchange": "2026-01-01T00:00:00Z"},
        {"asset": "c", "balance": {"total": 9000, "free": 9000},
         "time_exchange": "2026-01-01T00:00:00Z"}]}},
    {"mocked_exchange": "okx", "latency_ms": FAR, "fees_percent": 0.25, "initial_state":
      {"exchange": "okx", "instruments": [], "balances": [
        {"asset": "c", "balance": {"total": 5000, "free": 5000},
         "time_exchange": "2026-01-01T00:00:00Z"}]}}
  ],
  "risk": {"global": {"max_position_quantity": 3, "max_position_notional": null,
    "max_leverage": 2, "max_exposure_percent": 0.9}, "instruments": []}
}"#;

/// Chance that is the same on every machine.
#[derive(Clone)]
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
        ((self.0 >> 33) % bound) as i64
    }

    fn one_in(&mut self, bound: u64) -> bool {
        self.below(bound) == 0
    }
}

const UNIT: i64 = 100_000_000;

fn universe(seed: u64) -> Universe {
    let perpetual = r#"{"perpetual": {"contract_size": 1, "settlement_asset": "c"}}"#;
    let kind = if seed.is_multiple_of(2) { "\"spot\"" } else { perpetual };
    let latency = if seed.is_multiple_of(3) { "0" } else { "1500" };
    let far = if seed.is_multiple_of(5) { "0" } else { "25000" };
    let text = CONFIG.replace("\"KIND\"", kind).replace("LATENCY", latency).replace("FAR", far);
    let config = SystemConfig::from_json(&text).expect("a configuration");
    Universe::new(&config, &[]).expect("a universe")
}

fn request(chance: &mut Chance, of: InstrumentIndex) -> OrderRequest {
    let side = if chance.one_in(2) { Side::Buy } else { Side::Sell };
    let kind = if chance.one_in(3) { OrderKind::Market } else { OrderKind::Limit };
    OrderRequest {
        instrument: of,
        side,
        kind,
        time_in_force: TimeInForce::GoodTillCancelled,
        post_only: kind == OrderKind::Limit && chance.one_in(4),
        quantity: UNIT / 10 * (1 + chance.below(9)),
        limit: if kind == OrderKind::Limit { UNIT * (95 + chance.below(11)) } else { 0 },
        special: None,
    }
}

/// Does something at random, from what it is told alone.
struct Random(Chance, u32);

impl Random {
    fn act(&mut self, context: &mut Context, of: InstrumentIndex) -> Result<()> {
        let now = context.now();
        match self.0.below(14) {
            0 | 1 => context.submit(request(&mut self.0, of)).map(drop),
            2 => {
                let mut entry = request(&mut self.0, of);
                (entry.kind, entry.limit) = (OrderKind::Limit, UNIT * 100);
                let rises = entry.side == Side::Sell;
                let trigger = Trigger {
                    source: TriggerSource::Last,
                    rises,
                    price: Some(UNIT * if rises { 104 } else { 96 }),
                    trail: None,
                };
                let child = OrderRequest {
                    side: entry.side.opposite(),
                    kind: OrderKind::Market,
                    limit: 0,
                    post_only: false,
                    special: Some(Box::new(Special {
                        trigger: Some(trigger),
                        ..Special::default()
                    })),
                    ..entry.clone()
                };
                context.submit_family(entry, vec![child]).map(drop)
            }
            3 => match context.working().first().copied() {
                Some(id) => context.cancel(id).map(drop),
                None => Ok(()),
            },
            4 => match context.working().last().copied() {
                Some(id) => {
                    let quantity = Some(UNIT / 10 * (1 + self.0.below(9)));
                    let amendment = Amendment { quantity, ..Amendment::default() };
                    context.amend(id, amendment).map(drop)
                }
                None => Ok(()),
            },
            5 => {
                // Few that repeat, or they would breed.
                let repeats = self.1 < 2 && self.0.one_in(3);
                self.1 += u32::from(repeats);
                let every = if repeats { 37 * SECOND } else { 0 };
                context.set_timer(now.after(self.0.below(20) * SECOND), every).map(drop)
            }
            6 => {
                context.cancel_timer(1 + self.0.below(5) as u32);
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

impl Strategy for Random {
    fn hooks(&self) -> Hooks {
        Hooks::ALL
    }

    fn on_candle(&mut self, c: &mut Context, of: InstrumentIndex, _: &Candle) -> Result<()> {
        self.act(c, of)
    }

    fn on_quote(&mut self, c: &mut Context, of: InstrumentIndex, _: &Quote) -> Result<()> {
        self.act(c, of)
    }

    fn on_trade(&mut self, c: &mut Context, of: InstrumentIndex, _: &Trade) -> Result<()> {
        self.act(c, of)
    }

    fn on_book(&mut self, c: &mut Context, of: InstrumentIndex) -> Result<()> {
        self.act(c, of)
    }

    fn on_fill(&mut self, c: &mut Context, fill: &Fill) -> Result<()> {
        self.act(c, fill.instrument)
    }

    fn on_timer(&mut self, c: &mut Context, _: &Timer) -> Result<()> {
        self.act(c, InstrumentIndex(0))
    }

    fn on_disconnect(&mut self, c: &mut Context, exchange: u32, _: bool) -> Result<()> {
        self.act(c, InstrumentIndex(exchange))
    }

    fn on_trading_disabled(&mut self, c: &mut Context) -> Result<()> {
        self.act(c, InstrumentIndex(1))
    }
}

fn row(chance: &mut Chance, time: Time, kind: i64) -> Row {
    let price = UNIT * (97 + chance.below(7));
    let quantity = UNIT / 10 * (1 + chance.below(30));
    match kind {
        0 => {
            let aggressor = [None, Some(Side::Buy), Some(Side::Sell)][chance.below(3) as usize];
            Row::Trade(Trade { time, price, quantity, aggressor })
        }
        1 => {
            let (bid, ask) = (price, price + UNIT);
            let (bid_quantity, ask_quantity) = (quantity, if chance.one_in(9) { 0 } else { UNIT });
            Row::Quote(Quote { time, bid, bid_quantity, ask, ask_quantity })
        }
        2 => {
            let side = if chance.one_in(2) { Side::Buy } else { Side::Sell };
            let price = if side == Side::Buy { price - 8 * UNIT } else { price + 8 * UNIT };
            let (clears, last) = (chance.one_in(12), !chance.one_in(5));
            Row::Book(BookUpdate { time, side, price, quantity, clears, last })
        }
        _ => Row::Candle(Candle {
            open_time: Time(time.ns() - MINUTE),
            close_time: time,
            open: price,
            high: price + 2 * UNIT,
            low: price - 2 * UNIT,
            close: price + UNIT,
            volume: (!chance.one_in(4)).then_some(quantity * 10),
        }),
    }
}

fn inputs(seed: u64) -> Vec<Input> {
    let mut chance = Chance(seed * 77 + 5);
    let kinds = 1 + chance.below(4) as u64;
    let mut time = Time(1_767_225_600 * SECOND);
    let mut cid = 0;
    let mut all = Vec::new();
    while all.len() < 80 {
        let of = InstrumentIndex(chance.below(2) as u32);
        time = time.after([0, 0, SECOND, 20 * SECOND, MINUTE][chance.below(5) as usize]);
        match chance.below(24) {
            0 => all.push(Input::Lost(of.0, chance.one_in(2))),
            1 => all.push(Input::Trading(!chance.one_in(3))),
            2 => all.push(Input::Command(Box::new(Command::ClosePositions(vec![of])))),
            3 => all.push(Input::Command(Box::new(Command::CancelOrders(vec![of])))),
            4 => {
                cid += 1;
                let key = OrderKey {
                    exchange: of.0,
                    instrument: of.0,
                    strategy: "outside".to_owned(),
                    cid: format!("c{cid}"),
                };
                let mut request = request(&mut chance, of);
                if request.kind == OrderKind::Market && chance.one_in(2) {
                    let assumed = Some(UNIT * 100);
                    request.special = Some(Box::new(Special { assumed, ..Special::default() }));
                }
                let opening = Opening { key, request, of_the_day: false };
                all.push(Input::Command(Box::new(Command::Open(vec![opening]))));
            }
            5 => {
                let cid = format!("c{}", chance.below(cid as u64 + 2));
                let key = OrderKey { exchange: 0, instrument: 0, strategy: "x".to_owned(), cid };
                let request = OrderRequestCancel { key, state: RequestCancel { id: None } };
                all.push(Input::Command(Box::new(Command::Cancel(vec![request]))));
            }
            6 => all.push(Input::Account(Told::Fill(of, Side::Buy, UNIT * 100, UNIT / 10))),
            _ => {
                let kind = chance.below(kinds);
                let row = row(&mut chance, time, kind);
                all.push(Input::Row(MarketEvent { instrument: of, time, row }));
            }
        }
    }
    all
}

fn running(universe: &Arc<Universe>, seed: u64) -> Running {
    let strategy = Box::new(Random(Chance(seed + 1_000), 0));
    Running::new(Arc::clone(universe), strategy).expect("a run")
}

/// A replica that looks at every line, and compares.
struct Watch {
    replica: Replica,
    next: u64,
}

impl Watch {
    fn follow(&mut self, line: &Line) {
        self.replica.follow(line).expect("a line that follows");
        self.next += 1;
    }
}

impl Log for Watch {
    fn note(&mut self, entry: Entry<'_>, view: &View) -> Result<()> {
        let line = Line::new(self.next, entry)?;
        self.follow(&line);
        let differs = self.replica.context().differs(view);
        assert_eq!(differs, None, "after line {} ({})", line.sequence, line.kind.name());
        Ok(())
    }

    fn note_names(&mut self, moment: Moment, names: String) -> Result<()> {
        self.follow(&Line::names(self.next, moment, names));
        Ok(())
    }

    fn close(&mut self) -> Result<()> {
        Ok(())
    }
}

fn file(seed: u64, what: &str) -> PathBuf {
    std::env::temp_dir().join(format!("barter-replay-{}-{what}-{seed}", std::process::id()))
}

fn keeping(universe: &Universe, path: &Path) -> Keeping {
    let config = SystemConfig {
        instruments: universe.instruments.iter().map(|one| one.config.clone()).collect(),
        ..SystemConfig::default()
    };
    let about = about(&config, &[], "event", true, "Random").expect("about");
    let writer = barter_python::audit::Writer::new(path, &about).expect("a file");
    Keeping::new(Some(writer), None, None)
}

#[test]
fn a_replica_knows_what_the_engine_knows_after_every_line() {
    for seed in 0..200 {
        let universe = Arc::new(universe(seed));
        let mut run = running(&universe, seed);
        run.keep_log(Box::new(Watch { replica: replica(&universe), next: 0 }));
        run.take_all(inputs(seed), &mut |_| Ok(())).expect("a run");
        run.finish().expect("an end");
    }
}

#[test]
fn a_run_that_is_resumed_anywhere_ends_as_the_straight_one() {
    resume_anywhere(0..100);
}

#[test]
fn so_does_another() {
    resume_anywhere(100..200);
}

fn resume_anywhere(seeds: std::ops::Range<u64>) {
    let mut filled = 0;
    for seed in seeds {
        let universe = Arc::new(universe(seed));
        let path = file(seed, "straight");
        let mut straight = running(&universe, seed);
        straight.keep(keeping(&universe, &path));
        straight.take_all(inputs(seed), &mut |_| Ok(())).expect("a run");
        straight.finish().expect("an end");
        straight.close_log().expect("a file");
        let end = straight.state();
        let (_, lines) = read(&path).expect("a log");
        std::fs::remove_file(&path).expect("a file");
        assert_eq!(end.sequence, Some(lines.len() as u64));
        let mut follower = replica(&universe);
        for line in &lines {
            follower.follow(line).expect("a line");
        }
        assert_eq!(follower.context().differs(&end.context), None);
        let digest = straight.into_outcome(true).digest();
        let expected: Arc<[Line]> = lines.into();
        let mut chance = Chance(seed);
        for _ in 0..50 {
            let until = chance.below(expected.len() as u64) as usize;
            let mut resumed = running(&universe, seed);
            resumed.keep(Keeping::new(None, None, Some(Arc::clone(&expected))));
            let before =
                resumed.resume(&expected[..until], true, &mut |_| Ok(())).expect("the same again");
            let rest = inputs(seed).into_iter().skip(before.inputs);
            resumed.take_all(rest, &mut |_| Ok(())).expect("the rest");
            resumed.finish().expect("an end");
            let state = resumed.state();
            assert_eq!(state.differs(&end), None, "seed {seed} until {until}");
            assert_eq!(resumed.into_outcome(true).digest(), digest, "seed {seed} until {until}");
        }
        filled += usize::from(end.context.orders().iter().any(|order| order.filled > 0));
    }
    assert!(filled > 70, "most runs trade, {filled} did");
}

#[test]
fn a_file_leads_to_the_state_of_any_line_and_shows_what_was_changed() {
    let universe = Arc::new(universe(4));
    let path = file(4, "file");
    let config = SystemConfig {
        instruments: universe.instruments.iter().map(|one| one.config.clone()).collect(),
        ..SystemConfig::default()
    };
    let plain = Arc::new(Universe::new(&config, &[]).expect("a universe"));
    let mut run = running(&plain, 4);
    run.keep(keeping(&plain, &path));
    run.take_all(inputs(4), &mut |_| Ok(())).expect("a run");
    run.finish().expect("an end");
    run.close_log().expect("a file");
    assert_eq!(replay(&path, None).expect("a log").differs(&run.state()), None);
    let (_, lines) = read(&path).expect("a log");
    assert!(replay(&path, Some(lines.len() as u64 + 1)).is_err());
    let part = replay(&path, Some(10)).expect("a log");
    assert_eq!(part.sequence, Some(10));
    // A flipped bit, anywhere in the middle.
    let whole = std::fs::read(&path).expect("bytes");
    let mut found = 0;
    for place in (whole.len() / 2..whole.len() - 200).step_by(97) {
        let mut bytes = whole.clone();
        bytes[place] ^= 4;
        std::fs::write(&path, &bytes).expect("a file");
        // What fills up to a boundary may be anything.
        let same = read(&path).is_ok_and(|(_, read)| read == lines);
        found += usize::from(!same);
    }
    assert!(found > 10, "{found} changes were seen");
    // Cut off while it was written: what is whole counts.
    std::fs::write(&path, &whole[..whole.len() - 100]).expect("a file");
    assert!(read(&path).is_ok());
    std::fs::remove_file(&path).expect("a file");
}
