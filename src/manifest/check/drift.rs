//! What `drift` leaves out.

use super::super::checked::{IgnoredDrift, Selector};
use super::super::raw::{RawDrift, RawIgnoredDrift, RawSelector};
use super::context::Context;
use super::entries::{Kind, Named, Which};
use super::safety::columns;
use crate::diagnostic::KeyPath;
use crate::model::{OfficeId, ProviderId};

/// Takes the entries over; each says which row it is about. Whether its date has passed is for the command
/// to say: nothing else rests on it.
pub(super) fn ignored(context: &mut Context<'_>, raw: RawDrift) -> Vec<IgnoredDrift> {
    let RawDrift { ignore } = raw;
    let path = KeyPath::root().key("drift").key("ignore");
    let entries = ignore.map_or_else(Vec::new, |entries| entries.0).into_iter();
    entries.filter_map(|(index, raw)| entry(context, raw, &path.index(index))).collect()
}

fn entry(context: &mut Context<'_>, raw: RawIgnoredDrift, path: &KeyPath) -> Option<IgnoredDrift> {
    let RawIgnoredDrift { office, provider, columns: written, reason, until } = raw;
    let office = which(context, office, &path.key("office"), Kind::Office, OfficeId);
    let provider = which(context, provider, &path.key("provider"), Kind::Provider, ProviderId);
    let columns = written.map(|written| columns(context, written, &path.key("columns")));
    Some(IgnoredDrift {
        office: office?,
        provider: provider?,
        columns: columns.unwrap_or_default(),
        reason: reason?,
        until: until?.parse().ok()?,
    })
}

fn which<Id>(
    context: &mut Context<'_>,
    raw: Option<RawSelector>,
    path: &KeyPath,
    kind: Kind,
    new_id: fn(u64) -> Id,
) -> Option<Selector<Id>> {
    let RawSelector { id, name } = raw?;
    let which = Which { id, name: name.as_deref() };
    let is_one = Named::new(kind).add(context, which, path);
    let place = context.place(path);
    is_one.then(|| Selector { id: id.map(new_id), name, path: path.clone(), place })
}
