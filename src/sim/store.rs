//! The durable memory of a simulated clinic: one redb file beside the world, or none.
//!
//! A change is committed (and synced to disk) before it is answered. The store remembers from
//! which world it was made and is never mixed with another.
#![expect(
    clippy::disallowed_methods,
    reason = "this module makes the store file; a new store begins at the present time"
)]

use std::fs::{DirBuilder, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use redb::backends::InMemoryBackend;
use redb::{
    Builder, Database, DatabaseError, ReadableDatabase, ReadableTable, Table, TableDefinition,
    WriteTransaction,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::columns::Columns;
use super::date;
use super::error::SimError;
use super::state::{Changes, Contents, Row, RowKey, Write};
use super::world::World;

/// What of the store this version writes.
const FORMAT: &str = "1";
/// Enough for a large clinic; redb's default is a gigabyte.
const CACHE_BYTES: usize = 16 << 20;
/// What is in memory is not worth keeping there twice, and a server may have a thousand of them.
const CACHE_BYTES_IN_MEMORY: usize = 64 << 10;

/// `format`, and the `world` digest.
const META: TableDefinition<&str, &str> = TableDefinition::new("meta");
const ROWS: TableDefinition<StoredKey, StoredRow> = TableDefinition::new("rows");
/// Number to JSON.
const RUNS: TableDefinition<u64, &str> = TableDefinition::new("runs");
/// Idempotency key to JSON.
const KEPT: TableDefinition<&str, &str> = TableDefinition::new("kept_answers");
/// Sequence to JSON.
const WRITES: TableDefinition<u64, &str> = TableDefinition::new("writes");

/// User, office, provider.
type StoredKey = (u64, u64, u64);
/// Revision, nine letters, until or nothing, listed.
type StoredRow = (u64, &'static str, &'static str, bool);
type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// An open store.
#[derive(Debug)]
pub(super) struct Store {
    database: Database,
}

impl Store {
    /// Opens the store of this world and reads what it holds; a new one is seeded from the world.
    pub(super) fn open(
        world: &Arc<World>,
        path: Option<&Path>,
    ) -> Result<(Self, Contents), SimError> {
        let store = Self {
            database: match path {
                Some(path) => open_file(path)?,
                None => Builder::new()
                    .set_cache_size(CACHE_BYTES_IN_MEMORY)
                    .create_with_backend(InMemoryBackend::new())
                    .map_err(|error| SimError::Store(error.into()))?,
            },
        };
        // What is in memory is never opened again, with this world or another.
        let digest = path.map_or_else(|| Ok(String::new()), |_| world.digest())?;
        let path = path.map_or_else(|| PathBuf::from("(in memory)"), Path::to_path_buf);
        let unreadable = |source| SimError::StoreUnreadable { path: path.clone(), source };
        let contents = match store.seeded_from().map_err(unreadable)? {
            None => {
                let contents = Contents::seed(world, Timestamp::now());
                store.seed(&digest, &contents).map_err(SimError::Store)?;
                contents
            }
            Some(seeded) if seeded == digest => store.read().map_err(unreadable)?,
            Some(_) => {
                return Err(SimError::WorldChanged { tenant: world.tenant.clone(), path });
            }
        };
        Ok((store, contents))
    }

    /// Makes the changes of one request durable, all or none.
    pub(super) fn commit(&self, changes: &Changes) -> Result<(), SimError> {
        self.put(changes).map_err(SimError::Store)
    }

    /// Every accepted row write, in order.
    pub(super) fn write_log(&self) -> Result<Vec<Write>, SimError> {
        let read = || -> Result<Vec<Write>, BoxError> {
            let transaction = self.database.begin_read()?;
            json_values(&transaction.open_table(WRITES)?, |_, write| write)
        };
        read().map_err(SimError::Store)
    }

    /// The digest of the world that the store was made from; `None` for a new store.
    fn seeded_from(&self) -> Result<Option<String>, BoxError> {
        let transaction = self.database.begin_read()?;
        if transaction.list_tables()?.next().is_none() {
            return Ok(None);
        }
        let meta = transaction.open_table(META)?;
        let format = meta.get("format")?;
        match format.as_ref().map(redb::AccessGuard::value) {
            Some(FORMAT) => {}
            Some(other) => return Err(format!("it has format {other}, not {FORMAT}").into()),
            None => return Err("it names no format".into()),
        }
        let world = meta.get("world")?.ok_or("it names no world")?;
        Ok(Some(world.value().to_owned()))
    }

    fn seed(&self, digest: &str, contents: &Contents) -> Result<(), BoxError> {
        let Contents {
            rows,
            runs,
            kept: _,       // nothing was asked yet
            last_write: _, // nor written
        } = contents;
        let transaction = self.database.begin_write()?;
        {
            let mut meta = transaction.open_table(META)?;
            meta.insert("format", FORMAT)?;
            meta.insert("world", digest)?;
            // Every table exists from the start, so that reading never meets a missing one.
            transaction.open_table(KEPT)?;
            transaction.open_table(WRITES)?;
            let mut table = transaction.open_table(ROWS)?;
            for (key, row) in rows {
                put_row(&mut table, *key, *row)?;
            }
            put_json(&transaction, RUNS, runs.iter().map(|(number, run)| (*number, run)))?;
        }
        transaction.commit()?;
        Ok(())
    }

    fn read(&self) -> Result<Contents, BoxError> {
        let transaction = self.database.begin_read()?;
        let mut contents = Contents::default();
        for entry in transaction.open_table(ROWS)?.iter()? {
            let (key, row) = entry?;
            let (user, office, provider) = key.value();
            let (revision, columns, until, listed) = row.value();
            let key = RowKey { user, office, provider };
            let row = Row {
                columns: Columns::from_letters(columns)
                    .ok_or("it has a row with unknown levels")?,
                until: match until {
                    "" => None,
                    text => Some(date::parse(text).ok_or("it has a row with an unknown date")?),
                },
                revision,
                listed,
            };
            contents.rows.insert(key, row);
        }
        let runs = json_values(&transaction.open_table(RUNS)?, |number, run| (number, run))?;
        contents.runs = runs.into_iter().collect();
        for entry in transaction.open_table(KEPT)?.iter()? {
            let (key, kept) = entry?;
            let kept = serde_json::from_str(kept.value())?;
            contents.kept.insert(key.value().to_owned(), kept);
        }
        let writes = transaction.open_table(WRITES)?;
        let last = writes.last()?;
        contents.last_write = last.map_or(0, |(sequence, _)| sequence.value());
        Ok(contents)
    }

    fn put(&self, changes: &Changes) -> Result<(), BoxError> {
        let Changes {
            rows,
            writes,
            keep,
            forget,
            run,
            token: _, // tokens live as long as the process
            expire_tokens: _,
        } = changes;
        let transaction = self.database.begin_write()?;
        {
            let mut table = transaction.open_table(ROWS)?;
            for (key, row) in rows {
                put_row(&mut table, *key, *row)?;
            }
            let mut table = transaction.open_table(KEPT)?;
            for key in forget {
                table.remove(key.as_str())?;
            }
            if let Some((key, kept)) = keep {
                table.insert(key.as_str(), serde_json::to_string(kept)?.as_str())?;
            }
            put_json(&transaction, WRITES, writes.iter().map(|write| (write.sequence, write)))?;
            put_json(&transaction, RUNS, run.iter().map(|run| (run.number, run)))?;
        }
        transaction.commit()?;
        Ok(())
    }
}

fn open_file(path: &Path) -> Result<Database, SimError> {
    let no_file = |source| SimError::StoreFile { path: path.to_path_buf(), source };
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder).map_err(no_file)?;
    }
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    // Made here and not by redb, so that others on the machine cannot read it.
    drop(options.open(path).map_err(no_file)?);
    Builder::new()
        .set_cache_size(CACHE_BYTES)
        // Else a damaged file would be a panic.
        .set_check_integrity_on_open(true)
        .create(path)
        .map_err(|error| {
            let path = path.to_path_buf();
            if matches!(error, DatabaseError::DatabaseAlreadyOpen) {
                SimError::StoreInUse { path }
            } else {
                let source = error.into();
                SimError::StoreUnreadable { path, source }
            }
        })
}

fn put_row(
    table: &mut Table<'_, StoredKey, StoredRow>,
    key: RowKey,
    row: Row,
) -> Result<(), BoxError> {
    let Row { columns, until, revision, listed } = row;
    let until = until.map(|until| until.to_string()).unwrap_or_default();
    table.insert(
        (key.user, key.office, key.provider),
        (revision, columns.letters().as_str(), until.as_str(), listed),
    )?;
    Ok(())
}

fn put_json<'a, T: Serialize + 'a>(
    transaction: &WriteTransaction,
    table: TableDefinition<u64, &str>,
    values: impl Iterator<Item = (u64, &'a T)>,
) -> Result<(), BoxError> {
    let mut table = transaction.open_table(table)?;
    for (number, value) in values {
        table.insert(number, serde_json::to_string(value)?.as_str())?;
    }
    Ok(())
}

fn json_values<T: DeserializeOwned, V>(
    table: &impl ReadableTable<u64, &'static str>,
    make: impl Fn(u64, T) -> V,
) -> Result<Vec<V>, BoxError> {
    let mut values = Vec::new();
    for entry in table.iter()? {
        let (number, value) = entry?;
        values.push(make(number.value(), serde_json::from_str(value.value())?));
    }
    Ok(values)
}
