//! The compact way in which a world file writes a user's grid, and the rows that it means.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::civil::Date;
use serde::de::{Deserializer, SeqAccess, Visitor};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

use super::columns::{Columns, Level};
use super::date;

/// Rows of a grid: `{office: 1, provider: 1042, full: [patient], read_only: [labs]}`.
///
/// `all` for the office or the provider means every pair that the directory has. Columns that are
/// not named are not ticked; with no column named the row exists and grants nothing. A later entry
/// replaces the whole row that an earlier one made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GridEntry {
    /// Which offices.
    #[serde(alias = "offices")]
    pub office: Which,
    /// Which providers.
    #[serde(alias = "providers")]
    pub provider: Which,
    /// The columns that are ticked as Full.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub full: Vec<String>,
    /// The columns that are ticked as Read-Only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub read_only: Vec<String>,
    /// Access Until.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "date::optional")]
    pub until: Option<Date>,
    /// The revision that the row starts with; 1 if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<u64>,
    /// Takes away the rows that earlier entries made.
    #[serde(default, skip_serializing_if = "is_false")]
    pub absent: bool,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature that skip_serializing_if asks for"
)]
const fn is_false(value: &bool) -> bool {
    !*value
}

/// Some ids: one, a list, or `all`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Which {
    /// Every one.
    #[default]
    All,
    /// These.
    Ids(BTreeSet<u64>),
}

impl Which {
    /// One id.
    pub fn one(id: u64) -> Self {
        Self::Ids(BTreeSet::from([id]))
    }
}

impl Serialize for Which {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::All => serializer.serialize_str("all"),
            Self::Ids(ids) => match ids.first() {
                Some(id) if ids.len() == 1 => serializer.serialize_u64(*id),
                Some(_) | None => ids.serialize(serializer),
            },
        }
    }
}

/// Written by hand because an untagged enum would lose the line of a mistake.
impl<'de> Deserialize<'de> for Which {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Ids;
        impl<'de> Visitor<'de> for Ids {
            type Value = Which;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an id, a list of ids, or `all`")
            }

            fn visit_u64<E: serde::de::Error>(self, id: u64) -> Result<Which, E> {
                Ok(Which::one(id))
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Which, E> {
                if text == "all" {
                    Ok(Which::All)
                } else {
                    Err(E::invalid_value(serde::de::Unexpected::Str(text), &self))
                }
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Which, A::Error> {
                let mut ids = BTreeSet::new();
                while let Some(id) = seq.next_element()? {
                    ids.insert(id);
                }
                Ok(Which::Ids(ids))
            }
        }
        deserializer.deserialize_any(Ids)
    }
}

/// One row that a world starts with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SeedRow {
    pub(super) columns: Columns,
    pub(super) until: Option<Date>,
    pub(super) revision: u64,
}

/// The rows that these entries mean, by office and provider. `pairs` are the (office, provider)
/// pairs of the directory; names of columns that do not exist are the checker's to report.
pub(super) fn expand(
    entries: &[GridEntry],
    pairs: &BTreeSet<(u64, u64)>,
) -> BTreeMap<(u64, u64), SeedRow> {
    let mut rows = BTreeMap::new();
    for entry in entries {
        let GridEntry { office, provider, full, read_only, until, revision, absent } = entry;
        let mut columns = Columns::NONE;
        for (names, level) in [(full, Level::Full), (read_only, Level::ReadOnly)] {
            for name in names {
                if let Some(cell) = columns.by_name(name) {
                    *cell = level;
                }
            }
        }
        let row = SeedRow { columns, until: *until, revision: revision.unwrap_or(1) };
        for pair in meant(office, provider, pairs) {
            if *absent {
                rows.remove(&pair);
            } else {
                rows.insert(pair, row.clone());
            }
        }
    }
    rows
}

/// The pairs that an entry means. Most entries name one row, and a large world has many of them,
/// so those are looked up and not searched for.
fn meant(office: &Which, provider: &Which, pairs: &BTreeSet<(u64, u64)>) -> Vec<(u64, u64)> {
    match (office, provider) {
        (Which::Ids(offices), Which::Ids(providers)) => offices
            .iter()
            .flat_map(|office| providers.iter().map(|provider| (*office, *provider)))
            .filter(|pair| pairs.contains(pair))
            .collect(),
        (Which::Ids(offices), Which::All) => offices
            .iter()
            .flat_map(|office| pairs.range((*office, 0)..=(*office, u64::MAX)))
            .copied()
            .collect(),
        (Which::All, Which::Ids(providers)) => {
            pairs.iter().filter(|(_, provider)| providers.contains(provider)).copied().collect()
        }
        (Which::All, Which::All) => pairs.iter().copied().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(yaml: &str) -> Vec<GridEntry> {
        serde_yaml::from_str(yaml).unwrap()
    }

    #[test]
    fn a_later_entry_replaces_the_row_of_an_earlier_one() {
        let pairs = BTreeSet::from([(1, 10), (1, 11), (1, 12), (2, 10)]);
        let rows = expand(
            &entries(
                "- {offices: all, provider: all, full: [patient, labs]}\n\
                 - {office: 1, provider: 11, read_only: [prescribe_for], until: 2027-01-31, revision: 9}\n\
                 - {office: [2], provider: all, absent: true}\n\
                 - {office: all, provider: [12], absent: true}\n",
            ),
            &pairs,
        );
        assert_eq!(rows.keys().copied().collect::<Vec<_>>(), [(1, 10), (1, 11)]);
        assert_eq!(rows[&(1, 10)].columns.letters(), "F----F---");
        let replaced = &rows[&(1, 11)];
        assert_eq!(replaced.columns.letters(), "--------r");
        assert_eq!(replaced.revision, 9);
        assert_eq!(replaced.until, date::parse("2027-01-31"));
    }

    #[test]
    fn a_word_other_than_all_is_refused_with_its_place() {
        let error = serde_yaml::from_str::<Vec<GridEntry>>(
            "- {office: 1, provider: 2}\n- {office: every, provider: 1}\n",
        )
        .unwrap_err()
        .to_string();
        assert!(error.contains("an id, a list of ids, or `all`"), "{error}");
        assert!(error.contains("line 2"), "{error}");
    }

    #[test]
    fn which_is_written_as_it_is_read() {
        for (which, text) in [
            (Which::All, "all\n"),
            (Which::one(7), "7\n"),
            (Which::Ids(BTreeSet::from([1, 2])), "- 1\n- 2\n"),
        ] {
            assert_eq!(serde_yaml::to_string(&which).unwrap(), text);
            assert_eq!(serde_yaml::from_str::<Which>(text).unwrap(), which);
        }
    }
}
