//! `explain` of codes, holds and columns: the pages of `docs/` are the one text, and the program has them.

use serde_json::Value;

use crate::program::Program;

fn said(arguments: &[&str], code: i32) -> String {
    let ended = Program::with_manifest("").run(arguments);
    assert_eq!(ended.code, code, "{arguments:?}: {}", ended.everything());
    if code == 0 { ended.stdout } else { ended.stderr }
}

#[test]
fn every_code_of_the_page_is_explained_with_the_pages_own_words() {
    let page = include_str!("../../docs/errors.md");
    let list = said(&["explain"], 0);
    let mut count = 0;
    for section in page.split("\n### ").skip(1) {
        let (heading, text) = section.split_once('\n').unwrap();
        let (code, title) = heading.split_once(": ").unwrap();
        assert!(list.contains(&format!("  {code}  {title}\n")), "{code} is not listed");
        // One in ten is asked for: the library's test looks at all.
        if count % 10 == 0 {
            let told = said(&["explain", code], 0);
            let mut parts = text.split("\n## ").next().unwrap().trim().split("\n\n");
            assert!(told.starts_with(&format!("{code}: {title}\n")), "{told}");
            assert!(parts.all(|part| told.contains(part)), "{told}");
        }
        count += 1;
    }
    assert!(count > 100);
}

#[test]
fn holds_and_columns_are_explained_with_who_says_it() {
    assert!(said(&["explain", "held", "unlisted"], 0).contains("does not list the provider"));
    assert!(said(&["explain", "held"], 0).contains("held: unmanaged"));
    let visible = said(&["explain", "column", "visible"], 0);
    let expected = "\
Visible (visible)
  - gives: the provider appears in selection lists
      documented (Accuro user guide 8294.htm)
";
    assert!(visible.starts_with(expected), "{visible}");
    assert!(visible.contains("documented (Ocean article 360060307451)"), "{visible}");
    assert!(visible.trim_end().ends_with("assumed by accuroform"), "{visible}");
    assert!(
        said(&["explain", "column", "Prescribe For"], 0)
            .contains("the article does not ask for it")
    );
    let all: Value = serde_json::from_str(&said(&["explain", "column", "--json"], 0)).unwrap();
    assert_eq!(all["topics"].as_array().unwrap().len(), 9);
}

#[test]
fn what_is_not_there_is_said_with_the_nearest() {
    assert!(said(&["explain", "M999"], 1).contains("error[U020]: there is no code `M999`"));
    assert!(said(&["explain", "column", "visibel"], 1).contains("did you mean `visible`?"));
    assert!(said(&["explain", "held", "mowed"], 1).contains("did you mean `moved`?"));
    assert!(said(&["explain", "m012"], 1).contains("did you mean `M012`?"));
    let holds = said(&["explain", "held"], 0);
    assert_eq!(holds.matches("What to do: ").count(), holds.matches("held: ").count());
    assert!(holds.contains("What to do: "), "{holds}");
    // Without a name a clinic is meant, as before.
    assert!(said(&["explain", "lakeside"], 1).contains("fleet.yaml"));
}
