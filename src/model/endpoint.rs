//! The calls of the bridge contract by name, with the path that each has by default.

/// One path of the bridge contract. A connection may override the template of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Endpoint {
    /// The OAuth token call.
    Token,
    /// The offices of the clinic.
    Offices,
    /// The providers of one office.
    OfficeProviders,
    /// Users by name.
    Users,
    /// The grid of one user: read and written here.
    Grid,
    /// The Ocean site's Cloud Connect.
    Site,
    /// Starts a sync.
    Sync,
    /// One sync run.
    SyncRun,
    /// The providers as Ocean's Patients page has them.
    SiteProviders,
}

impl Endpoint {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Token,
        Self::Offices,
        Self::OfficeProviders,
        Self::Users,
        Self::Grid,
        Self::Site,
        Self::Sync,
        Self::SyncRun,
        Self::SiteProviders,
    ];

    /// The key under `paths:` of a connection.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Offices => "offices",
            Self::OfficeProviders => "office_providers",
            Self::Users => "users",
            Self::Grid => "grid",
            Self::Site => "site",
            Self::Sync => "sync",
            Self::SyncRun => "sync_run",
            Self::SiteProviders => "site_providers",
        }
    }

    /// The template in the bridge contract. Only the token, office and provider calls follow
    /// documented Accuro behaviour; the others are this project's own.
    pub const fn default_path(self) -> &'static str {
        match self {
            Self::Token => "/oauth/token",
            Self::Offices => "/rest/v1/offices",
            Self::OfficeProviders => "/rest/v1/providers/offices/{officeId}",
            Self::Users => "/rest/v1/permissions/users",
            Self::Grid => "/rest/v1/permissions/users/{userId}/grid",
            Self::Site => "/cloud-connect/sites/{site}",
            Self::Sync => "/cloud-connect/sites/{site}/sync",
            Self::SyncRun => "/cloud-connect/sites/{site}/sync/{runId}",
            Self::SiteProviders => "/cloud-connect/sites/{site}/providers",
        }
    }
}
