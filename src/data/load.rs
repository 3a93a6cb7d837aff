//! A source becomes a series: columns found, converted, checked once, reported.

#![allow(clippy::needless_bitwise_bool)] // the hot loop gathers verdicts without branches

use std::sync::Arc;

use jiff::tz::TimeZone;
use rust_decimal::Decimal;

use crate::data::candles::{self, Span};
use crate::data::check::{self, BadRow, KEEP};
use crate::data::columns::{self, Mapping};
use crate::data::gather::{Gathered, Slot, gather};
use crate::data::numbers::Numbers;
pub use crate::data::orders::Fills;
use crate::data::orders::{self, Events, Resolved};
use crate::data::report::{Finding, LoadReport, Origin, Severity, counted};
use crate::data::step;
use crate::data::table::Source;
use crate::data::times::{Times, Unit, Written};
use crate::error::{Error, Result, did_you_mean, shown};
use crate::instrument::{Instrument, InstrumentKind, split_name};
use crate::market::{ASK, Arrival, CLEARS, Columns, LAST, MarketKind, Series};
use crate::num::{self, POW10};
use crate::time::{DAY, Time, span_text};

/// What the time of a candle marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stamp {
    /// The start of its span.
    Open,
    /// The end of its span.
    Close,
}

/// What volumes of candles count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum VolumeUnit {
    /// The base asset.
    #[default]
    Base,
    /// The quote asset.
    Quote,
    /// Contracts of the instrument.
    Contracts,
}

/// What the first row of depth continues.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BookStart {
    /// Nothing: the data start with a snapshot.
    #[default]
    Snapshot,
    /// An empty book, which the rows build.
    Build,
}

/// The member called `name`, or an error that lists those allowed.
pub fn choice<T: Copy>(what: &str, name: &str, allowed: &[(&str, T)]) -> Result<T> {
    let found = allowed.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
    found.ok_or_else(|| {
        let names: Vec<String> = allowed.iter().map(|(known, _)| format!("\"{known}\"")).collect();
        Error::Config(format!(
            "{what}: \"{}\" is not known{}; allowed: {}",
            shown(name),
            did_you_mean(name, allowed.iter().map(|(known, _)| *known)),
            names.join(", ")
        ))
    })
}

impl Stamp {
    /// Every stamp with its name.
    pub const NAMES: [(&'static str, Self); 2] = [("open", Self::Open), ("close", Self::Close)];
}

impl VolumeUnit {
    /// Every unit with its name.
    pub const NAMES: [(&'static str, Self); 3] =
        [("base", Self::Base), ("quote", Self::Quote), ("contracts", Self::Contracts)];
}

impl BookStart {
    /// Every start with its name.
    pub const NAMES: [(&'static str, Self); 2] =
        [("snapshot", Self::Snapshot), ("build", Self::Build)];
}

/// Longest span that a setting may have.
const YEAR_NS: u64 = 366 * DAY as u64;

/// What the caller says about the data. The default says nothing.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The instrument; without it, tick and lot are read off the data.
    pub instrument: Option<Instrument>,
    /// Name of the instrument, if only that is known.
    pub name: Option<String>,
    /// Role and source name of columns.
    pub columns: Vec<(String, String)>,
    /// What integer times count.
    pub unit: Option<Unit>,
    /// Zone of times that do not say theirs.
    pub zone: Option<TimeZone>,
    /// What the time of a candle marks.
    pub stamp: Option<Stamp>,
    /// Length of a candle.
    pub every_ns: Option<i64>,
    /// From the venue's time to the strategy, where only one of the two is known.
    pub feed_latency_ns: Option<i64>,
    /// Added to every receive time.
    pub shift_received_ns: Option<i64>,
    /// What volumes of candles count.
    pub volume_unit: VolumeUnit,
    /// Whether rows out of order are sorted.
    pub sort: bool,
    /// What the first row of depth continues.
    pub book: BookStart,
    /// What a fill does to the order that it names.
    pub fills: Fills,
}

impl Options {
    /// True if volumes need no conversion.
    pub(crate) fn volume_is_plain(&self) -> bool {
        let multiplier = self.instrument.as_ref().map_or(Decimal::ONE, |rules| rules.multiplier);
        match self.volume_unit {
            VolumeUnit::Base => multiplier == Decimal::ONE,
            VolumeUnit::Quote => false,
            VolumeUnit::Contracts => true,
        }
    }

    /// The instrument if its rules were given.
    pub(crate) fn rules(&self) -> Option<&Instrument> {
        self.instrument.as_ref().filter(|rules| !rules.inferred)
    }

    fn check(&self) -> Result<()> {
        let spans = [
            ("every", self.every_ns, 1),
            ("feed_latency", self.feed_latency_ns, 0),
            ("shift_received", self.shift_received_ns, i64::MIN),
        ];
        for (field, span, least) in spans {
            if span.is_some_and(|span| span < least) {
                let rule = if least == 0 { ">= 0" } else { "> 0" };
                return Err(Error::Config(format!("{field} must be {rule}")));
            }
            if span.is_some_and(|span| span.unsigned_abs() > YEAR_NS) {
                return Err(Error::Config(format!("{field} must be at most 366 days")));
            }
        }
        self.instrument.as_ref().map_or(Ok(()), Instrument::check)
    }
}

/// A series and what was found in it.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The rows.
    pub series: Arc<Series>,
    /// What was found.
    pub report: LoadReport,
}

/// Loads rows of `kind` from `source`.
pub fn load(kind: MarketKind, source: &Source<'_>, options: &Options) -> Result<Loaded> {
    options.check()?;
    let mut mapping = columns::find(kind, &source.names()?, &options.columns)?;
    let mut rows = gather(kind, source, &mapping, options)?;
    let mut findings = Vec::new();
    let mut clock = clock(kind, &mut rows, &mut mapping, options, &mut findings)?;
    in_range(&rows, &clock)?;
    settle_order(&mut rows, &mut clock, options, &mut findings)?;
    let span = match kind {
        MarketKind::Candles => Some(candles::span(&rows, &mut clock, options, &mut findings)?),
        _ => None,
    };
    let mut numbers = numbers(kind, &mut rows, &mapping, options, &mut findings)?;
    let raw = std::mem::take(&mut numbers.columns);
    let (mut from, mut ids) = (None, None);
    let columns = if kind == MarketKind::MarketByOrder {
        let resolved = by_order(&mut rows, &clock, raw, options, numbers.scales(), &mut findings)?;
        from = resolved.from;
        resolved.columns
    } else {
        let (columns, known) = assemble(kind, &mut rows, &clock, raw, span.as_ref(), options)?;
        ids = known;
        columns
    };
    let at = |bad: BadRow| rows.fault(bad.row, bad.role, &bad.message);
    check::numbers(&columns, numbers.price_scale, numbers.quantity_scale, &mut findings)
        .map_err(at)?;
    findings.extend(check::repeats(&clock.venue, &columns, ids.as_deref()));
    unknown_sides(&columns, &mut findings);
    let interval = span.as_ref().map_or(0, |span| span.interval_ns);
    let arrival = match clock.received {
        None => Arrival::Latency(clock.latency_ns),
        Some(mut received) => {
            let venue = |row: usize| clock.venue[row] + interval;
            check::received(venue, &mut received, &mut findings).map_err(at)?;
            Arrival::Received(received)
        }
    };
    let (time, arrival) = spread(from, clock.venue, arrival);
    let rules = rules(kind, source, options, &columns, numbers.scales(), &mut findings);
    let series = Series {
        instrument: Arc::new(rules.instrument),
        price_scale: numbers.price_scale,
        quantity_scale: numbers.quantity_scale,
        time,
        arrival,
        columns,
    };
    let report = report(&series, &mapping, span, clock.said, (rules.tick, rules.lot), findings);
    Ok(Loaded { series: Arc::new(series), report })
}

/// The times of the rows.
#[derive(Debug)]
pub(crate) struct Clock {
    pub(crate) venue: Vec<i64>,
    pub(crate) received: Option<Vec<i64>>,
    latency_ns: i64,
    /// Role of the column that the venue's times come from.
    pub(crate) role: &'static str,
    /// How they were written.
    said: String,
}

/// Moments leave room for a candle, a latency and a shift on both ends.
fn in_range(rows: &Gathered, clock: &Clock) -> Result<()> {
    let most = i64::MAX - 3 * YEAR_NS as i64;
    let all = || clock.venue.iter().chain(clock.received.iter().flatten());
    if all().fold(true, |fine, time| fine & (*time >= 0) & (*time <= most)) {
        return Ok(());
    }
    let bad = all().position(|time| *time < 0 || *time > most).unwrap_or(0) % clock.venue.len();
    let text = "time out of range after latency and shift; allowed is 1970 to 2259";
    Err(rows.fault(bad, clock.role, text))
}

fn written(times: &Times) -> String {
    match times.written {
        Some(Written::Given(unit)) => format!("counts of {} (given)", unit.name()),
        Some(Written::Recognised(unit)) => format!("counts of {} (recognised)", unit.name()),
        Some(Written::Zoned) => "timestamps with a zone".to_owned(),
        Some(Written::Naive) => "timestamps without a zone".to_owned(),
        Some(Written::Text) => "text".to_owned(),
        None => "nothing".to_owned(),
    }
}

fn clock(
    kind: MarketKind,
    rows: &mut Gathered,
    mapping: &mut Mapping,
    options: &Options,
    findings: &mut Vec<Finding>,
) -> Result<Clock> {
    let mut venue = None;
    for role in ["open_time", "close_time", "time"] {
        if let Some(times) = rows.take_times(role) {
            if times.nulls == 0 {
                venue = Some((role, times));
            } else {
                let name = mapping.get(role).unwrap_or(role);
                let text = format!("column \"{}\" is empty and not used", shown(name));
                findings.push(Finding::note(text, times.nulls, Vec::new()));
                mapping.forget(role);
            }
        }
    }
    let received = rows.take_times("received").filter(|times| times.nulls == 0);
    let first = venue.as_ref().map(|(_, times)| times).or(received.as_ref());
    if first.is_some_and(|times| times.written == Some(Written::Naive)) && options.zone.is_none() {
        let text = "timestamps say no zone and are read as UTC; tz= says otherwise";
        findings.push(Finding::note(text, rows.rows as u64, Vec::new()));
    }
    let said = first.map_or(String::new(), written);
    let latency_ns = options.feed_latency_ns.unwrap_or(0);
    let shift = options.shift_received_ns.unwrap_or(0);
    match (venue, received) {
        (Some((role, venue)), None) => {
            if options.shift_received_ns.is_some() {
                let text = "shift_received: the data have no receive times to shift";
                return Err(Error::Config(text.to_owned()));
            }
            Ok(Clock { venue: venue.ns, received: None, latency_ns, role, said })
        }
        (Some((role, venue)), Some(mut received)) => {
            if options.feed_latency_ns.is_some() {
                let text = "feed_latency: the data say when each row was received; leave it out, \
                            or move receive times with shift_received=";
                return Err(Error::Config(text.to_owned()));
            }
            received.ns.iter_mut().for_each(|at| *at = at.saturating_add(shift));
            let received = Some(received.ns);
            Ok(Clock { venue: venue.ns, received, latency_ns, role, said })
        }
        (None, Some(mut received)) if kind != MarketKind::Candles => {
            let back = shift.saturating_sub(latency_ns);
            received.ns.iter_mut().for_each(|at| *at = at.saturating_add(back));
            let text = format!(
                "only receive times are known; the venue's are taken to be {} earlier",
                span_text(latency_ns)
            );
            findings.push(Finding::note(text, rows.rows as u64, Vec::new()));
            Ok(Clock { venue: received.ns, received: None, latency_ns, role: "received", said })
        }
        _ => Err(rows.fault(0, "time", "the time column is empty; times are needed")),
    }
}

fn settle_order(
    rows: &mut Gathered,
    clock: &mut Clock,
    options: &Options,
    findings: &mut Vec<Finding>,
) -> Result<()> {
    if !options.sort {
        return check::order(&clock.venue)
            .map_err(|bad| rows.fault(bad.row, clock.role, &bad.message));
    }
    let Some(order) = rows.sort(&clock.venue) else { return Ok(()) };
    let moved = order.iter().enumerate().filter(|(at, row)| *at != **row as usize).count() as u64;
    super::gather::arrange(&mut clock.venue, order);
    if let Some(received) = &mut clock.received {
        super::gather::arrange(received, order);
    }
    let text = format!("{} moved to bring times in order", counted(moved, "row"));
    findings.push(Finding::note(text, moved, Vec::new()));
    Ok(())
}

/// The number columns at common scales, in the order of the roles.
#[derive(Debug)]
struct NumberColumns {
    columns: Vec<(&'static str, Vec<i64>)>,
    price_scale: u32,
    quantity_scale: u32,
}

impl NumberColumns {
    fn scales(&self) -> (u32, u32) {
        (self.price_scale, self.quantity_scale)
    }
}

fn is_quantity(role: &str) -> bool {
    matches!(role, "quantity" | "bid_quantity" | "ask_quantity" | "volume")
}

fn numbers(
    kind: MarketKind,
    rows: &mut Gathered,
    mapping: &Mapping,
    options: &Options,
    findings: &mut Vec<Finding>,
) -> Result<NumberColumns> {
    let mut prices = Vec::new();
    let mut quantities = Vec::new();
    for role in columns::roles(kind) {
        let Some(numbers) = rows.take_numbers(role.name) else { continue };
        if numbers.rounded > 0 {
            let text = format!(
                "{} of column \"{}\" rounded to {} decimal places",
                counted(numbers.rounded, "value"),
                shown(mapping.get(role.name).unwrap_or(role.name)),
                numbers.scale
            );
            findings.push(Finding::warning(text, numbers.rounded, Vec::new()));
        }
        if is_quantity(role.name) {
            quantities.push((role.name, numbers));
        } else {
            prices.push((role.name, numbers));
        }
    }
    let price_scale = unify(rows, &mut prices)?;
    if kind == MarketKind::Candles && !options.volume_is_plain() {
        candles::convert_volume(&mut quantities, &prices, options, findings);
    }
    let quantity_scale = if quantities.is_empty() {
        options.rules().map_or(candles::UNKNOWN_LOT_PLACES, Instrument::quantity_scale)
    } else {
        unify(rows, &mut quantities)?
    };
    let columns = prices.into_iter().chain(quantities).map(|(role, mut numbers)| {
        numbers.raw.shrink_to_fit();
        (role, numbers.raw)
    });
    Ok(NumberColumns { columns: columns.collect(), price_scale, quantity_scale })
}

/// Brings columns to their finest scale.
fn unify(rows: &Gathered, columns: &mut [(&'static str, Numbers)]) -> Result<u32> {
    let scale = columns.iter().map(|(_, numbers)| numbers.scale).max().unwrap_or(0);
    for (role, numbers) in columns {
        if !numbers.raise(scale) {
            let text = format!("holds numbers too large for the {scale} decimal places of others");
            return Err(rows.fault(0, role, &text));
        }
    }
    Ok(scale)
}

/// The columns of a series, and identities of rows if there are any.
fn assemble(
    kind: MarketKind,
    rows: &mut Gathered,
    clock: &Clock,
    numbers: Vec<(&'static str, Vec<i64>)>,
    span: Option<&Span>,
    options: &Options,
) -> Result<(Columns, Option<Vec<i64>>)> {
    let mut numbers = numbers;
    let count = clock.venue.len();
    let mut take = |role: &str| {
        let found = numbers.iter_mut().find(|(known, _)| *known == role);
        found.map(|(_, raw)| std::mem::take(raw))
    };
    let mut column = |role: &str| take(role).unwrap_or_default();
    let columns = match kind {
        MarketKind::Candles => {
            let (open, high) = (column("open"), column("high"));
            let (low, close) = (column("low"), column("close"));
            let interval_ns = span.map_or(0, |span| span.interval_ns);
            Columns::Candles { interval_ns, open, high, low, close, volume: take("volume") }
        }
        MarketKind::Quotes => Columns::Quotes {
            bid: column("bid"),
            bid_quantity: column("bid_quantity"),
            ask: column("ask"),
            ask_quantity: column("ask_quantity"),
        },
        MarketKind::Trades => {
            let aggressor = sides(rows).unwrap_or_else(|| vec![0; count]);
            Columns::Trades { price: column("price"), quantity: column("quantity"), aggressor }
        }
        MarketKind::Depth => {
            let flags = depth_flags(rows, clock, options)?;
            Columns::Depth { price: column("price"), quantity: column("quantity"), flags }
        }
        MarketKind::MarketByOrder => unreachable!("single orders are resolved, see `by_order`"),
    };
    let ids = match rows.take("id") {
        Some(Slot::Id(ids)) if ids.len() == count => Some(ids),
        _ => None,
    };
    Ok((columns, ids))
}

/// What befell single orders, as rows of the book.
fn by_order(
    rows: &mut Gathered,
    clock: &Clock,
    numbers: Vec<(&'static str, Vec<i64>)>,
    options: &Options,
    (price_scale, quantity_scale): (u32, u32),
    findings: &mut Vec<Finding>,
) -> Result<Resolved> {
    let mut numbers = numbers;
    let mut column = |role: &str| {
        let found = numbers.iter_mut().find(|(known, _)| *known == role);
        found.map(|(_, raw)| std::mem::take(raw)).unwrap_or_default()
    };
    let (price, quantity) = (column("price"), column("quantity"));
    let events = Events {
        time: &clock.venue,
        action: match rows.take("action") {
            Some(Slot::Action(actions)) => actions,
            _ => Vec::new(),
        },
        id: match rows.take("order_id") {
            Some(Slot::Order(ids)) => ids,
            _ => Vec::new(),
        },
        side: sides(rows).unwrap_or_default(),
        price,
        quantity,
        fills: options.fills,
        price_scale,
        quantity_scale,
    };
    orders::resolve(&events, findings).map_err(|bad| rows.fault(bad.row, bad.role, &bad.message))
}

/// Times and arrivals of rows that come from these rows of the source.
fn spread(from: Option<Vec<u32>>, time: Vec<i64>, arrival: Arrival) -> (Vec<i64>, Arrival) {
    let Some(from) = from else { return (time, arrival) };
    let of = |values: &[i64]| from.iter().map(|row| values[*row as usize]).collect::<Vec<i64>>();
    let arrival = match arrival {
        Arrival::Received(at) => Arrival::Received(of(&at)),
        Arrival::Latency(ns) => Arrival::Latency(ns),
    };
    (of(&time), arrival)
}

fn sides(rows: &mut Gathered) -> Option<Vec<i8>> {
    let slot = rows.take("side").or_else(|| rows.take("is_buyer_maker"))?;
    match slot {
        Slot::Side(sides, _) => Some(sides),
        _ => None,
    }
}

fn depth_flags(rows: &mut Gathered, clock: &Clock, options: &Options) -> Result<Vec<u8>> {
    let sides = sides(rows).unwrap_or_default();
    let marks = rows.take("snapshot").or_else(|| rows.take("action"));
    let marks = match marks {
        Some(Slot::Snapshot(marks)) => marks,
        _ => Vec::new(),
    };
    if let Some(row) = sides.iter().position(|side| *side == 0) {
        return Err(rows.fault(row, "side", "the side of a level must be known, got 0"));
    }
    if options.book == BookStart::Snapshot && marks.first() != Some(&true) {
        let text = "depth must start with a snapshot, \
                    and no column \"snapshot\" says that it does; \
                    pass book=\"build\" to start with an empty book that the rows build";
        return Err(rows.fault(0, "snapshot", text));
    }
    let time = &clock.venue;
    let mut flags: Vec<u8> = sides.iter().map(|side| if *side < 0 { ASK } else { 0 }).collect();
    for (row, flag) in flags.iter_mut().enumerate() {
        if time.get(row + 1) != Some(&time[row]) {
            *flag |= LAST;
        }
    }
    for row in (0..marks.len()).filter(|row| marks[*row]) {
        let goes_on = row > 0 && marks[row - 1] && time[row] == time[row - 1];
        if !goes_on {
            flags[row] |= CLEARS;
        }
    }
    Ok(flags)
}

fn unknown_sides(columns: &Columns, findings: &mut Vec<Finding>) {
    let Columns::Trades { aggressor, .. } = columns else { return };
    let unknown = |(_, side): &(usize, &i8)| **side == 0;
    let count = aggressor.iter().enumerate().filter(unknown).count() as u64;
    if count > 0 {
        let rows = aggressor.iter().enumerate().filter(unknown).map(|(row, _)| row as u64);
        let text = format!("{} without a known aggressor", counted(count, "trade"));
        findings.push(Finding::note(text, count, rows.take(KEEP).collect()));
    }
}

struct Rules {
    instrument: Instrument,
    tick: Origin,
    lot: Origin,
}

/// The instrument's tick and lot, given or read off the rows, and what is off them.
fn rules(
    kind: MarketKind,
    source: &Source<'_>,
    options: &Options,
    columns: &Columns,
    scales: (u32, u32),
    findings: &mut Vec<Finding>,
) -> Rules {
    let (price_scale, quantity_scale) = scales;
    let (prices, quantities) = number_slices(columns);
    let (mut off_tick, mut off_lot) = (1, 1);
    let (instrument, tick, lot) = if let Some(rules) = options.rules() {
        (rules.clone(), Origin::Given, Origin::Given)
    } else {
        let least = prices.iter().flat_map(|column| column.iter()).min().copied().unwrap_or(1);
        let (tick, misses) = step::infer(&prices, step::TICKS, (least / 100).max(1));
        let whole = POW10[quantity_scale as usize];
        let known = options.volume_unit != VolumeUnit::Quote && !quantities.is_empty();
        off_tick = misses;
        let lot = if known { step::infer(&quantities, step::LOTS, whole) } else { (1, 0) };
        let (lot, misses) = lot;
        off_lot = misses;
        let origin = if known { Origin::Inferred } else { Origin::Assumed };
        let name = options.name.clone().or_else(|| source.stem());
        let name = name.unwrap_or_else(|| "instrument".to_owned());
        let steps = (num::decimal(tick, price_scale), num::decimal(lot, quantity_scale));
        (inferred(options, &name, steps), Origin::Inferred, origin)
    };
    let tick_raw = num::from_decimal(instrument.finest_tick(), price_scale);
    let lot_raw = num::from_decimal(instrument.finest_lot(), quantity_scale);
    if let Some(raw) = tick_raw.filter(|_| off_tick > 0) {
        let (count, rows) = step::off(&prices, raw, KEEP);
        if count > 0 {
            let text = format!("{} off a tick of {}", counted(count, "price"), instrument.tick);
            findings.push(Finding::warning(text, count, rows));
        }
    }
    // Volumes are sums of trades that may keep to another lot; nothing trades at them.
    if let Some(raw) = lot_raw.filter(|_| kind != MarketKind::Candles && off_lot > 0) {
        let (count, rows) = step::off(&quantities, raw, KEEP);
        if count > 0 {
            let what = if count == 1 { "1 quantity" } else { "quantities" };
            let what = if count == 1 { what.to_owned() } else { format!("{count} {what}") };
            let text = format!("{what} off a lot of {}", instrument.lot);
            findings.push(Finding::warning(text, count, rows));
        }
    }
    Rules { instrument, tick, lot }
}

fn inferred(options: &Options, name: &str, (tick, lot): (Decimal, Decimal)) -> Instrument {
    if let Some(rules) = &options.instrument {
        return Instrument { tick, lot, ..rules.clone() };
    }
    let (base, quote) = split_name(name);
    // A file's stem says which rows these are, not what they are priced in.
    let (base, quote) =
        if options.name.is_some() { (base, quote) } else { (name.to_owned(), String::new()) };
    Instrument {
        name: name.to_owned(),
        base,
        quote,
        kind: InstrumentKind::Spot,
        tick,
        lot,
        min_notional: Decimal::ZERO,
        multiplier: Decimal::ONE,
        inferred: true,
        rules: Vec::new(),
        changes: Vec::new(),
    }
}

/// The columns of prices and the columns of quantities.
fn number_slices(columns: &Columns) -> (Vec<&[i64]>, Vec<&[i64]>) {
    match columns {
        Columns::Candles { open, high, low, close, volume, .. } => {
            (vec![open, high, low, close], volume.iter().map(Vec::as_slice).collect())
        }
        Columns::Quotes { bid, bid_quantity, ask, ask_quantity } => {
            (vec![bid, ask], vec![bid_quantity, ask_quantity])
        }
        Columns::Trades { price, quantity, .. } | Columns::Depth { price, quantity, .. } => {
            (vec![price], vec![quantity])
        }
        Columns::MarketByOrder { price, level, quantity, .. } => {
            (vec![price], vec![level, quantity])
        }
    }
}

fn report(
    series: &Series,
    mapping: &Mapping,
    span: Option<Span>,
    times: String,
    (tick, lot): (Origin, Origin),
    mut findings: Vec<Finding>,
) -> LoadReport {
    findings.sort_by_key(|finding| finding.severity == Severity::Note);
    let last = series.len().saturating_sub(1);
    let of = if span.is_some() { "the close" } else { "the venue's time" };
    let arrival = match &series.arrival {
        Arrival::Latency(0) => format!("at {of}"),
        Arrival::Latency(ns) => format!("{} after {of}", span_text(*ns)),
        Arrival::Received(_) => "when received".to_owned(),
    };
    LoadReport {
        instrument: series.instrument.name.clone(),
        kind: series.kind(),
        rows: series.len() as u64,
        first: Time(series.time.first().copied().unwrap_or(0)),
        last: Time(if series.is_empty() { 0 } else { series.venue_time(last) }),
        interval_ns: span.as_ref().map(|span| span.interval_ns),
        stamp: span.map(|span| span.said),
        times,
        arrival,
        columns: mapping.pairs().map(|(role, name)| (role.to_owned(), name.to_owned())).collect(),
        price_scale: series.price_scale,
        quantity_scale: series.quantity_scale,
        tick: (series.instrument.tick, tick),
        lot: (series.instrument.lot, lot),
        memory_bytes: memory_bytes(series),
        findings,
    }
}

/// A series that was not loaded, with a report that says the rest.
pub(crate) fn describe(series: Series, findings: Vec<Finding>) -> Loaded {
    let span = match &series.columns {
        Columns::Candles { interval_ns, .. } => {
            let said = "times mark the open".to_owned();
            Some(Span { interval_ns: *interval_ns, said })
        }
        _ => None,
    };
    let given = (Origin::Given, Origin::Given);
    let nothing = Mapping::nothing(series.kind());
    let report = report(&series, &nothing, span, "nanoseconds".to_owned(), given, findings);
    Loaded { series: Arc::new(series), report }
}

/// Bytes that the columns of a series hold.
pub fn memory_bytes(series: &Series) -> u64 {
    let (prices, quantities) = number_slices(&series.columns);
    let small = match &series.columns {
        Columns::Trades { aggressor, .. } => aggressor.len(),
        Columns::Depth { flags, .. } => flags.len(),
        Columns::MarketByOrder { newer, flags, .. } => 4 * newer.len() + flags.len(),
        _ => 0,
    };
    let received = match &series.arrival {
        Arrival::Received(at) => at.len(),
        Arrival::Latency(_) => 0,
    };
    let numbers: usize = prices.iter().chain(&quantities).map(|column| column.len()).sum();
    (8 * (numbers + series.time.len() + received) + small) as u64
}
