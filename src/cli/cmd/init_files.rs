//! What `init` writes for a clinic of one's own.

use crate::cli::args::CiSystem;
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

/// A pipeline that plans each change and applies that very plan after it was merged.
pub(super) fn pipeline(ci: CiSystem, id: &str) -> String {
    let text = match ci {
        CiSystem::Github => GITHUB,
        CiSystem::Gitlab => GITLAB,
    };
    text.replace("PREFIX", &variable(id))
}

const GITHUB: &str = "\
# Each change of the manifest is planned. On the main branch the very plan that was made is applied, after
# one of the environment's reviewers has agreed. A pull request of a fork has no secrets: it is checked alone.
#
# Pin the actions by the hash of a commit. The runners have accuroform and reach the clinic.
name: accuroform
on:
  pull_request:
  push: {branches: [main]}
permissions: {contents: read}

env:
  PREFIX_CLIENT_ID: ${{ secrets.PREFIX_CLIENT_ID }}
  PREFIX_CLIENT_SECRET: ${{ secrets.PREFIX_CLIENT_SECRET }}

jobs:
  plan:
    runs-on: [self-hosted, accuroform]
    steps:
      - uses: actions/checkout@v4
      - run: accuroform fmt --check clinic.yaml
      - run: accuroform validate clinic.yaml
      - if: github.event_name == 'push' || !github.event.pull_request.head.repo.fork
        run: accuroform plan clinic.yaml -out plan.json
      - if: github.ref == 'refs/heads/main'
        uses: actions/upload-artifact@v4
        with: {name: plan, path: plan.json, if-no-files-found: error}

  apply:
    if: github.ref == 'refs/heads/main'
    needs: plan
    runs-on: [self-hosted, accuroform]
    environment: accuro                       # with required reviewers
    concurrency: {group: accuro, cancel-in-progress: false}
    steps:
      - uses: actions/checkout@v4
      - uses: actions/download-artifact@v4
        with: {name: plan}
      - run: accuroform apply plan.json
";

const GITLAB: &str = "\
# Each change of the manifest is planned. On the default branch the very plan that was made is applied, when
# somebody starts the job. PREFIX_CLIENT_ID and PREFIX_CLIENT_SECRET are masked, protected variables.
stages: [plan, apply]

default:
  tags: [accuroform]                          # runners that have accuroform and reach the clinic

plan:
  stage: plan
  script:
    - accuroform fmt --check clinic.yaml
    - accuroform validate clinic.yaml
    - accuroform plan clinic.yaml -out plan.json
  artifacts:
    paths: [plan.json]
    access: developer
    expire_in: 1 week

apply:
  stage: apply
  rules:
    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
      when: manual
  environment: accuro                         # protect it: who may apply
  resource_group: accuro                      # one apply at a time
  dependencies: [plan]
  script:
    - accuroform apply plan.json
";
