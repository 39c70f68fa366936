//! Entries that name an office or a provider: which one, and whether it was named before.

use std::collections::BTreeMap;

use super::super::checked::Selector;
use super::super::raw::{Entries, RawSelector};
use super::super::shown;
use super::context::Context;
use crate::diagnostic::{Code, Diagnostic, KeyPath};
use crate::model::fold;

/// Which kind of thing a list names.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Office,
    Provider,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Office => "office",
            Self::Provider => "provider",
        }
    }

    /// The form of a name that is compared. A person has one name in either order.
    fn folded(self, name: &str) -> String {
        match (self, name.split_once(',')) {
            (Self::Provider, Some((last, first))) => fold(&format!("{first} {last}")),
            (Self::Office, _) | (_, None) => fold(name),
        }
    }
}

/// The things that a list has named so far.
pub(super) struct Named {
    kind: Kind,
    ids: BTreeMap<u64, KeyPath>,
    names: BTreeMap<String, Vec<(Option<u64>, KeyPath)>>,
}

/// One thing as an entry names it.
#[derive(Clone, Copy)]
pub(super) struct Which<'r> {
    pub(super) id: Option<u64>,
    pub(super) name: Option<&'r str>,
}

impl Which<'_> {
    /// The thing in words: "office 7", "office `Main Street`".
    fn words(self, kind: Kind) -> String {
        let word = kind.word();
        match (self.id, self.name) {
            (Some(id), _) => format!("{word} {id}"),
            (None, Some(name)) => format!("{word} `{}`", shown::short(name)),
            (None, None) => word.to_owned(),
        }
    }
}

impl Named {
    pub(super) fn new(kind: Kind) -> Self {
        Self { kind, ids: BTreeMap::new(), names: BTreeMap::new() }
    }

    /// Where the same thing was named. An id wins over a name, so two entries with one name and
    /// two ids are two things.
    pub(super) fn find(&self, which: Which<'_>) -> Option<&KeyPath> {
        let by_id = which.id.and_then(|id| self.ids.get(&id));
        by_id.or_else(|| {
            let same = self.names.get(&self.kind.folded(which.name?))?;
            same.iter().find(|(id, _)| id.is_none() || which.id.is_none()).map(|(_, path)| path)
        })
    }

    /// Remembers a thing; naming it a second time is a fault. False where the entry names nothing.
    pub(super) fn add(
        &mut self,
        context: &mut Context<'_>,
        which: Which<'_>,
        path: &KeyPath,
    ) -> bool {
        if which.id.is_none() && which.name.is_none() {
            let faulty = ["id", "name"].iter().any(|key| context.is_written(&path.key(key)));
            if !faulty {
                let word = self.kind.word();
                context.report(
                    Diagnostic::error(
                        Code::MissingField,
                        path.clone(),
                        format!("the entry says not which {word} it is about"),
                    )
                    .hint("add an `id` or a `name`"),
                );
            }
            return false;
        }
        if let Some(earlier) = self.find(which) {
            context.report(
                Diagnostic::error(
                    Code::RepeatedEntry,
                    path.clone(),
                    format!("{} is listed twice", which.words(self.kind)),
                )
                .hint("merge the two entries")
                .related("first listed here", earlier.clone()),
            );
        }
        if let Some(id) = which.id {
            self.ids.entry(id).or_insert_with(|| path.clone());
        }
        if let Some(name) = which.name {
            let same = self.names.entry(self.kind.folded(name)).or_default();
            // One entry of each sort is enough to find a repeat, however many there are.
            if same.len() < 2 || which.id.is_none() {
                same.push((which.id, path.clone()));
            }
        }
        true
    }

    /// Reports an entry for a thing that this list leaves out.
    pub(super) fn contradicts(
        &self,
        context: &mut Context<'_>,
        which: Which<'_>,
        path: &KeyPath,
        list: &str,
    ) {
        if let Some(left_out) = self.find(which) {
            context.report(
                Diagnostic::error(
                    Code::Contradiction,
                    path.clone(),
                    format!("{} has an entry, and `{list}` leaves it out", which.words(self.kind)),
                )
                .hint("remove one of the two")
                .related("left out here", left_out.clone()),
            );
        }
    }

    /// Checks a list of exceptions and remembers what it names.
    pub(super) fn exceptions<Id>(
        &mut self,
        context: &mut Context<'_>,
        raw: Option<Entries<RawSelector>>,
        path: &KeyPath,
        new_id: fn(u64) -> Id,
    ) -> Vec<Selector<Id>> {
        let entries = raw.map(|entries| entries.0).unwrap_or_default();
        let mut selectors = Vec::with_capacity(entries.len());
        for (index, RawSelector { id, name }) in entries {
            let path = path.index(index);
            let which = Which { id, name: name.as_deref() };
            if self.add(context, which, &path) {
                let place = context.place(&path);
                selectors.push(Selector { id: id.map(new_id), name, path, place });
            }
        }
        selectors
    }
}
