//! The messages of an Arrow stream, looked at before they are read: what their lengths promise must
//! be there. A reader believes them, and would ask for as much memory.

use arrow::ipc::{MessageHeader, root_as_message};

/// Most bytes of a column of a block.
const MOST_BYTES: i64 = 1 << 30;

/// What comes before each message.
const MARK: [u8; 4] = [0xff; 4];

/// How many bytes hold whole messages whose lengths can be true; what follows is cut off or wrong.
pub(super) fn whole(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(length) = message(&bytes[at..]) {
        at += length;
    }
    at
}

/// The length of the message that begins here, if all of it is here.
fn message(bytes: &[u8]) -> Option<usize> {
    let mark = bytes.get(..4)?;
    let length: [u8; 4] = bytes.get(4..8)?.try_into().ok()?;
    let length = usize::try_from(i32::from_le_bytes(length)).ok()?;
    if mark != MARK || length == 0 {
        return None; // the end
    }
    let message = root_as_message(bytes.get(8..)?.get(..length)?).ok()?;
    let size = usize::try_from(message.bodyLength()).ok()?;
    let body = bytes.get(8 + length..)?.get(..size)?;
    if message.header_type() == MessageHeader::RecordBatch {
        let batch = message.header_as_record_batch()?;
        let compressed = batch.compression().is_some();
        for buffer in batch.buffers()? {
            let (from, length) =
                (usize::try_from(buffer.offset()).ok()?, usize::try_from(buffer.length()).ok()?);
            let bytes = body.get(from..)?.get(..length)?;
            if compressed && length > 0 {
                let promised = i64::from_le_bytes(bytes.get(..8)?.try_into().ok()?);
                (-1..=MOST_BYTES).contains(&promised).then_some(())?;
            }
        }
    }
    Some(8 + length + size)
}
