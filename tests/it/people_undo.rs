//! What people set counts like what a bridge wrote: in the history, in drift, and when it is taken back.

use std::thread::sleep;
use std::time::Duration;

use serde_json::Value;

use super::people_story::{MANIFEST, NOTHING, OCEAN, Story, WITHOUT_SCHEDULING, answer, is_over};

/// Three rows, set by Jane, read by Bo, synced and verified.
fn verified() -> Story {
    let is_meant = "{four_eyes: true, allow_empty: true}";
    let story = Story::new(&MANIFEST.replace("{four_eyes: true}", is_meant));
    story.captured("Jane Roy", [NOTHING; 3]);
    story.ends(&["apply", "-auto-approve"], 6);
    story.ticked("Jane Roy", &["1/3", "2/3", "3/3"]);
    story.captured("Bo Roy", [OCEAN; 3]);
    story.ends(&["apply", "-auto-approve"], 6);
    synced(&story);
    story
}

/// Somebody does the sync that is asked for, somebody else looks.
#[track_caller]
fn synced(story: &Story) {
    sleep(Duration::from_millis(1100));
    story.ends(&["sync", "--attest", "--by", "Jane Roy"], 0);
    story.ends(&["verify", "--attest", "--by", "Bo Roy"], 0);
}

#[track_caller]
fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// The run that asked for the three rows, with the rows.
fn asking_run(story: &Story) -> Value {
    let history = json(&story.ends(&["history", "--json"], 0));
    let runs = history["runs"].as_array().unwrap();
    let is_it =
        |run: &&Value| run["said"][0]["kind"] == "clicks-asked" && run["said"][0]["rows"] == 3;
    let asked = runs.iter().find(is_it).unwrap();
    let id = asked["id"].as_str().unwrap().to_owned();
    json(&story.ends(&["history", "show", &id, "--json"], 0))
}

#[test]
fn the_history_says_of_each_row_what_is_known() {
    let story = Story::new(MANIFEST);
    story.captured("Jane Roy", [NOTHING; 3]);
    story.ends(&["apply", "-auto-approve"], 6);
    let open = asking_run(&story);
    assert_eq!(open["rows"].as_array().unwrap().len(), 3, "{open}");
    assert_eq!(open["rows"][0]["outcome"]["asked"], "open", "{open}");
    let undo = story.ends(&["undo", "-auto-approve"], 1);
    assert!(undo.contains("error[H004]"), "nobody said that anything was set: {undo}");

    story.ticked("Jane Roy", &["1/3", "2/3", "3/3"]);
    let attested = asking_run(&story);
    assert_eq!(attested["rows"][0]["outcome"]["asked"]["attested"]["by"], "Jane Roy", "{attested}");

    story.captured("Bo Roy", [OCEAN, OCEAN, WITHOUT_SCHEDULING]);
    story.ends(&["apply", "-auto-approve"], 6);
    let run = asking_run(&story);
    let outcomes: Vec<&Value> =
        run["rows"].as_array().unwrap().iter().map(|row| &row["outcome"]["asked"]).collect();
    let verified = outcomes.iter().filter(|one| one["verified"]["by"] == "Jane Roy").count();
    let wrong = outcomes.iter().filter(|one| one["contradicted"]["said"]["by"] == "Jane Roy");
    assert_eq!((verified, wrong.count()), (2, 1), "{run}");
    let text = story.ends(&["history"], 0);
    assert!(
        text.contains("2 verified, 0 attested and not read since, 1 not as attested"),
        "{text}"
    );
}

#[test]
fn what_people_set_is_taken_back_by_people() {
    let story = verified();
    let text = story.ends(&["history"], 0);
    assert!(
        text.contains("3 verified, 0 attested and not read since, 0 not as attested"),
        "{text}"
    );

    // The undo is a list like any other, and takes back the rows of the run that asked for them.
    let asked = story.ends(&["undo", "-auto-approve"], 6);
    assert!(asked.contains("Worklist of lakeside (LAKESIDE): 3 rows, 18 cells to set"), "{asked}");
    assert!(asked.contains("Patient none"), "{asked}");
    story.waits(2, &["0 of 3 rows"]);
    story.ticked("Jane Roy", &["1/3", "2/3", "3/3"]);
    story.captured("Bo Roy", [NOTHING, NOTHING, OCEAN]);
    let wrong = story.ends(&["undo", "-auto-approve"], 6);
    assert!(wrong.contains("error[S013]") && wrong.contains("Patient none → full"), "{wrong}");
    assert!(!wrong.contains("full sync"), "{wrong}");
    story.ticked("Jane Roy", &["1/1"]);
    story.captured("Bo Roy", [NOTHING; 3]);
    let asked = story.ends(&["undo", "-auto-approve"], 6);
    assert!(asked.contains("A full sync of 1 Ocean site is asked"), "{asked}");

    // It is verified against the undo, whatever the manifest still asks for.
    synced(&story);
    story.waits(0, &["Nothing waits"]);
    let plan = story.ends(&["plan"], 0);
    assert!(plan.contains("Plan: 3 rows to grant"), "{plan}");
    story.ends(&["history", "verify"], 0);
}

#[test]
fn drift_names_who_set_what_somebody_changed_since() {
    let story = verified();
    story.captured("Bo Roy", [OCEAN, OCEAN, WITHOUT_SCHEDULING]);
    let drift = story.ends(&["drift"], 2);
    assert!(drift.contains("Jane Roy"), "{drift}");
    assert!(!drift.contains("never applied from here"), "{drift}");
}

/// The row is set, and nobody ticks it: the sync is asked for all the same.
#[test]
fn rows_that_were_set_and_never_ticked_owe_a_sync() {
    let story = Story::new(&MANIFEST.replace("safety: {four_eyes: true}\n", ""));
    story.captured("Jane Roy", [NOTHING; 3]);
    story.ends(&["apply", "-auto-approve"], 6);
    story.captured("Jane Roy", [OCEAN; 3]);
    let asked = story.ends(&["apply", "-auto-approve"], 6);
    assert!(asked.contains("A full sync of 1 Ocean site is asked"), "{asked}");
    let run = asking_run(&story);
    assert!(run["rows"][0]["outcome"]["asked"]["verified"].is_null(), "nobody said so: {run}");
    synced(&story);
    story.waits(0, &["Nothing waits"]);
    let again = story.ends(&["apply", "-auto-approve"], 0);
    assert!(!again.contains("full sync"), "{again}");
}

#[test]
fn with_four_eyes_somebody_says_who_set_the_rows() {
    let story = Story::new(MANIFEST);
    story.captured("Jane Roy", [NOTHING; 3]);
    story.ends(&["apply", "-auto-approve"], 6);
    story.captured("Bo Roy", [OCEAN; 3]);
    let unsaid = story.ends(&["apply", "-auto-approve"], 6);
    assert!(unsaid.contains("3 rows as asked, and nobody says that they set them"), "{unsaid}");
    assert!(!unsaid.contains("full sync"), "{unsaid}");
    story.ticked("Jane Roy", &["1/3", "2/3", "3/3"]);
    story.captured("Bo Roy", [OCEAN; 3]);
    let asked = story.ends(&["apply", "-auto-approve"], 6);
    assert!(asked.contains("A full sync of 1 Ocean site is asked"), "{asked}");
}

#[test]
fn rows_are_ticked_within_the_apply() {
    let story = Story::new(MANIFEST);
    story.captured("Bo Roy", [NOTHING; 3]);
    let mut session = story.at_terminal(&["apply", "-auto-approve", "--tick", "--by", "Jane Roy"]);
    answer(&mut session, "1/3 Roy, Bo (2)", "y");
    answer(&mut session, "2/3", "n");
    answer(&mut session, "3/3", "q");
    let rest = session.exp_eof().unwrap();
    assert!(rest.contains("1 ticked now, 2 of 3 rows left"), "{rest}");
    assert!(
        rest.contains("Apply: 2 rows asked of a person, 1 ticked and not read since"),
        "{rest}"
    );
    assert!(rest.contains("worklist --tick --by NAME"), "{rest}");
    story.waits(6, &["1 of 3 rows"]);
    let mut session = story.at_terminal(&["worklist", "--tick", "--by", "Jane Roy"]);
    answer(&mut session, "2/3", "y");
    answer(&mut session, "3/3", "y");
    is_over(&mut session);
}

#[test]
fn the_list_is_written_in_the_forms_that_are_asked_for() {
    let story = Story::new(MANIFEST);
    story.captured("Bo Roy", [NOTHING; 3]);
    let refused = story.ends(&["apply", "-auto-approve", "--worklist", "list.pdf"], 1);
    assert!(refused.contains("U003") && refused.contains(".html, .md, .csv or .txt"), "{refused}");
    story.waits(0, &["Nothing waits"]);
    let forms = ["list.md", "list.csv", "list.html", "list.txt"];
    let mut arguments = vec!["apply", "-auto-approve"];
    for form in forms {
        arguments.extend(["--worklist", form]);
    }
    story.ends(&arguments, 6);
    let read = |name: &str| std::fs::read_to_string(story.0.folder().join(name)).unwrap();
    assert!(read("list.md").contains("- [ ] 001-"));
    assert!(read("list.csv").starts_with("id,clinic,user"));
    assert!(read("list.html").starts_with("<!DOCTYPE html>"));
    assert!(read("list.txt").contains("[ ] 001-"));
    assert!(!story.files().iter().any(|name| name.starts_with("worklist-")), "only where asked");
}

#[test]
fn the_event_stream_says_that_rows_are_asked_of_a_person() {
    let story = Story::new(MANIFEST);
    story.captured("Bo Roy", [NOTHING; 3]);
    let ended = story.0.run(&["apply", "-auto-approve", "--json"]);
    assert_eq!(ended.code, 6, "{}", ended.everything());
    let events: Vec<Value> = ended.stdout.lines().map(json).collect();
    let asked = events.iter().filter(|event| event["type"] == "apply_asked").count();
    assert_eq!(asked, 3, "{}", ended.stdout);
    let summary = events.iter().find(|event| event["type"] == "apply_summary").unwrap();
    assert_eq!(summary["counts"]["asked"], 3);
    assert_eq!(summary["counts"]["not_reached"], 0, "nothing was to be written: {summary}");
}
