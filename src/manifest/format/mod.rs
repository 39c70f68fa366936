//! The canonical form of a manifest's text: `accuroform fmt`.
//!
//! Only white space and the kind of quotes change; no line moves. What the text means before and
//! after is compared at the end, and a text that would mean another thing is not given out.
//! Start reading at [`format()`].

mod canonical;
mod indent;
mod pieces;
mod spacing;

pub use canonical::{FormatError, format};
