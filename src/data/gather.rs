//! The wanted columns of a source, chunk after chunk, become integer columns; a bad cell is
//! named by its place.

use arrow::array::{Array, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type};

use crate::data::columns::Mapping;
use crate::data::load::Options;
use crate::data::numbers::{Numbers, first_null};
use crate::data::orders::{self, Action};
use crate::data::table::{BadCell, Chunk, Column, Place, Source};
use crate::data::times::Times;
use crate::error::{DataFault, Error, Result, shown};
use crate::instrument::Instrument;
use crate::market::MarketKind;

/// A column on its way.
#[derive(Debug)]
pub(crate) enum Slot {
    Time(Times),
    Number(Numbers),
    /// +1, -1 or 0, and whether a true or "buy" means the other side.
    Side(Vec<i8>, bool),
    /// True where a row belongs to a snapshot.
    Snapshot(Vec<bool>),
    /// Integer identities; others are not looked at.
    Id(Vec<i64>),
    /// What happened to an order.
    Action(Vec<Action>),
    /// Which order it happened to.
    Order(Vec<u64>),
}

/// All columns of a source, and where their rows came from.
#[derive(Debug)]
pub(crate) struct Gathered {
    pub(crate) slots: Vec<(&'static str, Slot)>,
    pub(crate) rows: usize,
    places: Vec<(usize, Place)>,
    order: Option<Vec<u32>>,
    names: Vec<String>,
}

/// Reads `mapping`'s columns of `source`.
pub(crate) fn gather(
    kind: MarketKind,
    source: &Source<'_>,
    mapping: &Mapping,
    options: &Options,
) -> Result<Gathered> {
    let hint = source.rows_hint();
    let pairs: Vec<(&'static str, String)> =
        mapping.pairs().map(|(role, name)| (role, name.to_owned())).collect();
    let names: Vec<String> = pairs.iter().map(|(_, name)| name.clone()).collect();
    let slots = pairs.iter().map(|(role, _)| (*role, slot(kind, role, options, hint))).collect();
    let mut gathered =
        Gathered { slots, rows: 0, places: Vec::new(), order: None, names: names.clone() };
    source.read(&names, &mut |chunk| gathered.push(chunk))?;
    if gathered.rows == 0 {
        let mut fault = DataFault::new("no rows");
        if let Source::Files(paths) = source {
            fault.path = paths.first().cloned();
        }
        return Err(fault.into());
    }
    Ok(gathered)
}

fn slot(kind: MarketKind, role: &str, options: &Options, hint: usize) -> Slot {
    let rules = options.instrument.as_ref().filter(|rules| !rules.inferred);
    // Where orders end or the book is emptied, a feed need not say prices and quantities again.
    let gaps = kind == MarketKind::MarketByOrder;
    let number = |floor| Slot::Number(Numbers::new(floor, hint).with_gaps(gaps));
    match role {
        "time" | "open_time" | "close_time" | "received" => {
            Slot::Time(Times::new(options.unit, options.zone.clone(), hint))
        }
        "side" => Slot::Side(Vec::with_capacity(hint), false),
        "is_buyer_maker" => Slot::Side(Vec::with_capacity(hint), true),
        "action" if kind == MarketKind::MarketByOrder => Slot::Action(Vec::with_capacity(hint)),
        "order_id" => Slot::Order(Vec::with_capacity(hint)),
        "snapshot" | "action" => Slot::Snapshot(Vec::with_capacity(hint)),
        "id" => Slot::Id(Vec::with_capacity(hint)),
        "quantity" | "bid_quantity" | "ask_quantity" => {
            number(rules.map(Instrument::quantity_scale))
        }
        "volume" => {
            // A volume in other units is brought to lots later.
            let floor = rules.filter(|_| kind == MarketKind::Candles && options.volume_is_plain());
            Slot::Number(Numbers::new(floor.map(Instrument::quantity_scale), hint))
        }
        _ => number(rules.map(Instrument::price_scale)),
    }
}

impl Gathered {
    fn push(&mut self, chunk: &Chunk<'_>) -> Result<()> {
        for (at, (role, slot)) in self.slots.iter_mut().enumerate() {
            slot.push(role, &chunk.columns[at]).map_err(|bad| {
                let fault = chunk.place.fault(bad.index, bad.message);
                Error::from(fault.in_column(&self.names[at]))
            })?;
        }
        self.places.push((self.rows, chunk.place.clone()));
        self.rows += chunk.rows();
        Ok(())
    }

    /// The error for a broken rule at row `row` of the column that plays `role`.
    pub(crate) fn fault(&self, row: usize, role: &str, message: &str) -> Error {
        let row = self.order.as_ref().map_or(row, |order| order[row] as usize);
        let at = self.places.partition_point(|(first, _)| *first <= row).saturating_sub(1);
        let (first, place) = &self.places[at];
        let fault = place.fault(row - first, message);
        match self.slots.iter().position(|(known, _)| *known == role) {
            Some(column) => fault.in_column(&self.names[column]).into(),
            None => fault.into(),
        }
    }

    /// The slot of a role.
    pub(crate) fn take(&mut self, role: &str) -> Option<Slot> {
        let (_, slot) = self.slots.iter_mut().find(|(known, _)| *known == role)?;
        Some(std::mem::replace(slot, Slot::Id(Vec::new())))
    }

    pub(crate) fn take_times(&mut self, role: &str) -> Option<Times> {
        self.slots.iter_mut().find_map(|(known, slot)| match slot {
            Slot::Time(times) if *known == role => {
                Some(std::mem::replace(times, Times::new(None, None, 0)))
            }
            _ => None,
        })
    }

    pub(crate) fn take_numbers(&mut self, role: &str) -> Option<Numbers> {
        self.slots.iter_mut().find_map(|(known, slot)| match slot {
            Slot::Number(numbers) if *known == role => {
                Some(std::mem::replace(numbers, Numbers::new(None, 0)))
            }
            _ => None,
        })
    }

    /// Orders all rows by `key`, equal ones as they came.
    pub(crate) fn sort(&mut self, key: &[i64]) -> Option<&[u32]> {
        if key.is_sorted() {
            return None;
        }
        let mut order: Vec<u32> = (0..key.len() as u32).collect();
        order.sort_by_key(|row| key[*row as usize]);
        for (_, slot) in &mut self.slots {
            match slot {
                Slot::Time(times) => arrange(&mut times.ns, &order),
                Slot::Number(numbers) => arrange(&mut numbers.raw, &order),
                Slot::Side(sides, _) => arrange(sides, &order),
                Slot::Snapshot(marks) => arrange(marks, &order),
                Slot::Id(ids) => arrange(ids, &order),
                Slot::Action(actions) => arrange(actions, &order),
                Slot::Order(orders) => arrange(orders, &order),
            }
        }
        self.order = Some(order);
        self.order.as_deref()
    }
}

/// Brings values into the order of rows; an empty column stays empty.
pub(crate) fn arrange<T: Copy>(values: &mut Vec<T>, order: &[u32]) {
    if values.len() == order.len() {
        *values = order.iter().map(|row| values[*row as usize]).collect();
    }
}

impl Slot {
    fn push(&mut self, role: &str, column: &Column<'_>) -> Result<(), BadCell> {
        match self {
            Self::Time(times) => times.push(column),
            Self::Number(numbers) => numbers.push(column),
            Self::Side(sides, inverted) => push_sides(sides, *inverted, column),
            Self::Snapshot(marks) => push_marks(marks, role == "action", column),
            Self::Action(actions) => orders::push_actions(actions, column),
            Self::Order(ids) => orders::push_ids(ids, column),
            Self::Id(ids) => {
                match column {
                    Column::Integers(values) => ids.extend_from_slice(values),
                    Column::Array(array) if array.data_type() == &DataType::Int64 => {
                        ids.extend_from_slice(array.as_primitive::<Int64Type>().values());
                    }
                    _ => {}
                }
                Ok(())
            }
        }
    }
}

/// A column as integers or text, whichever it is.
pub(crate) enum Plain {
    Integers(Vec<i64>),
    Text(Vec<String>),
}

pub(crate) fn plain(column: &Column<'_>, what: &str) -> Result<Plain, BadCell> {
    let array = match column {
        Column::Integers(values) => return Ok(Plain::Integers(values.to_vec())),
        Column::Floats(values) => {
            let whole = |x: &f64| (x.trunc().to_bits() == x.to_bits()).then_some(*x as i64);
            let bad = values.iter().position(|x| whole(x).is_none());
            if let Some(index) = bad {
                return Err(BadCell::new(index, format!("{} is not {what}", values[index])));
            }
            return Ok(Plain::Integers(values.iter().filter_map(whole).collect()));
        }
        Column::Array(array) => array,
    };
    if let Some(index) = first_null(array.as_ref()) {
        return Err(BadCell::new(index, "is empty (null)"));
    }
    let failed = |error: arrow::error::ArrowError| BadCell::new(0, shown(&error.to_string()));
    match array.data_type() {
        DataType::Float64 => {
            let values = array.as_primitive::<arrow::datatypes::Float64Type>().values();
            plain(&Column::Floats(values), what)
        }
        kind if kind.is_integer() || kind == &DataType::Boolean => {
            let values = cast(array, &DataType::Int64).map_err(failed)?;
            Ok(Plain::Integers(values.as_primitive::<Int64Type>().values().to_vec()))
        }
        _ => {
            let values = cast(array, &DataType::Utf8).map_err(failed)?;
            let text = values.as_string::<i32>();
            Ok(Plain::Text((0..text.len()).map(|i| text.value(i).trim().to_lowercase()).collect()))
        }
    }
}

const BUY: [&str; 7] = ["buy", "bid", "b", "buyer", "1", "true", "+1"];
const SELL: [&str; 8] = ["sell", "ask", "s", "a", "seller", "-1", "false", "offer"];
const UNKNOWN: [&str; 4] = ["0", "n", "none", "unknown"];

fn push_sides(sides: &mut Vec<i8>, inverted: bool, column: &Column<'_>) -> Result<(), BadCell> {
    let sign: i8 = if inverted { -1 } else { 1 };
    let boolean = inverted
        || matches!(column, Column::Array(array) if array.data_type() == &DataType::Boolean);
    let bad = |index: usize, value: &str| {
        let allowed = "1 and -1, \"buy\" and \"sell\", \"bid\" and \"ask\", true and false";
        BadCell::new(index, format!("side \"{}\" is not known; allowed: {allowed}", shown(value)))
    };
    match plain(column, "a side")? {
        Plain::Integers(values) => {
            for (index, value) in values.iter().enumerate() {
                let side = match (*value, boolean) {
                    (1, _) => 1,
                    (0, true) | (-1, false) => -1,
                    (0, false) => 0,
                    _ => return Err(bad(index, &value.to_string())),
                };
                sides.push(side * sign);
            }
        }
        Plain::Text(values) => {
            for (index, value) in values.iter().enumerate() {
                let value = value.as_str();
                let side = match value {
                    _ if BUY.contains(&value) => 1,
                    _ if SELL.contains(&value) || (inverted && value == "0") => -1,
                    _ if UNKNOWN.contains(&value) => 0,
                    _ => return Err(bad(index, value)),
                };
                sides.push(side * sign);
            }
        }
    }
    Ok(())
}

fn push_marks(marks: &mut Vec<bool>, action: bool, column: &Column<'_>) -> Result<(), BadCell> {
    let yes = ["snapshot", "partial", "image", "true", "1"];
    let no = ["update", "delta", "change", "new", "delete", "add", "false", "0"];
    match plain(column, "a mark")? {
        Plain::Integers(values) => marks.extend(values.iter().map(|value| *value != 0)),
        Plain::Text(values) => {
            for (index, value) in values.iter().enumerate() {
                if !yes.contains(&value.as_str()) && !no.contains(&value.as_str()) {
                    let what = if action { "action" } else { "snapshot" };
                    let text = format!(
                        "{what} \"{}\" is not known; allowed: \"snapshot\", \"update\"",
                        shown(value)
                    );
                    return Err(BadCell::new(index, text));
                }
                marks.push(yes.contains(&value.as_str()));
            }
        }
    }
    Ok(())
}
