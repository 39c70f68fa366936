//! A diagnosis as a value.

use std::collections::BTreeSet;

use crate::finding::{Kind, Origin, Symptom};
use crate::model::{Column, Level, ProviderId, RowKey, Until};

/// What was found at one clinic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    /// The Ocean site.
    pub site: String,
    /// The EMR user whose grid Ocean works with, by the manifest's name; `None`: the manifest manages no such user.
    pub user: Option<String>,
    /// Whether Ocean itself says so.
    pub is_sites_word: bool,
    /// The symptom that was asked about.
    pub symptom: Option<Symptom>,
    /// What is wrong before anything else can be.
    pub obstacles: Vec<Obstacle>,
    /// What could not be read: nothing is said of it.
    pub unread: Vec<String>,
    /// What is so for every provider, and is no permission.
    pub sync: Vec<Cause>,
    /// The providers of whom there is something to say, ordered by name.
    pub providers: Vec<ProviderDiagnosis>,
    /// What of it is all that there is.
    pub known: Known,
    /// Whether somebody reads the screen, and an apply asks a person.
    pub by_hand: bool,
}

/// What was read whole: where it was not, nothing found does not say that there is nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is read and told by itself")]
pub struct Known {
    /// The directory and the grid.
    pub grid: bool,
    /// The state of the Ocean site.
    pub site: bool,
    /// Ocean's list of providers.
    pub list: bool,
    /// Whether a sync runs, and whether one was completed since the last write.
    pub sync: bool,
}

/// Something that is wrong before anything else can be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obstacle {
    /// Its code.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: String,
}

/// Something that was seen, is no permission, and may be the cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// What it is.
    pub kind: Kind,
    /// What was seen.
    pub evidence: String,
    /// Who says that it is a cause.
    pub origin: Origin,
}

/// What there is to say of one provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderDiagnosis {
    /// The provider.
    pub id: ProviderId,
    /// The name with the id.
    pub name: String,
    /// Whether Ocean's list has the provider on the Patients page; `None`: it could not be read or does not say.
    pub on_page: Option<bool>,
    /// Causes that are no permissions.
    pub causes: Vec<Cause>,
    /// Rows that are not what Ocean's article asks for, ordered by office.
    pub rows: Vec<RowDiagnosis>,
}

/// A row that is not what Ocean's article asks for, or whose access ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowDiagnosis {
    /// Where it is.
    pub key: RowKey,
    /// The office's name.
    pub office: String,
    /// The columns below full, with what they hold.
    pub lacks: Vec<(Column, Level)>,
    /// That access has ended or ends soon.
    pub ends: Option<(Kind, Until)>,
    /// Whether what is found lets a symptom be expected; assumed by this project.
    pub likely: Vec<Symptom>,
    /// What mends it.
    pub remedy: Remedy,
}

/// What mends a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Remedy {
    /// The manifest asks for it already: an apply writes it.
    Apply,
    /// The manifest has to ask for it.
    Manifest,
    /// The manifest's own date has to move, to a date that people choose.
    Date,
    /// Nothing is planned for the user until what is wrong before is mended.
    Blocked,
}

impl Remedy {
    /// The word for programs.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Apply => "apply",
            Self::Manifest => "manifest",
            Self::Date => "date",
            Self::Blocked => "blocked",
        }
    }
}

impl ProviderDiagnosis {
    /// Whether nothing is said of the provider.
    pub fn is_empty(&self) -> bool {
        self.causes.is_empty() && self.rows.is_empty()
    }
}

impl Diagnosis {
    /// Whether anything was found.
    pub fn is_empty(&self) -> bool {
        self.obstacles.is_empty()
            && self.sync.is_empty()
            && self.providers.iter().all(ProviderDiagnosis::is_empty)
    }

    /// The symptoms that were asked about, or that the data suggest.
    pub fn symptoms(&self) -> BTreeSet<Symptom> {
        if let Some(symptom) = self.symptom {
            return BTreeSet::from([symptom]);
        }
        let likely = self.providers.iter().flat_map(|one| &one.rows).flat_map(|row| &row.likely);
        let mut symptoms: BTreeSet<Symptom> = likely.copied().collect();
        if self.providers.iter().any(|one| one.on_page == Some(false)) {
            symptoms.insert(Symptom::MissingProvider);
        }
        // Where nobody knows who is on the page, nothing behind it is excluded.
        if !self.known.list {
            symptoms.extend(Symptom::ALL.into_iter().filter(|one| one.is_of_the_schedule()));
        }
        symptoms
    }

    /// The rows with this remedy, with what they lack.
    pub fn rows(&self, remedy: Remedy) -> impl Iterator<Item = &RowDiagnosis> {
        let rows = self.providers.iter().flat_map(|provider| &provider.rows);
        rows.filter(move |row| row.remedy == remedy)
    }
}
