//! The manifest after every check: what later stages may rely on.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use crate::diagnostic::{KeyPath, Span};
use crate::model::{
    Column, Columns, Endpoint, OfficeId, PolicyRule, ProviderId, PublicKey, StateUrl, Until,
};

/// A checked manifest of one clinic.
#[derive(Debug, Clone, PartialEq)]
pub struct Manifest {
    /// Which clinic it is.
    pub clinic: Clinic,
    /// The name of the Accuro instance.
    pub tenant: String,
    /// How Accuro and Ocean are reached.
    pub connections: Connections,
    /// The clinic's Ocean site.
    pub ocean: Ocean,
    /// The profiles that entries may name, the built-in one too.
    pub profiles: BTreeMap<String, Profile>,
    /// The EMR users whose grids are managed, in manifest order.
    pub users: Vec<UserRule>,
    /// The limits of one apply.
    pub safety: Safety,
    /// Rules for plans beside the limits.
    pub policy: Policies,
    /// Rows whose change by others is known, in manifest order.
    pub ignored_drift: Vec<IgnoredDrift>,
    /// Where the journal and the lock are; `None`: in the folder beside the manifest.
    pub state: Option<StateUrl>,
}

/// One clinic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clinic {
    /// A slug (`a-z`, `0-9`, `-`): safe in addresses and file names.
    pub id: String,
    /// The name people know; the id where none is written.
    pub name: String,
    /// Free labels.
    pub tags: Vec<String>,
    /// IANA zone in which dates are judged; UTC where none is written.
    pub timezone: String,
}

/// How the two services are reached.
#[derive(Debug, Clone, PartialEq)]
pub struct Connections {
    /// Accuro.
    pub accuro: AccuroConnection,
    /// Ocean Cloud Connect.
    pub ocean: OceanConnection,
}

/// How Accuro is reached.
#[derive(Debug, Clone, PartialEq)]
pub enum AccuroConnection {
    /// The embedded simulator; `world` is a path relative to the manifest.
    Embedded {
        /// The world file.
        world: String,
    },
    /// An HTTP bridge.
    Api(Box<Api>),
    /// What somebody read at the Manage Security screen.
    Worksheet(Worksheet),
}

/// Files that stand for Accuro where no bridge is; paths are relative to the manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worksheet {
    /// The dated capture of the grid.
    pub file: String,
    /// The offices and their providers.
    pub directory: String,
    /// How old the capture may be.
    pub max_age: Duration,
}

/// How Ocean Cloud Connect is reached.
#[derive(Debug, Clone, PartialEq)]
pub enum OceanConnection {
    /// Not at all: its sync is somebody else's.
    Unreached,
    /// The embedded simulator that Accuro's connection started.
    Embedded,
    /// An HTTP bridge.
    Api(Box<Api>),
    /// A person, who is asked for the full sync and attests it. Nothing is read.
    Attest,
}

/// Settings of an `api` connection.
#[derive(Debug, Clone, PartialEq)]
pub struct Api {
    /// The base URL: HTTPS, or HTTP to a loopback address.
    pub url: String,
    /// OAuth client id.
    pub client_id: SecretRef,
    /// OAuth client secret.
    pub client_secret: SecretRef,
    /// Query parameters of every call.
    pub query: BTreeMap<String, QueryValue>,
    /// Extra headers of every call.
    pub headers: BTreeMap<String, SecretRef>,
    /// OAuth scope, if any.
    pub scope: Option<String>,
    /// Path templates that differ from the contract's.
    pub paths: BTreeMap<Endpoint, String>,
    /// Extra certificate authorities in PEM, relative to the manifest.
    pub ca_file: Option<String>,
    /// The certificate that is shown to the bridge.
    pub client_certificate: Option<ClientCertificate>,
    /// The most calls at the same time, 1 to 64.
    pub concurrency: usize,
    /// The most calls a second; `None` is no limit.
    pub requests_per_second: Option<u32>,
}

/// A certificate of this program and its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientCertificate {
    /// The certificate and its chain in PEM, relative to the manifest.
    pub certificate_file: String,
    /// Its private key in PEM.
    pub key: SecretRef,
}

/// Where a secret is read when a connection is opened. The secret itself is never in a manifest.
#[derive(Clone, PartialEq, Eq)]
pub enum SecretRef {
    /// An environment variable.
    Env(String),
    /// A file, relative to the manifest; surrounding white space is dropped.
    File(String),
    /// A program and its arguments; its standard output is the secret.
    Command(Vec<String>),
}

/// A secret can stand in the place of a name or an argument by mistake.
impl fmt::Debug for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Env(_) => "Env(..)",
            Self::File(_) => "File(..)",
            Self::Command(_) => "Command(..)",
        })
    }
}

/// A query parameter of every call.
#[derive(Clone, PartialEq, Eq)]
pub enum QueryValue {
    /// Read like a secret.
    Secret(SecretRef),
    /// Written in the manifest on purpose as `{value: ...}`: not a secret.
    Value(String),
}

impl fmt::Debug for QueryValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Secret(secret) => f.debug_tuple("Secret").field(secret).finish(),
            Self::Value(_) => f.write_str("Value(..)"),
        }
    }
}

/// The clinic's Ocean site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ocean {
    /// The site number, as text.
    pub site: String,
    /// Which sync follows an apply.
    pub sync: SyncMode,
}

/// Which sync follows an apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyncMode {
    /// Sync Full Schedule: what the Ocean article asks for.
    Full,
    /// Sync Recent Appointments.
    Recent,
    /// None: somebody else does it.
    None,
}

/// What happens to access that the manifest does not write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Management {
    /// It is left alone and reported as excess.
    Additive,
    /// It is revoked.
    Exact,
}

/// A named set of columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// The nine levels.
    pub columns: Columns,
    /// Why it grants them.
    pub reason: Option<String>,
    /// What names of its users look like, as a pattern with `*`.
    pub user_name: Option<String>,
}

/// One EMR user and the rules for its grid.
#[derive(Debug, Clone, PartialEq)]
pub struct UserRule {
    /// The user's name in Accuro.
    pub name: String,
    /// Names that the profile expects, as a pattern with `*`; `None` accepts any.
    pub name_pattern: Option<String>,
    /// Additive or exact.
    pub management: Management,
    /// What rows get where no office or provider entry says otherwise.
    pub grant: Grant,
    /// Every active office is covered, and every provider in it.
    pub all_offices: bool,
    /// Offices that `all_offices` leaves out.
    pub except: Vec<Selector<OfficeId>>,
    /// Providers that are left out in every office.
    pub except_providers: Vec<Selector<ProviderId>>,
    /// Offices with rules of their own.
    pub offices: Vec<OfficeRule>,
    /// Where the entry is written.
    pub path: KeyPath,
}

/// The rules for one office.
#[derive(Debug, Clone, PartialEq)]
pub struct OfficeRule {
    /// Which office.
    pub office: Selector<OfficeId>,
    /// Every provider of the office is covered.
    pub all_providers: bool,
    /// Providers that `all_providers` leaves out.
    pub except: Vec<Selector<ProviderId>>,
    /// What rows of this office get where no provider entry says otherwise.
    pub grant: Grant,
    /// Providers with rules of their own.
    pub providers: Vec<ProviderRule>,
}

/// The rule for one provider in one office.
#[derive(Debug, Clone, PartialEq)]
pub struct ProviderRule {
    /// Which provider.
    pub provider: Selector<ProviderId>,
    /// What the row gets.
    pub grant: Grant,
}

/// An office or provider as the manifest names it. An id wins over a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selector<Id> {
    /// The id, if written.
    pub id: Option<Id>,
    /// The name, if written; one of the two always is.
    pub name: Option<String>,
    /// Where the entry is written.
    pub path: KeyPath,
    /// Where in the text.
    pub place: Span,
}

/// What a row gets, after profile and overrides of every level were put together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The nine levels; a column that no rule names is `none`.
    pub columns: Columns,
    /// Access Until.
    pub until: Option<Until>,
    /// Why, in the words of the manifest: the nearest `reason` on the way from row to profile.
    pub reason: Option<String>,
    /// Which kind of rule decided.
    pub why: Why,
    /// Where the deciding entry is written.
    pub place: Span,
}

/// Which kind of rule decided a row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// The named profile, as it is.
    Profile(String),
    /// An override at an office or provider over the named profile.
    Override(String),
}

/// The limits of one apply, as `safety` writes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Safety {
    /// Rows that lose anything, of existing rows, in percent; per clinic and per office.
    pub max_revoked_rows_percent: u32,
    /// Cells that fall.
    pub max_revocations: u32,
    /// Cells of one office that fall.
    pub max_revocations_per_office: u32,
    /// Rows that change at all, of existing rows, in percent.
    pub max_changed_rows_percent: u32,
    /// Columns that only a rule with a reason may grant.
    pub protected_columns: Vec<Column>,
    /// Providers whose rows are never changed.
    pub protected_providers: Vec<Selector<ProviderId>>,
    /// Offices whose rows are never changed.
    pub protected_offices: Vec<Selector<OfficeId>>,
    /// The EMR user that the bridge works as; none of its rows is lowered.
    pub own_user: Option<String>,
    /// Whether a user may be left with nothing granted.
    pub allow_empty: bool,
    /// Whether who attests a verification must not be who attested what it is about.
    pub four_eyes: bool,
    /// Signed approvals that a saved plan needs.
    pub approvals: Option<Approvals>,
}

/// Rules for plans, as `policy` writes them; those of a fleet first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policies {
    /// Files in Rego: paths or patterns relative to the manifest.
    pub rego: Vec<String>,
    /// Built-in rules that deny.
    pub deny: Vec<PolicyRule>,
    /// Built-in rules that are off, unless they deny.
    pub off: Vec<PolicyRule>,
    /// Pairs of different columns that nobody may hold both of in one office.
    pub separate: Vec<(Column, Column)>,
}

/// A row whose change by others is known, as `drift.ignore` writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IgnoredDrift {
    /// The office of the row.
    pub office: Selector<OfficeId>,
    /// Its provider.
    pub provider: Selector<ProviderId>,
    /// The columns that may differ; none: all of them, and Access Until.
    pub columns: Vec<Column>,
    /// Why.
    pub reason: String,
    /// The last day on which the entry is in force.
    pub until: Until,
}

/// Signed approvals that a saved plan needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approvals {
    /// Whose approvals count, in manifest order.
    pub keys: Vec<ApprovalKey>,
    /// By how many different keys, 1 to the number of keys.
    pub required: usize,
    /// Whether the planner's own approval does not count.
    pub not_the_planner: bool,
}

/// A public key and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalKey {
    /// Whose key it is; different from every other after folding.
    pub name: String,
    /// The key; different from every other.
    pub key: PublicKey,
}
