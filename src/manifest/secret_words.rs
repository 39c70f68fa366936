//! Which words, keys and parts of a text give a secret away.
//!
//! Hiding too much costs a hint; hiding too little costs a secret. So misspelt words count too.

use std::ops::Range;

/// What is left of a key without case and separators, and names a secret wherever it is.
const CERTAIN: [&str; 9] = [
    "clientid",
    "secret",
    "passw",
    "passphrase",
    "token",
    "apikey",
    "credential",
    "authorization",
    "bearer",
];

/// Mappings of names to secrets.
const HOLDERS: [&str; 3] = ["headers", "header", "query"];

/// Words that are compared with an allowance for slips of the fingers.
const MISSPELT: [&str; 6] =
    ["clientid", "clientsecret", "password", "passphrase", "token", "apikey"];

/// Whether the values under a key are secrets, by its name.
pub(super) fn sounds_secret(key: &str) -> bool {
    is_certain(key)
        || key
            .split(|c: char| !c.is_ascii_alphanumeric())
            .map(str::to_ascii_lowercase)
            .any(|word| matches!(word.as_str(), "key" | "keys" | "pass" | "pwd" | "cookie"))
        || ["Key", "KEY"].iter().any(|end| key.ends_with(end))
}

/// Whether the values of the mapping under a key are secrets, whatever their names are.
pub(super) fn holds_secrets(key: &str) -> bool {
    let key = key.to_lowercase();
    is_near(&key, HOLDERS.as_slice())
}

fn is_certain(word: &str) -> bool {
    let word: String =
        word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    // The path of the token call is a setting like any other.
    word != "tokenpath"
        && (CERTAIN.iter().any(|part| word.contains(part)) || is_near(&word, MISSPELT.as_slice()))
}

/// Whether a word is one of those that are known, give or take a letter in four.
fn is_near(word: &str, known: &[&str]) -> bool {
    known.iter().any(|known| {
        let slips = known.len() / 4;
        known.len().abs_diff(word.len()) <= slips && strsim::osa_distance(known, word) <= slips
    })
}

/// Where a secret starts in a text that is a setting by mistake: `client_secret=…`, or without
/// any sign where the colon was forgotten.
pub(super) fn in_setting(text: &str) -> Option<usize> {
    let mut is_first = true;
    words(text).find_map(|word| {
        let name = text.get(word.clone())?;
        let first = std::mem::replace(&mut is_first, false);
        let rest = text.get(word.end..)?.trim_start_matches(is_around);
        let assigned = rest.starts_with([':', '=']) && sounds_secret(name);
        let alone = (first || name.contains('_')) && !rest.is_empty() && is_certain(name);
        (assigned || alone).then_some(word.end)
    })
}

/// Where a secret starts in a line of a text that is no YAML.
pub(super) fn in_line(line: &str) -> Option<usize> {
    words(line)
        .find(|word| {
            line.get(word.clone()).is_some_and(|word| sounds_secret(word) || holds_secrets(word))
        })
        .map(|word| word.end)
}

/// The words of a text as keys are written: letters, digits, `_` and `-`.
fn words(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = text.get(at..)?;
        let start = at + rest.find(is_word)?;
        let rest = text.get(start..)?;
        at = start + rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        Some(start..at)
    })
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-')
}

/// What can stand between a key and its colon, or a value and its end.
fn is_around(c: char) -> bool {
    c.is_whitespace() || matches!(c, '"' | '\'')
}

/// The parts of a URL that can hold a password or a token: user information, query, fragment.
pub(super) fn in_url(text: &str, range: &Range<usize>, is_url: bool) -> Vec<Range<usize>> {
    let url = text.get(range.clone()).unwrap_or_default();
    let authority = match url.find("://") {
        Some(at) => at + 3,
        None if is_url => 0,
        None => return Vec::new(),
    };
    let mut secrets = Vec::new();
    let rest = url.get(authority..).unwrap_or_default();
    if let Some(at) = rest.rfind('@') {
        secrets.push(range.start + authority..range.start + authority + at);
    }
    if let Some(at) = rest.find(['?', '#']) {
        let end = url.trim_end_matches(['"', '\'']).len();
        secrets.push(range.start + authority + at + 1..range.start + end);
    }
    secrets.retain(|range| range.start < range.end);
    secrets
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn no_other_field_of_the_manifest_is_hidden() {
        fn fields<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
            if let Some(properties) = value.get("properties").and_then(Value::as_object) {
                found.extend(properties.keys().map(String::as_str));
            }
            for value in value.as_object().into_iter().flat_map(|map| map.values()) {
                fields(value, found);
            }
        }
        let mut found = Vec::new();
        fields(super::super::schema::schema(), &mut found);
        found.retain(|field| sounds_secret(field) || holds_secrets(field));
        found.sort_unstable();
        // A public key is no secret, but a private one may stand in its place by mistake.
        let expected = ["client_id", "client_secret", "headers", "key", "key", "keys", "query"];
        assert_eq!(found, expected);
    }

    #[test]
    fn names_of_secrets_are_known_and_names_of_people_are_not() {
        for key in ["clientSecret", "client_secert", "PASSWORD", "pasword", "api-key", "X-Api-Key"]
        {
            assert!(sounds_secret(key), "{key}");
        }
        for key in ["name", "keyboard", "Main Street", "monkey", "patient", "token_path"] {
            assert!(!sounds_secret(key), "{key}");
        }
    }

    #[test]
    fn a_setting_inside_a_text_is_found() {
        for text in ["client_secret x", "a: {password = x", "--token=x", "\"api_key\": x"] {
            assert!(in_setting(text).is_some(), "{text}");
        }
        for text in ["Key West Clinic", "Holiday cover, ticket 881", "token", "Rotate the key"] {
            assert_eq!(in_setting(text), None, "{text}");
        }
    }
}
