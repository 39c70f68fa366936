//! Makes text safe for a terminal. A provider's name can hold an escape code.

use std::borrow::Cow;

use crate::model::is_unsafe;

/// The text with every character made visible that could move the cursor, change colours, reorder
/// or hide text: `\u{1b}`.
pub fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        push(&mut safe, character);
    }
    Cow::Owned(safe)
}

/// Adds one character, escaped where it is unsafe.
pub(super) fn push(safe: &mut String, character: char) {
    if is_unsafe(character) {
        safe.extend(character.escape_unicode());
    } else {
        safe.push(character);
    }
}

/// The same for text of several lines: its line breaks (`\n` and `\r\n`) stay, and nothing else that is unsafe.
pub fn escape_lines(text: &str) -> Cow<'_, str> {
    if !text.contains(|character| character != '\n' && is_unsafe(character)) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for line in text.split_inclusive('\n') {
        let (line, end) = match line.strip_suffix("\r\n") {
            Some(line) => (line, "\r\n"),
            None => line.strip_suffix('\n').map_or((line, ""), |line| (line, "\n")),
        };
        safe.push_str(&escape(line));
        safe.push_str(end);
    }
    Cow::Owned(safe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_bidi_and_hidden_characters_become_visible() {
        assert_eq!(escape("a\u{1b}[31mb"), r"a\u{1b}[31mb");
        assert_eq!(escape("\u{9b}x\u{7f}\t\r\n"), r"\u{9b}x\u{7f}\u{9}\u{d}\u{a}");
        for c in "\u{202a}\u{202e}\u{2066}\u{2069}\u{200e}\u{200f}\u{61c}\u{200b}\u{feff}\u{2028}\u{2029}".chars() {
            let text = format!("x{c}y");
            assert_eq!(escape(&text), format!("x{}y", c.escape_unicode()));
        }
    }

    #[test]
    fn only_whole_line_breaks_stay() {
        let text = "a\u{1b}\r\nb\rc\n\r\r\nd\r";
        assert_eq!(escape_lines(text), "a\\u{1b}\r\nb\\u{d}c\n\\u{d}\r\nd\\u{d}");
    }

    #[test]
    fn names_stay_as_they_are() {
        let name = "Élodie Ångström, 山田 «Main» 🙂";
        assert!(matches!(escape(name), Cow::Borrowed(same) if same == name));
    }
}
