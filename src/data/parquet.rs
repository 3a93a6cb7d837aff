//! Parquet files: only the wanted columns, decoded in blocks that fit the processor's cache.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};

use crate::data::table::{Chunk, Column, Lines, Place, io_fault};
use crate::error::{DataFault, Error, Result, shown};

/// Rows decoded at a time.
const BATCH: usize = 16_384;

/// Column names of the file.
pub(crate) fn names(path: &Path) -> Result<Vec<String>> {
    let about = metadata(path)?.1;
    Ok(about.schema().fields().iter().map(|field| field.name().clone()).collect())
}

/// Rows that the file claims, but no more than it has bytes. Zero if it cannot be read.
pub(crate) fn rows_hint(path: &Path) -> usize {
    let is_parquet = path.extension().is_some_and(|end| end != "gz" && end != "csv");
    let Some((file, about)) = is_parquet.then(|| metadata(path).ok()).flatten() else { return 0 };
    let bytes = file.metadata().map_or(0, |about| about.len());
    let claimed = about.metadata().file_metadata().num_rows();
    usize::try_from(claimed).unwrap_or(0).min(usize::try_from(bytes).unwrap_or(0))
}

/// Hands the columns called `wanted` to `each`.
pub(crate) fn read(
    path: &Path,
    wanted: &[String],
    each: &mut dyn FnMut(&Chunk<'_>) -> Result<()>,
) -> Result<()> {
    let (file, about) = metadata(path)?;
    let mut roots = Vec::new();
    for name in wanted {
        let at = about.schema().fields().iter().position(|field| field.name() == name);
        roots.push(at.ok_or_else(|| {
            let text = "is not in this file, though it is in the first one";
            Error::from(DataFault::new(text).in_file(path).in_column(name))
        })?);
    }
    let mut sorted = roots.clone();
    sorted.sort_unstable();
    sorted.dedup();
    let place_in_batch = |root: usize| sorted.partition_point(|known| *known < root);
    let columns: Vec<usize> = roots.iter().map(|root| place_in_batch(*root)).collect();

    let mut reader = guarded(path, || {
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, about);
        let mask = ProjectionMask::roots(builder.parquet_schema(), sorted.iter().copied());
        builder.with_projection(mask).with_batch_size(BATCH).build()
    })?;
    let shared = Arc::new(path.to_path_buf());
    let mut first_row = 0;
    while let Some(batch) = next_batch(path, &mut reader)? {
        let columns = columns.iter().map(|at| Column::Array(Arc::clone(batch.column(*at))));
        let path = Some(Arc::<PathBuf>::clone(&shared));
        let place = Place { path, first_row, lines: Lines::None };
        each(&Chunk { columns: columns.collect(), place })?;
        first_row += batch.num_rows() as u64;
    }
    Ok(())
}

fn next_batch(
    path: &Path,
    reader: &mut ParquetRecordBatchReader,
) -> Result<Option<arrow::array::RecordBatch>> {
    guarded(path, || reader.next().transpose().map_err(Into::into))
}

fn metadata(path: &Path) -> Result<(File, ArrowReaderMetadata)> {
    let file = File::open(path).map_err(|error| io_fault(path, &error))?;
    let about = guarded(path, || {
        // The schema that a writer embedded is a convenience, not needed for columns of numbers.
        ArrowReaderMetadata::load(&file, ArrowReaderOptions::new())
    })?;
    Ok((file, about))
}

/// Whatever a damaged file does to the decoder, an error or a panic, comes out as one sentence.
fn guarded<T>(path: &Path, work: impl FnOnce() -> parquet::errors::Result<T>) -> Result<T> {
    let said = match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(value)) => return Ok(value),
        Ok(Err(error)) => error.to_string(),
        Err(_) => "its parts contradict each other".to_owned(),
    };
    let text = format!("cannot be read as Parquet, it is damaged or cut off: {}", shown(&said));
    Err(DataFault::new(text).in_file(path).into())
}
