//! Policies in Rego, in conftest's shape.
#![cfg(feature = "policy")]

use accuroform::policy::{Judgement, PolicyError, RegoFile, judge, run_tests};

fn file(text: &str) -> RegoFile {
    RegoFile { name: "p.rego".to_owned(), text: text.to_owned() }
}

fn said(text: &str, input: &str) -> Vec<(String, bool, String)> {
    let said = judge(&[file(text)], input).unwrap_or_else(|error| panic!("{error}"));
    let parts =
        |Judgement { rule, is_denied, message, place: _, at: _ }| (rule, is_denied, message);
    said.into_iter().map(parts).collect()
}

#[test]
fn every_shape_of_conftest_is_understood() {
    let text = "\
package main
deny contains \"text\" if input.x == 1
deny_more contains {\"msg\": \"object\", \"address\": \"a/b\"} if input.x == 1
violation contains {\"msg\": \"gatekeeper\", \"details\": {}} if input.x == 1
warn contains \"look\" if input.x == 1
denylist contains \"no verdict\" if input.x == 1
";
    let expected = [
        ("main.deny", true, "text"),
        ("main.deny_more", true, "object"),
        ("main.violation", true, "gatekeeper"),
        ("main.warn", false, "look"),
    ];
    let expected = expected.map(|(rule, denied, text)| (rule.to_owned(), denied, text.to_owned()));
    assert_eq!(said(text, "{\"x\": 1}"), expected);
    assert_eq!(said(text, "{\"x\": 2}"), []);
    let placed = judge(&[file(text)], "{\"x\": 1}").unwrap();
    assert_eq!(placed[1].place.as_deref(), Some("a/b"));
}

#[test]
fn what_denies_in_another_shape_is_never_dropped() {
    let deny = |rule: &str| said(&format!("package a.b\n{rule}\n"), "{}");
    assert_eq!(deny("deny := true"), [("a.b.deny".to_owned(), true, "true".to_owned())]);
    assert_eq!(deny("deny := \"so\""), [("a.b.deny".to_owned(), true, "so".to_owned())]);
    let odd = deny("deny contains {\"message\": \"other key\"}");
    assert_eq!(odd.len(), 1);
    assert!(odd[0].1 && odd[0].2.contains("other key"), "{odd:?}");
    assert_eq!(deny("deny := false"), []);
}

#[test]
fn packages_do_not_hide_each_other_and_import_each_other() {
    let files = [
        RegoFile { name: "a.rego".into(), text: "package a\ndeny contains \"from a\"".into() },
        RegoFile {
            name: "b.rego".into(),
            text: "package b\nimport data.a\ndeny contains m if some m in a.deny".into(),
        },
    ];
    let said = judge(&files, "{}").unwrap();
    let rules: Vec<&str> = said.iter().map(|judgement| judgement.rule.as_str()).collect();
    assert_eq!(rules, ["a.deny", "b.deny"]);
}

#[test]
fn what_is_no_answer_is_an_error_and_not_silence() {
    let not_rego = judge(&[file("package main\ndeny contains")], "{}").unwrap_err();
    assert!(
        matches!(&not_rego, PolicyError::NotRego { name, .. } if name == "p.rego"),
        "{not_rego}"
    );
    assert!(!not_rego.to_string().contains('\n'), "{not_rego}");
    let two =
        "package main\nf(x) := 1 if x == 1\nf(x) := 2 if x == 1\ndeny contains \"m\" if f(1) == 3";
    let conflict = judge(&[file(two)], "{}").unwrap_err();
    assert!(matches!(conflict, PolicyError::NoAnswer { .. }), "{conflict}");
}

#[test]
fn no_policy_reaches_the_network_the_clock_or_the_environment() {
    for call in [
        "http.send({\"method\": \"get\", \"url\": \"http://127.0.0.1:9/\"})",
        "time.now_ns()",
        "opa.runtime()",
        "rand.intn(\"a\", 5)",
        "uuid.rfc4122(\"a\")",
        "net.lookup_ip_addr(\"localhost\")",
    ] {
        let found = judge(&[file(&format!("package main\ndeny contains \"m\" if {call}"))], "{}");
        assert!(found.is_err(), "{call}: {found:?}");
    }
}

#[test]
fn an_evaluation_without_end_is_ended() {
    let text = "\
package main
n := numbers.range(1, 3000)
deny contains \"m\" if {
	some a in n
	some b in n
	some c in n
	a + b + c == 0
}
";
    let started = std::time::Instant::now();
    let found = judge(&[file(text)], "{}");
    assert!(matches!(found, Err(PolicyError::NoAnswer { .. })), "{found:?}");
    assert!(started.elapsed().as_secs() < 60);
}

#[test]
fn tests_that_do_not_hold_are_found_although_they_have_no_value() {
    let text = "\
package main
deny contains \"m\" if input.x == 1
test_holds if count(deny) == 1 with input as {\"x\": 1}
test_fails if count(deny) == 1 with input as {\"x\": 2}
test_is_false := false
";
    let outcomes = run_tests(&[file(text)]).unwrap();
    let outcomes: Vec<(&str, bool)> =
        outcomes.iter().map(|test| (test.name.as_str(), test.holds)).collect();
    let expected =
        [("main.test_fails", false), ("main.test_holds", true), ("main.test_is_false", false)];
    assert_eq!(outcomes, expected);
}

#[test]
fn expressions_mean_what_they_mean_elsewhere() {
    let text = "package main\ndeny contains \"m\" if regex.match(`(?i)^TICKET \\d+ \\p{L}+$`, \"ticket 881 é\")";
    assert_eq!(said(text, "{}").len(), 1);
}
