//! The policies of a clinic: reads their files, and asks them about a plan.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::clinic::{Clinic, Planned, read_bounded};
use super::exit::Exit;
use super::failure::Failure;
use crate::diagnostic::{Code, Diagnostic, KeyPath, Position};
use crate::live::Snapshot;
use crate::manifest::{MAX_BYTES, Policies};
use crate::plan::file::seal;
use crate::plan::{Plan, Refusal};
use crate::policy::{Judgement, PolicyError, RegoFile, Settings, judge, judge_rules, locate};

/// More than any organisation has; a pattern that finds more is a mistake.
const MOST_FILES: usize = 1000;
/// More lines of one rule are counted.
const MOST_LISTED: usize = 20;
const TEST: &str = "_test.rego";

impl From<PolicyError> for Failure {
    fn from(error: PolicyError) -> Self {
        Self::new(Exit::Error, error.code(), error.to_string(), error.hint())
    }
}

impl Clinic {
    /// Asks the policies about a plan. What denies it is added to its refusals; the warnings are given.
    pub(super) fn judge(
        &self,
        plan: &Plan,
        live: &Snapshot,
        refusals: &mut Vec<Refusal>,
    ) -> Result<Vec<Diagnostic>, Failure> {
        let Policies { rego: _, deny, off, separate } = &self.manifest.policy;
        let settings = Settings {
            deny: deny.iter().copied().collect(),
            off: off.iter().copied().collect(),
            separate: separate.clone(),
        };
        let mut said = judge_rules(&settings, plan, live);
        let files = self.policies()?;
        if !files.is_empty() {
            let mut found = judge(&files, &seal(plan, refusals)?.text)?;
            locate(&mut found, plan);
            said.extend(found);
        }
        let (denied, warnings): (Vec<_>, Vec<_>) = said.into_iter().partition(|one| one.is_denied);
        refusals.extend(listed(&denied).into_iter().map(|(text, at)| Refusal {
            code: Code::PolicyDenied,
            message: format!("policy {text}"),
            hint:
                "mend the manifest, or have the policy changed: it cannot be overridden".to_owned(),
            overridable: false,
            at,
        }));
        let warning = |(text, at): (String, Option<Position>)| {
            let message = format!("policy {text}");
            let warning = Diagnostic::warning(Code::PolicyWarns, KeyPath::root(), message);
            Diagnostic { span: at.and_then(|at| self.source.span_at(at)), ..warning }
        };
        Ok(listed(&warnings).into_iter().map(warning).collect())
    }

    /// The policy files that plans are judged by.
    pub(super) fn policies(&self) -> Result<Vec<RegoFile>, Failure> {
        let paths = self.policy_paths()?;
        paths.iter().filter(|path| !is_test(path)).map(|path| read(path)).collect()
    }

    /// The policy files and the tests beside them.
    pub(super) fn policies_with_tests(&self) -> Result<Vec<RegoFile>, Failure> {
        let mut paths = self.policy_paths()?;
        let folders: BTreeSet<PathBuf> =
            paths.iter().filter_map(|path| path.parent()).map(Path::to_owned).collect();
        for folder in folders {
            let folder = glob::Pattern::escape(&folder.to_string_lossy());
            paths.extend(found(&Path::new(&folder).join(format!("*{TEST}")).to_string_lossy())?);
        }
        paths.iter().map(|path| read(path)).collect()
    }

    fn policy_paths(&self) -> Result<BTreeSet<PathBuf>, Failure> {
        let folder = glob::Pattern::escape(&self.folder().to_string_lossy());
        let mut paths = BTreeSet::new();
        for written in &self.manifest.policy.rego {
            let pattern = Path::new(&folder).join(written).to_string_lossy().into_owned();
            let found = found(&pattern)?;
            // A policy that is not there must not look like one that says nothing.
            if found.iter().all(|path| is_test(path)) {
                return Err(unreadable(written, "there is no such file"));
            }
            paths.extend(found);
        }
        if paths.len() > MOST_FILES {
            let problem = format!("there are {} files, and the limit is {MOST_FILES}", paths.len());
            return Err(unreadable("policy.rego", &problem));
        }
        Ok(paths)
    }
}

impl Planned {
    /// Asks the clinic's policies about this plan. What they warn of is among its findings then.
    pub(super) fn judge(&mut self, clinic: &Clinic) -> Result<(), Failure> {
        let warnings = clinic.judge(&self.plan, &self.live, &mut self.refusals)?;
        self.plan.findings.extend(warnings);
        Ok(())
    }
}

/// What is said, in words, with its place; of each rule so much as somebody reads, and how much more
/// there is.
fn listed(said: &[Judgement]) -> Vec<(String, Option<Position>)> {
    let mut lines = Vec::new();
    for rule in said.chunk_by(|one, two| one.rule == two.rule) {
        lines.extend(rule.iter().take(MOST_LISTED).map(|one| (one.text(), one.at)));
        if let (Some(first), more @ 1..) = (rule.first(), rule.len().saturating_sub(MOST_LISTED)) {
            lines.push((format!("{}: and {more} more", first.rule), None));
        }
    }
    lines
}

fn is_test(path: &Path) -> bool {
    path.to_string_lossy().ends_with(TEST)
}

fn found(pattern: &str) -> Result<BTreeSet<PathBuf>, Failure> {
    let paths = glob::glob(pattern).map_err(|error| unreadable(pattern, &error.to_string()))?;
    paths.collect::<Result<_, _>>().map_err(|error| unreadable(pattern, &error.to_string()))
}

fn read(path: &Path) -> Result<RegoFile, Failure> {
    let name = path.to_string_lossy().into_owned();
    let bytes = read_bounded(path).map_err(|error| unreadable(&name, &error.to_string()))?;
    if bytes.len() > MAX_BYTES {
        return Err(unreadable(&name, "it is too large"));
    }
    let text = String::from_utf8(bytes).map_err(|_| unreadable(&name, "it is not UTF-8"))?;
    Ok(RegoFile { name, text })
}

fn unreadable(what: &str, problem: &str) -> Failure {
    let message = format!("cannot read the policy {what}: {problem}");
    Failure::new(Exit::Error, "Y002", message, "mend `policy.rego` in the manifest")
}
