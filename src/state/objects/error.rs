//! What a store's errors say, without a secret.

use std::error::Error;

use secrecy::{ExposeSecret as _, SecretString};

/// The most characters of foreign text that a message repeats.
const SHOWN: usize = 300;
/// The fewest characters of a secret that is looked for: shorter ones are found in every text.
const LEAST: usize = 6;

/// What must not be repeated.
pub(super) struct Hidden(Vec<SecretString>);

impl Hidden {
    pub(super) fn of(secrets: impl Iterator<Item = String>) -> Self {
        let mut texts: Vec<String> =
            secrets.filter(|secret| secret.chars().count() >= LEAST).collect();
        // A secret that is part of another must not be taken out of it first.
        texts.sort_by_key(|text| std::cmp::Reverse(text.len()));
        Self(texts.into_iter().map(SecretString::from).collect())
    }

    /// The words of an error and of what it comes from, on one line.
    pub(super) fn text(&self, error: &dyn Error) -> String {
        let mut text = error.to_string();
        let mut cause = error.source();
        while let Some(known) = cause {
            let words = known.to_string();
            if !text.contains(&words) {
                text = format!("{text}: {words}");
            }
            cause = known.source();
        }
        for secret in &self.0 {
            text = text.replace(secret.expose_secret(), "••••");
        }
        let words: Vec<&str> = text.split_whitespace().map(without_query).collect();
        let text = words.join(" ");
        match text.char_indices().nth(SHOWN) {
            Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
            None => text,
        }
    }
}

/// A URL's query may be a signature.
fn without_query(word: &str) -> &str {
    match word.split_once('?') {
        Some((url, _)) if url.contains("://") => url,
        _ => word,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_short_line_without_a_secret() {
        let hidden = Hidden::of(["correct-horse".to_owned(), "ab".to_owned()].into_iter());
        let error = object_store::Error::Generic {
            store: "S3",
            source:
                "GET https://store.example.org/a?sig=c0ffee in 1ms:\n <Key>correct-horse</Key> ab"
                    .into(),
        };
        let expected =
            "Generic S3 error: GET https://store.example.org/a in 1ms: <Key>••••</Key> ab";
        assert_eq!(hidden.text(&error), expected);
        let error = object_store::Error::Generic { store: "S3", source: "x".repeat(5000).into() };
        assert_eq!(hidden.text(&error).chars().count(), SHOWN + 1);
    }
}
