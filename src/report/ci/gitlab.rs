//! What GitLab CI is told: variables for later jobs, the counts of its plan widget, a test report.

use super::facts::Facts;
use super::values::{Ending, values};

/// So many variables a file may have where nobody raised it.
const VARIABLES: usize = 20;

/// So many bytes.
const BYTES: usize = 5 * 1024;

/// The variables, `ACCUROFORM_HAS_CHANGES=true`, the most important ones first. A value that has no
/// form here, of several lines or with a `$`, is left out.
pub fn dotenv(facts: &Facts, ending: Ending) -> String {
    let has_form = |value: &str| !value.contains(|c: char| c.is_control() || c == '$');
    let lines = values(facts, ending).into_iter().filter(|(_, value)| has_form(value));
    let lines = lines.map(|(key, value)| format!("ACCUROFORM_{}={value}\n", key.to_uppercase()));
    let mut text = String::new();
    for line in lines.take(VARIABLES) {
        if text.len() + line.len() <= BYTES {
            text.push_str(&line);
        }
    }
    text
}

/// The counts for the plan widget; `None`: nothing was planned.
pub fn widget(facts: &Facts) -> Option<String> {
    facts.planned.as_ref().map(|planned| planned.widget.text())
}

/// The test report.
pub fn junit(facts: &Facts) -> String {
    facts.junit.text()
}
