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
        // In one pass: what a tenant is named is never a placeholder.
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, from)) = rest.find('{').and_then(|at| rest.split_at_checked(at)) {
            filled.push_str(before);
            let known = from.find('}').and_then(|at| from.split_at_checked(at + 1));
            let known = known.and_then(|(name, after)| Some((self.stands_for(name)?, after)));
            if let Some((value, after)) = known {
                filled.push_str(&value);
                rest = after;
            } else {
                filled.push('{');
                rest = from.get(1..).unwrap_or_default();
            }
        }
        filled.push_str(rest);
        filled.into()
    }

    fn stands_for(&self, placeholder: &str) -> Option<String> {
        match placeholder {
            "{id}" => self.id.clone(),
            "{ID}" => self.id.as_deref().map(capitals),
            "{tenant}" => self.tenant.clone(),
            "{TENANT}" => self.tenant.as_deref().map(capitals),
            _ => None,
        }
    }
}

/// Whether a text becomes another in each clinic.
pub(super) fn has_placeholder(text: &str) -> bool {
    ["{id}", "{ID}", "{tenant}", "{TENANT}"].iter().any(|placeholder| text.contains(placeholder))
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
        assert_eq!(of.fill("{{id}} {id {id}"), "{mill-pond} {id mill-pond");
        assert_eq!(Placeholders::new(None, None).fill("{id}"), "{id}");
        let odd = Placeholders::new(Some("{tenant}"), Some("{TENANT}"));
        assert_eq!(odd.fill("{id}, {tenant}"), "{tenant}, {TENANT}");
    }
}
