//! The JSON of messages: reading with errors that say where, and the forms of times and numbers.

use std::fmt;

use rust_decimal::Decimal;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, DeserializeOwned, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::by_name::ByName;
use crate::error::{DataFault, Result, did_you_mean};
use crate::num::parse_decimal;
use crate::time::{Time, parse_time};

/// How large a text may be that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes.
    pub bytes: usize,
    /// Objects and arrays inside of each other.
    pub depth: usize,
}

impl Default for Limits {
    /// What is enough for a message or a configuration: 16 MB, 64 deep.
    fn default() -> Self {
        Self { bytes: 16 << 20, depth: 64 }
    }
}

/// Reads a value from JSON text; `what` names it in errors.
///
/// An error says which field, where in the text, what was seen and what is allowed.
pub fn read<T: DeserializeOwned>(what: &str, text: &str) -> Result<T> {
    read_within(what, text, Limits::default())
}

/// As [`read`], with limits of one's own.
pub fn read_within<T: DeserializeOwned>(what: &str, text: &str, limits: Limits) -> Result<T> {
    check_size(what, text, limits)?;
    parse(text).map_err(|error| fault::<T>(what, text, error, true).into())
}

/// The value that JSON text is. What has fields is an object, not a list of them.
pub(in crate::system) fn parse<'de, T: Deserialize<'de>>(text: &'de str) -> serde_json::Result<T> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = T::deserialize(ByName(&mut reader))?;
    reader.end()?;
    Ok(value)
}

/// As [`read`], for text that was never a user's: errors do not say where in it.
pub fn read_object<T: DeserializeOwned>(what: &str, text: &str) -> Result<T> {
    read_placed(what, text, false)
}

/// As [`read`]; `place` says if errors say where in the text.
pub(in crate::system) fn read_placed<T: DeserializeOwned>(
    what: &str,
    text: &str,
    place: bool,
) -> Result<T> {
    check_size(what, text, Limits::default())?;
    parse(text).map_err(|error| fault::<T>(what, text, error, place).into())
}

/// JSON text of a value, on one line.
pub fn write<T: Serialize>(what: &str, value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|error| DataFault::new(format!("{what}: {error}")).into())
}

/// JSON text of a value, on several lines.
pub(in crate::system) fn write_pretty<T: Serialize>(what: &str, value: &T) -> Result<String> {
    let text = serde_json::to_string_pretty(value);
    text.map_err(|error| DataFault::new(format!("{what}: {error}")).into())
}

/// Refuses what is too long or too deep, before anything is read.
pub(in crate::system) fn check_size(what: &str, text: &str, limits: Limits) -> Result<()> {
    if text.len() > limits.bytes {
        let (most, seen) = (limits.bytes, text.len());
        let message = format!("{what}: the JSON text may have {most} bytes, got {seen}");
        return Err(DataFault::new(message).into());
    }
    let (mut depth, mut line, mut quoted, mut escaped) = (0usize, 1, false, false);
    for byte in text.bytes() {
        line += u64::from(byte == b'\n');
        if quoted {
            quoted = escaped || byte != b'"';
            escaped = !escaped && byte == b'\\';
            continue;
        }
        match byte {
            b'"' => quoted = true,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > limits.depth {
            let message = format!("{what}: JSON may be {} deep, here it is deeper", limits.depth);
            return Err(DataFault::new(message).at_line(line).into());
        }
    }
    Ok(())
}

/// Reads once more to learn which field it was. Slower, and only on the way to an exception.
pub(in crate::system) fn fault<T: DeserializeOwned>(
    what: &str,
    text: &str,
    error: serde_json::Error,
    place: bool,
) -> DataFault {
    let mut reader = serde_json::Deserializer::from_str(text);
    let (path, error) = match serde_path_to_error::deserialize::<_, T>(ByName(&mut reader)) {
        Ok(_) => (String::new(), error), // the value is whole, what follows it is wrong
        Err(error) => (error.path().to_string(), error.into_inner()),
    };
    let field = match path.as_str() {
        "" | "." => what.to_owned(),
        path => format!("{what}: {}", shortened(path)),
    };
    let (line, column) = (error.line() as u64, error.column());
    let full = error.to_string();
    let message = full.split(&format!(" at line {line} column")).next().unwrap_or(&full);
    let near = near_miss(message);
    let message = plain(&shortened(message));
    if place && line > 0 {
        DataFault::new(format!("{field}: {message}{near} (column {column})")).at_line(line)
    } else {
        DataFault::new(format!("{field}: {message}{near}"))
    }
}

/// What serde says in the words of its own trade, in those of a reader of JSON.
fn plain(message: &str) -> String {
    const WORDS: [(&str, &str); 15] = [
        ("unit variant, expected newtype variant", "a name, expected an object of one field"),
        ("newtype variant, expected unit variant", "an object, expected a name"),
        ("expected unit", "expected null"),
        ("expected struct ", "expected an object: "),
        ("expected tuple variant ", "expected a list: "),
        ("expected value", "what stands here is no value that is allowed"),
        ("expected a sequence", "expected a list"),
        ("expected u32", "expected a whole number from 0 to 4294967295"),
        ("expected u64", "expected a whole number from 0 to 18446744073709551615"),
        ("expected i64", "expected a whole number"),
        ("EOF while parsing", "the text ends within"),
        ("trailing characters", "more follows where the text should end"),
        (": map, ", ": object, "),
        (": sequence, ", ": list, "),
        (": floating point ", ": number "),
    ];
    WORDS
        .iter()
        .fold(message.replace('`', "\""), |text, (theirs, ours)| text.replacen(theirs, ours, 1))
}

/// What serde says of an unknown name, `unknown variant "x", expected one of ..`, with a near one.
fn near_miss(message: &str) -> String {
    let unknown = ["unknown variant `", "unknown field `"];
    let Some(rest) = unknown.iter().find_map(|start| message.strip_prefix(start)) else {
        return String::new();
    };
    let Some((seen, known)) = rest.split_once("`, expected ") else { return String::new() };
    did_you_mean(seen, known.split('`').skip(1).step_by(2))
}

/// The ends of a text that is too long to be read by anyone.
fn shortened(text: &str) -> String {
    let count = text.chars().count();
    if count <= 600 {
        return text.chars().flat_map(printable).collect();
    }
    let head = text.chars().take(120).flat_map(printable);
    let tail = text.chars().skip(count - 120).flat_map(printable);
    head.chain(['…']).chain(tail).collect()
}

fn printable(letter: char) -> impl Iterator<Item = char> {
    let plain = (!letter.is_control()).then_some(letter);
    let escaped = plain.is_none().then(|| letter.escape_debug());
    plain.into_iter().chain(escaped.into_iter().flatten())
}

impl Serialize for Time {
    /// RFC 3339 in UTC, with as many decimals as there are.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Moment)
    }
}

struct Moment;

impl Visitor<'_> for Moment {
    type Value = Time;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a time as text with a zone, like \"2024-01-31T09:30:00Z\"")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Time, E> {
        parse_time(text, None, "write it like 2024-01-31T09:30:00Z").map_err(E::custom)
    }
}

/// A number or text as an exact decimal.
fn decimal<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    deserializer.deserialize_any(Amount)
}

struct Amount;

impl<'de> Visitor<'de> for Amount {
    type Value = Decimal;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number or its text")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Decimal, E> {
        parse_decimal("", text).map_err(|error| {
            let message = error.to_string();
            E::custom(message.strip_prefix(": ").unwrap_or(&message))
        })
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Decimal, E> {
        Ok(number.into())
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Decimal, E> {
        Ok(number.into())
    }

    /// A number with all its digits comes as a map of one entry.
    fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Decimal, A::Error> {
        let number = serde_json::Number::deserialize(MapAccessDeserializer::new(map))
            .map_err(|_| de::Error::invalid_type(Unexpected::Map, &self))?;
        self.visit_str(number.as_str())
    }
}

/// Decimals as JSON numbers with all their digits and no zeros at the end: what is equal is equal
/// text.
pub(in crate::system) mod number {
    use super::{Decimal, Deserializer, Result, Serializer};

    pub(crate) fn serialize<S: Serializer>(value: &Decimal, to: S) -> Result<S::Ok, S::Error> {
        rust_decimal::serde::arbitrary_precision::serialize(&value.normalize(), to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Decimal, D::Error> {
        super::decimal(from)
    }
}

/// Decimals as text, without zeros at the end.
pub(in crate::system) mod text {
    use super::{Decimal, Deserializer, Result, Serializer};

    pub(crate) fn serialize<S: Serializer>(value: &Decimal, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&value.normalize())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Decimal, D::Error> {
        super::decimal(from)
    }
}

/// Sides as "Buy" and "Sell"; what exchanges write instead is read too.
pub(in crate::system) mod side {
    use super::{Deserialize, Deserializer, Result, Serialize, Serializer};
    use crate::market::Side;

    #[derive(Serialize, Deserialize)]
    enum Word {
        #[serde(alias = "buy", alias = "BUY", alias = "b")]
        Buy,
        #[serde(alias = "sell", alias = "SELL", alias = "s")]
        Sell,
    }

    #[allow(clippy::trivially_copy_pass_by_ref)] // the shape that serde asks for
    pub(crate) fn serialize<S: Serializer>(side: &Side, to: S) -> Result<S::Ok, S::Error> {
        let word = if *side == Side::Buy { Word::Buy } else { Word::Sell };
        word.serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Side, D::Error> {
        Word::deserialize(from).map(|word| match word {
            Word::Buy => Side::Buy,
            Word::Sell => Side::Sell,
        })
    }
}

/// Whether trading is allowed: "Enabled" or "Disabled".
pub(in crate::system) mod enabled {
    use super::{Deserialize, Deserializer, Result, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    enum Word {
        Enabled,
        Disabled,
    }

    #[allow(clippy::trivially_copy_pass_by_ref)] // the shape that serde asks for
    pub(crate) fn serialize<S: Serializer>(enabled: &bool, to: S) -> Result<S::Ok, S::Error> {
        let word = if *enabled { Word::Enabled } else { Word::Disabled };
        word.serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
        Word::deserialize(from).map(|word| matches!(word, Word::Enabled))
    }
}

/// What has no content: `null`.
pub(in crate::system) mod null {
    use super::{Deserialize, Deserializer, Result, Serializer};

    pub(crate) fn serialize<S: Serializer>(to: S) -> Result<S::Ok, S::Error> {
        to.serialize_unit()
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<(), D::Error> {
        <()>::deserialize(from)
    }
}

/// Lists as `{"One": x}` or `{"Many": [..]}`.
pub(in crate::system) mod one_or_many {
    use super::{Deserialize, Deserializer, Result, Serialize, Serializer};

    #[derive(Deserialize)]
    enum Owned<T> {
        One(T),
        Many(Vec<T>),
    }

    #[derive(Serialize)]
    enum Shown<'a, T> {
        One(&'a T),
        Many(&'a [T]),
    }

    pub(crate) fn serialize<T: Serialize, S: Serializer>(
        list: &[T],
        to: S,
    ) -> Result<S::Ok, S::Error> {
        let list = if let [one] = list { Shown::One(one) } else { Shown::Many(list) };
        list.serialize(to)
    }

    pub(crate) fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Vec<T>, D::Error> {
        Owned::deserialize(from).map(|list| match list {
            Owned::One(one) => vec![one],
            Owned::Many(many) => many,
        })
    }
}

/// Pairs of a base and a quote asset.
pub(in crate::system) mod underlyings {
    use super::{Deserialize, Deserializer, Result, Serialize, Serializer, one_or_many};

    #[derive(Serialize, Deserialize)]
    struct Underlying {
        base: u32,
        quote: u32,
    }

    pub(crate) fn serialize<S: Serializer>(pairs: &[(u32, u32)], to: S) -> Result<S::Ok, S::Error> {
        let pair = |&(base, quote): &(u32, u32)| Underlying { base, quote };
        one_or_many::serialize(&pairs.iter().map(pair).collect::<Vec<_>>(), to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Vec<(u32, u32)>, D::Error> {
        let pairs: Vec<Underlying> = one_or_many::deserialize(from)?;
        Ok(pairs.into_iter().map(|pair| (pair.base, pair.quote)).collect())
    }
}

/// Levels of one side of a book, `{"side": null, "levels": [..]}`: Barter's reader demands the
/// side that its writer leaves out, so it is written and not asked for.
pub(in crate::system) mod levels {
    use super::super::market::Level;
    use super::{Deserialize, Deserializer, Result, Serialize, Serializer};

    #[derive(Serialize)]
    struct Shown<'a> {
        side: (),
        levels: &'a [Level],
    }

    #[derive(Deserialize)]
    struct Owned {
        levels: Vec<Level>,
    }

    pub(crate) fn serialize<S: Serializer>(levels: &[Level], to: S) -> Result<S::Ok, S::Error> {
        Shown { side: (), levels }.serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Level>, D::Error> {
        Owned::deserialize(from).map(|side| side.levels)
    }
}

/// A decimal that may be missing, as a number.
pub(in crate::system) mod maybe_number {
    use rust_decimal::Decimal;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::super::json;

    #[derive(Serialize, Deserialize)]
    struct Number(#[serde(with = "json::number")] Decimal);

    #[allow(clippy::ref_option)] // the shape that serde asks for
    pub(crate) fn serialize<S: Serializer>(
        value: &Option<Decimal>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        value.map(Number).serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Decimal>, D::Error> {
        Ok(Option::<Number>::deserialize(from)?.map(|number| number.0))
    }
}

/// A time as whole milliseconds since 1970 UTC.
pub(in crate::system) mod milliseconds {
    use serde::{Deserialize, Deserializer, Serializer, de};

    use crate::time::Time;

    const NS: i64 = 1_000_000;

    #[allow(clippy::trivially_copy_pass_by_ref)] // the shape that serde asks for
    pub(crate) fn serialize<S: Serializer>(time: &Time, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_i64(time.ns() / NS)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Time, D::Error> {
        let milliseconds = i64::deserialize(from)?;
        let ns = milliseconds.checked_mul(NS).ok_or_else(|| {
            de::Error::custom(format!("{milliseconds} ms lie beyond the year 2262"))
        })?;
        Ok(Time(ns))
    }
}
