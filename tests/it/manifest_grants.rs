//! What a row gets: user, office and provider put together; and what is not written.

use accuroform::manifest::{
    self, Grant, Management, Manifest, OfficeRule, Safety, SyncMode, UserRule, Why,
};
use accuroform::model::{Column, Columns, Level, OfficeId, ProviderId};
use jiff::civil::date;

const TOP: &str = "\
version: 1
clinic: {id: lakeside}
accuro: {tenant: LAKESIDE, connection: {embedded: {world: world.yaml}}}
ocean: {site: \"4021\", connection: {embedded: {}}}
";

const OCEAN: [Column; 6] = [
    Column::Patient,
    Column::Scheduling,
    Column::Billing,
    Column::Emr,
    Column::Labs,
    Column::Visible,
];

fn load(rest: &str) -> Manifest {
    let loaded = manifest::load("clinic.yaml", format!("{TOP}{rest}").as_bytes(), None);
    assert!(loaded.findings.is_empty(), "{:#?}", loaded.findings);
    loaded.manifest.unwrap()
}

fn user(rest: &str) -> UserRule {
    load(rest).users.remove(0)
}

fn full(columns: &[Column]) -> Columns {
    columns.iter().map(|column| (*column, Level::Full)).collect()
}

fn line(grant: &Grant) -> usize {
    grant.place.line
}

/// Five levels of rules: a user, two offices, two providers in the second.
const LEVELS: &str = "\
profiles:
  desk: {columns: {patient: full, visible: full}, reason: desk work}
  reports: {columns: {reporting: read-only}, reason: monthly reports}
users:
  - name: DeskAPI
    profile: desk
    until: 2027-06-30
    offices:
      - {name: Plain, all_providers: true}
      - name: Special
        profile: reports
        columns: {labs: read-only}
        until: 2027-03-31
        reason: audit
        providers:
          - id: 1042
          - name: \"Singh, Anita\"
            columns: {labs: none, billing: full}
            until: 2027-01-31
            reason: holiday cover
          - {id: 7, profile: desk}
";

fn offices() -> (UserRule, OfficeRule, OfficeRule) {
    let mut user = user(LEVELS);
    let special = user.offices.remove(1);
    let plain = user.offices.remove(0);
    (user, plain, special)
}

#[test]
fn a_user_gets_the_profile_as_it_is() {
    let (user, ..) = offices();
    let Grant { columns, until, reason, why, place } = user.grant;
    assert_eq!(columns, full(&[Column::Patient, Column::Visible]));
    assert_eq!(until.unwrap().0, date(2027, 6, 30));
    assert_eq!(reason.as_deref(), Some("desk work"), "the profile's");
    assert_eq!(why, Why::Profile("desk".into()));
    assert_eq!(place.line, 9);
}

#[test]
fn an_office_without_settings_gets_what_the_user_gets() {
    let (user, plain, _) = offices();
    let Grant { columns, until, reason, why, place } = &plain.grant;
    assert_eq!(*columns, user.grant.columns);
    assert_eq!(*until, user.grant.until);
    assert_eq!(*reason, user.grant.reason);
    assert_eq!(*why, Why::Profile("desk".into()));
    assert_eq!(place.line, 13, "the office's own entry");
}

#[test]
fn a_profile_at_an_office_replaces_the_users_and_columns_lie_over_it() {
    let (.., special) = offices();
    let Grant { columns, until, reason, why, place } = special.grant;
    let expected = [(Column::Reporting, Level::ReadOnly), (Column::Labs, Level::ReadOnly)];
    assert_eq!(columns, expected.into_iter().collect(), "nothing of `desk` is left");
    assert_eq!(until.unwrap().0, date(2027, 3, 31));
    assert_eq!(reason.as_deref(), Some("audit"), "the office's before the profile's");
    assert_eq!(why, Why::Override("reports".into()));
    assert_eq!(place.line, 14);
}

#[test]
fn a_provider_refines_what_the_office_gets() {
    let (.., special) = offices();
    let [plain, singh, desk] = special.providers.as_slice() else { panic!() };

    assert_eq!(plain.provider.id, Some(ProviderId(1042)));
    assert_eq!(plain.grant.columns, special.grant.columns);
    assert_eq!(plain.grant.until, special.grant.until);
    assert_eq!(plain.grant.why, Why::Override("reports".into()));
    assert_eq!(line(&plain.grant), 20);

    assert_eq!(singh.provider.name.as_deref(), Some("Singh, Anita"));
    let expected = [(Column::Reporting, Level::ReadOnly), (Column::Billing, Level::Full)];
    assert_eq!(singh.grant.columns, expected.into_iter().collect());
    assert_eq!(singh.grant.until.unwrap().0, date(2027, 1, 31));
    assert_eq!(singh.grant.reason.as_deref(), Some("holiday cover"));
    assert_eq!(singh.grant.why, Why::Override("reports".into()));

    assert_eq!(desk.grant.columns, full(&[Column::Patient, Column::Visible]));
    assert_eq!(desk.grant.until, special.grant.until, "a profile has no date");
    assert_eq!(desk.grant.reason.as_deref(), Some("audit"), "an entry's before a profile's");
    assert_eq!(desk.grant.why, Why::Profile("desk".into()), "overrides go with the profile");
}

#[test]
fn every_entry_knows_its_path_and_place() {
    let (user, plain, special) = offices();
    assert_eq!(user.path.to_string(), "users[0]");
    assert_eq!(plain.office.path.to_string(), "users[0].offices[0]");
    let provider = &special.providers[1].provider;
    assert_eq!(provider.path.to_string(), "users[0].offices[1].providers[1]");
    assert_eq!((provider.place.line, provider.place.column), (21, 13));
}

#[test]
fn the_profile_ocean_is_the_articles_six_columns_at_full() {
    let user = user("users: [{profile: ocean, all_offices: true}]");
    assert_eq!(user.grant.columns, full(&OCEAN));
    assert_eq!(user.grant.reason, None);
    let schema = manifest::schema()["properties"]["profiles"]["description"].to_string();
    assert!(schema.contains("360060307451"), "{schema}");
    for column in OCEAN {
        assert!(schema.contains(column.title()), "{schema}");
    }
}

#[test]
fn oceans_user_is_named_after_the_tenant() {
    let user = user("users: [{profile: ocean, all_offices: true}]");
    assert_eq!(user.name, "OceanAPILAKESIDE");
    assert_eq!(user.name_pattern.as_deref(), Some("OceanAPI*"));
    assert_eq!(user.management, Management::Additive);
}

#[test]
fn any_name_drops_what_the_profile_expects() {
    let other = user("users: [{name: Other, profile: ocean, any_name: true, all_offices: true}]");
    assert_eq!((other.name.as_str(), other.name_pattern), ("Other", None));
    let strict = user("users: [{name: Other, profile: ocean, any_name: false, all_offices: true}]");
    assert_eq!(strict.name_pattern.as_deref(), Some("OceanAPI*"));
    let own = "profiles: {p: {columns: {emr: full}, user_name: \"EmpathiaAPI*\"}}\n\
               users: [{name: EmpathiaAPI1, profile: p, all_offices: true}]";
    assert_eq!(user(own).name_pattern.as_deref(), Some("EmpathiaAPI*"));
}

#[test]
fn an_office_covers_all_providers_where_its_user_covers_all_offices() {
    let all = user(
        "users: [{profile: ocean, all_offices: true, except: [{id: 9}], offices: \
         [{id: 1}, {id: 2, all_providers: false, providers: [{id: 3}]}]}]",
    );
    assert!(all.all_offices);
    assert_eq!(all.except[0].id, Some(OfficeId(9)));
    assert!(all.offices[0].all_providers);
    assert!(!all.offices[1].all_providers);
    let listed = user("users: [{profile: ocean, offices: [{id: 1, providers: [{id: 3}]}]}]");
    assert!(!listed.all_offices);
    assert!(!listed.offices[0].all_providers);
}

#[test]
fn what_is_not_written_has_its_default() {
    let manifest = load("users: [{profile: ocean, all_offices: true}]");
    assert_eq!(manifest.clinic.name, "lakeside");
    assert_eq!(manifest.clinic.timezone, "UTC");
    assert_eq!(manifest.ocean.sync, SyncMode::Full);
    let Safety {
        max_revoked_rows_percent,
        max_revocations,
        max_revocations_per_office,
        max_changed_rows_percent,
        protected_columns,
        protected_providers,
        protected_offices,
        own_user,
        allow_empty,
        four_eyes,
        approvals,
    } = manifest.safety;
    assert_eq!(max_revocations_per_office, 25);
    assert_eq!((protected_providers.len(), protected_offices.len()), (0, 0));
    assert_eq!((own_user, allow_empty, approvals), (None, false, None));
    assert!(!four_eyes);
    assert_eq!(max_revoked_rows_percent, 30);
    assert_eq!(max_revocations, 25);
    assert_eq!(max_changed_rows_percent, 100);
    let mut protected = protected_columns;
    protected.sort();
    let mut expected = [Column::PrescribeFor, Column::Inbox, Column::Reporting];
    expected.sort();
    assert_eq!(protected, expected);
}
