//! What is asked of people, in words: a full sync, and who is expected on the Patients page.

use super::escape::escape;
use super::outcome::missing_lines;
use super::table::count;
use crate::ocean::{ARTICLE, Expected, FULL_SYNC, NOT_THE_GRID, PATIENTS_PAGE};

/// A clinic whose sync is asked of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncToDo {
    /// Its name.
    pub clinic: String,
    /// Its Ocean site.
    pub site: String,
    /// What is typed when it is done.
    pub then: String,
}

/// The steps of a full sync, once, and a box to tick for each clinic.
pub fn sync_steps(clinics: &[SyncToDo]) -> String {
    let mut lines = vec![format!(
        "A full sync of {} is asked of a Site Admin:",
        count(clinics.len(), "Ocean site")
    )];
    lines.extend(numbered(&FULL_SYNC));
    for SyncToDo { clinic, site, then: _ } in clinics {
        lines.push(format!("  [ ] site {}, {}", escape(site), escape(clinic)));
    }
    lines.push(format!("  Source: {ARTICLE}"));
    let mut then: Vec<&str> = clinics.iter().map(|one| one.then.as_str()).collect();
    then.dedup();
    lines.extend(then.iter().map(|then| format!("Then: {}", escape(then))));
    lines.join("\n") + "\n"
}

/// Who is expected on the Patients page; nobody can read it.
pub fn expected(expected: &Expected) -> String {
    let Expected { providers, partly, explained, complete } = expected;
    let mut lines = vec!["Patients page: not read; only a person can look at it.".to_owned()];
    lines.extend(numbered(&PATIENTS_PAGE));
    if let Some(providers) = providers {
        lines.push(format!("{} expected there:", count(providers.len(), "provider")));
        lines.extend(providers.iter().map(|(_, name)| format!("  [ ] {}", escape(name))));
    }
    if !complete {
        lines.push(
            match providers {
                Some(_) => "Whether others are expected there is unknown: not everything was read.",
                None => "Who is expected there is unknown: not everything was read.",
            }
            .to_owned(),
        );
    }
    if let Some(partly) = partly.as_ref().filter(|partly| !partly.is_empty()) {
        lines.push("Of these the row of another office is not right:".to_owned());
        lines.extend(missing_lines(partly));
    }
    if providers.is_some() {
        lines.push(NOT_THE_GRID.to_owned());
    }
    if let Some(explained) = explained.as_ref().filter(|explained| !explained.is_empty()) {
        lines.push(format!("{} not expected there:", count(explained.len(), "provider")));
        lines.extend(missing_lines(explained));
    }
    lines.join("\n") + "\n"
}

fn numbered(steps: &[&str]) -> Vec<String> {
    steps.iter().enumerate().map(|(at, step)| format!("  {}. {step}", at + 1)).collect()
}
