//! What each format says of a plan: meaning first, then bytes.

use accuroform::live::Providers;
use accuroform::plan::{Plan, Refusal, Targets};
use accuroform::report::{Document, FleetDocument, NotPlanned, Review, document};
use serde_json::Value;

use super::world::{OCEAN, World};

const COMMENT: usize = 65_536;

fn print(plan: &Plan, refusals: &[Refusal], as_: Document) -> String {
    let digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    document(as_, Review { plan, refusals, digest })
}

fn markdown(plan: &Plan, refusals: &[Refusal], limit: usize) -> String {
    print(plan, refusals, Document::Markdown { limit })
}

/// A clinic with a thousand rows, and a manifest that changes each.
fn thousand() -> (Plan, Vec<Refusal>) {
    let mut world = World::new();
    for office in 1..=10_u64 {
        let names: Vec<(u64, String)> = (0..100)
            .map(|at| (office * 1000 + at, format!("Surname{office}, First{at}")))
            .collect();
        let names: Vec<(u64, &str)> = names.iter().map(|(id, name)| (*id, name.as_str())).collect();
        world = world.office(office, &format!("Office {office}"), &names);
        for at in 0..100 {
            let content = match at % 5 {
                0 => continue,
                1 => "patient scheduling".to_owned(),
                2 => "billing emr labs visible".to_owned(),
                3 => format!("{OCEAN} inbox"),
                _ => "patient scheduling=read-only".to_owned(),
            };
            world = world.row(office, office * 1000 + at, &content);
        }
    }
    let manifest = "\
users:
  - profile: ocean
    management: exact
    all_offices: true
    offices:
      - id: 1
        all_providers: true
        providers: [{id: 1000, columns: {prescribe_for: full}, reason: 'ticket 7'}]
";
    let planned = world.planned(manifest, &Targets::default());
    let refusals = World::judge(manifest, &planned);
    (planned.0, refusals)
}

#[test]
fn a_thousand_rows_are_readable_on_one_screen_of_markdown() {
    let (plan, refusals) = thousand();
    assert_eq!(plan.users[0].changes.len(), 1000);
    let text = markdown(&plan, &refusals, COMMENT);
    assert!(text.len() <= COMMENT, "{} bytes", text.len());
    let (screen, folded) = text.split_once("<details>").unwrap();
    assert!(screen.lines().count() <= 45, "{screen}");
    let at = |what: &str| screen.find(what).unwrap_or_else(|| panic!("{what}: {screen}"));
    let order = [
        "rows to grant",
        "**refused G002**",
        "1 row gains or keeps longer Prescribe For, Inbox or Reporting",
        "Who: <code>Office 1, Surname1, First0 (1000)</code>",
        "200 rows lose access",
        "Who: <code>Office 1, Surname1, First3 (1003)</code>",
        "+ Grants",
    ];
    assert!(order.map(at).is_sorted(), "{screen}");
    assert!(folded.contains("<code>Office 10 (10)</code>: 100 rows"), "everything is below");
    assert!(!text.contains("Left out"), "nothing is cut");
    snapbox::assert_data_eq!(
        text,
        snapbox::Data::read_from(golden("plan-1000.md").as_path(), None).raw()
    );
}

fn golden(name: &str) -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

#[test]
fn what_does_not_fit_is_counted_and_said() {
    let (plan, refusals) = thousand();
    let text = markdown(&plan, &refusals, 32_768);
    assert!(text.len() <= 32_768, "{} bytes", text.len());
    let (_, said) = text.split_once("**Cut to 32768 bytes. Left out: ").unwrap();
    let left: usize = said.split(' ').next().unwrap().parse().unwrap();
    // A line of the grids is one row, or names how many it stands for.
    let of_line = |line: &str| {
        let who = line.split(" | ").nth(1)?;
        if !line.contains("clinic.yaml") || !line.starts_with("| ") {
            return None;
        }
        Some(who.split_once(" providers: ").map_or(1, |(many, _)| many.parse().unwrap()))
    };
    let shown: usize = text.lines().filter_map(of_line).sum();
    assert!(shown > 100 && left > 100, "{shown} shown, {left} left out");
    assert_eq!(shown + left, 1000, "{said}");
    assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
}

#[test]
fn hostile_names_are_text_in_every_format_and_keep_the_size() {
    let evil = "a|b`c`</code><script>alert(1)</script>\u{1b}[31m\u{202e}@team #1 https://x.y ${z}";
    let name = format!("{evil}{}, \"Q\" \\", "[x](y)*_~".repeat(900));
    let mut world =
        World::new().office(1, &format!("{evil}\n| | evil |\n"), &[(7, &name), (8, &name)]);
    world = world.row(1, 8, "inbox");
    let plan = world.plan("users: [{profile: ocean, management: exact, all_offices: true}]");
    let forms = [
        Document::Markdown { limit: 32_768 },
        Document::Html,
        Document::Junit,
        Document::GitlabTerraform,
    ];
    for form in forms {
        let text = print(&plan, &[], form);
        assert!(!text.contains(|c: char| c != '\n' && c.is_control()), "{form:?}");
        assert!(!text.contains('\u{202e}') && !text.contains("<script"), "{form:?}");
    }
    let text = markdown(&plan, &[], 32_768);
    assert!(text.len() <= 32_768);
    // What follows is ours.
    let (text, _) = text.split_once("**Cut to").unwrap();
    let raw = ["](", "`", "@team", "#1 ", "https://", "*_", "${z"];
    assert_eq!(raw.map(|raw| text.contains(raw)), [false; 7], "{text}");
    let broken = text.lines().find(|line| line.starts_with("| | evil"));
    assert_eq!(broken, None, "no name breaks out of its line");
    // JSON carries the name as it is, the address as it can be shown.
    let json = print(&plan, &[], Document::TerraformJson);
    assert_eq!(json.matches('\n').count(), 1, "one line");
    let json: Value = serde_json::from_str(&json).unwrap();
    let change = &json["resource_changes"][0];
    assert_eq!(change["change"]["after"]["provider"], name);
    let address = change["address"].as_str().unwrap();
    assert!(address.contains(r"\\u{1b}") && address.contains("$${z}"), "{address}");
}

/// A clinic where something is refused, unread and misnamed.
fn troubled() -> (Plan, Vec<Refusal>) {
    let world = World::new()
        .office(1, "Main Street", &[(1042, "Singh, Anita"), (1043, "Roy, Bo")])
        .office(2, "Walk-in", &[])
        .with_office(2, |office| {
            office.providers = Providers::Unread("the answer was 500".to_owned());
        })
        .row(1, 1043, "patient inbox");
    let manifest = "\
users:
  - profile: ocean
    management: exact
    offices:
      - {id: 1, providers: [{id: 1042}, {name: 'Sing, Anita'}]}
      - {id: 2, all_providers: true}
safety: {max_revocations: 0}
";
    let planned = world.planned(manifest, &Targets::default());
    let refusals = World::judge(manifest, &planned);
    (planned.0, refusals)
}

#[test]
fn terraform_json_says_what_comes_changes_and_goes_and_whether_it_can_be_applied() {
    let world = World::new()
        .office(1, "Main Street", &[(1, "A, A"), (2, "B, B"), (3, "C, C"), (4, "D, D")])
        .row(1, 2, "patient / 2027-01-31")
        .row(1, 3, "labs=read-only")
        .row(1, 4, OCEAN);
    let manifest = "users: [{profile: ocean, management: exact, all_offices: true, except: []}]";
    let mut plan = world.plan(manifest.replace(", except: []", "").as_str());
    // Row 3 goes instead of rising.
    let gone = plan.users[0].changes.iter_mut().find(|change| change.key.provider.0 == 3).unwrap();
    gone.after = accuroform::model::Cells::NOTHING;
    let json: Value = serde_json::from_str(&print(&plan, &[], Document::TerraformJson)).unwrap();
    let changes = json["resource_changes"].as_array().unwrap();
    let actions: Vec<&Value> =
        changes.iter().map(|change| &change["change"]["actions"][0]).collect();
    assert_eq!(actions, ["create", "update", "delete"], "the row that stays is left out");
    assert_eq!(changes[0]["change"]["before"], Value::Null);
    assert_eq!(changes[1]["change"]["before"]["until"], "2027-01-31");
    assert_eq!(changes[1]["change"]["after"]["until"], Value::Null);
    assert_eq!(changes[2]["change"]["before"]["labs"], "read-only");
    assert_eq!(changes[2]["change"]["after"], Value::Null);
    let resources = |of: &Value| of["root_module"]["resources"].as_array().unwrap().len();
    assert_eq!(resources(&json["planned_values"]), 2);
    assert_eq!(resources(&json["prior_state"]["values"]), 2);
    let flags = |json: &Value| ["applyable", "complete", "errored"].map(|flag| json[flag] == true);
    assert_eq!(flags(&json), [true, true, false]);
    assert_eq!(
        print(&plan, &[], Document::GitlabTerraform),
        "{\"create\":1,\"update\":1,\"delete\":1}\n"
    );
    let (plan, refusals) = troubled();
    let json = print(&plan, &refusals, Document::TerraformJson);
    assert_eq!(flags(&serde_json::from_str(&json).unwrap()), [false, false, true]);
    let (plan, refusals) = thousand();
    let json = print(&plan, &refusals, Document::TerraformJson);
    assert_eq!(flags(&serde_json::from_str(&json).unwrap()), [false, true, false], "refused");
}

#[test]
fn sarif_and_junit_report_findings_at_their_lines_with_unread_parts_and_refusals() {
    let (plan, refusals) = troubled();
    let sarif: Value = serde_json::from_str(&print(&plan, &refusals, Document::Sarif)).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let place = |result: &Value| result["locations"][0]["physicalLocation"].clone();
    let seen: Vec<(String, String, u64)> = results
        .iter()
        .map(|result| {
            let place = place(result);
            assert_eq!(place["artifactLocation"]["uri"], "clinic.yaml");
            let text = |key: &str| result[key].as_str().unwrap().to_owned();
            (text("ruleId"), text("level"), place["region"]["startLine"].as_u64().unwrap())
        })
        .collect();
    let expected = [("G002", "error", 1), ("W009", "error", 1), ("N003", "error", 9)];
    assert_eq!(seen, expected.map(|(id, level, line)| (id.to_owned(), level.to_owned(), line)));
    let rules = sarif["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    assert_eq!(rules.len(), 3);
    let junit = print(&plan, &refusals, Document::Junit);
    assert!(junit.contains("failures=\"2\" errors=\"1\""), "{junit}");
    assert!(junit.contains("file=\"clinic.yaml\" line=\"9\">"), "{junit}");
    assert!(junit.contains("<failure type=\"N003\""), "{junit}");
    assert!(junit.contains("<error type=\"W009\""), "{junit}");
    let page = print(&plan, &refusals, Document::Html);
    let text = markdown(&plan, &refusals, COMMENT);
    for said in ["G002", "N003", "the answer was 500", "clinic.yaml:9:"] {
        assert!(page.contains(said), "{said}: {page}");
        assert!(text.split("<details>").next().unwrap().contains(said), "{said}: {text}");
    }
}

#[test]
fn the_page_needs_nothing_from_elsewhere_and_no_script() {
    let (plan, refusals) = thousand();
    let page = print(&plan, &refusals, Document::Html);
    for word in ["<script", "src=", "http:", "https:", "url(", "@import", "onclick"] {
        assert!(!page.contains(word), "{word}");
    }
    assert_eq!(page.matches("<th scope=\"row\">").count(), 1000, "every row is on it");
    assert!(page.contains("default-src 'none'"));
    assert_eq!(
        page.matches("escalates </span>none → full").count(),
        1,
        "it stands out in the grid"
    );
}

#[test]
fn a_later_end_of_a_protected_column_is_an_escalation() {
    let manifest = "\
users:
  - {profile: ocean, offices: [{id: 1, providers: [{id: 1, columns: {inbox: full}, reason: ticket 7}]}]}
";
    let world = World::new().office(1, "Main Street", &[(1, "A, A")]);
    let plan = world.row(1, 1, &format!("{OCEAN} inbox / 2027-01-31")).plan(manifest);
    let text = markdown(&plan, &[], COMMENT);
    assert!(text.contains("Escalations: 1 row gains or keeps longer"), "{text}");
    assert!(text.contains("Access Until 2027-01-31 -> no end; with Inbox"), "{text}");
    let manifest = manifest.replace("profile: ocean", "profile: ocean, management: exact");
    let manifest = manifest.replace("reason", "until: 2027-01-31, reason");
    let world = World::new().office(1, "Main Street", &[(1, "A, A")]);
    let shorter = world.row(1, 1, &format!("{OCEAN} inbox")).plan(&manifest);
    let text = markdown(&shorter, &[], COMMENT);
    assert!(!text.contains("Escalations") && text.contains("1 row loses access"), "{text}");
}

#[test]
fn a_fleet_is_the_sum_of_its_clinics_in_any_order_and_names_who_is_missing() {
    let (mut one, refusals) = troubled();
    let (mut two, _) = thousand();
    one.clinic = "a-clinic".to_owned();
    two.clinic = "b-clinic".to_owned();
    let missing = NotPlanned { clinic: "c-clinic", code: "C003", message: "no answer" };
    for form in [
        Document::Markdown { limit: COMMENT },
        Document::GitlabTerraform,
        Document::Junit,
        Document::Sarif,
    ] {
        let review = |plan, refusals| Review { plan, refusals, digest: "sha256:00" };
        let mut there = FleetDocument::new(form).unwrap();
        there.add(review(&one, &refusals));
        there.add(review(&two, &[]));
        there.not_planned(&missing);
        let mut back = FleetDocument::new(form).unwrap();
        back.not_planned(&missing);
        back.add(review(&two, &[]));
        back.add(review(&one, &refusals));
        let text = there.text("riverbend", "sha256:11");
        assert_eq!(text, back.text("riverbend", "sha256:11"), "{form:?}");
        match form {
            Document::GitlabTerraform => {
                assert_eq!(text, "{\"create\":201,\"update\":800,\"delete\":1}\n");
            }
            _ => assert!(text.contains("c-clinic") && text.contains("no answer"), "{text}"),
        }
    }
    assert!(FleetDocument::new(Document::Html).is_none());
    assert!(FleetDocument::new(Document::TerraformJson).is_none());
}
