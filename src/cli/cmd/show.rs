//! `show`: a saved plan.

use crate::cli::args::ShowArgs;
use crate::cli::cmd::plan::print_plan;
use crate::cli::cmd::saved;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::printer::Printer;
use crate::report::escape;

pub(super) fn run(args: &ShowArgs, printer: &mut Printer) -> Result<Exit, Failure> {
    let ShowArgs { plan: path, form } = args;
    let text = saved::read(path)?;
    let (plan, digest) = crate::plan::file::open(&text)?;
    for finding in &plan.findings {
        let place = match finding.span {
            Some(span) => {
                format!("{}:{}:{}", plan.manifest.file(span.layer), span.line, span.column)
            }
            None => plan.manifest.path.clone(),
        };
        let words = format!("{place}: [{}] {}", finding.code, finding.message);
        printer.line(&escape(&words));
    }
    printer.line(&saved::heading(&plan));
    print_plan(&plan, &text, form, printer);
    if let Some(planner) = &plan.planner {
        printer.line(&format!("planner: {}", escape(planner)));
    }
    printer.line(&format!("digest: {digest}"));
    Ok(Exit::Done)
}
