//! The lines of a log: each is something from outside, or something that the engine took in.

use serde::{Deserialize, Serialize};

use crate::context::Call;
use crate::engine::{Entry, Happening};
use crate::error::{DataFault, Result};
use crate::event::{AccountEvent, Event, MarketEvent, Moment, Reconnecting, Timer};
use crate::instrument::InstrumentIndex;
use crate::market::{BookUpdate, Candle, OrderUpdate, Quote, Side, Trade};
use crate::replay::Row;
use crate::time::Time;

/// Columns of the numbers of rows; raw integers at the scales of the instrument, times in ns.
pub const COLUMNS: [&str; 18] = [
    "venue_time",
    "due",
    "due_round",
    "price",
    "quantity",
    "flags",
    "bid",
    "bid_quantity",
    "ask",
    "ask_quantity",
    "open",
    "high",
    "low",
    "close",
    "volume",
    "close_time",
    "traded",
    "newer",
];

/// What a line is about. The first ones come from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A trade happened.
    Trade,
    /// A quote was shown.
    Quote,
    /// A level of a book changed.
    Book,
    /// An order of others changed.
    Order,
    /// A candle began to happen.
    Candle,
    /// A further point of an instrument's last candle.
    Point,
    /// Names of an order from outside.
    Names,
    /// The run began.
    Start,
    /// The oldest row of an instrument's kind reached the strategy.
    Market,
    /// News of an order.
    Account,
    /// A timer.
    Timer,
    /// A connection was lost.
    Reconnecting,
    /// Trading was enabled or disabled.
    Trading,
    /// Somebody outside asked for something.
    Command,
    /// The run ended.
    End,
}

impl Kind {
    /// Every kind with its name, in their order.
    pub const NAMES: [(&'static str, Self); 15] = [
        ("trade", Self::Trade),
        ("quote", Self::Quote),
        ("book", Self::Book),
        ("order", Self::Order),
        ("candle", Self::Candle),
        ("point", Self::Point),
        ("names", Self::Names),
        ("start", Self::Start),
        ("market", Self::Market),
        ("account", Self::Account),
        ("timer", Self::Timer),
        ("reconnecting", Self::Reconnecting),
        ("trading", Self::Trading),
        ("command", Self::Command),
        ("end", Self::End),
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize].0
    }

    /// True for a row of market data that happened.
    pub fn is_row(self) -> bool {
        matches!(self, Self::Trade | Self::Quote | Self::Book | Self::Order | Self::Candle)
    }

    /// True for what the engine took in.
    pub fn is_step(self) -> bool {
        !(self.is_row() || matches!(self, Self::Point | Self::Names))
    }

    /// The kind of a row, from its place among rows.
    fn of_row(row: &Row) -> Self {
        match row {
            Row::Trade(_) => Self::Trade,
            Row::Quote(_) => Self::Quote,
            Row::Book(_) => Self::Book,
            Row::Order(_) => Self::Order,
            Row::Candle(_) => Self::Candle,
        }
    }
}

/// A line of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its number, from 0, without a gap.
    pub sequence: u64,
    /// When.
    pub moment: Moment,
    /// What.
    pub kind: Kind,
    /// Of which instrument, where it is about one.
    pub instrument: Option<InstrumentIndex>,
    /// The numbers of a row, as in [`COLUMNS`].
    pub numbers: [Option<i64>; COLUMNS.len()],
    /// Everything else, as JSON: what was told, and the calls that were made because of it.
    pub detail: Option<String>,
}

/// What a line says beside its numbers.
#[derive(Default, Serialize, Deserialize)]
struct Detail {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    news: Option<AccountEvent>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    timer: Option<Timer>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lost: Option<Reconnecting>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    enabled: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    row: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    words: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    calls: Vec<Call>,
}

/// What the engine took in, as a line has it.
#[derive(Clone, Debug)]
pub enum Step {
    /// The run began.
    Start,
    /// The oldest row of this kind of the line's instrument.
    Market(Kind),
    /// News.
    Account(AccountEvent),
    /// A timer.
    Timer(Timer),
    /// A connection was lost.
    Reconnecting(Reconnecting),
    /// Trading was enabled or disabled.
    Trading(bool),
    /// A command, in the words of who asked.
    Command(String),
    /// The run ended.
    End,
}

impl Line {
    /// The line of an entry.
    pub fn new(sequence: u64, entry: Entry<'_>) -> Result<Self> {
        let Entry { moment, what, calls } = entry;
        let mut line = Self {
            sequence,
            moment,
            kind: Kind::End,
            instrument: None,
            numbers: [None; COLUMNS.len()],
            detail: None,
        };
        let mut detail = Detail { calls, ..Detail::default() };
        match what {
            Happening::Row(of, row, due) => {
                (line.kind, line.instrument) = (Kind::of_row(row), Some(of));
                line.numbers = numbers(row, due);
            }
            Happening::Point(of, point) => {
                (line.kind, line.instrument) = (Kind::Point, Some(of));
                line.numbers[FLAGS] = Some(i64::from(point));
            }
            Happening::Command(words) => {
                line.kind = Kind::Command;
                detail.words = Some(words.to_owned());
            }
            Happening::Step(event) => match event {
                Event::Start(_) => line.kind = Kind::Start,
                Event::Market(event) => {
                    (line.kind, line.instrument) = (Kind::Market, Some(event.instrument));
                    line.numbers[FLAGS] = Some(Kind::of_row(&event.row) as i64);
                }
                Event::Account(event) => {
                    (line.kind, detail.news) = (Kind::Account, Some(*event));
                }
                Event::Timer(timer) => (line.kind, detail.timer) = (Kind::Timer, Some(*timer)),
                Event::Reconnecting(lost) => {
                    (line.kind, detail.lost) = (Kind::Reconnecting, Some(lost));
                }
                Event::Trading(_, enabled) => {
                    (line.kind, detail.enabled) = (Kind::Trading, Some(enabled));
                }
                Event::End(_) => line.kind = Kind::End,
            },
        }
        line.detail = detail.text()?;
        Ok(line)
    }

    /// The line that gives an order from outside its names.
    pub fn names(sequence: u64, moment: Moment, names: String) -> Self {
        Self {
            sequence,
            moment,
            kind: Kind::Names,
            instrument: None,
            numbers: [None; COLUMNS.len()],
            detail: Some(names),
        }
    }

    /// The row that happened, and when it reaches the strategy.
    pub fn row(&self) -> Option<(InstrumentIndex, Row, Moment)> {
        let row = row(self.kind, &self.numbers)?;
        let due = Moment {
            time: Time(self.numbers[DUE]?),
            round: u32::try_from(self.numbers[DUE_ROUND]?).ok()?,
        };
        Some((self.instrument?, row, due))
    }

    /// Which point of a candle it is.
    pub fn point(&self) -> Option<u8> {
        self.numbers[FLAGS].filter(|_| self.kind == Kind::Point)?.try_into().ok()
    }

    /// What the engine took in, and the calls that were made because of it.
    pub fn step(&self) -> Result<(Step, Vec<Call>)> {
        let detail: Detail = match &self.detail {
            None => Detail::default(),
            Some(text) => serde_json::from_str(text).map_err(|error| self.fault(&error))?,
        };
        let missing = || self.fault(&"its detail is missing");
        let step = match self.kind {
            Kind::Start => Step::Start,
            Kind::End => Step::End,
            Kind::Account => Step::Account(detail.news.ok_or_else(missing)?),
            Kind::Timer => Step::Timer(detail.timer.ok_or_else(missing)?),
            Kind::Reconnecting => Step::Reconnecting(detail.lost.ok_or_else(missing)?),
            Kind::Trading => Step::Trading(detail.enabled.ok_or_else(missing)?),
            Kind::Command => Step::Command(detail.words.ok_or_else(missing)?),
            Kind::Market => {
                let place = self.numbers[FLAGS].and_then(|place| usize::try_from(place).ok());
                let kind = place.and_then(|place| Kind::NAMES.get(place)).map(|(_, kind)| *kind);
                Step::Market(kind.filter(|kind| kind.is_row()).ok_or_else(missing)?)
            }
            _ => return Err(missing()),
        };
        Ok((step, detail.calls))
    }

    fn fault(&self, what: &dyn std::fmt::Display) -> crate::error::Error {
        let (sequence, kind) = (self.sequence, self.kind.name());
        DataFault::new(format!("line {sequence} ({kind}) of the log: {what}")).into()
    }

    /// Its bytes in a fixed form, for a hash.
    pub fn bytes(&self, into: &mut Vec<u8>) {
        into.extend(self.sequence.to_le_bytes());
        into.extend(self.moment.time.ns().to_le_bytes());
        into.extend(self.moment.round.to_le_bytes());
        into.push(self.kind as u8);
        into.extend(self.instrument.map_or(u32::MAX, |of| of.0).to_le_bytes());
        for number in self.numbers {
            into.push(u8::from(number.is_some()));
            into.extend(number.unwrap_or(0).to_le_bytes());
        }
        let detail = self.detail.as_deref().unwrap_or("");
        into.extend((detail.len() as u64).to_le_bytes());
        into.extend(detail.as_bytes());
    }
}

impl Detail {
    /// JSON text; `None` if there is nothing to say.
    fn text(&self) -> Result<Option<String>> {
        let text = serde_json::to_string(self)
            .map_err(|error| DataFault::new(format!("a line of the log: {error}")))?;
        Ok(Some(text).filter(|text| text != "{}"))
    }
}

// Places in `COLUMNS`.
const VENUE_TIME: usize = 0;
const DUE: usize = 1;
const DUE_ROUND: usize = 2;
const PRICE: usize = 3;
const QUANTITY: usize = 4;
const FLAGS: usize = 5;
const BID: usize = 6;
const OPEN: usize = 10;
const TRADED: usize = 16;
const NEWER: usize = 17;

/// Flags of a row of a book, or of an order.
fn flags(update: &BookUpdate) -> i64 {
    let ask = i64::from(update.side == Side::Sell);
    ask | i64::from(update.clears) << 1 | i64::from(update.last) << 2
}

/// A row as numbers.
fn numbers(row: &Row, due: Moment) -> [Option<i64>; COLUMNS.len()] {
    let mut numbers = [None; COLUMNS.len()];
    let mut set = |from: usize, values: &[i64]| {
        for (number, value) in numbers[from..].iter_mut().zip(values) {
            *number = Some(*value);
        }
    };
    set(DUE, &[due.time.ns(), i64::from(due.round)]);
    match row {
        Row::Trade(trade) => {
            let aggressor = trade.aggressor.map_or(0, Side::sign);
            set(VENUE_TIME, &[trade.time.ns()]);
            set(PRICE, &[trade.price, trade.quantity, aggressor]);
        }
        Row::Quote(quote) => {
            set(VENUE_TIME, &[quote.time.ns()]);
            set(BID, &[quote.bid, quote.bid_quantity, quote.ask, quote.ask_quantity]);
        }
        Row::Book(update) => {
            set(VENUE_TIME, &[update.time.ns()]);
            set(PRICE, &[update.price, update.quantity, flags(update)]);
        }
        Row::Order(update) => {
            let level = &update.level;
            let more = i64::from(update.joins) << 3
                | i64::from(update.hidden) << 4
                | i64::from(update.unknown) << 5;
            set(VENUE_TIME, &[level.time.ns()]);
            set(PRICE, &[level.price, level.quantity, flags(level) | more]);
            set(TRADED, &[update.traded, i64::from(update.newer)]);
        }
        Row::Candle(candle) => {
            let Candle { open, high, low, close, volume, .. } = *candle;
            set(VENUE_TIME, &[candle.open_time.ns()]);
            set(OPEN, &[open, high, low, close]);
            set(OPEN + 5, &[candle.close_time.ns()]);
            if let Some(volume) = volume {
                set(OPEN + 4, &[volume]);
            }
        }
    }
    numbers
}

/// A row from its numbers.
fn row(kind: Kind, numbers: &[Option<i64>; COLUMNS.len()]) -> Option<Row> {
    let time = Time(numbers[VENUE_TIME]?);
    let level = || {
        let flags = numbers[FLAGS]?;
        Some(BookUpdate {
            time,
            side: if flags & 1 == 0 { Side::Buy } else { Side::Sell },
            price: numbers[PRICE]?,
            quantity: numbers[QUANTITY]?,
            clears: flags & 2 != 0,
            last: flags & 4 != 0,
        })
    };
    Some(match kind {
        Kind::Trade => Row::Trade(Trade {
            time,
            price: numbers[PRICE]?,
            quantity: numbers[QUANTITY]?,
            aggressor: match numbers[FLAGS]? {
                1 => Some(Side::Buy),
                -1 => Some(Side::Sell),
                _ => None,
            },
        }),
        Kind::Quote => Row::Quote(Quote {
            time,
            bid: numbers[BID]?,
            bid_quantity: numbers[BID + 1]?,
            ask: numbers[BID + 2]?,
            ask_quantity: numbers[BID + 3]?,
        }),
        Kind::Book => Row::Book(level()?),
        Kind::Order => Row::Order(OrderUpdate {
            level: level()?,
            traded: numbers[TRADED]?,
            newer: numbers[NEWER]?.try_into().ok()?,
            joins: numbers[FLAGS]? & 8 != 0,
            hidden: numbers[FLAGS]? & 16 != 0,
            unknown: numbers[FLAGS]? & 32 != 0,
        }),
        Kind::Candle => Row::Candle(Candle {
            open_time: time,
            close_time: Time(numbers[OPEN + 5]?),
            open: numbers[OPEN]?,
            high: numbers[OPEN + 1]?,
            low: numbers[OPEN + 2]?,
            close: numbers[OPEN + 3]?,
            volume: numbers[OPEN + 4],
        }),
        _ => return None,
    })
}

/// A row as the strategy gets it.
pub(super) fn delivered(of: InstrumentIndex, row: Row, due: Moment) -> MarketEvent {
    MarketEvent { instrument: of, time: due.time, row }
}
