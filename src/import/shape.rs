//! The rules of one user as they are to be written, and how many lines they take.

use crate::manifest::Management;
use crate::model::{Column, Columns, Level, OfficeId, ProviderId, Until};

/// The entry of one user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct UserShape {
    /// `None`: the name is the default.
    pub(super) name: Option<String>,
    pub(super) profile: String,
    pub(super) management: Management,
    pub(super) any_name: bool,
    pub(super) until: Option<Until>,
    pub(super) reason: Option<String>,
    pub(super) all_offices: bool,
    pub(super) except: Vec<OfficeId>,
    pub(super) except_providers: Vec<ProviderId>,
    pub(super) offices: Vec<OfficeShape>,
}

/// The entry of one office.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OfficeShape {
    pub(super) id: OfficeId,
    pub(super) grant: Written,
    /// Written where it is not what the user's entry makes of it.
    pub(super) all_providers: Option<bool>,
    pub(super) except: Vec<ProviderId>,
    pub(super) providers: Vec<(ProviderId, Written)>,
}

/// What an entry says of its grant, beside what it inherits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) profile: Option<String>,
    pub(super) columns: Vec<(Column, Level)>,
    pub(super) until: Option<Until>,
    pub(super) reason: Option<String>,
    /// What `columns` make together with what is inherited.
    pub(super) granted: Columns,
}

impl UserShape {
    pub(super) fn lines(&self) -> usize {
        let Self {
            name,
            profile: _,
            management,
            any_name,
            until,
            reason,
            all_offices,
            except,
            except_providers,
            offices,
        } = self;
        1 + usize::from(name.is_some())
            + usize::from(*management == Management::Exact)
            + usize::from(*any_name)
            + usize::from(until.is_some())
            + usize::from(reason.is_some())
            + usize::from(*all_offices)
            + list(except.len())
            + list(except_providers.len())
            + list(offices.iter().map(OfficeShape::lines).sum())
    }
}

impl UserShape {
    /// Whether it is one profile for everybody, and nothing else.
    pub(super) fn is_plain(&self) -> bool {
        self.offices.is_empty() && self.except.is_empty() && self.except_providers.is_empty()
    }

    /// What the entries below the user's say of their grants.
    pub(super) fn written(&self) -> impl Iterator<Item = &Written> {
        self.offices.iter().flat_map(|office| {
            std::iter::once(&office.grant)
                .chain(office.providers.iter().map(|(_, written)| written))
        })
    }
}

impl OfficeShape {
    pub(super) fn lines(&self) -> usize {
        let Self { id: _, grant, all_providers, except, providers } = self;
        1 + grant.lines()
            + usize::from(all_providers.is_some())
            + list(except.len())
            + list(providers.iter().map(|(_, written)| 1 + written.lines()).sum())
    }
}

impl Written {
    pub(super) fn lines(&self) -> usize {
        let Self { profile, columns, until, reason, granted: _ } = self;
        usize::from(profile.is_some())
            + usize::from(!columns.is_empty())
            + usize::from(until.is_some())
            + usize::from(reason.is_some())
    }
}

/// A list has a line of its own above its entries.
fn list(entries: usize) -> usize {
    entries + usize::from(entries > 0)
}
