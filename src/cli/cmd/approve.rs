//! The question before an apply.

use std::io::BufRead as _;

use crate::approval::NotApproved;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::printer::Printer;
use crate::report::escape;

/// Asks whether the plan that was just printed may be applied.
pub(super) fn ask(clinic: &str, printer: &mut Printer) -> Result<(), Failure> {
    printer.story(&format!(
        "\nDo you want to apply this plan to {}?\nOnly 'yes' will be accepted to approve.\n\nEnter a value: ",
        escape(clinic)
    ));
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer);
    if read.is_ok() && answer.trim_end_matches(['\r', '\n']) == "yes" {
        return Ok(());
    }
    printer.story("\n");
    Err(Failure {
        code: None,
        message: "not approved; nothing was written".to_owned(),
        hint: Some("answer yes, or use -auto-approve where nobody can answer".to_owned()),
        exit: Exit::Error,
    })
}

impl From<NotApproved> for Failure {
    fn from(error: NotApproved) -> Self {
        let hint = match &error {
            NotApproved::Unresolved(_) => {
                return Self::new(
                    Exit::Error,
                    "P008",
                    error.to_string(),
                    "mend the findings above, then plan again",
                );
            }
            NotApproved::Unsound(_) => "report this as a defect, and make a new plan",
            NotApproved::Refused(_) => {
                "the lines above say which limits, by how much, and how to go on"
            }
            NotApproved::TooFew { .. } => {
                return Self::new(
                    Exit::Refused,
                    "P012",
                    error.to_string(),
                    "have the plan signed with `accuroform approve PLAN --key KEYFILE`",
                );
            }
            NotApproved::NoPlanner => {
                return Self::new(
                    Exit::Refused,
                    "P013",
                    error.to_string(),
                    "make a new plan with `plan --planner NAME`, or write `not_the_planner: false`",
                );
            }
            NotApproved::OtherPlan(_) => {
                "write at least 8 characters of this plan's digest; it is good for this very plan alone"
            }
        };
        Self::new(Exit::Refused, "P009", error.to_string(), hint)
    }
}
