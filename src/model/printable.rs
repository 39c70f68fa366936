//! Which characters a terminal must never get from foreign text, and JSON without them.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Control characters (C0 with ESC, DEL, C1), bidirectional controls, zero-width characters, line
/// and paragraph separators, and tags, which show nothing at all.
pub fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{00ad}'
                | '\u{061c}'
                | '\u{115f}'..='\u{1160}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// JSON text that means the same and is safe on a terminal: JSON lets most of these characters
/// stand raw in a string, where alone they can be, so each becomes its `\uXXXX`. Line breaks
/// between values stay. Nor does it hold `##[`, which is a command to the runner of a CI system.
pub fn printable_json(text: &str) -> Cow<'_, str> {
    let is_kept = |character: char| character == '\n' || !is_unsafe(character);
    if text.chars().all(is_kept) && !text.contains("##[") {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        let is_command = character == '#' && safe.ends_with('#') && rest.as_str().starts_with('[');
        if is_kept(character) && !is_command {
            safe.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                // Writing to a String cannot fail.
                let _ = write!(safe, "\\u{unit:04x}");
            }
        }
    }
    Cow::Owned(safe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printable_json_means_the_same_and_holds_nothing_unsafe() {
        let text = "a\u{9b}b\u{202e}c\u{200b}\u{7f}\u{e0041}\u{1b}é\n";
        let json = serde_json::Value::from(text).to_string() + "\n";
        let safe = printable_json(&json);
        assert!(safe.trim_end().chars().all(|character| !is_unsafe(character)), "{safe}");
        assert_eq!(serde_json::from_str::<String>(&safe).unwrap(), text);
        assert!(safe.contains(r"\u009b") && safe.contains(r"\udb40\udc41"), "{safe}");
        assert!(matches!(printable_json("{\"a\": \"é\"}\n"), Cow::Borrowed(_)));
    }

    #[test]
    fn printable_json_holds_no_command_to_a_runner() {
        for text in ["##[add-mask]x", "###[group]", "##[##[", "# ##"] {
            let json = serde_json::Value::from(text).to_string();
            let safe = printable_json(&json);
            assert!(!safe.contains("##["), "{safe}");
            assert_eq!(serde_json::from_str::<String>(&safe).unwrap(), text);
        }
    }
}
