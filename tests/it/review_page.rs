//! The page and the table of a review, judged by programs that others wrote: a checker of HTML, a browser, an
//! accessibility checker and a reader of CSV.

use std::path::Path;
use std::process::Command;

use super::readers::{Clinic, chromium, own, read, reader};
use super::readers_page::{shown, violations};

/// The clinic of the readers' plan, whose row of a name with markup is above the manifest.
fn page() -> (Clinic, std::path::PathBuf) {
    let clinic = Clinic::planned();
    let text = clinic.run(&["review", "--format", "html"], 0);
    let path = clinic.folder().join("review.html");
    std::fs::write(&path, text).unwrap();
    (clinic, path)
}

#[test]
fn the_review_is_valid_html() {
    let Some(program) = reader("html-validate", "html/node_modules/.bin/html-validate") else {
        return;
    };
    let (_clinic, page) = page();
    let mut command = Command::new(&program);
    command.arg("--config").arg(own("htmlvalidate.json")).arg("--formatter").arg("text");
    let (code, text) = read(command.arg(&page));
    assert_eq!(code, Some(0), "{text}");
}

#[test]
fn the_review_breaks_no_rule_of_accessibility_at_any_width_and_in_the_dark() {
    let Some(axe) = reader("axe-core", "html/node_modules/axe-core/axe.min.js") else { return };
    let Some(browser) = chromium() else { return };
    let axe = std::fs::read_to_string(axe).unwrap();
    let (_clinic, page) = page();
    let html = std::fs::read_to_string(&page).unwrap();
    let check = |html: &str, width: u32| violations(&browser, &axe, &page, html, width);
    assert_eq!(check(&html, 1280), [""; 0]);
    assert_eq!(check(&html, 500), [""; 0]);
    let dark = html.replace("(prefers-color-scheme: dark)", "all");
    assert_eq!(check(&dark, 1280), [""; 0]);
}

/// How many rows of the page are shown once `script` has run in it, and what it says of that itself.
fn rows(browser: &Path, page: &Path, html: &str, script: &str) -> (usize, String) {
    let count = "const out = document.createElement('pre'); out.id = 'found'; out.textContent = \
        [...document.querySelectorAll('tbody tr')].filter(row => row.getClientRects().length).length \
        + '|' + document.getElementById('finder').hidden + '|' \
        + document.querySelector('[role=status]').textContent; document.body.append(out);";
    let probe = format!("<script>{script}; {count}</script></body>");
    std::fs::write(page, html.replace("</body>", &probe)).unwrap();
    let found = shown(browser, page, 1280);
    let (rows, said) = found.split_once('|').unwrap();
    (rows.parse().unwrap(), said.to_owned())
}

#[test]
fn rows_are_filtered_by_kind_without_a_script_and_by_name_with_one() {
    let Some(browser) = chromium() else { return };
    let (_clinic, page) = page();
    let html = std::fs::read_to_string(&page).unwrap();
    // The probe is a second script, which the page's own policy does not allow.
    let (head, rest) = html.split_once("<meta http-equiv=").unwrap();
    let open = format!("{head}{}", rest.split_once('\n').unwrap().1);
    let rows = |html: &str, script: &str| rows(&browser, &page, html, script);
    let choose = |id: &str| {
        format!(
            "const at = document.getElementById('{id}'); at.checked = true; at.dispatchEvent(new Event('input'))"
        )
    };
    let find = "const at = document.getElementById('find'); at.value = 'walk singh'; \
        at.dispatchEvent(new Event('input'))";
    assert_eq!(rows(&open, ""), (4, "false|4 of 4 rows shown".to_owned()));
    assert_eq!(rows(&open, &choose("show-holds")).0, 2);
    assert_eq!(rows(&open, &choose("show-excess")), (1, "false|1 of 4 rows shown".to_owned()));
    assert_eq!(rows(&open, &choose("show-uncovered")).0, 2);
    assert_eq!(rows(&open, find), (1, "false|1 of 4 rows shown".to_owned()));
    // Without the page's script the kinds still filter, and nothing offers what would not work.
    let (before, script) = open.split_once("<script>").unwrap();
    let none = format!("{before}{}", script.split_once("</script>").unwrap().1);
    assert_eq!(rows(&none, &choose("show-lacks")), (2, "true|".to_owned()));
}

#[test]
fn the_policy_of_the_page_allows_its_own_script_and_no_other() {
    let Some(browser) = chromium() else { return };
    let (_clinic, page) = page();
    let html = std::fs::read_to_string(&page).unwrap();
    let probe = "<script>document.body.append('alien')</script></body>";
    std::fs::write(&page, html.replace("</body>", probe)).unwrap();
    let dom = super::readers_page::dom(&browser, &page, 1280);
    assert!(dom.contains("<span id=\"finder\">"), "its own script ran");
    assert!(dom.contains("4 of 4 rows shown"));
    assert!(!dom.contains("</script>alien"), "another did not");
    assert!(!html.contains("src=") && !html.contains("url(") && !html.contains("href=\"http"));
}

#[test]
fn the_table_is_read_by_another_reader_and_holds_no_formula() {
    let Some(python) = reader("python", "check-jsonschema/bin/python") else { return };
    let clinic = Clinic::planned();
    let world = std::fs::read_to_string(clinic.folder().join("world.yaml")).unwrap();
    let named =
        world.replace("first: Bo, last: Roy", "first: \"B\\\"o\\u001b\", last: '=cmd|x!A1'");
    assert_ne!(named, world);
    std::fs::write(clinic.folder().join("world.yaml"), named).unwrap();
    std::fs::remove_dir_all(clinic.folder().join(".accuroform")).unwrap();
    let text = clinic.run(&["review", "--format", "csv"], 0);
    assert!(text.ends_with("\r\n") && text.lines().count() == 5, "{text}");
    std::fs::write(clinic.folder().join("review.csv"), &text).unwrap();
    let script = "import csv, json, sys\n\
        rows = list(csv.DictReader(open(sys.argv[1], newline='', encoding='utf-8'), strict=True))\n\
        print(json.dumps(rows))";
    let mut command = Command::new(python);
    command.arg("-c").arg(script).arg(clinic.folder().join("review.csv"));
    let (code, said) = read(&mut command);
    assert_eq!(code, Some(0), "{said}");
    let rows: Vec<serde_json::Map<String, serde_json::Value>> =
        serde_json::from_str(said.lines().next().unwrap()).unwrap();
    assert_eq!(rows.len(), 4);
    let row = rows.iter().find(|row| row["provider_id"] == "1043").unwrap();
    assert_eq!(row["provider"], "'=cmd|x!A1, B\"o\\u{1b}");
    assert_eq!(
        (&row["patient"], &row["inbox"], &row["labs"]),
        (&"full".into(), &"full".into(), &"none".into())
    );
    assert_eq!(
        (&row["flags"], &row["since_note"]),
        (&"excess, uncovered".into(), &"not-recorded".into())
    );
    for (name, field) in rows.iter().flatten() {
        let field = field.as_str().unwrap_or_else(|| panic!("{name} of a row is missing"));
        assert!(!field.starts_with(['=', '+', '-', '@', '\t', '\r']), "{name}: {field}");
    }
}
