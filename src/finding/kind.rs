//! The kinds of what can be said of a grid.

use crate::diagnostic::Code;

macro_rules! kinds {
    ($($(#[doc = $doc:literal])* $name:ident $key:literal $heading:literal $hint:literal,)*) => {
        /// What can be said of a grid or of one of its rows.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Kind {
            $($(#[doc = $doc])* $name,)*
        }

        impl Kind {
            /// Every kind, in the order in which they are told.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The stable code, which `docs/errors.md` explains.
            pub const fn code(self) -> Code {
                match self { $(Self::$name => Code::$name,)* }
            }

            /// The word for programs: `changed-outside`.
            pub const fn key(self) -> &'static str {
                match self { $(Self::$name => $key,)* }
            }

            /// What stands above a list of them: a fragment without a capital and a colon.
            pub const fn heading(self) -> &'static str {
                match self { $(Self::$name => $heading,)* }
            }

            /// What to do next.
            pub const fn hint(self) -> &'static str {
                match self { $(Self::$name => $hint,)* }
            }
        }
    };
}

kinds! {
    /// A part of the clinic could not be read: nothing is said of it.
    Unread "unread" "not read"
        "mend what it says, then run this again",
    /// Somebody changed a row since it was last applied, and the manifest wants nothing else of it.
    ChangedOutside "changed-outside" "changed outside since it was applied"
        "find out who changed it, then keep it in the manifest with a reason, or take it away by a reviewed plan",
    /// Somebody changed a row since it was last applied, and the manifest wants something else of it.
    ChangedAndPending "both" "changed outside since it was applied, and the manifest wants something else"
        "find out who changed it, then let `accuroform plan` show what an apply would write",
    /// What the manifest wants of a row is not there yet.
    Pending "pending" "pending from the manifest"
        "`accuroform apply` writes it",
    /// An entry of `drift.ignore` is about it.
    IgnoredDrift "ignored" "ignored by the manifest"
        "the entry says until when",
    /// An entry of `drift.ignore` is no longer in force.
    IgnoreExpired "ignore-expired" "entries of `drift.ignore` that have expired"
        "remove the entry, or move its date with a reason",
    /// A row holds less than the manifest says.
    Lacks "lacks" "holds less than the manifest says"
        "`accuroform apply` writes it",
    /// A row holds more than the manifest says.
    Excess "excess" "holds more than the manifest says"
        "write it into the manifest with a reason, or take it away: by exact management, or by hand",
    /// A provider of the directory whom no rule covers.
    Uncovered "uncovered" "no rule of the manifest covers"
        "add a rule for the provider, or an exception that says that there is none on purpose",
    /// The same provider holds something else in another office.
    Uneven "uneven" "the same provider, treated differently in offices"
        "make the rows alike, or write the difference into the manifest with a reason",
    /// The Access Until date of a row has passed.
    Ended "ended" "Access Until has passed"
        "move the date in the manifest, or remove the row",
    /// Access ends within the days that were asked for.
    EndsSoon "ends-soon" "access ends soon"
        "move the date in the manifest if the access is still needed",
    /// Access ends on a date.
    Ends "ends" "access ends"
        "move the date in the manifest if the access is still needed",
    /// An undo leaves a row alone.
    Held "held" "held, and so not taken back"
        "look at the row in Accuro; a manifest can still change it",
    /// A row is below the six columns that Ocean's article asks for.
    BelowOcean "below-ocean" "below the six columns that Ocean's article asks for"
        "grant all six, then run a full sync: the article's one remedy",
    /// A provider is not ticked in Ocean's list of whom to sync.
    NotSelected "not-selected" "not selected in \"Sync Appointments For Provider(s)\" of Cloud Connect"
        "an Ocean Site Admin selects the provider in Cloud Connect and saves",
    /// A provider has no appointments in the days that Ocean syncs.
    NothingBooked "nothing-booked" "nothing booked in the days that Ocean syncs"
        "nothing to mend: the provider appears once something is booked and synced",
    /// Ocean counts no appointments for a provider whose rows are not right.
    ZeroCounted "zero-counted" "Ocean counts 0 appointments, which may be the effect of rows that are not right"
        "mend the rows first and run a full sync, then look again",
    /// Ocean's list does not name a provider at all.
    NotListed "not-listed" "not in the list of Cloud Connect"
        "an Ocean Site Admin looks whether Cloud Connect knows the provider",
    /// A sync is running.
    SyncRunning "sync-running" "a sync is running now (green)"
        "wait until it is complete (blue), then look again",
    /// Ocean's list is older than the grid.
    NotSynced "not-synced" "no sync was completed since the last write"
        "`accuroform sync` runs one and waits for it, or prints the steps for a person",
    /// A full sync is asked of a person.
    SyncAsked "sync-asked" "a full sync is asked of a person, and nobody attested it"
        "`accuroform sync` prints the steps; then `accuroform sync --attest --by NAME`",
    /// A person says that a full sync was done, and it is not verified.
    SyncAttested "sync-attested" "a full sync is attested, not verified"
        "look at the Patients page, then `accuroform verify --attest --by NAME`",
    /// A provider is missing although everything that can be seen is right.
    Unexplained "unexplained" "no reason visible: selection and bookings are right, and so is the row of an office"
        "wait 30 minutes, then ask Ocean support",
}

impl Kind {
    /// What is said beside a row.
    pub fn of_row(self) -> String {
        if self == Self::Uncovered {
            format!("{} it", self.heading())
        } else if self == Self::Uneven {
            "treated differently in another office".to_owned()
        } else {
            self.heading().to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::Kind;

    #[test]
    fn every_kind_has_words_and_a_code_of_its_own() {
        let codes: BTreeSet<_> = Kind::ALL.iter().map(|kind| kind.code()).collect();
        let keys: BTreeSet<_> = Kind::ALL.iter().map(|kind| kind.key()).collect();
        let headings: BTreeSet<_> = Kind::ALL.iter().map(|kind| kind.heading()).collect();
        for set in [codes.len(), keys.len(), headings.len()] {
            assert_eq!(set, Kind::ALL.len());
        }
        for kind in Kind::ALL {
            assert!(!kind.hint().is_empty() && !kind.hint().ends_with('.'), "{kind:?}");
            assert!(!kind.heading().ends_with(['.', ':']), "{kind:?}");
            assert!(kind.code().as_str().starts_with('W'), "{kind:?}");
        }
    }
}
