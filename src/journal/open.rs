//! The journal of a clinic: read, opened for one run, appended to.

use super::chain::Checked;
use super::error::JournalError;
use super::journal_file::{self, JournalFile};
use super::journal_objects::{self, JournalObjects};
use super::read::{Reading, read};
use super::record::{Event, Record};
use crate::model::{Clock, sha256};
use crate::state::State;

/// An open journal, which one run at a time can write.
#[derive(Debug)]
pub struct Journal {
    place: Place,
    clock: Clock,
    apply: String,
    seq: u64,
    last: String,
    /// Whether half a record may be there, so that nothing may follow it.
    closed: bool,
}

#[derive(Debug)]
enum Place {
    File(JournalFile),
    Objects(JournalObjects),
}

impl Journal {
    /// Reads the journal of a clinic without opening it for writing; none is an empty journal.
    pub fn read(state: &State, clinic: &str) -> Result<Reading, JournalError> {
        let place = match state {
            State::Folder(folder) => journal_file::place(folder, clinic),
            State::Objects(objects) => journal_objects::place(objects, clinic),
        };
        let checked = Self::check(state, clinic)?;
        read(checked).map_err(|problem| JournalError::unreadable(place, problem))
    }

    /// Reads the journal of a clinic with every fault of its chain; none is an empty journal.
    pub fn check(state: &State, clinic: &str) -> Result<Checked, JournalError> {
        match state {
            State::Folder(folder) => journal_file::check_in(folder, clinic),
            State::Objects(objects) => journal_objects::check_in(objects, clinic),
        }
    }

    /// Opens the journal of a clinic in a state, and drops a record that a crash cut off. `apply`
    /// names the records of this run.
    pub fn open(
        state: &State,
        clinic: &str,
        apply: &str,
        clock: Clock,
    ) -> Result<(Self, Reading), JournalError> {
        let (place, reading) = match state {
            State::Folder(folder) => {
                let (file, reading) = JournalFile::open(folder, clinic)?;
                (Place::File(file), reading)
            }
            State::Objects(objects) => {
                let (objects, reading) = JournalObjects::open(objects, clinic)?;
                (Place::Objects(objects), reading)
            }
        };
        let journal = Self {
            place,
            clock,
            apply: apply.to_owned(),
            seq: reading.records.len() as u64,
            last: reading.head.clone(),
            closed: false,
        };
        Ok((journal, reading))
    }

    /// Appends one record; when this returns, it is kept. When it fails, the journal takes no more
    /// records: one without those before it would tell another story than what happened.
    pub fn append(&mut self, event: Event) -> Result<(), JournalError> {
        if self.closed {
            return Err(JournalError::Closed(self.describe()));
        }
        let seq = self.seq + 1;
        let record = Record {
            v: event.version(),
            seq,
            at: self.clock.now(),
            apply: self.apply.clone(),
            event,
            previous: self.last.clone(),
        };
        let place = self.describe();
        let failed = |problem| JournalError::Io { attempted: "append to", place, problem };
        let mut line = match serde_json::to_vec(&record) {
            Ok(line) => line,
            Err(error) => return Err(failed(error.into())),
        };
        let digest = sha256(&line);
        line.push(b'\n');
        let appended = match &mut self.place {
            Place::File(file) => file.append(&line),
            Place::Objects(objects) => objects.append(seq, &line),
        };
        if let Err(problem) = appended {
            self.closed = true;
            return Err(failed(problem));
        }
        self.seq = seq;
        self.last = digest;
        Ok(())
    }

    fn describe(&self) -> String {
        match &self.place {
            Place::File(file) => file.place(),
            Place::Objects(objects) => objects.place(),
        }
    }

    /// Whether a record could not be written, so that no more are taken.
    pub const fn is_closed(&self) -> bool {
        self.closed
    }

    /// Names this run in the records that follow.
    pub fn apply_id(&self) -> &str {
        &self.apply
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "test code")]
mod tests {
    use super::*;

    #[test]
    fn a_journal_whose_failed_record_cannot_be_removed_can_still_be_read() {
        let folder = tempfile::tempdir().unwrap();
        let state = State::folder(folder.path());
        let clock = Clock(jiff::Timestamp::now);
        let (mut journal, _) = Journal::open(&state, "lakeside", "one", clock).unwrap();
        journal.append(Event::Verified { correct: true }).unwrap();
        let Place::File(file) = &mut journal.place else { panic!("it is a folder") };
        file.break_it();
        let first = journal.append(Event::Verified { correct: true }).unwrap_err();
        assert_eq!(first.code(), "J001", "{first}");
        let second = journal.append(Event::Verified { correct: true }).unwrap_err();
        assert_eq!(second.code(), "J005", "{second}");
        assert_eq!(Journal::read(&state, "lakeside").unwrap().records.len(), 1);
    }
}
