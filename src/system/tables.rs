//! Results as tables: Arrow record batches, exact decimals for money, prices and quantities.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Decimal128Array, DurationNanosecondArray, Float64Array, RecordBatch,
    StringArray, TimestampNanosecondArray, UInt32Array,
};

use super::outcome::Outcome;
use crate::instrument::{AssetIndex, InstrumentIndex};
use crate::num::{POW10, decimal, div_half_even, money, to_f64};
use crate::order::{Order, OrderKind};
use crate::stats::{Closing, CostBasis, Drawdown, Figure, Reason, falls, realised};
use crate::time::Time;

/// Digits of a decimal column: as many as the type has.
const DIGITS: u8 = 38;

/// Decimal places of a mean price beyond those of the prices that it is the mean of.
const MEAN_PLACES: u32 = 8;

/// Moments in UTC.
pub(super) fn times(values: impl Iterator<Item = Option<Time>>) -> ArrayRef {
    let ns: TimestampNanosecondArray = values.map(|time| time.map(Time::ns)).collect();
    Arc::new(ns.with_timezone("UTC"))
}

/// Spans in ns.
fn spans(values: impl Iterator<Item = Option<i64>>) -> ArrayRef {
    Arc::new(values.collect::<DurationNanosecondArray>())
}

pub(super) fn texts<'a>(values: impl Iterator<Item = impl Into<Option<&'a str>>>) -> ArrayRef {
    Arc::new(values.map(Into::into).collect::<StringArray>())
}

/// Raw numbers, each at its own number of places, as one column at the largest.
pub(super) fn decimals(
    values: impl Iterator<Item = impl Into<Option<(i128, u32)>>>,
    places: u32,
) -> ArrayRef {
    let rescaled = |(raw, own): (i128, u32)| raw * i128::from(POW10[(places - own) as usize]);
    let raw = values.map(|value| value.into().map(rescaled));
    let column = raw.collect::<Decimal128Array>();
    let typed = column.with_precision_and_scale(DIGITS, places as i8);
    Arc::new(typed.unwrap_or_else(|error| panic!("{places} places fit a decimal: {error}")))
}

pub(super) fn floats(values: impl Iterator<Item = Option<f64>>) -> ArrayRef {
    Arc::new(values.collect::<Float64Array>())
}

pub(super) fn numbers(values: impl Iterator<Item = Option<u32>>) -> ArrayRef {
    Arc::new(values.collect::<UInt32Array>())
}

pub(super) fn flags(values: impl Iterator<Item = bool>) -> ArrayRef {
    Arc::new(values.map(Some).collect::<BooleanArray>())
}

pub(super) fn table(columns: Vec<(&'static str, ArrayRef)>) -> RecordBatch {
    let nullable = columns.into_iter().map(|(name, column)| (name, column, true));
    RecordBatch::try_from_iter_with_nullable(nullable)
        .unwrap_or_else(|error| panic!("columns of a table agree: {error}"))
}

/// Looks up names and scales for the columns of an outcome.
pub(super) struct Scales<'a> {
    outcome: &'a Outcome,
    pub(super) price: u32,
    pub(super) quantity: u32,
    pub(super) money: u32,
}

impl<'a> Scales<'a> {
    pub(super) fn new(outcome: &'a Outcome) -> Self {
        let world = &outcome.context.world;
        let most = |places: &mut dyn Iterator<Item = u32>| places.max().unwrap_or(0);
        Self {
            outcome,
            price: most(&mut world.specs.iter().map(|spec| spec.price_scale)),
            quantity: most(&mut world.specs.iter().map(|spec| spec.quantity_scale)),
            money: most(&mut world.assets.iter().map(|asset| asset.places)),
        }
    }

    pub(super) fn name(&self, instrument: InstrumentIndex) -> &'a str {
        self.outcome.context.world.specs[instrument.at()].instrument.name.as_str()
    }

    pub(super) fn asset(&self, asset: AssetIndex) -> &'a str {
        self.outcome.context.world.assets[asset.at()].name.as_str()
    }

    pub(super) fn price(&self, instrument: InstrumentIndex, raw: i64) -> (i128, u32) {
        (i128::from(raw), self.outcome.context.world.specs[instrument.at()].price_scale)
    }

    /// A price as text, without zeros at its end.
    pub(super) fn price_text(&self, instrument: InstrumentIndex, raw: i64) -> String {
        let spec = &self.outcome.context.world.specs[instrument.at()];
        decimal(raw, spec.price_scale).to_string()
    }

    /// A distance between prices in ticks, as text.
    pub(super) fn ticks_text(&self, instrument: InstrumentIndex, raw: i64) -> String {
        let tick = self.outcome.context.world.specs[instrument.at()].tick;
        let ticks = (raw + tick - 1) / tick;
        format!("{ticks} tick{}", if ticks == 1 { "" } else { "s" })
    }

    /// A quantity as text, without zeros at its end.
    pub(super) fn quantity_text(&self, instrument: InstrumentIndex, raw: i64) -> String {
        let spec = &self.outcome.context.world.specs[instrument.at()];
        decimal(raw, spec.quantity_scale).to_string()
    }

    /// Money as text, without zeros at its end.
    pub(super) fn money_text(&self, asset: AssetIndex, raw: i128) -> String {
        let asset = &self.outcome.context.world.assets[asset.at()];
        format!("{} {}", money(raw, asset.places), asset.name)
    }

    pub(super) fn quantity(&self, instrument: InstrumentIndex, raw: i64) -> (i128, u32) {
        (i128::from(raw), self.outcome.context.world.specs[instrument.at()].quantity_scale)
    }

    fn quote_money(&self, instrument: InstrumentIndex, raw: i128) -> (i128, u32) {
        self.asset_money(self.outcome.context.world.specs[instrument.at()].quote, raw)
    }

    pub(super) fn asset_money(&self, asset: AssetIndex, raw: i128) -> (i128, u32) {
        (raw, self.outcome.context.world.assets[asset.at()].places)
    }

    /// Σ price × quantity over Σ quantity, half to even.
    fn mean(&self, instrument: InstrumentIndex, value: i128, quantity: i64) -> Option<(i128, u32)> {
        let of = i128::from(quantity);
        let finer = i128::from(POW10[MEAN_PLACES as usize]);
        let (_, scale) = self.price(instrument, 0);
        let mean = || value / of * finer + div_half_even(value % of * finer, of);
        (quantity > 0).then(|| (mean(), scale + MEAN_PLACES))
    }

    /// Σ price × quantity over Σ quantity, as a float.
    fn average(&self, instrument: InstrumentIndex, value: i128, quantity: i64) -> Option<f64> {
        let scale = self.outcome.context.world.specs[instrument.at()].price_scale;
        let places = to_f64(1, scale);
        (quantity != 0).then(|| value as f64 / quantity as f64 * places)
    }
}

/// Every order, also those that never reached the venue.
pub fn orders_table(outcome: &Outcome) -> RecordBatch {
    let at = Scales::new(outcome);
    let orders: Vec<&Order> = outcome.orders().collect();
    let each = || orders.iter().copied();
    let limit = |order: &Order| {
        let request = &order.request;
        (request.kind == OrderKind::Limit).then(|| at.price(request.instrument, request.limit))
    };
    let quantity = |order: &Order, raw: i64| at.quantity(order.request.instrument, raw);
    table(vec![
        ("order", numbers(each().map(|o| Some(o.id.0)))),
        ("instrument", texts(each().map(|o| at.name(o.request.instrument)))),
        ("side", texts(each().map(|o| Some(o.request.side.name())))),
        ("kind", texts(each().map(|o| Some(o.request.kind_name())))),
        ("time_in_force", texts(each().map(|o| Some(o.request.time_in_force.name())))),
        ("post_only", flags(each().map(|o| o.request.post_only))),
        ("quantity", decimals(each().map(|o| quantity(o, o.request.quantity)), at.quantity)),
        ("limit", decimals(each().map(limit), at.price)),
        ("status", texts(each().map(|o| Some(o.status.name())))),
        ("reason", texts(each().map(|o| o.reason.map(crate::order::Reason::name)))),
        ("filled", decimals(each().map(|o| quantity(o, o.filled)), at.quantity)),
        (
            "average_price",
            floats(each().map(|o| at.average(o.request.instrument, o.filled_value, o.filled))),
        ),
        ("created", times(outcome.context.orders().iter().map(|order| Some(order.created)))),
        ("updated", times(each().map(|o| Some(o.updated)))),
    ])
}

/// Every fill.
pub fn fills_table(outcome: &Outcome) -> RecordBatch {
    let at = Scales::new(outcome);
    let each = || outcome.exchange.fills().iter();
    table(vec![
        ("fill", numbers(each().map(|f| Some(f.id)))),
        ("order", numbers(each().map(|f| Some(f.order.0)))),
        ("time", times(each().map(|f| Some(f.time)))),
        ("instrument", texts(each().map(|f| at.name(f.instrument)))),
        ("side", texts(each().map(|f| Some(f.side.name())))),
        ("price", decimals(each().map(|f| at.price(f.instrument, f.price)), at.price)),
        ("quantity", decimals(each().map(|f| at.quantity(f.instrument, f.quantity)), at.quantity)),
        ("liquidity", texts(each().map(|f| Some(f.liquidity.name())))),
        ("fee", decimals(each().map(|f| at.asset_money(f.fee_asset, f.fee)), at.money)),
        ("fee_asset", texts(each().map(|f| at.asset(f.fee_asset)))),
    ])
}

/// What was held, from flat to flat; positions still open come last and have no end.
pub fn positions_table(outcome: &Outcome) -> RecordBatch {
    let at = Scales::new(outcome);
    let trips = outcome.round_trips();
    let each = || trips.iter();
    let net = |trip: &crate::stats::RoundTrip| trip.profit - trip.fees;
    let fine = at.price + MEAN_PLACES;
    table(vec![
        ("instrument", texts(each().map(|t| at.name(t.instrument)))),
        ("side", texts(each().map(|t| Some(t.side.name())))),
        ("opened", times(each().map(|t| Some(t.opened)))),
        ("closed", times(each().map(|t| t.closed))),
        ("quantity", decimals(each().map(|t| at.quantity(t.instrument, t.quantity)), at.quantity)),
        (
            "entry_price",
            decimals(each().map(|t| at.mean(t.instrument, t.entry_value, t.entered)), fine),
        ),
        ("exit_price", decimals(each().map(|t| at.mean(t.instrument, t.exit_value, t.left)), fine)),
        ("profit", decimals(each().map(|t| at.quote_money(t.instrument, t.profit)), at.money)),
        ("fees", decimals(each().map(|t| at.quote_money(t.instrument, t.fees)), at.money)),
        ("net_profit", decimals(each().map(|t| at.quote_money(t.instrument, net(t))), at.money)),
        ("fills", numbers(each().map(|t| Some(t.fills)))),
        ("duration", spans(each().map(|t| t.closed.map(|closed| closed.ns() - t.opened.ns())))),
    ])
}

/// What every fill that closed something made, before fees.
pub fn realised_table(outcome: &Outcome, basis: CostBasis) -> RecordBatch {
    let at = Scales::new(outcome);
    let specs = &outcome.context.world.specs;
    let closings = realised(specs, outcome.exchange.fills(), basis);
    let each = || closings.iter();
    let profit = |c: &Closing| at.quote_money(c.fill.instrument, c.profit);
    let quantity = |c: &Closing| at.quantity(c.fill.instrument, c.quantity);
    table(vec![
        ("fill", numbers(each().map(|c| Some(c.fill.id)))),
        ("order", numbers(each().map(|c| Some(c.fill.order.0)))),
        ("time", times(each().map(|c| Some(c.fill.time)))),
        ("instrument", texts(each().map(|c| at.name(c.fill.instrument)))),
        ("side", texts(each().map(|c| Some(c.fill.side.name())))),
        ("quantity", decimals(each().map(quantity), at.quantity)),
        ("realised", decimals(each().map(profit), at.money)),
        ("asset", texts(each().map(|c| at.asset(specs[c.fill.instrument.at()].quote)))),
    ])
}

/// Every change of money.
pub fn ledger_table(outcome: &Outcome) -> RecordBatch {
    let at = Scales::new(outcome);
    let each = || outcome.exchange.account().ledger.iter().flatten();
    table(vec![
        ("time", times(each().map(|p| Some(p.time)))),
        ("asset", texts(each().map(|p| at.asset(p.asset)))),
        ("amount", decimals(each().map(|p| at.asset_money(p.asset, p.amount)), at.money)),
        ("reason", texts(each().map(|p| Some(p.reason.name())))),
        ("order", numbers(each().map(|p| p.fill.map(|(order, _)| order.0)))),
        ("fill", numbers(each().map(|p| p.fill.map(|(_, fill)| fill)))),
    ])
}

/// Figures with what is known of each.
pub fn figures_table(figures: &[Figure]) -> RecordBatch {
    let each = || figures.iter();
    table(vec![
        ("name", texts(each().map(|f| Some(f.definition.name)))),
        ("value", floats(each().map(|f| f.value))),
        ("error", floats(each().map(|f| f.error))),
        ("n", numbers(each().map(|f| u32::try_from(f.count).ok()))),
        ("unit", texts(each().map(|f| Some(f.definition.unit.name())))),
        ("reason", texts(each().map(|f| f.reason.map(Reason::name)))),
        ("definition", texts(each().map(|f| Some(f.definition.text)))),
    ])
}

/// Every drawdown of a curve of `points` values; `when` tells the time of an index.
pub fn drawdowns_table(
    drawdowns: &[Drawdown],
    points: usize,
    when: impl Fn(usize) -> Time,
) -> RecordBatch {
    let each = || drawdowns.iter();
    let end = |fall: &Drawdown| fall.recovery.unwrap_or(points - 1);
    let between = |from: usize, to: usize| Some(when(to).ns() - when(from).ns());
    let index = |at: usize| u32::try_from(at).ok();
    table(vec![
        ("peak", times(each().map(|fall| Some(when(fall.peak))))),
        ("trough", times(each().map(|fall| Some(when(fall.trough))))),
        ("recovery", times(each().map(|fall| fall.recovery.map(&when)))),
        ("depth", floats(each().map(|fall| Some(fall.depth)))),
        ("fall", spans(each().map(|fall| between(fall.peak, fall.trough)))),
        ("length", spans(each().map(|fall| between(fall.peak, end(fall))))),
        ("peak_at", numbers(each().map(|fall| index(fall.peak)))),
        ("trough_at", numbers(each().map(|fall| index(fall.trough)))),
        ("recovery_at", numbers(each().map(|fall| fall.recovery.and_then(index)))),
    ])
}

/// Equity over time with its fall from the peak so far (a fraction, <= 0); floats, for figures and
/// pictures.
pub fn equity_table(outcome: &Outcome) -> RecordBatch {
    let each = || outcome.curve.points().iter();
    let value = |point: &crate::engine::EquityPoint| point.equity.map(|e| outcome.money_f64(e));
    table(vec![
        ("time", times(each().map(|point| Some(point.time)))),
        ("equity", floats(each().map(value))),
        ("drawdown", floats(falls(each().map(value)).into_iter())),
    ])
}
