//! A text as a YAML scalar that every reader takes for that text.

use std::fmt::Write as _;

use super::scalar::Scalar;
use crate::model::is_unsafe;

/// A text as YAML: plain where every reader takes it for text, else in quotes.
pub fn yaml_text(written: &str) -> String {
    if is_plain(written) {
        return written.to_owned();
    }
    let mut quoted = String::from("\"");
    for character in written.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            _ if is_unsafe(character) || matches!(character, '\u{fffe}' | '\u{ffff}') => {
                let code = u32::from(character);
                // Writing to a String cannot fail.
                let _ = if code <= 0xffff {
                    write!(quoted, "\\u{code:04x}")
                } else {
                    write!(quoted, "\\U{code:08x}")
                };
            }
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

fn is_plain(written: &str) -> bool {
    /// What readers of YAML 1.1 take for true and false.
    const WORDS: [&str; 8] = ["y", "n", "yes", "no", "on", "off", "true", "false"];
    let inner =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '+' | ' ');
    let starts = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '/' | '.');
    Scalar::plain(written) == Scalar::Text
        && !WORDS.contains(&written.to_ascii_lowercase().as_str())
        && written.starts_with(starts)
        && !written.ends_with(' ')
        && written.chars().all(inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_in_quotes_where_it_could_be_taken_for_something_else() {
        for plain in ["Main Street", "2027-01-31", "America/Toronto", "../worlds/a.yaml", "/oauth"]
        {
            assert_eq!(yaml_text(plain), plain);
        }
        for (written, yaml) in [
            ("4021", "\"4021\""),
            ("no", "\"no\""),
            ("", "\"\""),
            ("a: b #c", "\"a: b #c\""),
            ("a\"\\\n\u{1b}\u{202e}\u{e0041}", r#""a\"\\\n\u001b\u202e\U000e0041""#),
        ] {
            assert_eq!(yaml_text(written), yaml);
        }
    }
}
