//! `policy test`: the tests of policies, and what the policies say of example plans.

use std::path::Path;

use serde_json::{Value, json};

use crate::cli::args::PolicyTestArgs;
use crate::cli::clinic::read_bounded;
use crate::cli::env::Environment;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::fleet::Subject;
use crate::cli::printer::Printer;
use crate::plan::file::KIND;
use crate::policy::{Judgement, TestOutcome, judge, run_tests};
use crate::report::escape;

pub(super) fn run(
    args: &PolicyTestArgs,
    environment: &Environment,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let PolicyTestArgs { manifest, plans, select, json } = args;
    let clinic = Subject::load(manifest, select, environment, printer)?.one()?;
    let policies = clinic.policies()?;
    if policies.is_empty() {
        let message = format!("{} names no policies", manifest.display());
        let hint = "write `policy: {rego: [policies/*.rego]}` in it";
        return Err(Failure::new(Exit::Error, "Y002", message, hint));
    }
    let tests = run_tests(&clinic.policies_with_tests()?)?;
    let mut judged = Vec::new();
    for path in plans {
        judged.push((path, judge(&policies, &document(path)?)?));
    }
    let failed = tests.iter().filter(|test| !test.holds).count();
    let is_denied = |said: &[Judgement]| said.iter().any(|judgement| judgement.is_denied);
    let denied = judged.iter().filter(|(_, said)| is_denied(said)).count();
    let is_good = failed + denied == 0;
    if *json {
        let plan = |(path, said): &(&std::path::PathBuf, Vec<Judgement>)| {
            json!({
                "plan": path.to_string_lossy(),
                "denied": is_denied(said),
                "judgements": said.iter().map(judgement_json).collect::<Vec<_>>(),
            })
        };
        let test =
            |TestOutcome { name, holds }: &TestOutcome| json!({"name": name, "holds": holds});
        let document = json!({
            "kind": "accuroform.policy-test",
            "format_version": "1.0",
            "passed": is_good,
            "tests": tests.iter().map(test).collect::<Vec<_>>(),
            "plans": judged.iter().map(plan).collect::<Vec<_>>(),
        });
        printer.json(&format!("{document}\n"));
    } else {
        for TestOutcome { name, holds } in &tests {
            let word = if *holds { "holds" } else { "FAILS" };
            printer.result(&format!("{word}  {}\n", escape(name)));
        }
        for (path, said) in &judged {
            let word = if is_denied(said) { "denied" } else { "passes" };
            printer.result(&format!("{word}  {}\n", escape(&path.to_string_lossy())));
            for judgement in said {
                let word = if judgement.is_denied { "deny" } else { "warn" };
                printer.result(&format!("  {word}: {}\n", escape(&judgement.text())));
            }
        }
        printer.result(&format!(
            "{} of {} tests hold; {denied} of {} plans are denied.\n",
            tests.len() - failed,
            tests.len(),
            judged.len()
        ));
    }
    Ok(if is_good { Exit::Done } else { Exit::Findings })
}

fn judgement_json(judgement: &Judgement) -> Value {
    let Judgement { rule, is_denied, message, place, at: _ } = judgement;
    json!({"rule": rule, "denied": is_denied, "message": message, "place": place})
}

/// A plan's document. It may be an example that was edited, so its digest is not asked for.
fn document(path: &Path) -> Result<String, Failure> {
    let failed = |problem: String| {
        let message = format!("cannot read the plan {}: {problem}", path.display());
        Failure::new(Exit::Error, "P001", message, "save one with `accuroform plan -out FILE`")
    };
    let bytes = read_bounded(path).map_err(|error| failed(error.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|_| failed("it is not UTF-8".to_owned()))?;
    let value: Value = serde_json::from_str(&text).map_err(|error| failed(error.to_string()))?;
    if value.get("kind").and_then(Value::as_str) != Some(KIND) {
        return Err(failed(format!("its `kind` is not {KIND}")));
    }
    Ok(text)
}
