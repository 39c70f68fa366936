//! A saved plan in the hands of somebody who would change it: on the binary, with the digest made
//! anew over whatever was changed. Each forgery is refused by name, and nothing is written.

use std::fs;

use accuroform::model::{
    Cells, Columns, Level, OfficeId, ProviderId, Revision, RowKey, UserId, sha256,
};
use accuroform::plan::file::{open, seal};
use accuroform::plan::{Action, Change, Plan, Target, Targets};
use serde_json::{Value, json};

use crate::approvals::{Folder, keys};
use crate::world::cells;

const PLAN: &str = "plan -out plan.json";

/// What it is, or the words that name it; and how it is done.
type Forgery<T> = (&'static str, fn(&mut T));

/// A clinic with a saved plan.
fn planned() -> Folder {
    let folder = Folder::new("");
    folder.ends(PLAN, 0, "saved to plan.json");
    folder
}

/// A clinic with another end of its manifest, from `users` on, and a saved plan.
fn planned_with(users: &str, plan: &str, code: i32) -> Folder {
    let folder = Folder::new("");
    let text = fs::read_to_string(folder.path("clinic.yaml")).unwrap();
    let head = text.split("\nusers:").next().unwrap();
    fs::write(folder.path("clinic.yaml"), format!("{head}\n{users}\n")).unwrap();
    folder.ends(plan, code, "saved to plan.json");
    folder
}

/// Changes the plan as this program itself would have written it: addresses, counts and digest fit.
fn forge(folder: &Folder, change: impl FnOnce(&mut Plan)) {
    let text = fs::read_to_string(folder.path("plan.json")).unwrap();
    let (mut plan, _) = open(&text).unwrap();
    let before = plan.clone();
    change(&mut plan);
    assert_ne!(plan, before, "the forgery changes nothing");
    fs::write(folder.path("plan.json"), seal(&plan, &[]).unwrap().text).unwrap();
}

/// Changes the JSON and makes the digest anew, and nothing else.
fn forge_json(folder: &Folder, change: impl FnOnce(&mut Value)) {
    let text = fs::read_to_string(folder.path("plan.json")).unwrap();
    let mut file: Value = serde_json::from_str(&text).unwrap();
    file.as_object_mut().unwrap().remove("digest");
    change(&mut file);
    let digest = sha256(serde_json_canonicalizer::to_string(&file).unwrap().as_bytes());
    file["digest"] = digest.into();
    let text = serde_json_canonicalizer::to_string(&file).unwrap() + "\n";
    fs::write(folder.path("plan.json"), text).unwrap();
}

fn is_refused(folder: &Folder, words: &str) {
    folder.ends("apply plan.json", 5, words);
    assert!(folder.is_untouched(), "{words}: something was written");
}

fn change(plan: &mut Plan, at: usize) -> &mut Change {
    &mut plan.users[0].changes[at]
}

/// The change with another target state and the action that fits it.
fn to(change: &mut Change, after: Cells) {
    change.after = after;
    change.action = Action::between(change.before, after).unwrap();
}

#[test]
fn changes_that_the_manifest_does_not_ask_for_are_refused() {
    let forgeries: [Forgery<Plan>; 6] = [
        ("raised", |plan| {
            let row = change(plan, 0);
            let all = Columns::from_fn(|_| Level::Full);
            to(row, Cells::new(all, None));
        }),
        ("lowered below the manifest", |plan| {
            let row = change(plan, 4);
            to(row, cells("patient visible"));
        }),
        ("with a date", |plan| {
            let row = change(plan, 4);
            to(row, Cells::new(row.after.columns(), Some("2027-01-31".parse().unwrap())));
        }),
        ("added for somebody", |plan| {
            let row = Change {
                key: RowKey { office: OfficeId(2), provider: ProviderId(1216) },
                before: Cells::NOTHING,
                after: cells("patient visible"),
                revision: None,
                action: Action::Grant,
                rule: 1,
            };
            let changes = &mut plan.users[0].changes;
            changes.push(row);
            changes.sort_by_key(|change| change.key);
        }),
        ("another rule", |plan| plan.users[0].rules[1].reason = Some("ticket 1".to_owned())),
        ("another line", |plan| plan.users[0].rules[1].line += 1),
    ];
    for (what, forgery) in forgeries {
        let folder = planned();
        forge(&folder, forgery);
        let text = folder.ends("apply plan.json", 5, "error[P007]");
        assert!(text.contains("lakeside/OceanAPILAKESIDE/"), "{what}: {text}");
        assert!(folder.is_untouched(), "{what}");
    }
}

#[test]
fn another_state_before_is_a_stale_plan() {
    let forgeries: [fn(&mut Plan); 3] = [
        |plan| change(plan, 0).revision = Some(Revision(99)),
        |plan| change(plan, 4).revision = Some(Revision(1)),
        |plan| {
            let row = change(plan, 0);
            row.before = cells("patient");
            row.action = Action::between(row.before, row.after).unwrap();
        },
    ];
    for forgery in forgeries {
        let folder = planned();
        forge(&folder, forgery);
        is_refused(&folder, "error[P006]");
    }
}

#[test]
fn a_plan_that_contradicts_itself_is_refused() {
    let forgeries: [Forgery<Plan>; 5] = [
        ("the action is not what the cells say", |plan| change(plan, 0).action = Action::Change),
        ("no rule stands behind", |plan| change(plan, 0).rule = 7),
        ("out of order, or there twice", |plan| {
            let row = *change(plan, 0);
            plan.users[0].changes.insert(0, row);
        }),
        ("outside the targets", |plan| {
            plan.targets = Targets { only: vec![Target::Office(OfficeId(2))], except: Vec::new() };
        }),
        ("the user is in the plan twice", |plan| {
            let user = plan.users[0].clone();
            plan.users.push(user);
        }),
    ];
    for (words, forgery) in forgeries {
        let folder = planned();
        forge(&folder, forgery);
        let text = folder.ends("apply plan.json", 5, "error[P0");
        assert!(text.contains(words) || text.contains("error[P007]"), "{words}: {text}");
        assert!(folder.is_untouched(), "{words}");
    }
}

#[test]
fn a_plan_that_shows_other_people_is_refused() {
    let forgeries: [fn(&mut Plan); 4] = [
        |plan| {
            plan.names.providers.insert(ProviderId(1055), "Cardinal, Dawn".to_owned());
        },
        |plan| {
            plan.names.providers.remove(&ProviderId(1055));
        },
        |plan| {
            plan.names.offices.insert(OfficeId(1), "Walk-in".to_owned());
        },
        |plan| {
            let names = &mut plan.names.providers;
            let (one, two) = (names[&ProviderId(1042)].clone(), names[&ProviderId(1047)].clone());
            names.extend([(ProviderId(1042), two), (ProviderId(1047), one)]);
        },
    ];
    for forgery in forgeries {
        let folder = planned();
        forge(&folder, forgery);
        is_refused(&folder, "error[P015]");
    }
}

#[test]
fn what_the_file_says_in_words_is_what_its_changes_are() {
    let forgeries: [Forgery<Value>; 6] = [
        ("shows another address", |file| {
            let other = "lakeside/OceanAPILAKESIDE/Main Street/Okafor, Ngozi (1047)";
            file["plan"]["users"][0]["changes"][0]["address"] = other.into();
        }),
        ("shows another address", |file| {
            let change = &mut file["plan"]["users"][0]["changes"][0];
            change.as_object_mut().unwrap().remove("address");
        }),
        ("its summary is not that of its changes", |file| file["summary"]["grant"] = 1.into()),
        ("says another thing of itself", |file| file["applyable"] = false.into()),
        ("says another thing of itself", |file| file["complete"] = false.into()),
        ("holds something that no plan has", |file| file["reviewed"] = "by jane".into()),
    ];
    for (words, forgery) in forgeries {
        let folder = planned();
        forge_json(&folder, forgery);
        let text = folder.ends("apply plan.json", 5, "error[P003]");
        assert!(text.contains(words), "{words}: {text}");
        folder.ends("show plan.json", 5, "error[P003]");
        folder.ends("approve plan.json --key jane.pem", 5, "error[P003]");
        assert!(folder.is_untouched());
    }
}

#[test]
fn a_missing_field_is_no_plan() {
    let fields = ["/plan", "/summary", "/refusals", "/applyable", "/complete", "/format_version"];
    let plan = ["clinic", "tenant", "site", "manifest", "targets", "users", "findings", "names"];
    let plan = plan.iter().map(|field| format!("/plan/{field}"));
    let change = ["office_id", "provider_id", "before", "after", "action", "rule"];
    let change = change.iter().map(|field| format!("/plan/users/0/changes/0/{field}"));
    let user = ["name", "id", "exact", "rules", "changes", "existing"];
    let user = user.iter().map(|field| format!("/plan/users/0/{field}"));
    let folder = planned();
    let whole = fs::read(folder.path("plan.json")).unwrap();
    for pointer in fields.iter().map(ToString::to_string).chain(plan).chain(user).chain(change) {
        fs::write(folder.path("plan.json"), &whole).unwrap();
        let (parent, field) = pointer.rsplit_once('/').unwrap();
        forge_json(&folder, |file| {
            let parent = file.pointer_mut(parent).unwrap().as_object_mut().unwrap();
            parent.remove(field).unwrap();
        });
        let (code, text) = folder.run("apply plan.json");
        assert!([1, 5].contains(&code) && text.contains("error[P0"), "{pointer}: {code} {text}");
    }
    assert!(folder.is_untouched());
}

#[test]
fn a_changed_byte_is_refused_without_a_new_digest() {
    let folder = planned();
    let whole = fs::read(folder.path("plan.json")).unwrap();
    for at in (0..whole.len()).step_by(whole.len() / 12) {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        fs::write(folder.path("plan.json"), bytes).unwrap();
        let (code, text) = folder.run("apply plan.json");
        assert!([1, 5].contains(&code) && text.contains("error["), "byte {at}: {text}");
    }
    assert!(folder.is_untouched());
}

#[test]
fn the_plan_of_another_clinic_user_tenant_site_or_manifest_is_refused() {
    let forgeries: [Forgery<Plan>; 6] = [
        ("error[P005]: the plan is for clinic", |plan| plan.clinic = "seaside".to_owned()),
        ("error[P005]: the plan is for tenant", |plan| plan.tenant = "SEASIDE".to_owned()),
        ("error[P005]: the plan is for Ocean site", |plan| plan.site = "9".to_owned()),
        ("error[P004]", |plan| plan.manifest.digest = sha256(b"another")),
        ("error[P007]", |plan| plan.users[0].id = UserId(78)),
        ("error[P007]", |plan| plan.users[0].name = "drsmith".to_owned()),
    ];
    for (words, forgery) in forgeries {
        let folder = planned();
        forge(&folder, forgery);
        is_refused(&folder, words);
    }
    let folder = planned();
    let manifest = fs::read_to_string(folder.path("clinic.yaml")).unwrap();
    fs::write(folder.path("other.yaml"), format!("{manifest}# another\n")).unwrap();
    forge(&folder, |plan| plan.manifest.path = "other.yaml".to_owned());
    is_refused(&folder, "error[P004]");
}

#[test]
fn another_kind_of_management_or_pattern_is_refused() {
    let forgeries: [fn(&mut Plan); 3] = [
        |plan| plan.users[0].exact = true,
        |plan| plan.users[0].name_pattern = None,
        |plan| plan.users.clear(),
    ];
    for forgery in &forgeries[..2] {
        let folder = planned();
        forge(&folder, forgery);
        is_refused(&folder, "error[P007]");
    }
    let folder = planned();
    forge(&folder, forgeries[2]);
    is_refused(
        &folder,
        "error[P007]: it leaves out 1 things that a plan made now shows, first the user OceanAPILAKESIDE",
    );
}

#[test]
fn findings_cannot_be_taken_out() {
    let users =
        "users: [{profile: ocean, offices: [{id: 1, name: Main Stret, all_providers: true}]}]";
    let folder = planned_with(users, PLAN, 0);
    forge(&folder, |plan| plan.findings.clear());
    folder.ends("apply plan.json", 5, "first the finding N006");
    let users =
        "users: [{profile: ocean, offices: [{id: 1, providers: [{id: 1042}, {id: 9999}]}]}]";
    let folder = planned_with(users, PLAN, 1);
    folder.ends("apply plan.json", 1, "error[P008]");
    forge(&folder, |plan| plan.findings.clear());
    folder.ends("apply plan.json", 5, "first the finding N003");
    assert!(folder.run("plan").1.contains("Plan: 1 row to grant"));
}

#[test]
fn limits_are_judged_by_what_is_there_and_not_by_what_the_file_says() {
    let users =
        "users: [{profile: ocean, management: exact, offices: [{id: 1, providers: [{id: 1042}]}]}]";
    let folder = planned_with(users, PLAN, 5);
    let text = fs::read_to_string(folder.path("plan.json")).unwrap();
    let refusals = serde_json::from_str::<Value>(&text).unwrap()["refusals"].clone();
    assert_ne!(refusals, json!([]));
    forge(&folder, |plan| {
        plan.users[0].existing.insert(OfficeId(1), 100_000);
    });
    let text = folder.ends("apply plan.json", 5, "error[P009]");
    assert!(text.contains("error[G001]") && text.contains("error[G002]"), "{text}");
    assert!(folder.run("plan").1.contains("Plan: 1 row to grant"), "nothing was written");
}

/// Taking a change out or widening the targets leaves a smaller plan that the manifest asks for in
/// every part: without a signature nothing says what the reviewer saw.
#[test]
fn a_smaller_plan_is_caught_by_the_signature_alone() {
    let forgeries: [fn(&mut Plan); 4] = [
        |plan| {
            plan.users[0].changes.remove(0);
        },
        |plan| plan.users[0].excess.clear(),
        |plan| plan.users[0].existing = [(OfficeId(1), 5)].into(),
        |plan| plan.targets.except.push(Target::Provider(ProviderId(1058))),
    ];
    for forgery in forgeries {
        let folder = Folder::new(&keys(1, "    not_the_planner: false\n"));
        folder.ends(PLAN, 0, "saved");
        folder.ends("approve plan.json --key jane.pem", 0, "saved");
        forge(&folder, forgery);
        is_refused(&folder, "does not count: it is for another plan");
    }
    let folder = planned();
    forge(&folder, |plan| {
        plan.users[0].changes.remove(0);
    });
    folder.ends("apply plan.json", 6, "Apply: 15 rows done");
}
