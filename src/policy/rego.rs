//! Policies in Rego, with regorus, in conftest's shape: rules `deny`, `violation` and `warn` (also
//! `deny_…`) of any package, whose values are texts or objects with a `msg`.
//!
//! The engine is built without the functions that reach the network, the clock or the file system, and
//! chance is refused. An evaluation that takes too long ends as an error.

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::time::Duration;

use regorus::utils::limits::ExecutionTimerConfig;
use regorus::{Engine, Value};

use super::{Judgement, PolicyError, RegoFile, TestOutcome};

const LONGEST: Duration = Duration::from_secs(5);
const CHECK_EVERY: NonZeroU32 = NonZeroU32::MIN.saturating_add(255);

/// Asks every package of the files about a plan's document.
///
/// # Errors
/// A file is not Rego, or an evaluation ends without an answer.
pub fn judge(files: &[RegoFile], document: &str) -> Result<Vec<Judgement>, PolicyError> {
    if files.is_empty() {
        return Ok(Vec::new());
    }
    let (mut engine, packages) = engine(files)?;
    let no_answer = |package: &str, problem: String| PolicyError::NoAnswer {
        package: package.to_owned(),
        problem,
    };
    engine.set_input_json(document).map_err(|error| no_answer("input", in_a_line(&error)))?;
    let mut found = BTreeSet::new();
    for package in &packages {
        let results = engine
            .eval_query(package.clone(), false)
            .map_err(|error| no_answer(package, in_a_line(&error)))?;
        let values = results.result.into_iter().flat_map(|result| result.expressions);
        for rules in values.filter_map(|expression| expression.value.as_object().ok().cloned()) {
            for (name, value) in rules.iter() {
                let Some(is_denied) = name.as_string().ok().and_then(|name| verdict(name)) else {
                    continue;
                };
                let name = name.as_string().map(ToString::to_string).unwrap_or_default();
                let package = package.strip_prefix("data.").unwrap_or(package);
                let rule = format!("{package}.{name}");
                found.extend(said(value).into_iter().map(|(message, place)| Judgement {
                    rule: rule.clone(),
                    is_denied,
                    message,
                    place,
                    at: None,
                }));
            }
        }
    }
    Ok(found.into_iter().collect())
}

/// Runs the rules whose names begin with `test_`.
///
/// # Errors
/// A file is not Rego, or a test ends without an answer.
pub fn run_tests(files: &[RegoFile]) -> Result<Vec<TestOutcome>, PolicyError> {
    let (mut engine, _) = engine(files)?;
    let mut outcomes = BTreeSet::new();
    for file in files {
        // A file of its own: only the package's name is wanted.
        let package = add(&mut Engine::new(), file)?;
        for test in tests_in(&file.text) {
            let name = format!("{package}.{test}");
            let value = engine.eval_rule(name.clone()).map_err(|error| PolicyError::NoAnswer {
                package: name.clone(),
                problem: in_a_line(&error),
            })?;
            let name = name.strip_prefix("data.").unwrap_or(&name).to_owned();
            outcomes.insert(TestOutcome { name, holds: value == Value::Bool(true) });
        }
    }
    Ok(outcomes.into_iter().collect())
}

/// An engine with every file, and the packages that they are.
fn engine(files: &[RegoFile]) -> Result<(Engine, BTreeSet<String>), PolicyError> {
    let mut engine = Engine::new();
    // As conftest does: what a function cannot answer is undefined.
    engine.set_strict_builtin_errors(false);
    // `print` must not write past the printer.
    engine.set_gather_prints(true);
    engine.set_execution_timer_config(ExecutionTimerConfig {
        limit: LONGEST,
        check_interval: CHECK_EVERY,
    });
    let packages = files.iter().map(|file| add(&mut engine, file)).collect::<Result<_, _>>()?;
    Ok((engine, packages))
}

fn add(engine: &mut Engine, file: &RegoFile) -> Result<String, PolicyError> {
    let RegoFile { name, text } = file;
    let code = |line: &str| line.split('#').next().is_some_and(|code| code.contains("rand.intn"));
    if text.lines().any(code) {
        let problem = "rand.intn would judge one plan now so, now so".to_owned();
        return Err(PolicyError::NotRego { name: name.clone(), problem });
    }
    engine
        .add_policy(name.clone(), text.clone())
        .map_err(|error| PolicyError::NotRego { name: name.clone(), problem: in_a_line(&error) })
}

/// The engine draws the line; a message has one: `policies/a.rego:3:7: invalid regex`.
fn in_a_line(error: &impl ToString) -> String {
    let text = error.to_string();
    let behind = |mark: &str| text.lines().find_map(|line| line.trim().strip_prefix(mark));
    match (behind("--> "), behind("error: ")) {
        (Some(place), Some(problem)) => format!("{place}: {problem}"),
        (Some(_) | None, _) => text.split_whitespace().collect::<Vec<_>>().join(" "),
    }
}

/// Whether a rule of this name denies; `None`: it says nothing of the plan.
fn verdict(rule: &str) -> Option<bool> {
    let is = |word: &str| {
        let rest = rule.strip_prefix(word);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
    };
    if is("deny") || is("violation") { Some(true) } else { is("warn").then_some(false) }
}

/// What the value of a rule says: a message each, and the place where it names one.
fn said(value: &Value) -> Vec<(String, Option<String>)> {
    match value {
        Value::Set(items) => items.iter().map(message).collect(),
        Value::Array(items) => items.iter().map(message).collect(),
        // The rule holds for nothing.
        Value::Undefined | Value::Null | Value::Bool(false) => Vec::new(),
        Value::Bool(true) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            vec![message(value)]
        }
    }
}

/// A text, or an object's `msg`; whatever else there is, is said as it is and never dropped.
fn message(item: &Value) -> (String, Option<String>) {
    let text = |value: &Value| value.as_string().ok().map(ToString::to_string);
    if let Some(message) = text(item) {
        return (message, None);
    }
    let field = |key: &str| item.as_object().ok()?.get(&Value::from(key)).and_then(text);
    let message = field("msg").or_else(|| item.to_json_str().ok());
    (message.unwrap_or_default(), field("address").or_else(|| field("place")))
}

/// The names of the tests that a file declares: a test that does not hold is not among its values.
fn tests_in(text: &str) -> BTreeSet<&str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.lines()
        .map(|line| line.split(|c| !is_part(c)).next().unwrap_or_default())
        .filter(|word| word.starts_with("test_"))
        .collect()
}
