//! What `docs/errors.md` and `docs/holds.md` say: the pages are the one text, and the program has them in it.

/// The page of all codes.
const ERRORS: &str = include_str!("../../docs/errors.md");
/// The page of the reasons for holds.
const HOLDS: &str = include_str!("../../docs/holds.md");

/// A section of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Explanation {
    /// The code or the key.
    pub key: &'static str,
    /// What it stands for; empty for a hold.
    pub title: &'static str,
    /// What it means.
    pub means: &'static str,
    /// What to do.
    pub next: &'static str,
}

/// The codes of one letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chapter {
    /// `M: The manifest`
    pub heading: &'static str,
    /// In the order of the page.
    pub codes: Vec<Explanation>,
}

/// Every chapter of codes.
pub fn chapters() -> Vec<Chapter> {
    let sections = ERRORS.split("\n## ").skip(1).filter_map(|chapter| {
        let (heading, _) = chapter.split_once('\n')?;
        let sections = chapter.split("\n### ").skip(1);
        let codes = sections.filter_map(|section| {
            let (line, text) = section.split_once('\n')?;
            let (key, title) = line.split_once(": ")?;
            explanation(key, title, text)
        });
        Some(Chapter { heading, codes: codes.collect() })
    });
    sections.collect()
}

/// Every reason for a hold.
pub fn holds() -> Vec<Explanation> {
    let sections = HOLDS.split("\n## ").skip(1);
    let hold = |section: &'static str| {
        let (key, text) = section.split_once('\n')?;
        explanation(key, "", text)
    };
    sections.filter_map(hold).collect()
}

fn explanation(key: &'static str, title: &'static str, text: &'static str) -> Option<Explanation> {
    let (means, next) = text.trim().split_once("\n\n")?;
    Some(Explanation { key, title, means, next })
}

/// What a code means.
pub fn code(code: &str) -> Option<Explanation> {
    chapters().into_iter().flat_map(|chapter| chapter.codes).find(|one| one.key == code)
}

/// What the reason for a hold means.
pub fn hold(key: &str) -> Option<Explanation> {
    holds().into_iter().find(|one| one.key == key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Code;
    use crate::journal::Hold;
    use crate::model::Cells;
    use crate::plan::HeldReason;

    #[test]
    fn every_code_is_explained() {
        for one in Code::ALL {
            let found = code(one.as_str()).unwrap();
            assert_eq!(found.title, one.title());
            assert!(found.means.ends_with('.') && found.next.ends_with('.'), "{one}");
        }
        assert_eq!(code("nothing"), None);
    }

    /// One of each; a new one stops the build here.
    fn all() -> Vec<Hold> {
        let (was, now) = (Cells::NOTHING, None);
        let next = |hold: Hold| match hold {
            Hold::Moved { .. } => Some(Hold::Unplanned { was, now, reason: HeldReason::Moved }),
            Hold::Unplanned { reason: HeldReason::Moved, .. } => {
                Some(Hold::Unplanned { was, now, reason: HeldReason::Unmanaged })
            }
            Hold::Unplanned { reason: HeldReason::Unmanaged, .. } => {
                Some(Hold::Unplanned { was, now, reason: HeldReason::Unlisted })
            }
            Hold::Unplanned { reason: HeldReason::Unlisted, .. } => None,
        };
        let first = Hold::Moved { was: None, is: None, now: was };
        std::iter::successors(Some(first), |hold| next(*hold)).collect()
    }

    #[test]
    fn every_reason_for_a_hold_is_explained_by_the_key_that_it_is_written_with() {
        let mut keys = std::collections::BTreeSet::new();
        for one in all() {
            let written = serde_json::to_value(one).unwrap();
            let (key, fields) = written.as_object().unwrap().iter().next().unwrap();
            keys.insert(key.clone());
            keys.extend(fields["reason"].as_str().map(str::to_owned));
        }
        let explained: Vec<&str> = holds().iter().map(|one| one.key).collect();
        assert_eq!(keys.len(), explained.len(), "{keys:?} {explained:?}");
        for key in keys {
            assert!(hold(&key).is_some(), "{key}");
        }
    }
}
