//! The events of a fleet for programs: newline-delimited JSON, one object for each thing that
//! happened, as it happens.

use serde_json::{Value, json};

use super::plan::MemberPlan;
use super::shown::FleetSummary;
use crate::cli::exit::Exit;
use crate::cli::printer::Printer;
use crate::model::Clock;
use crate::report;

/// The version of the events.
const VERSION: &str = "1.0";

/// The stream of events. The keys are those of Terraform's machine-readable UI.
pub(in crate::cli) struct Events {
    clock: Clock,
}

impl Events {
    pub(in crate::cli) fn new(clock: Clock) -> Self {
        Self { clock }
    }

    /// Prints one event.
    pub(in crate::cli) fn emit(
        &self,
        (kind, level, message): (&str, &str, &str),
        fields: Value,
        printer: &mut Printer,
    ) {
        let mut event = json!({
            "@level": level,
            "@message": message,
            "@module": "accuroform.ui",
            "@timestamp": self.clock.now().to_string(),
            "type": kind,
        });
        if let (Value::Object(event), Value::Object(fields)) = (&mut event, fields) {
            event.extend(fields);
        }
        printer.json(&format!("{event}\n"));
    }

    /// The first event.
    pub(in crate::cli) fn version(&self, printer: &mut Printer) {
        let program = env!("CARGO_PKG_VERSION");
        let message = format!("accuroform {program}");
        let fields = json!({"accuroform": program, "events": VERSION});
        self.emit(("version", "info", &message), fields, printer);
    }

    /// A clinic was planned, or could not be.
    pub(in crate::cli) fn planned(&self, planned: &MemberPlan, printer: &mut Printer) {
        let MemberPlan { clinic, result } = planned;
        match result {
            Ok(planned) => {
                let words = format!("{clinic}: {}", report::summary_line(&planned.plan));
                let fields = json!({
                    "clinic": clinic,
                    "digest": planned.sealed.digest,
                    "summary": planned.plan.summary(),
                    "complete": planned.plan.is_complete(),
                    "unread": planned.plan.unread,
                    "errors": planned.plan.errors(),
                    "refusals": planned.refusals,
                    "sync_owed": planned.owed,
                });
                let level = if planned.plan.is_complete() { "info" } else { "error" };
                self.emit(("clinic_planned", level, &words), fields, printer);
            }
            Err(failure) => {
                let words = format!("{clinic}: {}", failure.message);
                let fields = json!({
                    "clinic": clinic,
                    "code": failure.code,
                    "message": failure.message,
                    "hint": failure.hint,
                });
                self.emit(("clinic_unread", "error", &words), fields, printer);
            }
        }
    }

    /// The whole fleet was planned.
    pub(in crate::cli) fn fleet_planned(
        &self,
        summary: &FleetSummary,
        total: usize,
        exit: Exit,
        printer: &mut Printer,
    ) {
        let words = summary.sum_line(total);
        let fields = summary.json(total, exit);
        self.emit(("fleet_planned", "info", &words), fields, printer);
    }
}
