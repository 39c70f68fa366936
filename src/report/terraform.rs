//! A plan in Terraform's plan representation, on one line, and the counts of GitLab's plan widget.
//!
//! The tools that read `terraform show -json` read it too: each row is a resource of the type
//! `accuro_provider_permission`. Which fields they need was found out one by one; docs/formats.md
//! lists who reads it in our tests.

use serde_json::{Map, Value, json};

use super::escape::escape;
use super::review::{Existence, Review};
use crate::model::{Cells, RowKey};
use crate::plan::{Change, Plan, UserPlan};

/// The type of each resource.
const TYPE: &str = "accuro_provider_permission";

/// Who provides it.
const PROVIDER: &str = "accuroform/accuro";

/// The format that Terraform calls 1.2, and a version whose readers know it.
const FORMAT: &str = "1.2";
const VERSION: &str = "1.11.4";

/// The plan as Terraform would write it, one line. Rows that stay as they are are left out.
pub(super) fn terraform_json(review: Review<'_>) -> String {
    let plan = review.plan;
    let rows: Vec<(Row<'_>, &Change)> = plan
        .users
        .iter()
        .flat_map(|user| user.changes.iter().map(move |change| (user, change)))
        .map(|(user, change)| (Row::of(plan, user, change.key), change))
        .collect();
    let resources = |cells: fn(&Change) -> Cells| -> Vec<Value> {
        rows.iter().filter_map(|(row, change)| row.resource(cells(change))).collect()
    };
    let changes: Vec<Value> = rows.iter().map(|(row, change)| row.change(change)).collect();
    let document = json!({
        "format_version": FORMAT,
        "terraform_version": VERSION,
        "planned_values": {"root_module": {"resources": resources(|change| change.after)}},
        "resource_changes": changes,
        "prior_state": {
            "format_version": "1.0",
            "terraform_version": VERSION,
            "values": {"root_module": {"resources": resources(|change| change.before)}},
        },
        "configuration": {"root_module": {}},
        "applyable": review.is_applyable(),
        "complete": plan.is_complete(),
        "errored": plan.errors() > 0,
    });
    format!("{document}\n")
}

/// One row of a grid as a resource.
struct Row<'a> {
    plan: &'a Plan,
    user: &'a UserPlan,
    key: RowKey,
    name: String,
    index: String,
}

impl<'a> Row<'a> {
    fn of(plan: &'a Plan, user: &'a UserPlan, key: RowKey) -> Self {
        // The ids make it unique, whatever the names are.
        let office = format!("{} ({})", plan.names.office(key.office), key.office);
        let provider = plan.names.provider(key.provider);
        let index = escape(&format!("{}/{office}/{provider}", user.name)).into_owned();
        Self { plan, user, key, name: identifier(&plan.clinic), index }
    }

    fn address(&self) -> String {
        let index = self.index.replace('\\', "\\\\").replace('"', "\\\"");
        let index = index.replace("${", "$${").replace("%{", "%%{");
        format!("{TYPE}.{}[\"{index}\"]", self.name)
    }

    /// What every mention of the resource says.
    fn head(&self) -> Map<String, Value> {
        let head = [
            ("address", self.address().into()),
            ("mode", "managed".into()),
            ("type", TYPE.into()),
            ("name", self.name.as_str().into()),
            ("index", self.index.as_str().into()),
            ("provider_name", PROVIDER.into()),
        ];
        head.into_iter().map(|(key, value): (&str, Value)| (key.to_owned(), value)).collect()
    }

    /// The row with this content; `None`: it is not there.
    fn resource(&self, cells: Cells) -> Option<Value> {
        let values = self.values(cells)?;
        let mut resource = self.head();
        resource.insert("schema_version".to_owned(), 0.into());
        resource.insert("values".to_owned(), values);
        resource.insert("sensitive_values".to_owned(), json!({}));
        Some(Value::Object(resource))
    }

    fn change(&self, change: &Change) -> Value {
        let (before, after) = (self.values(change.before), self.values(change.after));
        let nothing =
            |value: &Option<Value>| value.as_ref().map_or(Value::Bool(false), |_| json!({}));
        let mut entry = self.head();
        entry.insert(
            "change".to_owned(),
            json!({
                "actions": [Existence::of(change).key()],
                "before_sensitive": nothing(&before),
                "after_sensitive": nothing(&after),
                "after_unknown": {},
                "before": before,
                "after": after,
            }),
        );
        Value::Object(entry)
    }

    fn values(&self, cells: Cells) -> Option<Value> {
        if cells.is_nothing() {
            return None;
        }
        let Self { plan, user, key, name: _, index: _ } = self;
        let RowKey { office, provider } = *key;
        let mut values = json!({
            "clinic": plan.clinic,
            "user": user.name,
            "office_id": office,
            "office": plan.names.office(office),
            "provider_id": provider,
            "provider": match plan.names.providers.get(&provider) {
                Some(name) => name.clone(),
                None => plan.names.provider(provider),
            },
            "until": cells.until(),
        });
        if let Value::Object(values) = &mut values {
            let levels = cells.columns().iter();
            values.extend(
                levels.map(|(column, level)| (column.key().to_owned(), level.key().into())),
            );
        }
        Some(values)
    }
}

/// A clinic's id as the name of a resource, which begins with a letter.
fn identifier(clinic: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let plain: String = clinic.chars().map(|c| if is_plain(c) { c } else { '_' }).collect();
    if plain.starts_with(|c: char| c.is_ascii_alphabetic()) { plain } else { format!("_{plain}") }
}

/// The counts that GitLab's plan widget shows: rows that come, change and go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct GitlabTerraform {
    create: u64,
    update: u64,
    delete: u64,
}

impl GitlabTerraform {
    /// Adds the plan of one more clinic.
    pub(super) fn add(&mut self, plan: &Plan) {
        for change in plan.users.iter().flat_map(|user| &user.changes) {
            *match Existence::of(change) {
                Existence::Create => &mut self.create,
                Existence::Update => &mut self.update,
                Existence::Delete => &mut self.delete,
            } += 1;
        }
    }

    /// `{"create":12,"update":2,"delete":1}`
    pub(super) fn text(self) -> String {
        let Self { create, update, delete } = self;
        format!("{{\"create\":{create},\"update\":{update},\"delete\":{delete}}}\n")
    }
}
