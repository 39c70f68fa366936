//! What waits for what a person does and says. Nothing failed by it, and nothing is done by itself.

use super::annotation::{Annotation, Level};
use crate::report::cut::Item;
use crate::report::markup::{markdown as safe, name};

/// Something that a person is waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The clinic.
    pub clinic: String,
    /// What is open.
    pub what: String,
    /// What to do next.
    pub next: String,
}

impl Waiting {
    /// A notice: it asks, as a rule of a manifest does, and finds nothing wrong.
    pub(super) fn note(&self) -> Annotation {
        let Self { clinic, what, next } = self;
        Annotation {
            level: Level::Notice,
            file: String::new(),
            place: None,
            title: format!("{clinic} waits for a person"),
            message: what.clone(),
            hint: Some(next.clone()),
        }
    }

    /// A line of the summary.
    pub(super) fn item(&self) -> Item {
        let Self { clinic, what, next } = self;
        Item::one(format!("- {}: {}. Next: {}.", name(clinic), safe(what), safe(next)))
    }
}
