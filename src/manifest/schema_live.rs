//! The JSON Schema of one clinic's manifest: only the offices and providers that are there may be named.
//! Editors complete them and underline the rest. `desired` stays the judge: it compares names folded, and
//! knows which office has whom.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::fleet::LAYERED;
use super::schema::{schema, tidy};
use crate::model::{OfficeId, ProviderId};

/// What one clinic has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WhatIsThere {
    /// The clinic's id.
    pub clinic: String,
    /// The name of its Accuro instance.
    pub tenant: String,
    /// Its Ocean site.
    pub site: String,
    /// Office names.
    pub offices: BTreeMap<OfficeId, String>,
    /// Providers.
    pub providers: BTreeMap<ProviderId, Person>,
    /// EMR users that are known to be there; there may be others.
    pub users: Vec<String>,
    /// Whether the manifest inherits from a fleet's, so that it need not say everything.
    pub inherits: bool,
}

/// A provider.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Person {
    /// The name as lists show it.
    pub name: String,
    /// The names of the offices that list them.
    pub offices: Vec<String>,
}

/// The schema of the clinic's manifest.
pub fn narrowed_schema(there: &WhatIsThere) -> Value {
    let WhatIsThere { clinic, tenant, site, offices, providers, users, inherits } = there;
    let mut schema = schema().clone();
    let office = Choice {
        ids: offices.iter().map(|(id, name)| (id.0, name.clone())).collect(),
        names: by_name(offices.iter().map(|(id, name)| (name.clone(), format!("office {id}")))),
    };
    let provider = Choice {
        ids: providers.iter().map(|(id, person)| (id.0, person.words())).collect(),
        names: by_name(providers.iter().map(|(id, person)| {
            (person.name.clone(), format!("provider {id}: {}", person.offices.join(", ")))
        })),
    };
    let selector = schema.pointer("/$defs/Selector").cloned().unwrap_or_default();
    if let Some(Value::Object(definitions)) = schema.get_mut("$defs") {
        definitions.remove("Selector");
        for (name, choice) in [("OfficeSelector", &office), ("ProviderSelector", &provider)] {
            definitions.insert(name.to_owned(), selector.clone());
            choice.narrow(definitions, name);
        }
        office.narrow(definitions, "Office");
        provider.narrow(definitions, "Provider");
    }
    for (list, selector) in [
        ("/$defs/User/properties/except", "OfficeSelector"),
        ("/$defs/User/properties/except_providers", "ProviderSelector"),
        ("/$defs/Office/properties/except", "ProviderSelector"),
        ("/$defs/Safety/properties/protected_offices", "OfficeSelector"),
        ("/$defs/Safety/properties/protected_providers", "ProviderSelector"),
    ] {
        set(&mut schema, list, "items", json!({"$ref": format!("#/$defs/{selector}")}));
    }
    for (field, selector) in [
        ("/$defs/IgnoredDrift/properties/office", "OfficeSelector"),
        ("/$defs/IgnoredDrift/properties/provider", "ProviderSelector"),
    ] {
        set(&mut schema, field, "$ref", json!(format!("#/$defs/{selector}")));
    }
    for (field, value) in [
        ("/$defs/Clinic/properties/id", clinic),
        ("/$defs/Accuro/properties/tenant", tenant),
        ("/$defs/Ocean/properties/site", site),
    ] {
        set(&mut schema, field, "const", json!(value));
    }
    // There is no list of a clinic's users: those that are known are offered, and others accepted.
    let known = json!([{"enum": users}, {"pattern": super::pattern::TEXT}]);
    if !users.is_empty() {
        set(&mut schema, "/$defs/User/properties/name", "anyOf", known);
    }
    if *inherits {
        loosen(&mut schema);
    }
    set(&mut schema, "", "$id", json!(format!("{}:{clinic}", super::SCHEMA_ID)));
    set(&mut schema, "", "title", json!(format!("accuroform manifest of {clinic}")));
    tidy(schema)
}

/// The values that one kind of entry may name, each with words about it.
struct Choice {
    ids: Vec<(u64, String)>,
    names: Vec<(String, String)>,
}

impl Choice {
    /// Lets a definition name these alone. Where there are none, nothing is known to be wrong.
    fn narrow(&self, definitions: &mut Map<String, Value>, name: &str) {
        let Self { ids, names } = self;
        let Some(definition) = definitions.get_mut(name).filter(|_| !ids.is_empty()) else {
            return;
        };
        let (values, words): (Vec<_>, Vec<_>) = ids.iter().cloned().unzip();
        set(definition, "/properties/id", "enum", json!(values));
        set(definition, "/properties/id", "enumDescriptions", json!(words));
        let (values, words): (Vec<_>, Vec<_>) = names.iter().cloned().unzip();
        set(definition, "/properties/name", "enum", json!(values));
        set(definition, "/properties/name", "enumDescriptions", json!(words));
    }
}

impl Person {
    /// `Singh, Anita: Main Street, Walk-in`.
    fn words(&self) -> String {
        format!("{}: {}", self.name, self.offices.join(", "))
    }
}

/// Each name once, with words about all who have it.
fn by_name(everything: impl Iterator<Item = (String, String)>) -> Vec<(String, String)> {
    let mut names: BTreeMap<String, Vec<String>> = BTreeMap::new();
    // The schema wants a name that is not blank.
    for (name, words) in everything.filter(|(name, _)| !name.trim().is_empty()) {
        names.entry(name).or_default().push(words);
    }
    let words = |words: Vec<String>| match words.as_slice() {
        [only] => only.clone(),
        several => format!("{}; write the id", several.join("; ")),
    };
    names.into_iter().map(|(name, all)| (name, words(all))).collect()
}

/// Takes out the demand for what the fleet's defaults may say.
fn loosen(schema: &mut Value) {
    set(schema, "", "required", json!(["version", "clinic"]));
    for name in LAYERED.into_iter().filter(|name| *name != "Clinic") {
        let at = format!("/$defs/{name}");
        if let Some(Value::Object(definition)) = schema.pointer_mut(&at) {
            definition.remove("required");
        }
    }
}

fn set(schema: &mut Value, at: &str, key: &str, value: Value) {
    if let Some(Value::Object(found)) = schema.pointer_mut(at) {
        found.insert(key.to_owned(), value);
    }
}
