//! The JSON of configurations: forms that messages do not have, and files.

use std::path::Path;

use serde::Serialize;

use crate::error::{DataFault, Result};

/// Most bytes of a configuration's file.
const MOST_BYTES: u64 = 16 << 20;

/// A decimal that may be missing, as a number.
pub(super) mod maybe_number {
    use rust_decimal::Decimal;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::system::message::json;

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
pub(super) mod milliseconds {
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

/// JSON text of a value on several lines.
pub(super) fn write_pretty<T: Serialize>(what: &str, value: &T) -> Result<String> {
    let text = serde_json::to_string_pretty(value);
    text.map_err(|error| DataFault::new(format!("{what}: {error}")).into())
}

/// The text of a small file.
pub(super) fn small_file(path: &Path) -> Result<String> {
    let fault = |error: std::io::Error| {
        let mut fault = DataFault::new(error.to_string()).in_file(path);
        fault.missing_file = error.kind() == std::io::ErrorKind::NotFound;
        fault
    };
    let size = std::fs::metadata(path).map_err(fault)?.len();
    if size > MOST_BYTES {
        let text = format!("the file may have {MOST_BYTES} bytes, it has {size}");
        return Err(DataFault::new(text).in_file(path).into());
    }
    Ok(std::fs::read_to_string(path).map_err(fault)?)
}
