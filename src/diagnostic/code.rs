//! The stable codes of findings and errors, one list for all.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! codes {
    ($($name:ident $text:literal $title:literal,)*) => {
        /// A stable code that a user may search for. `docs/errors.md` explains each.
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize,
        )]
        pub enum Code {
            $(#[doc = $title] #[serde(rename = $text)] $name,)*
        }

        impl Code {
            /// Every code, in the order of the list.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The code as it is printed: `M012`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// What the code stands for, in a few words.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }
        }
    };
}

codes! {
    // M: the manifest, as text and by itself.
    NotReadable "M001" "the manifest cannot be read",
    NotUtf8 "M002" "the manifest is not UTF-8",
    Empty "M003" "the manifest is empty",
    Syntax "M004" "the text is not YAML",
    TooLarge "M005" "the manifest is over a limit of size, depth or aliases",
    RepeatedKey "M006" "a key is written twice",
    MergeKey "M007" "`<<` is not supported",
    SeveralDocuments "M008" "the file holds more than one document",
    UnknownField "M009" "the field does not exist here",
    MissingField "M010" "a field is missing",
    WrongType "M011" "the value has the wrong type",
    BadValue "M012" "the value is not one of those allowed",
    Version "M013" "the manifest version is not supported",
    ClinicId "M014" "the clinic id is not a slug",
    Connection "M015" "not exactly one known connection is chosen",
    LiteralSecret "M016" "a secret is written into the manifest",
    Url "M017" "the URL cannot be used",
    UnknownProfile "M018" "the profile does not exist",
    Selects "M019" "an entry selects nothing",
    RepeatedEntry "M020" "the same thing is named twice",
    ProtectedColumn "M021" "a protected column is granted without a reason",
    DatePassed "M022" "the date has passed",
    Contradiction "M023" "two settings contradict each other",
    Date "M024" "the text is not a date",
    TimeZone "M025" "the time zone is not known",
    ReservedProfile "M026" "the profile's name is built in",
    EmptyProfile "M027" "the profile grants nothing",
    UnusedProfile "M028" "the profile is used by nobody",
    SecretReference "M029" "a secret is not exactly one of env, file and command",
    Header "M030" "the header cannot be set here",
    PathTemplate "M031" "the path template cannot be used",
    MoreFaults "M032" "there are more faults than are listed",
    PublicKey "M033" "the text is not a public key",
    StateUrl "M034" "the state's URL cannot be used",
    Looser "M040" "a limit of the fleet is made looser",
    Waves "M041" "the waves of a rollout cannot be used",
    Pause "M042" "the text is not a pause",
    // N: names of the manifest against the clinic's directory.
    UnknownOffice "N001" "no office has this name or id",
    AmbiguousOffice "N002" "several offices have this name",
    UnknownProvider "N003" "the office has no such provider",
    AmbiguousProvider "N004" "several providers have this name",
    NamedTwice "N005" "two entries name the same row",
    NameDiffers "N006" "the id belongs to another name",
    UnknownUser "N007" "no EMR user has this name",
    AmbiguousUser "N008" "several EMR users have this name",
    InactiveUser "N009" "the EMR user is not active",
    InactiveOffice "N010" "the office is not active",
    UnreadOffice "N011" "an office that no rule covers could not be read",
    UnlistedProvider "N012" "a row belongs to somebody whom the directory does not list",
    NoOffice "N013" "the directory lists no active office",
    // G: guards.
    RevokedRows "G001" "too many rows would lose access",
    Revocations "G002" "too many cells would be revoked",
    ChangedRows "G003" "too many rows would change",
    WrongUser "G004" "the user's name does not look like the integration's",
    OtherUser "G005" "the Ocean site works with another EMR user",
    UnexplainedColumn "G006" "a protected column would rise without a reason",
    OfficeRevocations "G007" "too many cells of an office would be revoked",
    ProtectedRow "G008" "a protected row would change",
    OwnUser "G009" "the tool's own user would lose access",
    EmptyUser "G010" "a user would be left with nothing",
    // W: what is found in a grid.
    Lacks "W001" "a row holds less than the manifest says",
    Excess "W002" "a row holds more than the manifest says",
    Uncovered "W003" "no rule covers a provider",
    Uneven "W004" "a provider is treated differently in offices",
    Ends "W005" "access ends on a date",
    EndsSoon "W006" "access ends soon",
    Ended "W007" "the date of an access has passed",
    Held "W008" "an undo leaves a row alone",
    Unread "W009" "a part of the clinic could not be read",
    ChangedOutside "W010" "a row was changed outside since it was applied",
    Pending "W011" "a row is not yet what the manifest says",
    ChangedAndPending "W012" "a row was changed outside, and the manifest wants something else",
    IgnoredDrift "W013" "drift is ignored until a date",
    IgnoreExpired "W014" "an entry of `drift.ignore` has expired",
    BelowOcean "W020" "a row is below what Ocean's article asks for",
    NotSelected "W021" "a provider is not selected in Cloud Connect",
    NothingBooked "W022" "nothing is booked for a provider",
    NotListed "W023" "Cloud Connect does not list a provider",
    SyncRunning "W024" "a sync is running",
    NotSynced "W025" "no sync was completed since the last write",
    Unexplained "W026" "a provider is missing for no visible reason",
    ZeroCounted "W027" "no appointment is counted for a provider whose rows are not right",
    // X: worksheets, each fault at its cell.
    SheetUnreadable "X001" "the file cannot be read as a sheet",
    SheetHeader "X002" "the sheet has no line of headings, or one heading is missing",
    SheetHead "X003" "a line above the sheet is missing or cannot be read",
    SheetOffice "X004" "the sheet names an office that the directory does not have",
    SheetProvider "X005" "the sheet names a provider that the office does not have",
    SheetUser "X006" "the sheet names a user that the manifest does not manage",
    SheetLevel "X007" "the cell is not a level",
    SheetDate "X008" "the cell is not a date",
    SheetTwice "X009" "two lines of the sheet speak of the same row",
    SheetRead "X010" "the cell does not say whether the line was read",
    SheetOther "X011" "the sheet belongs to another clinic",
    CaptureChanged "X012" "the capture was changed after it was made",
    DirectoryLine "X013" "a line of the directory cannot be used",
    DirectoryId "X014" "the directory has no ids, or contradicts itself",
    LineUnread "X015" "a line of the sheet was not read",
    ProviderExpected "X016" "the directory does not list a provider who is expected",
    CellUnclear "X021" "the cell shows something else than it holds",
    ListFilter "X022" "no line of the list fits the filter",
    // Y: policies.
    PolicyDenied "Y001" "a policy denies the plan",
    PolicyWarns "Y006" "a policy warns of the plan",
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
