//! What `init` writes for a clinic of one's own.

use crate::manifest::yaml_text;

/// What the manifest says.
pub(super) struct Answers {
    pub(super) id: String,
    pub(super) name: Option<String>,
    pub(super) tenant: String,
    pub(super) site: String,
    pub(super) timezone: Option<String>,
    pub(super) connection: Connection,
}

/// How the clinic is reached.
pub(super) enum Connection {
    /// A bridge, by its URL.
    Bridge(String),
    /// The simulator, by the path of a world file from the manifest's folder.
    World(String),
}

/// The users of a manifest that is no import's.
pub(super) const USERS: &str = "\
users:
  - profile: ocean              # the user's name defaults to OceanAPI + tenant
    all_offices: true
";

/// The manifest without users. Its secrets are in variables that are named after the clinic.
pub(super) fn manifest(answers: &Answers) -> String {
    let Answers { id, name, tenant, site, timezone, connection } = answers;
    let prefix = variable(id);
    let (accuro, ocean) = match connection {
        Connection::Bridge(url) => {
            let url = yaml_text(url);
            let accuro = format!(
                "  connection: &bridge
    api:
      url: {url}
      client_id: {{env: {prefix}_CLIENT_ID}}
      client_secret: {{env: {prefix}_CLIENT_SECRET}}
"
            );
            (accuro, "  connection: *bridge\n")
        }
        Connection::World(path) => (
            format!("  connection:\n    embedded: {{world: {}}}\n", yaml_text(path)),
            "  connection:\n    embedded: {}\n",
        ),
    };
    let name = yaml_text(name.as_deref().unwrap_or(id));
    let zone = yaml_text(timezone.as_deref().unwrap_or("UTC"));
    let (id, tenant, site) = (yaml_text(id), yaml_text(tenant), yaml_text(site));
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
{accuro}ocean:
  site: {site}
  sync: full
{ocean}"
    )
}

/// What no variable of a runner may begin with.
const TAKEN: [&str; 3] = ["GITHUB_", "GITLAB_", "CI_"];

/// `LAKE_SIDE` for `lake-side`, and `CLINIC_4CORNERS` where it could be no variable alone.
pub(super) fn variable(id: &str) -> String {
    let name = id.to_uppercase().replace('-', "_");
    let is_taken = TAKEN.iter().any(|taken| format!("{name}_").starts_with(taken));
    let is_number = name.starts_with(|first: char| first.is_ascii_digit());
    if is_taken || is_number { format!("CLINIC_{name}") } else { name }
}
