//! What happened, so that it can be proven and done again: the digest of a run, and its log as
//! lines, as a file, as a replica that follows it.

mod digest;
mod file;
mod line;
mod messages;
mod replica;

pub use digest::{RunDigest, hexadecimal};
pub use file::{About, Writer, read};
pub use line::{COLUMNS, Kind, Line, Step};
pub use replica::Replica;
