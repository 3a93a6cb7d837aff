//! Market data: rows as values, series as read-only integer columns, and the data set of a run.

use std::sync::Arc;

use crate::error::{Error, Result, shown};
use crate::instrument::{Instrument, InstrumentIndex};
use crate::num::{MAX_RAW, POW10, common_step};
use crate::time::Time;

/// Which side of the market: of an order, of a level, of the aggressor of a trade.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub enum Side {
    /// Bids, buyers.
    Buy,
    /// Asks, sellers.
    Sell,
}

impl Side {
    /// The other side.
    #[must_use]
    pub const fn opposite(self) -> Self {
        match self {
            Self::Buy => Self::Sell,
            Self::Sell => Self::Buy,
        }
    }

    /// +1 for a buy, -1 for a sell.
    pub const fn sign(self) -> i64 {
        match self {
            Self::Buy => 1,
            Self::Sell => -1,
        }
    }

    /// The name that users write.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Buy => "buy",
            Self::Sell => "sell",
        }
    }
}

/// A candle over `[open_time, close_time)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candle {
    /// Start of the span, included.
    pub open_time: Time,
    /// End of the span, excluded.
    pub close_time: Time,
    /// First price, raw.
    pub open: i64,
    /// Highest price, raw.
    pub high: i64,
    /// Lowest price, raw.
    pub low: i64,
    /// Last price, raw.
    pub close: i64,
    /// Quantity traded, raw; `None` if the data do not say.
    pub volume: Option<i64>,
}

/// Best bid and ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    /// When the venue showed it.
    pub time: Time,
    /// Best bid, raw.
    pub bid: i64,
    /// Quantity at the best bid, raw.
    pub bid_quantity: i64,
    /// Best ask, raw.
    pub ask: i64,
    /// Quantity at the best ask, raw.
    pub ask_quantity: i64,
}

impl Quote {
    /// True if neither side is empty.
    #[inline]
    pub fn shows_both(&self) -> bool {
        self.bid_quantity > 0 && self.ask_quantity > 0
    }

    /// Best bid and ask; `None` for a side that is empty.
    #[inline]
    pub fn touch(&self) -> (Option<i64>, Option<i64>) {
        let shown = |price: i64, quantity: i64| (quantity > 0).then_some(price);
        (shown(self.bid, self.bid_quantity), shown(self.ask, self.ask_quantity))
    }
}

/// A public trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trade {
    /// When it happened at the venue.
    pub time: Time,
    /// Price, raw.
    pub price: i64,
    /// Quantity, raw.
    pub quantity: i64,
    /// Who crossed the spread; `None` if the data do not say.
    pub aggressor: Option<Side>,
}

/// A change of one level of the order book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BookUpdate {
    /// When it happened at the venue.
    pub time: Time,
    /// Side of the level.
    pub side: Side,
    /// Price of the level, raw.
    pub price: i64,
    /// New quantity of the level, raw; 0 removes it.
    pub quantity: i64,
    /// True on the first row of a snapshot: both sides are empty before it.
    pub clears: bool,
    /// True on the last row of the rows with one time; a book is looked at only then.
    pub last: bool,
}

/// A change of one order of others, with what it does to its level and to the queue there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderUpdate {
    /// The level of the order after the change.
    pub level: BookUpdate,
    /// Quantity that the order traded, raw; 0 for what is no trade.
    pub traded: i64,
    /// How many orders have taken a place in the book since this one took its own.
    pub newer: u32,
    /// True if the order takes its place now, behind all others at its price.
    pub joins: bool,
    /// True for a trade that no order of the book made: a hidden or an implied one did.
    pub hidden: bool,
    /// True if the data do not say who crossed the spread.
    pub unknown: bool,
}

impl OrderUpdate {
    /// The public trade that this is, if it is one.
    #[inline]
    pub fn trade(&self) -> Option<Trade> {
        let BookUpdate { time, side, price, .. } = self.level;
        let aggressor = (!self.unknown).then_some(side.opposite());
        (self.traded > 0).then_some(Trade { time, price, quantity: self.traded, aggressor })
    }
}

/// What a series consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MarketKind {
    /// [`Candle`] rows.
    Candles,
    /// [`Quote`] rows.
    Quotes,
    /// [`Trade`] rows.
    Trades,
    /// [`BookUpdate`] rows.
    Depth,
    /// [`OrderUpdate`] rows.
    MarketByOrder,
}

impl MarketKind {
    /// Every kind with its name.
    pub const NAMES: [(&'static str, Self); 5] = [
        ("candles", Self::Candles),
        ("quotes", Self::Quotes),
        ("trades", Self::Trades),
        ("depth", Self::Depth),
        ("mbo", Self::MarketByOrder),
    ];

    /// The name that users write.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Candles => "candles",
            Self::Quotes => "quotes",
            Self::Trades => "trades",
            Self::Depth => "depth",
            Self::MarketByOrder => "mbo",
        }
    }
}

/// Row kinds and their integer columns; all columns of a series have the same length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Columns {
    /// Candles; `time` of the series is the start of the span.
    Candles {
        /// Length of the span.
        interval_ns: i64,
        /// First prices.
        open: Vec<i64>,
        /// Highest prices.
        high: Vec<i64>,
        /// Lowest prices.
        low: Vec<i64>,
        /// Last prices.
        close: Vec<i64>,
        /// Quantities traded, if known.
        volume: Option<Vec<i64>>,
    },
    /// Quotes.
    Quotes {
        /// Best bids.
        bid: Vec<i64>,
        /// Quantities at them.
        bid_quantity: Vec<i64>,
        /// Best asks.
        ask: Vec<i64>,
        /// Quantities at them.
        ask_quantity: Vec<i64>,
    },
    /// Trades.
    Trades {
        /// Prices.
        price: Vec<i64>,
        /// Quantities.
        quantity: Vec<i64>,
        /// +1 the buyer, -1 the seller, 0 unknown.
        aggressor: Vec<i8>,
    },
    /// Book updates.
    Depth {
        /// Prices of levels.
        price: Vec<i64>,
        /// New quantities of levels.
        quantity: Vec<i64>,
        /// [`ASK`], [`CLEARS`] and [`LAST`].
        flags: Vec<u8>,
    },
    /// Updates of single orders.
    MarketByOrder {
        /// Prices of the orders' levels.
        price: Vec<i64>,
        /// New quantities of the levels.
        level: Vec<i64>,
        /// Quantities traded.
        quantity: Vec<i64>,
        /// Orders that took a place since this one did.
        newer: Vec<u32>,
        /// [`ASK`], [`CLEARS`], [`LAST`], [`JOINS`], [`HIDDEN`] and [`UNKNOWN`].
        flags: Vec<u8>,
    },
}

/// Flag of a row of the book: the level is an ask.
pub const ASK: u8 = 1;
/// Flag of a row of the book: a snapshot starts here.
pub const CLEARS: u8 = 2;
/// Flag of a row of the book: no further row of this series has the same time.
pub const LAST: u8 = 4;
/// Flag of a row of one order: it takes its place now.
pub const JOINS: u8 = 8;
/// Flag of a row of one order: it traded without being shown.
pub const HIDDEN: u8 = 16;
/// Flag of a row of one order: the aggressor of its trade is not known.
pub const UNKNOWN: u8 = 32;

impl Columns {
    /// Which rows these are.
    pub const fn kind(&self) -> MarketKind {
        match self {
            Self::Candles { .. } => MarketKind::Candles,
            Self::Quotes { .. } => MarketKind::Quotes,
            Self::Trades { .. } => MarketKind::Trades,
            Self::Depth { .. } => MarketKind::Depth,
            Self::MarketByOrder { .. } => MarketKind::MarketByOrder,
        }
    }

    /// The columns of prices and the columns of quantities, for whatever treats them alike.
    pub fn numbers_mut(&mut self) -> (Vec<&mut Vec<i64>>, Vec<&mut Vec<i64>>) {
        match self {
            Self::Candles { open, high, low, close, volume, .. } => {
                (vec![open, high, low, close], volume.iter_mut().collect())
            }
            Self::Quotes { bid, bid_quantity, ask, ask_quantity } => {
                (vec![bid, ask], vec![bid_quantity, ask_quantity])
            }
            Self::Trades { price, quantity, .. } | Self::Depth { price, quantity, .. } => {
                (vec![price], vec![quantity])
            }
            Self::MarketByOrder { price, level, quantity, .. } => {
                (vec![price], vec![level, quantity])
            }
        }
    }
}

/// When rows reach the strategy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// Always this many nanoseconds after the venue's time.
    Latency(i64),
    /// At the moments recorded, never falling and never before the venue's time.
    Received(Vec<i64>),
}

/// One instrument's rows of one kind, ordered by time: checked once, never changed again.
#[derive(Clone, Debug)]
pub struct Series {
    /// What the rows are about.
    pub instrument: Arc<Instrument>,
    /// Raw prices are multiples of `10^-price_scale`.
    pub price_scale: u32,
    /// Raw quantities are multiples of `10^-quantity_scale`.
    pub quantity_scale: u32,
    /// Moments at the venue in ns, never falling. For candles the start of the span.
    pub time: Vec<i64>,
    /// When the rows reach the strategy.
    pub arrival: Arrival,
    /// The numbers.
    pub columns: Columns,
}

impl Series {
    /// Number of rows.
    pub fn len(&self) -> usize {
        self.time.len()
    }

    /// True without rows.
    pub fn is_empty(&self) -> bool {
        self.time.is_empty()
    }

    /// Which rows these are.
    pub fn kind(&self) -> MarketKind {
        self.columns.kind()
    }

    /// When the venue had finished row `row`: its time, for a candle the end of its span.
    #[inline]
    pub fn venue_time(&self, row: usize) -> i64 {
        match &self.columns {
            Columns::Candles { interval_ns, .. } => self.time[row] + interval_ns,
            _ => self.time[row],
        }
    }

    /// When row `row` reaches the strategy.
    #[inline]
    pub fn arrival_time(&self, row: usize) -> i64 {
        match &self.arrival {
            Arrival::Latency(ns) => self.venue_time(row) + ns,
            Arrival::Received(at) => at[row],
        }
    }

    /// The same rows at finer scales.
    pub fn rescaled(&self, price_scale: u32, quantity_scale: u32) -> Result<Self> {
        let mut series = self.clone();
        let (prices, quantities) = series.columns.numbers_mut();
        let up = |columns: Vec<&mut Vec<i64>>, from: u32, to: u32| {
            let factor = POW10[(to - from) as usize];
            columns.into_iter().flatten().all(|raw| {
                let scaled = raw.checked_mul(factor).filter(|scaled| scaled.abs() <= MAX_RAW);
                *raw = scaled.unwrap_or(0);
                scaled.is_some()
            })
        };
        let fits = up(prices, self.price_scale, price_scale)
            && up(quantities, self.quantity_scale, quantity_scale);
        if !fits {
            return Err(Error::Config(format!(
                "instrument \"{}\": numbers do not fit at {price_scale} price and \
                 {quantity_scale} quantity places",
                shown(&self.instrument.name)
            )));
        }
        (series.price_scale, series.quantity_scale) = (price_scale, quantity_scale);
        Ok(series)
    }
}

/// A series in a data set.
#[derive(Clone, Debug)]
pub struct Stream {
    /// Whose rows.
    pub instrument: InstrumentIndex,
    /// The rows.
    pub series: Arc<Series>,
}

/// The instruments of a data set at their common scales.
#[derive(Clone, Debug)]
pub struct Listing {
    /// The instrument.
    pub instrument: Arc<Instrument>,
    /// Scale of all its prices.
    pub price_scale: u32,
    /// Scale of all its quantities.
    pub quantity_scale: u32,
}

/// Everything a run replays: streams in their order, each of one instrument and one kind. Cheap to
/// clone.
#[derive(Clone, Debug)]
pub struct DataSet {
    /// Instruments in the order of their first stream.
    pub listings: Arc<[Listing]>,
    /// Streams; at equal times the earlier one comes first.
    pub streams: Arc<[Stream]>,
}

impl DataSet {
    /// Joins series: one scale per instrument, no two series of the same kind for one instrument.
    pub fn new(series: impl IntoIterator<Item = Arc<Series>>) -> Result<Self> {
        let series: Vec<Arc<Series>> = series.into_iter().collect();
        let mut listings: Vec<Listing> = Vec::new();
        let mut streams: Vec<Stream> = Vec::new();
        for one in series {
            let at =
                listings.iter().position(|listing| listing.instrument.name == one.instrument.name);
            let at = if let Some(at) = at {
                join(&mut listings[at], &one)?;
                at
            } else {
                listings.push(Listing {
                    instrument: Arc::clone(&one.instrument),
                    price_scale: one.price_scale,
                    quantity_scale: one.quantity_scale,
                });
                listings.len() - 1
            };
            let instrument = InstrumentIndex(at as u32);
            if streams.iter().any(|s| s.instrument == instrument && s.series.kind() == one.kind()) {
                return Err(Error::Config(format!(
                    "instrument \"{}\" has two sources of {}; give one of each kind",
                    shown(&one.instrument.name),
                    one.kind().name()
                )));
            }
            streams.push(Stream { instrument, series: one });
        }
        for stream in &mut streams {
            let Listing { price_scale, quantity_scale, .. } = listings[stream.instrument.at()];
            if (stream.series.price_scale, stream.series.quantity_scale)
                != (price_scale, quantity_scale)
            {
                stream.series = Arc::new(stream.series.rescaled(price_scale, quantity_scale)?);
            }
        }
        Ok(Self { listings: listings.into(), streams: streams.into() })
    }

    /// Number of rows of all streams.
    pub fn rows(&self) -> usize {
        self.streams.iter().map(|stream| stream.series.len()).sum()
    }

    /// When the first row happens, if there is one.
    pub fn first_time(&self) -> Option<Time> {
        self.streams.iter().filter_map(|s| s.series.time.first()).min().copied().map(Time)
    }

    /// When the last row has happened, if there is one.
    pub fn last_time(&self) -> Option<Time> {
        let last = |series: &Series| Some(series.venue_time(series.len().checked_sub(1)?));
        self.streams.iter().filter_map(|stream| last(&stream.series)).max().map(Time)
    }

    /// The streams of one kind, by their place.
    pub fn streams_of(&self, kind: MarketKind) -> impl Iterator<Item = (usize, &Stream)> {
        self.streams.iter().enumerate().filter(move |(_, stream)| stream.series.kind() == kind)
    }
}

/// Brings what a further series says of an instrument into its listing.
fn join(listing: &mut Listing, series: &Series) -> Result<()> {
    listing.price_scale = listing.price_scale.max(series.price_scale);
    listing.quantity_scale = listing.quantity_scale.max(series.quantity_scale);
    let (old, new) = (&listing.instrument, &series.instrument);
    if old == new {
        return Ok(());
    }
    listing.instrument = match (old.inferred, new.inferred) {
        (true, false) => Arc::clone(new),
        (false, true) => Arc::clone(old),
        (true, true) => {
            let mut both = Instrument::clone(old);
            both.tick = common_step(old.tick, new.tick);
            both.lot = common_step(old.lot, new.lot);
            Arc::new(both)
        }
        (false, false) => {
            let steps = |one: &Instrument| format!("tick {}, lot {}", one.tick, one.lot);
            return Err(Error::Config(format!(
                "instrument \"{}\" is given twice with different rules: {} and {}; \
                 give every source the same Instrument",
                shown(&old.name),
                steps(old),
                steps(new)
            )));
        }
    };
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::Decimal;

    fn trades(scale: u32, tick: &str, inferred: bool) -> Arc<Series> {
        let tick = crate::num::parse_decimal("tick", tick).expect("a number");
        let mut instrument = Instrument::new("A/B", tick, Decimal::ONE).expect("rules");
        instrument.inferred = inferred;
        Arc::new(Series {
            instrument: Arc::new(instrument),
            price_scale: scale,
            quantity_scale: 0,
            time: vec![1],
            arrival: Arrival::Latency(0),
            columns: Columns::Trades { price: vec![100], quantity: vec![1], aggressor: vec![1] },
        })
    }

    fn quotes() -> Arc<Series> {
        let mut series = Series::clone(&trades(2, "0.25", true));
        series.columns = Columns::Quotes {
            bid: vec![10_000],
            bid_quantity: vec![1],
            ask: vec![10_025],
            ask_quantity: vec![1],
        };
        Arc::new(series)
    }

    #[test]
    fn series_of_one_instrument_share_scale_and_tick() {
        let data = DataSet::new([trades(1, "0.5", true), quotes()]).expect("joins");
        assert_eq!(data.listings.len(), 1);
        assert_eq!(data.listings[0].price_scale, 2);
        assert_eq!(data.listings[0].instrument.tick.to_string(), "0.25");
        let Columns::Trades { price, .. } = &data.streams[0].series.columns else {
            panic!("trades")
        };
        assert_eq!(price, &[1_000]);
    }

    #[test]
    fn a_second_source_of_one_kind_is_refused() {
        let text = DataSet::new([trades(1, "0.5", true), trades(1, "0.5", true)])
            .expect_err("twice")
            .to_string();
        assert!(text.contains("two sources of trades"), "{text}");
    }

    #[test]
    fn rules_given_twice_must_agree() {
        let mut other = Series::clone(&quotes());
        other.instrument =
            Arc::new(Instrument { inferred: false, ..Instrument::clone(&other.instrument) });
        assert!(DataSet::new([trades(1, "0.5", false), Arc::new(other)]).is_err());
    }
}
