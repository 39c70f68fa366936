//! How text of the file is quoted in a message: short, and never a masked secret.

/// What stands for a secret in everything that is shown.
pub(super) const MASK: &str = "••••";

const LONGEST: usize = 60;

/// The text, cut where it is long.
pub(super) fn short(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        None => text.to_owned(),
        Some((cut, _)) => format!("{}…", text.get(..cut).unwrap_or_default()),
    }
}

/// The names in backticks, joined: "`a`, `b` and `c`".
pub(super) fn names<'a>(names: impl IntoIterator<Item = &'a str>, last: &str) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., end] => format!("{} {last} {end}", most.join(", ")),
    }
}
