//! Foreign text for messages: white space folded, cut, and without any secret of the connection. A
//! page in front of a bridge may repeat the request it refuses, headers and all.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};

use super::Settings;

/// The most characters of foreign text that a message repeats.
const SHOWN: usize = 200;

/// The fewest characters of a secret that is looked for: shorter ones are found in every text.
const LEAST: usize = 6;

/// The most tokens that are remembered, the latest ones.
const TOKENS: usize = 8;

/// What must not be repeated.
#[derive(Debug, Default)]
pub(super) struct Hidden {
    secrets: Vec<SecretString>,
    tokens: Mutex<VecDeque<SecretString>>,
}

impl Hidden {
    /// The secrets of a connection, in the forms in which they are sent.
    pub(super) fn of(settings: &Settings) -> Self {
        let (id, secret) =
            (settings.client_id.expose_secret(), settings.client_secret.expose_secret());
        let extras = settings.query.iter().chain(&settings.headers);
        let extras = extras.flat_map(|(_, value)| {
            let value = value.expose_secret();
            [value.to_owned(), in_a_query(value), in_json(value)]
        });
        let own = [
            STANDARD.encode(format!("{id}:{secret}")),
            secret.to_owned(),
            in_json(secret),
            id.to_owned(),
            in_json(id),
        ];
        let mut texts: Vec<String> = own.into_iter().chain(extras).collect();
        texts.retain(|text| text.chars().count() >= LEAST);
        // A secret that is part of another must not be taken out of it first.
        texts.sort_by_key(|text| std::cmp::Reverse(text.len()));
        let secrets = texts.into_iter().map(SecretString::from).collect();
        Self { secrets, tokens: Mutex::default() }
    }

    /// From now on this token too.
    pub(super) fn add(&self, token: &SecretString) {
        if token.expose_secret().chars().count() < LEAST {
            return;
        }
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.push_front(token.clone());
        tokens.truncate(TOKENS);
    }

    /// The text as a message may repeat it. Control characters are escaped where it is printed.
    pub(super) fn shown(&self, text: &str) -> String {
        let mut text = text.to_owned();
        let tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        for secret in tokens.iter().chain(&self.secrets) {
            if text.contains(secret.expose_secret()) {
                text = text.replace(secret.expose_secret(), "[hidden]");
            }
        }
        let folded = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let cut: String = folded.chars().take(SHOWN).collect();
        if cut.len() < folded.len() { format!("{cut}…") } else { cut }
    }
}

/// The value as it is written in a JSON text.
fn in_json(value: &str) -> String {
    serde_json::Value::from(value).to_string().trim_matches('"').to_owned()
}

/// The value as it is written in an address.
fn in_a_query(value: &str) -> String {
    let Ok(mut url) = Url::parse("https://localhost") else { return String::new() };
    url.query_pairs_mut().append_key_only(value);
    url.query().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hidden(secrets: &[&str]) -> Hidden {
        let secrets = secrets.iter().map(|text| SecretString::from((*text).to_owned()));
        Hidden { secrets: secrets.collect(), tokens: Mutex::default() }
    }

    #[test]
    fn text_is_folded_and_cut() {
        assert_eq!(hidden(&[]).shown(" a \n\t b "), "a b");
        let long = hidden(&[]).shown(&"é".repeat(300));
        assert_eq!(long.chars().count(), SHOWN + 1);
        assert!(long.ends_with('…'));
    }

    #[test]
    fn a_secret_is_taken_out_before_the_cut() {
        let text = format!("{}hunter2-hunter2", "x".repeat(SHOWN - 3));
        let shown = hidden(&["hunter2-hunter2"]).shown(&text);
        assert!(!shown.contains("hun"), "{shown}");
    }

    #[test]
    fn the_latest_tokens_are_taken_out_too() {
        let hidden = hidden(&[]);
        for number in 1..=TOKENS + 1 {
            hidden.add(&SecretString::from(format!("token-{number}.")));
        }
        assert_eq!(hidden.shown("token-2. token-9."), "[hidden] [hidden]");
        assert_eq!(hidden.shown("token-1."), "token-1.");
    }

    #[test]
    fn a_query_value_is_also_found_as_it_is_sent() {
        assert_eq!(in_a_query("a b&c=é"), "a+b%26c%3D%C3%A9");
    }
}
