//! `version`

use serde_json::json;

use crate::cli::printer::Printer;

pub(super) fn run(json: bool, printer: &mut Printer) {
    let version = env!("CARGO_PKG_VERSION");
    let text = if json {
        json!({"kind": "accuroform.version", "format_version": "1.0", "version": version})
            .to_string()
    } else {
        format!("accuroform {version}")
    };
    printer.document(&format!("{text}\n"));
}
