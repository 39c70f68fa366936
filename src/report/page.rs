//! The frame of a page of its own: one file, nothing from elsewhere.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::markup::html as safe;

/// How pages look, at every width and on paper.
const STYLE: &str = include_str!("page.css");

/// What a page has beside its body.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Extra {
    /// Further style.
    pub(super) style: &'static str,
    /// A script, the only one that the page allows. It must work without.
    pub(super) script: &'static str,
}

/// The page. `title` and `body` are safe already.
pub(super) fn page(title: &str, body: &[String], extra: Extra) -> String {
    let Extra { style, script } = extra;
    let (policy, script) = if script.is_empty() {
        (String::new(), String::new())
    } else {
        let digest = STANDARD.encode(Sha256::digest(script.as_bytes()));
        (format!("; script-src 'sha256-{digest}'"), format!("<script>{script}</script>\n"))
    };
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'{policy}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>\n{STYLE}{style}</style>\n</head>\n<body>\n{}\n{script}</body>\n</html>\n",
        body.join("\n")
    )
}

/// A list with its heading; nothing if it is empty.
pub(super) fn list(title: &str, lines: &[String]) -> Vec<String> {
    if lines.is_empty() {
        return Vec::new();
    }
    let items: Vec<String> =
        lines.iter().map(|line| format!("<li>{}</li>", safe(line.trim()))).collect();
    vec![format!("<h2>{}</h2>", safe(title)), format!("<ul>\n{}\n</ul>", items.join("\n"))]
}

/// Facts with their names, which are safe already.
pub(super) fn facts(facts: impl IntoIterator<Item = (&'static str, String)>) -> String {
    let lines =
        facts.into_iter().map(|(what, fact)| format!("<dt>{what}</dt><dd>{}</dd>", safe(&fact)));
    format!("<dl>\n{}\n</dl>", lines.collect::<Vec<_>>().join("\n"))
}
