//! Large files, a part at a time.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::time::Duration;

use object_store::{Error, GetOptions, GetRange, ObjectStoreExt as _};

use super::{Objects, Result};
use crate::state::error::StateError;
use crate::state::folder_store::{replace, temporary};

/// A store takes no smaller parts than 5 MiB.
const PART: usize = 8 << 20;
/// How long one part may take.
const PART_LIMIT: Duration = Duration::from_mins(5);

fn of_file(attempted: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StateError {
    let place = path.display().to_string();
    move |problem| StateError::Io { attempted, place, problem: problem.to_string() }
}

/// Up to one part; less only at the end.
fn part(file: &mut File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(PART as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

impl Objects {
    /// Writes a name from a file.
    pub(in crate::state) fn put_file(&self, name: &str, path: &Path) -> Result<()> {
        let patient = self.within(PART_LIMIT);
        let mut file = File::open(path).map_err(of_file("read", path))?;
        let mut bytes = part(&mut file).map_err(of_file("read", path))?;
        if bytes.len() < PART {
            return patient.put(name, &bytes);
        }
        let (store, key) = (self.patient(), self.key(name));
        let mut upload =
            patient.run("write", name, async move { store.put_multipart(&key).await })?;
        let sent = loop {
            let sending = upload.put_part(bytes.into());
            if let Err(error) = patient.run("write", name, sending) {
                break Err(error);
            }
            match part(&mut file).map_err(of_file("read", path)) {
                Ok(next) if next.is_empty() => break Ok(()),
                Ok(next) => bytes = next,
                Err(error) => break Err(error),
            }
        };
        // What is given up must not be kept, and paid for, as parts of nothing.
        patient.run("write", name, async move {
            if sent.is_ok() { upload.complete().await.map(drop) } else { upload.abort().await }
                .map(|()| sent)
        })?
    }

    /// Writes what a name holds into a file; `false`: it holds nothing.
    pub(in crate::state) fn get_file(&self, name: &str, path: &Path) -> Result<bool> {
        let patient = self.within(PART_LIMIT);
        let (store, key) = (self.patient(), self.key(name));
        let looked = patient.run("read", name, async move {
            match store.head(&key).await {
                Ok(found) => Ok(Some(found)),
                Err(Error::NotFound { .. }) => Ok(None),
                Err(error) => Err(error),
            }
        })?;
        let Some(found) = looked else { return Ok(false) };
        let mut file = temporary(path).map_err(of_file("write", path))?;
        let mut at = 0;
        while at < found.size {
            let end = found.size.min(at + PART as u64);
            let (store, key) = (self.patient(), self.key(name));
            // Every part is one of the same content.
            let options = GetOptions {
                range: Some(GetRange::Bounded(at..end)),
                if_match: found.e_tag.clone(),
                ..GetOptions::default()
            };
            let bytes = patient.run("read", name, async move {
                store.get_opts(&key, options).await?.bytes().await
            })?;
            if bytes.len() as u64 != end - at {
                return Err(self.io("read", name, "a part of it is missing"));
            }
            file.write_all(&bytes).map_err(of_file("write", path))?;
            at = end;
        }
        replace(file, path).map_err(of_file("write", path))?;
        Ok(true)
    }
}
