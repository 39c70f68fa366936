//! The way of `fmt`: text, its pieces, the new text, and the proof that both mean the same.

use thiserror::Error;

use super::indent::indented;
use super::pieces::pieces;

/// Why a text was not formatted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum FormatError {
    /// It is not YAML.
    #[error("it is not YAML")]
    NotYaml,
    /// Its new form would not say the same.
    #[error("it uses a form of YAML that cannot be rewritten without changing what it means")]
    Meaning,
}

impl FormatError {
    /// A stable code that a user may search for.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotYaml => "M090",
            Self::Meaning => "M091",
        }
    }

    /// What to do next.
    pub const fn hint(self) -> &'static str {
        match self {
            Self::NotYaml => "mend what `accuroform validate` says of it",
            Self::Meaning => {
                "the file was left as it is; write the values without explicit keys (`? `) and indentation indicators"
            }
        }
    }
}

/// The canonical form of a manifest or fleet manifest. It means exactly what `text` means, and holds
/// every character of it but white space, quotes and a byte order mark.
pub fn format(text: &str) -> Result<String, FormatError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let before = pieces(text).ok_or(FormatError::NotYaml)?;
    let text = &text.replace("\r\n", "\n").replace('\r', "\n");
    let read = pieces(text).ok_or(FormatError::NotYaml)?;
    let formatted = indented(text, &read);
    let is_same = pieces(&formatted).is_some_and(|after| after.meaning == before.meaning)
        && visible(text).eq(visible(&formatted));
    if is_same { Ok(formatted) } else { Err(FormatError::Meaning) }
}

/// What formatting never touches.
fn visible(text: &str) -> impl Iterator<Item = char> {
    text.chars()
        .filter(|c| !matches!(c, ' ' | '\t' | '\n'))
        .map(|c| if c == '\'' { '"' } else { c })
}
