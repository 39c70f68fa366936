//! Placeholders in a fleet's defaults: each stands for something of the clinic's own manifest.

use std::borrow::Cow;

/// What the placeholders stand for in one clinic.
#[derive(Debug, Clone)]
pub(super) struct Placeholders {
    id: Option<String>,
    tenant: Option<String>,
}

impl Placeholders {
    pub(super) fn new(id: Option<&str>, tenant: Option<&str>) -> Self {
        Self { id: id.map(str::to_owned), tenant: tenant.map(str::to_owned) }
    }

    /// The text with every placeholder that is known replaced.
    pub(super) fn fill<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if !text.contains('{') {
            return text.into();
        }
        let mut filled = text.to_owned();
        if let Some(id) = &self.id {
            filled = filled.replace("{id}", id).replace("{ID}", &capitals(id));
        }
        if let Some(tenant) = &self.tenant {
            filled = filled.replace("{tenant}", tenant).replace("{TENANT}", &capitals(tenant));
        }
        filled.into()
    }
}

/// As names of environment variables are written.
fn capitals(text: &str) -> String {
    let capital = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    text.chars().map(capital).collect()
}

/// The text of some clinic, to judge a text with placeholders by.
pub(in crate::manifest) fn sample(text: &str) -> String {
    Placeholders::new(Some("sample"), Some("SAMPLE")).fill(text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_filled_in_and_others_stay() {
        let of = Placeholders::new(Some("mill-pond"), Some("Mill Pond"));
        assert_eq!(of.fill("CLINIC_{ID}_SECRET"), "CLINIC_MILL_POND_SECRET");
        assert_eq!(of.fill("worlds/{id}.yaml"), "worlds/mill-pond.yaml");
        assert_eq!(of.fill("{tenant} {TENANT}"), "Mill Pond MILL_POND");
        assert_eq!(of.fill("/sites/{site}/{other}"), "/sites/{site}/{other}");
        assert_eq!(Placeholders::new(None, None).fill("{id}"), "{id}");
    }
}
