//! `undo` on the program: what it takes back, what it holds by name, and what it refuses.

use std::fs;
use std::path::Path;
use std::time::Duration;

use accuroform::journal::{Event, Journal, Outcome, RowOutcome, RowRecord, Run, Starter, runs};
use accuroform::model::{Cells, Clock, Revision, UserId, sha256};
use accuroform::plan::Plan;
use accuroform::plan::file::{open, seal};
use accuroform::state::{Claim, Lock, State};
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::approvals::{Folder, keys};
use crate::event_stream::Events;
use crate::world::{cells, key};

/// The clinic of the story `stale-plan`: 3 rows to grant.
fn clinic() -> Folder {
    let folder = Folder::new("");
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/stale-plan/steps.in");
    for name in ["world.yaml", "clinic.yaml"] {
        fs::copy(from.join(name), folder.path(name)).unwrap();
    }
    folder
}

/// The clinic after an apply.
fn applied() -> Folder {
    let folder = clinic();
    folder.ends("apply -auto-approve", 0, "Apply: 3 rows done");
    folder
}

/// Somebody else, who has a journal of their own, gives a provider a column.
fn somebody_writes(folder: &Folder, provider: u64, column: &str) {
    let manifest = fs::read_to_string(folder.path("clinic.yaml")).unwrap();
    let head = manifest.split("\nusers:").next().unwrap().replace("id: lakeside", "id: other");
    let users = format!(
        "profiles: {{one: {{columns: {{{column}: full}}, reason: a test}}}}\nusers:\n  - name: OceanAPILAKESIDE\n    profile: one\n    offices: [{{id: 1, providers: [{{id: {provider}}}]}}]\n"
    );
    fs::write(folder.path("other.yaml"), format!("{head}\n{users}")).unwrap();
    folder.ends("apply other.yaml -auto-approve", 0, "Apply: 1 row done");
}

fn journal(folder: &Folder) -> Vec<Run> {
    let records =
        Journal::read(&State::folder(folder.path(".accuroform")), "lakeside").unwrap().records;
    runs(&records, None)
}

fn last(folder: &Folder) -> Run {
    journal(folder).pop().unwrap()
}

/// Whether the manifest asks for everything that it asked for at first.
fn is_as_before(folder: &Folder) -> bool {
    folder.run("plan").1.contains("Plan: 3 rows to grant, 0 to revoke, 0 to change (13 cells)")
}

#[test]
fn the_last_apply_is_taken_back_recorded_and_can_be_had_again() {
    let folder = applied();
    let apply = last(&folder).id;
    let text = folder.ends("undo -auto-approve", 0, "Apply: 3 rows done");
    assert!(text.contains(&format!("OceanAPILAKESIDE (lakeside, undo of {apply})")), "{text}");
    assert!(text.contains(&format!("Verified: what {apply} wrote is taken back.")), "{text}");
    assert!(
        text.contains("the manifest still asks for other content of 3 of these rows"),
        "{text}"
    );
    assert!(is_as_before(&folder));
    let undo = last(&folder);
    let starter = undo.starter.as_ref().unwrap();
    assert_eq!((starter.operation.as_str(), undo.undoes()), ("undo", Some(apply.as_str())));
    folder.ends("history", 0, &format!("takes back {apply}"));
    folder.ends("verify", 6, "Not verified: the grid is not what the manifest says");

    // Again: the same run, of which nothing is left.
    let text = folder.ends("undo -auto-approve", 0, "Nothing to undo: 3 rows of");
    assert!(text.contains(&apply), "{text}");
    assert_eq!(journal(&folder).len(), 2, "nothing was done, and nothing is recorded");
    // The undo by name: the grid is what the manifest says.
    let text =
        folder.ends(&format!("undo clinic.yaml {} -auto-approve", undo.id), 0, "Apply: 3 rows");
    assert!(!text.contains("the manifest still asks"), "{text}");
    folder.ends("plan", 0, "No changes.");
    folder.ends("verify", 0, "Verified");
}

#[test]
fn a_row_that_moved_is_held_by_name_in_every_form_and_the_rest_is_taken_back() {
    let held = "lakeside/OceanAPILAKESIDE/Main Street/Okafor, Ngozi (1047): changed since the run: Inbox none → full";
    let folder = applied();
    somebody_writes(&folder, 1047, "inbox");
    for form in ["", " --json", " --diff"] {
        let text = folder.ends(&format!("undo -out undo.json{form}"), 0, "saved to undo.json");
        let words = if form == " --json" { r#""type":"planned_held""# } else { held };
        assert!(text.contains(words), "{form}: {text}");
    }
    folder.ends("show undo.json", 0, held);
    let text = folder.ends("undo -auto-approve --json", 4, r#""exit_code":4"#);
    let lines = text.lines().filter(|line| line.starts_with('{')).map(|line| format!("{line}\n"));
    let events = Events::of(&lines.collect::<String>(), 4);
    let counts = &events.one("apply_summary")["counts"];
    assert_eq!((&counts["done"], &counts["held"]), (&2.into(), &1.into()));
    assert_eq!(events.one("planned_held")["reason"], "moved");
    assert_eq!(events.one("apply_held")["hold"]["unplanned"]["reason"], "moved");
    let verified = events.one("verify_complete");
    assert_eq!(verified["grid"], true, "nothing else is left: {verified}");
    assert_eq!(verified["undoes"], journal(&folder)[0].id);
    assert_eq!(verified["held"][0]["provider_id"], 1047);
    folder.ends("history", 0, "2 done, 1 held, 0 failed, 0 not reached");
    folder.ends("history", 0, ": incomplete");
    let text = folder.ends("undo -auto-approve", 4, "Nothing to undo: 2 rows of");
    assert!(text.contains(&format!("{held}\n")) && text.contains("1 row held."), "{text}");
    let text = folder.run("plan").1;
    assert!(
        text.contains("Main Street, Okafor, Ngozi (1047): Inbox full (manifest: none)"),
        "{text}"
    );
}

#[test]
fn a_saved_undo_is_applied_as_it_was_saved_and_again() {
    let folder = applied();
    let digest = |text: &str| text.lines().find(|line| line.contains("digest")).unwrap().to_owned();
    folder.ends("undo -out undo.json", 0, "saved to undo.json");
    let shown = digest(&folder.ends("show undo.json", 0, "undo of"));
    let text = folder.ends("apply undo.json", 0, "Apply: 3 rows done");
    assert_eq!(digest(&text), shown);
    assert!(text.contains("wrote is taken back"), "{text}");
    assert!(is_as_before(&folder));
    folder.ends("apply undo.json", 0, "3 already true");
    assert!(last(&folder).undoes().is_some());
}

#[test]
fn a_saved_undo_of_rows_that_moved_since_is_stale() {
    let folder = applied();
    folder.ends("undo -out undo.json", 0, "saved to undo.json");
    somebody_writes(&folder, 1047, "inbox");
    let text = folder.ends("apply undo.json", 5, "error[P006]");
    assert!(text.contains("undo -out FILE"), "{text}");
    assert_eq!(journal(&folder).len(), 1, "nothing was written");
}

/// Changes the saved plan as this program itself would have written it.
fn forge(folder: &Folder, change: impl FnOnce(&mut Plan)) {
    let text = fs::read_to_string(folder.path("undo.json")).unwrap();
    let (mut plan, _) = open(&text).unwrap();
    let before = plan.clone();
    change(&mut plan);
    assert_ne!(plan, before, "the forgery changes nothing");
    fs::write(folder.path("undo.json"), seal(&plan, &[]).unwrap().text).unwrap();
}

/// The words that name it, and how it is done.
type Forgery<'a> = (&'static str, &'a dyn Fn(&mut Plan));

#[test]
fn an_undo_that_the_journal_does_not_bear_out_is_refused() {
    let folder = applied();
    folder.ends("undo -auto-approve", 0, "Apply: 3 rows done");
    somebody_writes(&folder, 1043, "reporting");
    let [apply, undo] = journal(&folder).try_into().unwrap();
    let back = format!("undo clinic.yaml {} -out undo.json", undo.id);
    let (apply, undo) = (apply.id, undo.id);
    let forgeries: [Forgery<'_>; 8] = [
        ("error[P007]", &|plan| plan.users[0].changes[0].after = cells("patient inbox visible")),
        ("error[P007]", &|plan| plan.undoes = Some(apply.clone())),
        ("error[P017]", &|plan| plan.undoes = Some("20200101T000000Z-0".to_owned())),
        // As a plan of the manifest it asks for the same cells, for another reason.
        ("error[P007]", &|plan| plan.undoes = None),
        ("error[P007]", &|plan| plan.users[0].rules[0].reason = Some("ticket 1".to_owned())),
        ("error[P007]", &|plan| {
            let more = accuroform::plan::Change {
                key: key(1, 1043),
                before: cells("patient scheduling billing inbox emr labs reporting visible"),
                after: cells("patient"),
                revision: Some(Revision(2)),
                ..plan.users[0].changes[0]
            };
            plan.users[0].changes.insert(1, more);
        }),
        ("error[P006]", &|plan| plan.users[0].changes[0].before = cells("patient")),
        ("error[P006]", &|plan| {
            plan.held.push(accuroform::plan::HeldRow {
                user: "OceanAPILAKESIDE".to_owned(),
                key: key(1, 1043),
                was: Cells::NOTHING,
                is: None,
                reason: accuroform::plan::HeldReason::Moved,
            });
        }),
    ];
    for (words, forgery) in forgeries {
        folder.ends(&back, 0, "saved to undo.json");
        forge(&folder, |plan| {
            forgery(plan);
            for change in &mut plan.users[0].changes {
                change.action =
                    accuroform::plan::Action::between(change.before, change.after).unwrap();
            }
        });
        folder.ends("apply undo.json", 5, words);
    }
    // A plan of the manifest that says it were an undo.
    for run in [&apply, &undo] {
        folder.ends("plan -out undo.json", 0, "saved to undo.json");
        forge(&folder, |plan| plan.undoes = Some(run.clone()));
        folder.ends("apply undo.json", 5, "error[P007]");
    }
    // A byte.
    folder.ends(&back, 0, "saved to undo.json");
    let text = fs::read_to_string(folder.path("undo.json")).unwrap();
    fs::write(folder.path("undo.json"), text.replace("read-only", "full")).unwrap();
    folder.ends("apply undo.json", 5, "error[P003]");
    assert!(is_as_before(&folder), "nothing was written");
}

#[test]
fn a_hold_cannot_be_taken_out_of_a_saved_undo() {
    let folder = applied();
    somebody_writes(&folder, 1047, "inbox");
    folder.ends("undo -out undo.json", 0, "saved to undo.json");
    forge(&folder, |plan| plan.held.clear());
    folder.ends("apply undo.json", 5, "error[P007]: it leaves out 1 things that a plan made now shows, first the held row lakeside/OceanAPILAKESIDE/Main Street/Okafor, Ngozi (1047)");
}

#[test]
fn a_journal_that_was_changed_takes_nothing_back() {
    let folder = applied();
    folder.ends("undo -out undo.json", 0, "saved to undo.json");
    let path = folder.path(".accuroform/lakeside.journal.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    let forged = text.replacen(r#""inbox":"none""#, r#""inbox":"full""#, 1);
    assert_ne!(forged, text);
    fs::write(&path, forged).unwrap();
    for line in ["undo -auto-approve", "undo -out other.json", "apply undo.json"] {
        folder.ends(line, 1, "error[J003]");
    }
    assert!(!folder.path("other.json").exists());
    folder.ends("plan", 0, "No changes.");
}

/// Ends the last run behind its last batch, as `kill -9` does.
fn killed_before_the_sync(folder: &Folder) {
    let path = folder.path(".accuroform/lakeside.journal.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    let last = text.rfind(r#""kind":"batch-ended""#).unwrap();
    let end = last + text[last..].find('\n').unwrap() + 1;
    assert!(end < text.len());
    fs::write(&path, &text[..end]).unwrap();
}

const OWED: &str = "the sync after the last apply was not completed and verified";

#[test]
fn an_undo_that_was_killed_goes_on_and_settles_what_it_owes() {
    let folder = applied();
    let apply = last(&folder).id;
    folder.ends("undo -auto-approve", 0, "Apply: 3 rows done");
    killed_before_the_sync(&folder);
    folder.ends("plan", 0, OWED);
    let text = folder.ends("undo -auto-approve", 0, "Nothing to undo: 3 rows of");
    assert!(text.contains("it runs again") && text.contains("complete (blue)"), "{text}");
    assert!(text.contains(&format!("Verified: what {apply} wrote is taken back.")), "{text}");
    assert!(!folder.run("plan").1.contains(OWED) && is_as_before(&folder));
}

#[test]
fn an_undo_does_not_settle_what_another_apply_owes() {
    let folder = clinic();
    folder.ends("apply -auto-approve -target office:1", 0, "Apply: 2 rows done");
    let first = last(&folder).id;
    folder.ends("apply -auto-approve", 0, "Apply: 1 row done");
    killed_before_the_sync(&folder);
    let line = format!("undo clinic.yaml {first} -auto-approve");
    folder.ends(&line, 0, "Verified: what");
    folder.ends("plan", 0, OWED);
    folder.ends("apply -auto-approve", 0, "Verified: the grid is what the manifest says.");
    assert!(!folder.run("plan").1.contains(OWED));
}

#[test]
fn a_mass_undo_is_refused_until_this_very_plan_is_named() {
    let folder = Folder::new("");
    folder.ends("apply -auto-approve", 0, "Apply: 16 rows done");
    let text = folder.ends("undo -auto-approve", 5, "error[P009]");
    assert!(text.contains("error[G001]") && text.contains("error[G002]"), "{text}");
    folder.ends("plan", 0, "No changes.");
    let named = text.split("--allow-mass-change=").nth(1).unwrap().lines().next().unwrap();
    folder.ends(
        "undo -auto-approve --allow-mass-change=0123456789ab",
        5,
        "does not name this plan",
    );
    folder.ends(
        &format!("undo -auto-approve --allow-mass-change={named}"),
        0,
        "Apply: 16 rows done",
    );
    assert!(folder.is_untouched());
}

#[test]
fn an_undo_needs_the_signatures_that_any_plan_needs() {
    let folder = Folder::new(&keys(1, "    not_the_planner: false\n"));
    folder.ends("plan -out plan.json", 0, "saved");
    folder.ends("approve plan.json --key jane.pem", 0, "saved");
    folder.ends("apply plan.json", 0, "Apply: 16 rows done");
    folder.ends("undo -auto-approve", 5, "error[P011]");
    folder.ends("undo -out undo.json", 5, "saved to undo.json");
    let text = fs::read_to_string(folder.path("undo.json")).unwrap();
    let digest = open(&text).unwrap().1;
    let line = format!("apply undo.json --allow-mass-change={digest}");
    folder.ends(&line, 5, "error[P012]");
    folder.ends("approve undo.json --key jane.pem", 0, "saved");
    folder.ends(&line, 0, "Apply: 16 rows done");
}

#[test]
fn what_is_typed_is_checked_before_anything_is_done() {
    let folder = applied();
    let apply = last(&folder).id;
    folder.ends("undo --json", 1, "error[U003]");
    folder.ends("undo clinic.yaml 1999", 1, "error[H001]");
    folder.ends("undo clinic.yaml 20 -out undo.json", 0, "saved");
    folder.ends("undo", 1, "not approved; nothing was written");
    folder.ends("undo -out undo.json -auto-approve", 1, "cannot be used with");
    folder.ends("sync", 0, "complete");
    folder.ends("undo clinic.yaml 20", 1, "error[H002]");
    let sync = last(&folder).id;
    folder.ends(&format!("undo clinic.yaml {sync} -auto-approve"), 1, "error[H004]");
    folder.ends(
        &format!("undo clinic.yaml {apply} -auto-approve -target office:2"),
        0,
        "1 row done",
    );
    folder.ends("plan", 0, "Plan: 1 row to grant");
    clinic().ends("undo -auto-approve", 1, "error[H004]");
}

/// A run of somebody's, as the journal has it.
fn written_by_hand(folder: &Folder, run: &str, tenant: Option<&str>) {
    let clock = Clock(Timestamp::now);
    let (mut journal, _) =
        Journal::open(&State::folder(folder.path(".accuroform")), "lakeside", run, clock).unwrap();
    let starter = Starter {
        operation: "apply".to_owned(),
        undoes: None,
        rollout: None,
        clinic: "lakeside".to_owned(),
        tenant: tenant.map(str::to_owned),
        who: "ann".to_owned(),
        host: "desk".to_owned(),
        ci: None,
        manifest: sha256(b""),
        manifest_path: None,
        fleet_path: None,
        commit: None,
        plan: None,
        version: "0.1.0".to_owned(),
    };
    let row = RowRecord {
        key: key(1, 1051),
        office: None,
        provider: None,
        expected: None,
        before: Cells::NOTHING,
        after: cells("patient scheduling billing emr labs visible"),
        rule: None,
    };
    let user = "OceanAPILAKESIDE".to_owned();
    let done = RowOutcome { user: user.clone(), key: row.key, outcome: Outcome::Done };
    let (batch, user_id) = (1, UserId(77));
    for event in [
        Event::Started(Box::new(starter)),
        Event::BatchStarted { batch, key: "k".to_owned(), user, user_id, rows: vec![row] },
        Event::BatchEnded { batch, outcomes: vec![done] },
        Event::Ended { done: 1, held: 0, failed: 0, not_reached: 0 },
    ] {
        journal.append(event).unwrap();
    }
}

#[test]
fn a_run_in_another_accuro_is_not_taken_back_here() {
    for (tenant, code, words) in [
        (Some("SEASIDE"), 5, "error[H005]: the run one of lakeside was in `SEASIDE`"),
        (None, 5, "error[H005]: the run one of lakeside was in an instance that is not recorded"),
        (Some("LAKESIDE"), 0, "Apply: 1 row done"),
    ] {
        let folder = clinic();
        written_by_hand(&folder, "one", tenant);
        folder.ends("undo -auto-approve", code, words);
    }
}

#[test]
fn a_run_that_is_still_going_on_is_not_planned_back() {
    let folder = clinic();
    let claim = Claim {
        id: "one".to_owned(),
        operation: "apply".to_owned(),
        who: "ann".to_owned(),
        host: "desk".to_owned(),
        lease: Duration::from_mins(1),
        clock: Clock(Timestamp::now),
    };
    let state = State::folder(folder.path(".accuroform"));
    let stop = CancellationToken::new();
    let place = (&state, "lakeside");
    let lock = Lock::acquire(place, &claim, Duration::ZERO, &stop, &mut |_| ()).unwrap();
    let clock = Clock(Timestamp::now);
    let (mut journal, _) = Journal::open(&state, "lakeside", "one", clock).unwrap();
    journal.append(Event::Verified { correct: false }).unwrap();
    folder.ends("undo clinic.yaml one -out undo.json", 7, "error[H006]");
    folder.ends("undo clinic.yaml one -auto-approve", 7, "error[L001]");
    drop(journal);
    lock.release().unwrap();
}
