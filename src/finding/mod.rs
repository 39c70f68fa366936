//! What can be said of a grid, and its words: the one source of them for plan, drift, review and whatever
//! else tells of a grid.
//!
//! A [`Kind`] has a code of `docs/errors.md`, a heading and a hint; a [`Fact`] is what is said of one row,
//! a [`Finding`] the fact with its row. The words are plain text: whoever prints them makes them safe.

mod access;
mod column;
mod drift;
mod explained;
mod fact;
mod held;
mod kind;
mod of_plan;
mod origin;
mod site;
mod symptom;
mod words;

pub use access::{Access, AccessInputs, AccessRow, Held, Uneven, UserAccess, access};
pub use column::{REMEDY, below_ocean, known, likely};
pub use drift::{Drift, DriftInputs, DriftRow, IgnoredChange, drift};
pub use explained::{Chapter, Explanation, chapters, code, hold, holds};
pub use fact::{Fact, Finding};
pub use held::why_held;
pub use kind::Kind;
pub use of_plan::{
    ends, excess, kept_heading, uncovered, unread, unread_heading, unread_heading_of, unread_part,
};
pub use origin::{Origin, Statement};
pub use site::other_user;
pub use symptom::{HandCheck, Symptom};
pub use words::{difference, holding, not_as_ticked, place, sentence, until};
