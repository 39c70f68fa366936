//! A change of a manifest's text as a unified diff that shows nothing that is masked.

use similar::{DiffOp, TextDiff};

/// A manifest's text before and after a change.
#[derive(Debug, Clone, Copy)]
pub struct Change<'a> {
    /// The file's name.
    pub name: &'a str,
    /// The text as it is.
    pub before: &'a str,
    /// The same text with what may be a secret masked, and comments with it.
    pub masked: &'a str,
    /// The text as it should be.
    pub after: &'a str,
}

/// The lines around a change, if no masked one is among them.
const CONTEXT: usize = 3;

/// A diff that can be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownDiff {
    /// It, whole.
    pub text: String,
    /// Whether no line stands around the changes: `git apply` then needs `--unidiff-zero`.
    pub is_bare: bool,
}

/// The diff, with as many lines around the change as can be shown; `None` where the change itself cannot.
pub fn manifest_diff(change: Change<'_>) -> Option<ShownDiff> {
    let Change { name, before, masked, after } = change;
    let before = before.strip_prefix('\u{feff}').unwrap_or(before);
    let after = after.strip_prefix('\u{feff}').unwrap_or(after);
    let diff = TextDiff::from_lines(before, after);
    let hidden = hidden(&diff, masked)?;
    let is_open = |op: &DiffOp| {
        let lines = hidden.get(op.old_range());
        lines.is_some_and(|lines| lines.iter().all(|hidden| !hidden))
    };
    let context = (0..=CONTEXT)
        .rev()
        .find(|context| diff.grouped_ops(*context).iter().flatten().all(is_open))?;
    let mut unified = diff.unified_diff();
    let text = unified.context_radius(context).header(name, name).to_string();
    Some(ShownDiff { text, is_bare: context == 0 })
}

/// Which lines are masked, by the lines of the diff itself: others may take a lone CR for no end of a line.
/// `None` where the two texts have not the same lines.
fn hidden(diff: &TextDiff<'_, '_, str>, masked: &str) -> Option<Vec<bool>> {
    let masked = TextDiff::from_lines(masked, masked);
    let before: Vec<&str> = diff.iter_old_slices().collect();
    let shown: Vec<&str> = masked.iter_old_slices().collect();
    let is_same = before.len() == shown.len();
    is_same.then(|| before.iter().zip(shown).map(|(line, shown)| *line != shown).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diff(before: &str, masked: &str, after: &str) -> Option<String> {
        manifest_diff(Change { name: "clinic.yaml", before, masked, after }).map(|diff| diff.text)
    }

    #[test]
    fn a_masked_line_is_never_shown_not_even_beside_the_change() {
        let before = "a: 1\n# old key hunter2\nb: 1\nc: 1\nd: 1\n";
        let masked = before.replace(" old key hunter2", "••••");
        let head = "--- clinic.yaml\n+++ clinic.yaml\n";
        let found = diff(before, &masked, &before.replace("d: 1", "d: 2")).unwrap();
        assert_eq!(found, format!("{head}@@ -3,3 +3,3 @@\n b: 1\n c: 1\n-d: 1\n+d: 2\n"));
        let found = diff(before, &masked, &before.replace("b: 1", "b: 2")).unwrap();
        assert_eq!(found, format!("{head}@@ -3 +3 @@\n-b: 1\n+b: 2\n"));
        let commented = "b: 1 # hunter2\n";
        assert_eq!(diff(commented, "b: 1 #••••\n", "b: 2 # hunter2\n"), None);
    }

    #[test]
    fn a_lone_carriage_return_moves_no_mask() {
        let before = "# a\r# b\r# c\na: 1\n# hunter2\nb: 1\n";
        let masked = "#••••\r#••••\r#••••\na: 1\n#••••\nb: 1\n";
        let found = diff(before, masked, &before.replace("b: 1", "b: 2")).unwrap();
        assert!(!found.contains("hunter2"), "{found}");
        assert_eq!(diff("a: 1\rb: 1\n", "a: 1 b: 1\n", "a: 1\rb: 2\n"), None);
    }
}
