//! Numbers to integers: floats, integers, decimals and text become counts of `10^-scale`, exactly.
//!
//! The scale of a column grows with the decimal places that its values need. A float stands for
//! the shortest
//! decimal within a few units of its last bit, so `0.1 + 0.2` is 0.3; whatever needs more
//! places than fit is
//! rounded, and counted. The result does not depend on the order or the chunks of the values.

use arrow::array::{Array, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Decimal128Type, Float64Type, Int64Type};

use crate::data::table::{BadCell, Column};
use crate::error::shown;
use crate::num::{MAX_RAW, MAX_SCALE, POW10, div_half_even, parse_decimal};

/// Floats tried at once.
const BLOCK: usize = 1024;
/// Adding and taking away this rounds a float below 2^51 to an integer.
const MAGIC: f64 = 6_755_399_441_055_744.0;
/// Below this no coarser decimal lies within [`NOISE`] of an exact one.
const FAST: f64 = (1u64 << 48) as f64;
/// Relative error up to which a float means a decimal: eight units of its last bit.
const NOISE: f64 = 1.0 / (1u64 << 49) as f64;

/// A column of numbers on its way to integers.
#[derive(Clone, Debug)]
pub struct Numbers {
    /// Values in units of `10^-scale`.
    pub raw: Vec<i64>,
    /// Decimal places.
    pub scale: u32,
    /// Values that need more places than fit, rounded to the nearest.
    pub rounded: u64,
    /// Places of the instrument's step: a float within a millionth of it means it.
    floor: Option<u32>,
    /// True if empty cells are allowed and count as 0.
    gaps: bool,
}

impl Numbers {
    /// An empty column; `floor` is the least scale, from the instrument's tick or lot.
    pub fn new(floor: Option<u32>, capacity: usize) -> Self {
        let scale = floor.unwrap_or(0);
        Self { raw: Vec::with_capacity(capacity), scale, rounded: 0, floor, gaps: false }
    }

    /// The same column, in which empty cells count as 0 if `gaps`.
    #[must_use]
    pub fn with_gaps(self, gaps: bool) -> Self {
        Self { gaps, ..self }
    }

    /// Appends the cells of a chunk.
    pub fn push(&mut self, column: &Column<'_>) -> Result<(), BadCell> {
        match column {
            Column::Floats(values) if self.gaps && values.iter().any(|value| value.is_nan()) => {
                let filled = values.iter().map(|x| if x.is_nan() { 0.0 } else { *x });
                self.push_floats(&filled.collect::<Vec<f64>>())
            }
            Column::Floats(values) => self.push_floats(values),
            Column::Integers(values) => self.push_integers(values),
            Column::Array(array) if self.gaps && array.data_type() == &DataType::Float64 => {
                let values = array.as_primitive::<Float64Type>().iter();
                let filled: Vec<f64> = values.map(|value| value.unwrap_or(f64::NAN)).collect();
                self.push(&Column::Floats(&filled))
            }
            Column::Array(array) if self.gaps && first_null(array.as_ref()).is_some() => {
                self.push_with_gaps(array.as_ref())
            }
            Column::Array(array) => self.push_array(array.as_ref()),
        }
    }

    fn push_with_gaps(&mut self, array: &dyn Array) -> Result<(), BadCell> {
        for index in 0..array.len() {
            if array.is_null(index) {
                self.place(0, 0).map_err(|text| BadCell::new(index, text))?;
            } else {
                self.push_array(array.slice(index, 1).as_ref())
                    .map_err(|bad| BadCell::new(index, bad.message))?;
            }
        }
        Ok(())
    }

    fn push_array(&mut self, array: &dyn Array) -> Result<(), BadCell> {
        if let Some(index) = first_null(array) {
            return Err(BadCell::new(index, "is empty (null); a number is needed"));
        }
        let converted = |to: &DataType| {
            cast(array, to).map_err(|error| BadCell::new(0, shown(&error.to_string())))
        };
        match array.data_type() {
            DataType::Float64 => self.push_floats(array.as_primitive::<Float64Type>().values()),
            DataType::Int64 => self.push_integers(array.as_primitive::<Int64Type>().values()),
            DataType::Float32 => {
                let values = array.as_primitive::<arrow::datatypes::Float32Type>().values();
                // The shortest text of a single float is the number that was meant.
                let meant = |x: &f32| x.to_string().parse().unwrap_or(f64::NAN);
                self.push_floats(&values.iter().map(meant).collect::<Vec<f64>>())
            }
            DataType::Int8
            | DataType::Int16
            | DataType::Int32
            | DataType::UInt8
            | DataType::UInt16
            | DataType::UInt32 => self
                .push_integers(converted(&DataType::Int64)?.as_primitive::<Int64Type>().values()),
            DataType::UInt64 => {
                let values = array.as_primitive::<arrow::datatypes::UInt64Type>().values();
                self.push_each(values, |value| Ok((i128::from(*value), 0)))
            }
            DataType::Decimal128(_, places) => {
                let values = array.as_primitive::<Decimal128Type>().values();
                let places = *places;
                self.push_each(values, |value| scaled(*value, i32::from(places)))
            }
            DataType::Utf8 => {
                let text = array.as_string::<i32>();
                for index in 0..text.len() {
                    let (mantissa, places) =
                        parse(text.value(index)).map_err(|text| BadCell::new(index, text))?;
                    self.place(mantissa, places).map_err(|text| BadCell::new(index, text))?;
                }
                Ok(())
            }
            DataType::LargeUtf8 | DataType::Utf8View => {
                self.push_array(converted(&DataType::Utf8)?.as_ref())
            }
            DataType::Decimal32(..) | DataType::Decimal64(..) | DataType::Decimal256(..) => {
                self.push_array(converted(&DataType::Decimal128(38, MAX_SCALE as i8))?.as_ref())
            }
            DataType::Dictionary(_, values) => self.push_array(converted(values)?.as_ref()),
            other => Err(BadCell::new(
                0,
                format!("holds {other}; floats, integers, decimals or text are needed"),
            )),
        }
    }

    fn push_each<T>(
        &mut self,
        values: &[T],
        read: impl Fn(&T) -> Result<(i128, u32), String>,
    ) -> Result<(), BadCell> {
        for (index, value) in values.iter().enumerate() {
            read(value)
                .and_then(|(mantissa, places)| self.place(mantissa, places))
                .map_err(|text| BadCell::new(index, text))?;
        }
        Ok(())
    }

    fn push_integers(&mut self, values: &[i64]) -> Result<(), BadCell> {
        self.push_each(values, |value| Ok((i128::from(*value), 0)))
    }

    fn push_floats(&mut self, values: &[f64]) -> Result<(), BadCell> {
        for (number, block) in values.chunks(BLOCK).enumerate() {
            let start = self.raw.len();
            if self.push_block(block) {
                continue;
            }
            self.raw.truncate(start);
            for (index, value) in block.iter().enumerate() {
                self.push_float(*value)
                    .map_err(|text| BadCell::new(number * BLOCK + index, text))?;
            }
        }
        Ok(())
    }

    /// Appends a block if each value is exactly a count of the present unit.
    #[inline]
    #[allow(clippy::float_cmp)] // a float is the nearest to its decimal or not
    fn push_block(&mut self, block: &[f64]) -> bool {
        let unit = POW10[self.scale as usize] as f64;
        let start = self.raw.len();
        self.raw.resize(start + block.len(), 0);
        let mut exact = true;
        for (raw, value) in self.raw[start..].iter_mut().zip(block) {
            let shifted = value * unit + MAGIC;
            let whole = shifted - MAGIC;
            exact &= (whole / unit == *value) & (whole.abs() < FAST);
            *raw = (shifted.to_bits() as i64).wrapping_sub(MAGIC.to_bits() as i64);
        }
        exact
    }

    fn push_float(&mut self, value: f64) -> Result<(), String> {
        if !value.is_finite() {
            return Err(format!("must be a finite number, got {value}"));
        }
        if let Some(floor) = self.floor {
            let exact = value * POW10[floor as usize] as f64;
            let whole = exact.round();
            let meant = (exact - whole).abs() <= 1e-6 && (whole.abs() > 0.5 || exact.abs() < 1e-12);
            if meant && whole.abs() < FAST {
                return self.place(whole as i128, floor);
            }
        }
        let mut nearest = None;
        for places in self.floor.unwrap_or(0)..=MAX_SCALE {
            let unit = POW10[places as usize] as f64;
            let whole = (value * unit).round();
            if whole.abs() > MAX_RAW as f64 {
                break;
            }
            nearest = Some((whole as i128, places));
            if (value - whole / unit).abs() <= value.abs() * NOISE {
                return self.place(whole as i128, places);
            }
        }
        let (mantissa, places) = nearest.ok_or_else(|| out_of_range(&value.to_string()))?;
        self.rounded += 1;
        self.place(mantissa, places)
    }

    /// Appends `mantissa × 10^-places`, at a finer scale if it needs one.
    fn place(&mut self, mantissa: i128, places: u32) -> Result<(), String> {
        let (mut mantissa, mut places) = (mantissa, places);
        while places > self.scale && mantissa % 10 == 0 {
            (mantissa, places) = (mantissa / 10, places - 1);
        }
        if places > self.scale {
            self.raise(places.min(MAX_SCALE));
        }
        if places > self.scale {
            mantissa = div_half_even(mantissa, 10i128.pow((places - self.scale).min(38)));
            places = self.scale;
            self.rounded += 1;
        }
        let fits = |scale: u32| {
            let raw = mantissa.checked_mul(i128::from(POW10[(scale - places) as usize]))?;
            i64::try_from(raw).ok().filter(|raw| raw.abs() <= MAX_RAW)
        };
        let least = places.max(self.floor.unwrap_or(0));
        let found = (least..=self.scale).rev().find_map(|scale| Some((fits(scale)?, scale)));
        let (raw, scale) = found.ok_or_else(|| out_of_range(&format!("{mantissa}e-{places}")))?;
        self.lower(scale);
        self.raw.push(raw);
        Ok(())
    }

    /// Moves all values to a finer scale, as far as they fit. True if `scale` was reached.
    pub fn raise(&mut self, scale: u32) -> bool {
        let largest = self.raw.iter().map(|raw| raw.unsigned_abs()).max().unwrap_or(0);
        let mut to = scale;
        while to > self.scale
            && u128::from(largest) * POW10[(to - self.scale) as usize] as u128 > MAX_RAW as u128
        {
            to -= 1;
        }
        if to > self.scale {
            let factor = POW10[(to - self.scale) as usize];
            self.raw.iter_mut().for_each(|raw| *raw *= factor);
            self.scale = to;
        }
        self.scale >= scale
    }

    /// Moves all values to a coarser scale.
    fn lower(&mut self, scale: u32) {
        let divisor = POW10[(self.scale - scale) as usize];
        if divisor > 1 {
            for raw in &mut self.raw {
                self.rounded += u64::from(*raw % divisor != 0);
                *raw = div_half_even(i128::from(*raw), i128::from(divisor)) as i64;
            }
            self.scale = scale;
        }
    }
}

fn out_of_range(value: &str) -> String {
    format!("{} is out of range", shown(value))
}

/// `value × 10^-places` without trailing zeros; Arrow allows negative places.
fn scaled(value: i128, places: i32) -> Result<(i128, u32), String> {
    let (mut value, mut places) = (value, places);
    if value == 0 {
        return Ok((0, 0));
    }
    while places > 0 && value % 10 == 0 {
        (value, places) = (value / 10, places - 1);
    }
    if places < 0 {
        let up = 10i128.checked_pow(places.unsigned_abs());
        let whole = up.and_then(|up| value.checked_mul(up));
        return whole.map(|whole| (whole, 0)).ok_or_else(|| out_of_range(&value.to_string()));
    }
    Ok((value, places.unsigned_abs()))
}

/// A number from text as mantissa and places, without trailing zeros.
fn parse(text: &str) -> Result<(i128, u32), String> {
    if let Some((mantissa, places)) = parse_plain(text.as_bytes()) {
        return scaled(i128::from(mantissa), places);
    }
    let said = |_| format!("\"{}\" is not a number", shown(text));
    let value = parse_decimal("", text).map_err(said)?.normalize();
    Ok((value.mantissa(), value.scale()))
}

/// Up to 18 digits with at most one point and a sign.
fn parse_plain(text: &[u8]) -> Option<(i64, i32)> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    if digits.is_empty() || digits.len() > 18 || digits == b"." {
        return None;
    }
    let (mut mantissa, mut places, mut point) = (0i64, 0, false);
    for byte in digits {
        match byte {
            b'0'..=b'9' => {
                mantissa = mantissa * 10 + i64::from(byte - b'0');
                places += i32::from(point);
            }
            b'.' if !point => point = true,
            _ => return None,
        }
    }
    Some((if negative { -mantissa } else { mantissa }, places))
}

/// Position of the first empty cell.
pub(crate) fn first_null(array: &dyn Array) -> Option<usize> {
    (array.null_count() > 0 || array.data_type() == &DataType::Null)
        .then(|| (0..array.len()).find(|index| array.is_null(*index)).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::num::to_f64;
    use proptest::prelude::*;

    fn read(values: &[f64], floor: Option<u32>) -> Numbers {
        let mut numbers = Numbers::new(floor, 0);
        numbers.push(&Column::Floats(values)).expect("numbers");
        numbers
    }

    #[test]
    fn noise_of_arithmetic_is_not_a_place() {
        let numbers = read(&[0.1 + 0.2, 100.25, 12_345.100_000_000_002], None);
        assert_eq!((numbers.scale, numbers.rounded), (2, 0));
        assert_eq!(numbers.raw, [30, 10_025, 1_234_510]);
    }

    #[test]
    fn a_small_number_is_not_noise() {
        let numbers = read(&[1.0, 1e-7], None);
        assert_eq!((numbers.scale, numbers.raw), (7, vec![10_000_000, 1]));
        assert_eq!(read(&[100.000_000_001], Some(2)).raw, [10_000]);
    }

    #[test]
    fn what_does_not_fit_is_rounded_and_counted() {
        let numbers = read(&[1.0 / 3.0, 1e9], None);
        assert_eq!(numbers.rounded, 1 + u64::from(numbers.scale < 12));
        assert!((to_f64(numbers.raw[0], numbers.scale) - 1.0 / 3.0).abs() < 1e-8);
        assert_eq!(numbers.raw[1], 1_000_000_000 * POW10[numbers.scale as usize]);
    }

    #[test]
    fn what_is_no_number_is_named() {
        for (value, said) in [(f64::NAN, "NaN"), (f64::INFINITY, "inf"), (1e300, "out of range")] {
            let bad = Numbers::new(None, 0)
                .push(&Column::Floats(&[1.0, value]))
                .expect_err("not a number");
            assert_eq!(bad.index, 1);
            assert!(bad.message.contains(said), "{}", bad.message);
        }
        for text in ["abc", "", "N/A", "1e400", "1,5"] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert_eq!(parse("-1.500"), Ok((-15, 1)));
        assert_eq!(parse("1e-8"), Ok((1, 8)));
    }

    proptest! {
        /// An integer survives the way through a float and back, whatever the scale.
        #[test]
        fn raw_float_raw(
            raw in proptest::collection::vec(-(1i64 << 48) + 1..1 << 48, 1..50),
            scale in 0u32..=8,
        ) {
            let floats: Vec<f64> = raw.iter().map(|raw| to_f64(*raw, scale)).collect();
            let mut numbers = read(&floats, None);
            prop_assert!(numbers.scale <= scale);
            prop_assert!(numbers.raise(scale));
            prop_assert_eq!(numbers.raw, raw);
        }

        /// The order of values does not matter.
        #[test]
        fn order_does_not_matter(mut values in proptest::collection::vec(-1e6f64..1e6, 1..40)) {
            let forward = read(&values, None);
            values.reverse();
            let mut backward = read(&values, None);
            backward.raw.reverse();
            prop_assert_eq!(forward.scale, backward.scale);
            prop_assert_eq!(forward.raw, backward.raw);
        }

        /// Text and float of one number give one integer.
        #[test]
        fn text_is_as_good_as_float(raw in -(1i64 << 48)..1 << 48, scale in 0u32..=8) {
            let text = crate::num::decimal(raw, scale).to_string();
            let array = arrow::array::StringArray::from(vec![text.as_str()]);
            let mut from_text = Numbers::new(None, 0);
            from_text.push(&Column::Array(std::sync::Arc::new(array))).expect("number");
            let from_float = read(&[to_f64(raw, scale)], None);
            prop_assert_eq!((from_text.raw, from_text.scale), (from_float.raw, from_float.scale));
        }
    }
}
