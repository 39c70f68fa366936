//! What people write into cells, and what they mean.

use crate::model::Level;

/// What a cell of one of the nine columns says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    Level(Level),
    /// `?`: somebody looked and cannot tell.
    Unclear,
}

const FULL: &[&str] =
    &["full", "f", "x", "✓", "✔", "☑", "✅", "yes", "y", "true", "1", "on", "ticked"];
const READ_ONLY: &[&str] = &["read-only", "read only", "readonly", "read_only", "ro", "r"];
const NONE: &[&str] = &["none", "n", "no", "-", "–", "—", "☐", "false", "0", "off", "unticked"];

fn word(text: &str) -> String {
    // A check mark may come with the character that asks for its coloured picture.
    let text = text.replace('\u{fe0f}', "").to_lowercase();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What a written cell says; `None`: nothing that is known.
pub(super) fn mark(text: &str) -> Option<Mark> {
    let word = word(text);
    let is_in = |words: &[&str]| words.contains(&word.as_str());
    if is_in(FULL) {
        Some(Mark::Level(Level::Full))
    } else if is_in(READ_ONLY) {
        Some(Mark::Level(Level::ReadOnly))
    } else if is_in(NONE) {
        Some(Mark::Level(Level::None))
    } else {
        (word == "?").then_some(Mark::Unclear)
    }
}

/// Yes or no; `None`: neither.
pub(super) fn yes(text: &str) -> Option<bool> {
    match mark(text)? {
        Mark::Level(Level::Full) => Some(true),
        Mark::Level(Level::None) => Some(false),
        Mark::Level(Level::ReadOnly) | Mark::Unclear => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_means_two_things() {
        for (at, words) in [FULL, READ_ONLY, NONE].into_iter().enumerate() {
            for word in words {
                let level = [Level::Full, Level::ReadOnly, Level::None][at];
                assert_eq!(mark(word), Some(Mark::Level(level)), "{word}");
                assert_eq!(mark(&format!(" {} ", word.to_uppercase())), mark(word), "{word}");
            }
        }
        for unknown in ["", "maybe", "✗", "n/a", "2", "rw", "full-ish", "#REF!"] {
            assert_eq!(mark(unknown), None, "{unknown}");
        }
        assert_eq!(mark("✔\u{fe0f}"), mark("x"));
    }
}
