//! Market by order: what befell single orders becomes rows that say all that matching asks.
//!
//! Each row tells what its level shows afterwards, what was traded, and how many orders have
//! joined the book since the order did. So whoever waits in a queue knows who stands before
//! him without any list of orders. The rules of a book are checked on the way.

use arrow::array::AsArray;
use arrow::compute::cast;
use arrow::datatypes::{DataType, UInt64Type};

use crate::book::BookSide;
use crate::data::by_id::ById;
use crate::data::check::{BadRow, KEEP};
use crate::data::gather::{Plain, plain};
use crate::data::numbers::first_null;
use crate::data::report::{Finding, counted};
use crate::data::table::{BadCell, Column};
use crate::error::shown;
use crate::market::{ASK, CLEARS, Columns, HIDDEN, JOINS, LAST, Side, UNKNOWN};
use crate::num::{MAX_RAW, decimal};

/// What befell an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Add,
    Cancel,
    Modify,
    Fill,
    Trade,
    Clear,
}

/// What a fill does to the order that it names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fills {
    /// Its quantity leaves the order.
    #[default]
    Reduce,
    /// It only tells of the trade, as the trade before it did; a cancel or a modify follows.
    Report,
}

impl Fills {
    /// Every member with the name that users write.
    pub const NAMES: [(&'static str, Self); 2] =
        [("reduce", Self::Reduce), ("report", Self::Report)];
}

/// Names and letters of actions, and the numbers of the one integer code in wide use.
const ACTIONS: [(Action, [&str; 3]); 6] = [
    (Action::Add, ["add", "a", "10"]),
    (Action::Cancel, ["cancel", "c", "11"]),
    (Action::Modify, ["modify", "m", "12"]),
    (Action::Fill, ["fill", "f", "13"]),
    (Action::Trade, ["trade", "t", "2"]),
    (Action::Clear, ["clear", "r", "3"]),
];

/// Appends the actions of a chunk.
pub(crate) fn push_actions(actions: &mut Vec<Action>, column: &Column<'_>) -> Result<(), BadCell> {
    let words: Vec<String> = match plain(column, "an action")? {
        Plain::Integers(values) => values.iter().map(ToString::to_string).collect(),
        Plain::Text(values) => values,
    };
    for (index, word) in words.iter().enumerate() {
        let known = ACTIONS.iter().find(|(_, words)| words.contains(&word.as_str()));
        let Some((action, _)) = known else {
            let text = format!(
                "action \"{}\" is not known; allowed: \"add\", \"cancel\", \"modify\", \"fill\", \
                 \"trade\", \"clear\" or A C M F T R, or the integers 10 11 12 13 2 3",
                shown(word)
            );
            return Err(BadCell::new(index, text));
        };
        actions.push(*action);
    }
    Ok(())
}

/// Appends the identities of a chunk: integers, of which a signed and an unsigned reading of the
/// same bits are the same. Where there is none, as for a clear, 0.
pub(crate) fn push_ids(ids: &mut Vec<u64>, column: &Column<'_>) -> Result<(), BadCell> {
    let wrong = |index, text: &str| BadCell::new(index, format!("{text}; order ids are integers"));
    let array = match column {
        Column::Integers(values) => {
            ids.extend(values.iter().map(|value| *value as u64));
            return Ok(());
        }
        Column::Floats(values) => {
            let fault = |index: usize| wrong(index, &format!("{} is a float", values[index]));
            return if values.is_empty() { Ok(()) } else { Err(fault(0)) };
        }
        Column::Array(array) => array,
    };
    let kind = array.data_type();
    if !(kind.is_integer()
        || matches!(kind, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View))
    {
        return Err(wrong(0, &format!("holds {kind}")));
    }
    if kind == &DataType::Int64 {
        let values = array.as_primitive::<arrow::datatypes::Int64Type>();
        ids.extend(values.iter().map(|value| value.unwrap_or(0) as u64));
        return Ok(());
    }
    let failed = |error: arrow::error::ArrowError| BadCell::new(0, shown(&error.to_string()));
    let values = cast(array, &DataType::UInt64).map_err(failed)?;
    // Text that is no number, or a negative one, becomes empty where it was not.
    let lost = (0..array.len()).find(|index| values.is_null(*index) && !array.is_null(*index));
    if let Some(index) = lost.filter(|_| first_null(values.as_ref()).is_some()) {
        return Err(wrong(index, "is not a whole number from 0 to 2^64 - 1"));
    }
    ids.extend(values.as_primitive::<UInt64Type>().iter().map(Option::unwrap_or_default));
    Ok(())
}

/// The columns of a source in the order of time; prices and quantities are 0 where it says none.
#[derive(Debug)]
pub(crate) struct Events<'a> {
    pub(crate) time: &'a [i64],
    pub(crate) action: Vec<Action>,
    pub(crate) id: Vec<u64>,
    pub(crate) side: Vec<i8>,
    pub(crate) price: Vec<i64>,
    pub(crate) quantity: Vec<i64>,
    pub(crate) fills: Fills,
    pub(crate) price_scale: u32,
    pub(crate) quantity_scale: u32,
}

/// Rows as matching needs them, and the event that each comes from where these differ.
#[derive(Debug)]
pub(crate) struct Resolved {
    pub(crate) columns: Columns,
    pub(crate) from: Option<Vec<u32>>,
}

/// An order of the book.
#[derive(Clone, Copy, Debug)]
struct Standing {
    side: Side,
    price: i64,
    left: i64,
    /// Its number among the orders in the order in which they took their places.
    place: u32,
}

/// The book while events are read, and the rows so far.
struct Reading<'a> {
    events: &'a Events<'a>,
    orders: ById<Standing>,
    /// Orders that a clear of this very time took away: a snapshot shows them again.
    before: ById<Standing>,
    /// What fills took off orders whose cancel is still to come, where fills only report.
    reported: ById<i64>,
    /// Place of the last trade of this time, of which fills take off what they report.
    announced: Option<usize>,
    sides: [BookSide; 2],
    joined: u32,
    price: Vec<i64>,
    level: Vec<i64>,
    traded: Vec<i64>,
    newer: Vec<u32>,
    flags: Vec<u8>,
    from: Vec<u32>,
    locked: Odd,
    elsewhere: Odd,
    unknown: Odd,
}

/// Events that are odd but allowed.
#[derive(Default)]
struct Odd {
    count: u64,
    rows: Vec<u64>,
}

impl Odd {
    fn note(&mut self, row: usize) {
        self.count += 1;
        if self.rows.len() < KEEP {
            self.rows.push(row as u64);
        }
    }
}

/// Reads events into rows; a broken rule of the book is an error.
pub(crate) fn resolve(
    events: &Events<'_>,
    findings: &mut Vec<Finding>,
) -> Result<Resolved, BadRow> {
    let mut reading = Reading::new(events);
    let mut locked = false;
    for row in 0..events.time.len() {
        if row > 0 && events.time[row] != events.time[row - 1] {
            reading.before.clear();
            reading.announced = None;
        }
        reading.read(row)?;
        if events.time.get(row + 1) != Some(&events.time[row]) {
            if let Some(flags) = reading.flags.last_mut() {
                *flags |= LAST;
            }
            let now = reading.is_locked(row)?;
            if now && !locked {
                reading.locked.note(row);
            }
            locked = now;
        }
    }
    Ok(reading.finish(findings))
}

impl<'a> Reading<'a> {
    fn new(events: &'a Events<'a>) -> Self {
        let count = events.time.len();
        Self {
            events,
            orders: ById::default(),
            before: ById::default(),
            reported: ById::default(),
            announced: None,
            sides: [BookSide::new(Side::Buy), BookSide::new(Side::Sell)],
            joined: 0,
            price: Vec::with_capacity(count),
            level: Vec::with_capacity(count),
            traded: Vec::with_capacity(count),
            newer: Vec::with_capacity(count),
            flags: Vec::with_capacity(count),
            from: Vec::with_capacity(count),
            locked: Odd::default(),
            elsewhere: Odd::default(),
            unknown: Odd::default(),
        }
    }

    fn read(&mut self, row: usize) -> Result<(), BadRow> {
        match self.events.action[row] {
            Action::Add => self.add(row),
            Action::Cancel => self.cancel(row),
            Action::Modify => self.modify(row),
            Action::Fill => self.fill(row),
            Action::Trade => self.trade(row),
            Action::Clear => {
                self.before = std::mem::take(&mut self.orders);
                self.reported.clear();
                self.sides = [BookSide::new(Side::Buy), BookSide::new(Side::Sell)];
                // It has no price; one of its neighbours' does no harm.
                let price = self.price.last().copied().unwrap_or(0);
                self.push(row, (Side::Buy, price), 0, 0, CLEARS);
                Ok(())
            }
        }
    }

    fn add(&mut self, row: usize) -> Result<(), BadRow> {
        let (id, side) = (self.events.id[row], self.side(row)?);
        let (price, left) = (self.price(row)?, self.quantity(row)?);
        if let Some(known) = self.orders.get(id) {
            let (left, price) = (self.quantity_text(known.left), self.price_text(known.price));
            let text = format!("order {id} is added again while it has {left} left at {price}");
            return Err(BadRow::new(row, "order_id", text));
        }
        let same = |old: &Standing| old.side == side && old.price == price && left <= old.left;
        match self.before.remove(id).filter(same) {
            // A snapshot shows it where it stood.
            Some(old) => {
                self.orders.set(id, Standing { left, ..old });
                self.change(row, (side, price), left, old.place, 0)
            }
            None => self.join(row, id, Standing { side, price, left, place: 0 }, left),
        }
    }

    /// Puts an order at the back of its level, which grows by `change`.
    fn join(&mut self, row: usize, id: u64, standing: Standing, change: i64) -> Result<(), BadRow> {
        self.joined = self.joined.wrapping_add(1);
        let place = self.joined;
        self.orders.set(id, Standing { place, ..standing });
        self.change(row, (standing.side, standing.price), change, place, JOINS)
    }

    fn cancel(&mut self, row: usize) -> Result<(), BadRow> {
        let (id, mut order) = self.known(row)?;
        self.at_its_price(row, &order)?;
        let known = self.reported.remove(id).unwrap_or(0);
        let said = self.events.quantity[row];
        let gone = match said {
            0 => order.left,
            _ => (self.at_most(row, order.left + known)? - known).max(0),
        };
        if said > 0 && said < known {
            self.reported.set(id, known - said);
        }
        order.left -= gone;
        if order.left == 0 && self.reported.get(id).is_some() {
            self.orders.set(id, order); // another cancel is to come
        } else {
            self.keep(id, order);
        }
        self.change(row, (order.side, order.price), -gone, order.place, 0)
    }

    fn modify(&mut self, row: usize) -> Result<(), BadRow> {
        let (id, order) = self.known(row)?;
        let (price, left) = (self.price(row)?, self.quantity(row)?);
        self.reported.remove(id);
        let new = Standing { price, left, ..order };
        if price != order.price {
            self.change(row, (order.side, order.price), -order.left, order.place, 0)?;
            return self.join(row, id, new, left);
        }
        if left > order.left {
            return self.join(row, id, new, left - order.left);
        }
        self.keep(id, new);
        self.change(row, (order.side, price), left - order.left, order.place, 0)
    }

    fn fill(&mut self, row: usize) -> Result<(), BadRow> {
        let (id, mut order) = self.known(row)?;
        self.quantity(row)?;
        let traded = self.at_most(row, order.left)?;
        let price = self.events.price[row];
        if price != 0 && price != order.price {
            self.elsewhere.note(row);
        }
        order.left -= traded;
        if self.events.fills == Fills::Report {
            self.reported.set(id, self.reported.get(id).unwrap_or(0) + traded);
            self.orders.set(id, order);
            if let Some(trade) = self.announced.and_then(|at| self.traded.get_mut(at)) {
                *trade = (*trade - traded).max(0);
            }
        } else {
            self.keep(id, order);
        }
        self.change(row, (order.side, order.price), -traded, order.place, 0)?;
        if let Some(last) = self.traded.last_mut() {
            *last = traded;
        }
        Ok(())
    }

    fn trade(&mut self, row: usize) -> Result<(), BadRow> {
        let (price, traded) = (self.price(row)?, self.quantity(row)?);
        let (side, flags) = match self.events.side[row] {
            1 => (Side::Sell, HIDDEN),
            -1 => (Side::Buy, HIDDEN),
            _ => {
                self.unknown.note(row);
                let asks = self.sides[Side::Sell as usize].quantity_at(price);
                (if asks > 0 { Side::Sell } else { Side::Buy }, HIDDEN | UNKNOWN)
            }
        };
        let level = self.sides[side as usize].quantity_at(price);
        if self.events.fills == Fills::Report {
            self.announced = Some(self.traded.len());
        }
        self.push(row, (side, price), level, traded, flags);
        Ok(())
    }

    /// The order that an event is about.
    fn known(&self, row: usize) -> Result<(u64, Standing), BadRow> {
        let id = self.events.id[row];
        let Some(order) = self.orders.get(id) else {
            let text = format!(
                "order {id} is not in the book; data begin with an empty book, or with a clear \
                 and the orders of a snapshot (fills=\"report\" where a cancel follows each fill)"
            );
            return Err(BadRow::new(row, "order_id", text));
        };
        let side = self.events.side[row];
        if side != 0 && i64::from(side) != order.side.sign() {
            let text = format!("order {id} is a {}, not a {}", order.side.name(), said(side));
            return Err(BadRow::new(row, "side", text));
        }
        Ok((id, order))
    }

    fn keep(&mut self, id: u64, order: Standing) {
        if order.left > 0 {
            self.orders.set(id, order);
        } else {
            self.orders.remove(id);
        }
    }

    fn side(&self, row: usize) -> Result<Side, BadRow> {
        match self.events.side[row] {
            1 => Ok(Side::Buy),
            -1 => Ok(Side::Sell),
            _ => Err(BadRow::new(row, "side", "the side of an order must be known, got 0")),
        }
    }

    fn price(&self, row: usize) -> Result<i64, BadRow> {
        let price = self.events.price[row];
        if price > 0 {
            return Ok(price);
        }
        let text = format!("must be > 0, got {}", self.price_text(price));
        Err(BadRow::new(row, "price", text))
    }

    fn quantity(&self, row: usize) -> Result<i64, BadRow> {
        let quantity = self.events.quantity[row];
        if quantity > 0 {
            return Ok(quantity);
        }
        let text = format!("must be > 0, got {}", self.quantity_text(quantity));
        Err(BadRow::new(row, "quantity", text))
    }

    /// The quantity of an event that takes it off an order.
    fn at_most(&self, row: usize, left: i64) -> Result<i64, BadRow> {
        let quantity = self.quantity(row)?;
        if quantity <= left {
            return Ok(quantity);
        }
        let text = format!(
            "{} is more than the {} that order {} has left",
            self.quantity_text(quantity),
            self.quantity_text(left),
            self.events.id[row]
        );
        Err(BadRow::new(row, "quantity", text))
    }

    /// A cancel may leave the price out, but not name another one.
    fn at_its_price(&self, row: usize, order: &Standing) -> Result<(), BadRow> {
        let price = self.events.price[row];
        if price == 0 || price == order.price {
            return Ok(());
        }
        let (id, said, stands) =
            (self.events.id[row], self.price_text(price), self.price_text(order.price));
        let text = format!("order {id} stands at {stands}, not at {said}");
        Err(BadRow::new(row, "price", text))
    }

    fn price_text(&self, raw: i64) -> String {
        decimal(raw, self.events.price_scale).to_string()
    }

    fn quantity_text(&self, raw: i64) -> String {
        decimal(raw, self.events.quantity_scale).to_string()
    }

    /// A row that changes its level.
    fn change(
        &mut self,
        row: usize,
        (side, price): (Side, i64),
        change: i64,
        place: u32,
        flags: u8,
    ) -> Result<(), BadRow> {
        let levels = &mut self.sides[side as usize];
        let level = levels.quantity_at(price) + change;
        if level > MAX_RAW {
            return Err(BadRow::new(row, "quantity", "the sum of the level is out of range"));
        }
        levels.set(price, level);
        self.push(row, (side, price), level, 0, flags);
        if let Some(newer) = self.newer.last_mut() {
            *newer = self.joined.wrapping_sub(place);
        }
        Ok(())
    }

    fn push(&mut self, row: usize, (side, price): (Side, i64), level: i64, traded: i64, flags: u8) {
        self.price.push(price);
        self.level.push(level);
        self.traded.push(traded);
        self.newer.push(0);
        self.flags.push(flags | if side == Side::Sell { ASK } else { 0 });
        self.from.push(row as u32);
    }

    /// True if the best prices are equal; an error if they are crossed.
    fn is_locked(&self, row: usize) -> Result<bool, BadRow> {
        let [bids, asks] = &self.sides;
        let (Some(bid), Some(ask)) = (bids.best(), asks.best()) else { return Ok(false) };
        if bid.price > ask.price {
            let (bid, ask) = (self.price_text(bid.price), self.price_text(ask.price));
            let text = format!("the book is crossed after this row: bid {bid} is above ask {ask}");
            return Err(BadRow::new(row, "price", text));
        }
        Ok(bid.price == ask.price)
    }

    fn finish(mut self, findings: &mut Vec<Finding>) -> Resolved {
        let mut note = |text: String, odd: Odd| {
            if odd.count > 0 {
                findings.push(Finding::note(text, odd.count, odd.rows));
            }
        };
        let locked = counted(self.locked.count, "time");
        note(format!("{locked} the book is locked (bid = ask)"), self.locked);
        let fills = counted(self.elsewhere.count, "fill");
        note(format!("{fills} not at the order's price, which is taken"), self.elsewhere);
        let trades = counted(self.unknown.count, "trade");
        note(format!("{trades} without a known aggressor"), self.unknown);
        if let Some(first) = self.price.iter().find(|price| **price > 0).copied() {
            let blank = self.price.iter_mut().take_while(|price| **price == 0);
            blank.for_each(|price| *price = first);
        }
        let split = (self.from.len() - self.events.time.len()) as u64;
        if split > 0 {
            let text = format!(
                "{} to another price, each kept as two rows: out of one queue, into another",
                counted(split, "move")
            );
            findings.push(Finding::note(text, split, Vec::new()));
        }
        let columns = Columns::MarketByOrder {
            price: self.price,
            level: self.level,
            quantity: self.traded,
            newer: self.newer,
            flags: self.flags,
        };
        Resolved { columns, from: (split > 0).then_some(self.from) }
    }
}

fn said(side: i8) -> &'static str {
    if side > 0 { Side::Buy.name() } else { Side::Sell.name() }
}
