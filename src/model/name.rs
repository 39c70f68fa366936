//! Names of people and places: how they are shown and how two of them are compared.

use std::collections::BTreeMap;

use icu_casemap::CaseMapper;
use icu_normalizer::ComposingNormalizerBorrowed;

use serde::{Deserialize, Serialize};

use super::{OfficeId, ProviderId, RowKey};

/// The name in Unicode NFC: how it is sent, so that a server that compares bytes finds it.
pub fn compose(name: &str) -> String {
    ComposingNormalizerBorrowed::new_nfc().normalize(name).into_owned()
}

/// The form of a name that is compared: Unicode NFC, case folded, white space folded.
pub fn fold(name: &str) -> String {
    let normalizer = ComposingNormalizerBorrowed::new_nfc();
    let folded = CaseMapper::new().fold_string(&normalizer.normalize(name)).into_owned();
    let words: Vec<&str> = folded.split_whitespace().collect();
    normalizer.normalize(&words.join(" ")).into_owned()
}

/// A provider's name as the directory has it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PersonName {
    /// The surname.
    pub last: String,
    /// The first name; may be empty.
    pub first: String,
}

impl PersonName {
    /// As lists show it: `Singh, Anita`.
    pub fn listed(&self) -> String {
        match (self.last.trim(), self.first.trim()) {
            ("", first) => first.to_owned(),
            (last, "") => last.to_owned(),
            (last, first) => format!("{last}, {first}"),
        }
    }

    /// First and last name as they are compared, wherever the one ends and the other begins.
    pub fn in_order(&self) -> String {
        fold(&format!("{} {}", self.first, self.last))
    }

    /// Whether `written` means this person, as "Surname, First" or "First Surname".
    pub fn matches(&self, written: &str) -> bool {
        match written.split_once(',') {
            Some((last, first)) => {
                fold(last) == fold(&self.last) && fold(first) == fold(&self.first)
            }
            None => fold(written) == self.in_order(),
        }
    }
}

/// What the directory calls the offices and providers that a plan speaks of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Names {
    /// Office names.
    pub offices: BTreeMap<OfficeId, String>,
    /// Provider names as lists show them.
    pub providers: BTreeMap<ProviderId, String>,
}

impl Names {
    /// The office's name, or its id where the directory has none.
    pub fn office(&self, id: OfficeId) -> String {
        self.offices.get(&id).cloned().unwrap_or_else(|| format!("office {id}"))
    }

    /// `Singh, Anita (1042)`, or `provider 1042` where the directory has no name.
    pub fn provider(&self, id: ProviderId) -> String {
        match self.providers.get(&id) {
            Some(name) => format!("{name} ({id})"),
            None => format!("provider {id}"),
        }
    }

    /// The address of a row: `lakeside/OceanAPILAKESIDE/Main Street/Singh, Anita (1042)`.
    pub fn address(&self, clinic: &str, user: &str, key: RowKey) -> String {
        format!("{clinic}/{user}/{}/{}", self.office(key.office), self.provider(key.provider))
    }
}
