//! What a person is asked to do where nothing else reaches Ocean: the one source of these words.
//! They are those of the Ocean article and say no more than it does. Pure.

/// Where the steps are documented.
pub const ARTICLE: &str = "Updating Accuro Provider Permissions for the 'OceanAPI' EMR User (Ocean support, article 360060307451)";

/// How a full sync is started and seen to end.
pub const FULL_SYNC: [&str; 4] = [
    "Open Ocean's Cloud Connect as a Site Admin of the site.",
    "In the \"Sync Status\" panel press the icon right of \"Sync Recent Appointments\", then \"Sync Full Schedule\".",
    "The status bar turns green: the sync is running.",
    "Wait until the status bar is blue again: the sync is complete.",
];

/// Why somebody is missing on the Patients page whose grid is right.
pub const NOT_THE_GRID: &str = "Who has nothing booked, or is not selected in \"Sync Appointments For Provider(s)\", may be missing there.";

/// How it is seen who appears.
pub const PATIENTS_PAGE: [&str; 2] = [
    "Open the Patients page of the Ocean site and refresh it.",
    "Look for everybody who is expected there, with their appointments.",
];
