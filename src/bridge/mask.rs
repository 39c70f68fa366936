//! Hides the connection's own secrets in what a service says: an error page may repeat the request.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Url;
use secrecy::{ExposeSecret as _, SecretString};

use super::Settings;

/// A shorter text is no secret, and hiding it would make messages unreadable.
const SHORTEST: usize = 4;

/// The texts that no message may repeat.
#[derive(Clone, Default)]
pub(super) struct Mask(Vec<String>);

impl std::fmt::Debug for Mask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Mask(..)")
    }
}

impl Mask {
    /// Hides every secret of the settings.
    pub(super) fn of(settings: &Settings) -> Self {
        let (id, secret) = (&settings.client_id, &settings.client_secret);
        let basic = STANDARD.encode(format!("{}:{}", id.expose_secret(), secret.expose_secret()));
        let values = settings.query.iter().chain(&settings.headers).map(|(_, value)| value);
        let mut mask = Self::default();
        mask.add(&basic);
        for value in values.chain([id, secret]) {
            mask.add(value.expose_secret());
        }
        mask
    }

    /// Hides a token, too.
    #[must_use]
    pub(super) fn with(&self, token: &SecretString) -> Self {
        let mut mask = self.clone();
        mask.add(token.expose_secret());
        mask
    }

    /// Adds a text as it is and as JSON, a URL or HTML would repeat it.
    fn add(&mut self, text: &str) {
        let json = in_json(text);
        let url = Url::parse_with_params("http://localhost/", [("", text)]).ok();
        let url = url.as_ref().and_then(Url::query).unwrap_or_default();
        let url = url.trim_start_matches('=').to_owned();
        let html = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let html = html.replace('"', "&quot;");
        // A log line in a JSON body is escaped twice.
        let twice = in_json(&json);
        for form in [text.to_owned(), json, twice, url.replace('+', "%20"), url, html] {
            if form.len() >= SHORTEST && !self.0.contains(&form) {
                self.0.push(form);
            }
        }
        // A secret that holds another must go as a whole.
        self.0.sort_by_key(|text| std::cmp::Reverse(text.len()));
    }

    /// The text with every secret as `***`.
    pub(super) fn hide(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, secret| text.replace(secret, "***"))
    }
}

/// The text as a JSON string has it between its quotes.
fn in_json(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    let inside = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    inside.unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_hidden_in_every_spelling() {
        let mut mask = Mask::default();
        mask.add(r#"a b/"c"<&"#);
        mask.add(r#""ends with a quote""#);
        assert_eq!(mask.hide(r#"{"x":"\"ends with a quote\""}"#), r#"{"x":"***"}"#);
        for said in
            [r#"a b/"c"<&"#, r#"a b/\"c\"<&"#, "a+b%2F%22c%22%3C%26", "a%20b%2F%22c%22%3C%26"]
        {
            assert_eq!(mask.hide(&format!("x{said}y")), "x***y", "{said}");
        }
        assert_eq!(mask.hide("a b/&quot;c&quot;&lt;&amp;"), "***");
        assert_eq!(format!("{mask:?}"), "Mask(..)");
    }

    #[test]
    fn short_texts_and_longer_secrets_stay_readable_and_whole() {
        let mut mask = Mask::default();
        mask.add("1");
        mask.add("token");
        mask.add("token-of-tokens");
        assert_eq!(mask.hide("1 token-of-tokens, token"), "1 ***, ***");
    }
}
