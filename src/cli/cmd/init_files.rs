//! What `init` writes for a clinic of one's own.

use serde_json::json;

use crate::cli::args::CiSystem;

/// What the manifest says.
pub(super) struct Answers {
    pub(super) id: String,
    pub(super) name: Option<String>,
    pub(super) tenant: String,
    pub(super) site: String,
    pub(super) timezone: Option<String>,
    pub(super) url: String,
}

/// The manifest. Its secrets are in variables that are named after the clinic.
pub(super) fn manifest(answers: &Answers) -> String {
    let Answers { id, name, tenant, site, timezone, url } = answers;
    // A JSON string is a YAML string, whatever is in it.
    let text = |text: &str| json!(text).to_string();
    let prefix = variable(id);
    let name = text(name.as_deref().unwrap_or(id));
    let zone = text(timezone.as_deref().unwrap_or("UTC"));
    let (id, tenant, site, url) = (text(id), text(tenant), text(site), text(url));
    format!(
        "\
# yaml-language-server: $schema=manifest.schema.json
version: 1
clinic:
  id: {id}
  name: {name}
  timezone: {zone}
accuro:
  tenant: {tenant}
  connection: &bridge
    api:
      url: {url}
      client_id: {{env: {prefix}_CLIENT_ID}}
      client_secret: {{env: {prefix}_CLIENT_SECRET}}
ocean:
  site: {site}
  sync: full
  connection: *bridge
users:
  - profile: ocean              # the user's name defaults to OceanAPI + tenant
    all_offices: true
"
    )
}

/// `LAKE_SIDE` for `lake-side`.
pub(super) fn variable(id: &str) -> String {
    id.to_uppercase().replace('-', "_")
}

/// Where a pipeline is read from.
pub(super) const fn pipeline_path(ci: CiSystem) -> &'static str {
    match ci {
        CiSystem::Github => ".github/workflows/accuroform.yml",
        CiSystem::Gitlab => ".gitlab-ci.yml",
    }
}

/// The pipeline of the examples, for this clinic.
pub(super) fn pipeline(ci: CiSystem, id: &str) -> String {
    let text = match ci {
        CiSystem::Github => include_str!("../../../examples/ci/github-actions.yml"),
        CiSystem::Gitlab => include_str!("../../../examples/ci/gitlab-ci.yml"),
    };
    text.replace("LAKESIDE", &variable(id)).replace("lakeside", id)
}
