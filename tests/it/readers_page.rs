//! The page of a plan, judged by a checker of HTML and by an accessibility checker in a browser.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::readers::{Clinic, chromium, own, read, reader};

const PROBE: &str = "<script>axe.run().then(found => { const out = document.createElement('pre'); out.id = 'found'; \
    out.textContent = JSON.stringify({passes: found.passes.length, violations: found.violations.map(one => one.id)}); \
    document.body.append(out); });</script>";

#[test]
fn the_page_is_valid_html() {
    let Some(program) = reader("html-validate", "html/node_modules/.bin/html-validate") else {
        return;
    };
    let clinic = Clinic::planned();
    let page = clinic.file("html", "page.html");
    let check = || {
        let mut command = Command::new(&program);
        command.arg("--config").arg(own("htmlvalidate.json")).arg("--formatter").arg("text");
        read(command.arg(&page))
    };
    let (code, text) = check();
    assert_eq!(code, Some(0), "{text}");
    let html = std::fs::read_to_string(&page).unwrap();
    std::fs::write(&page, html.replace("</main>", "")).unwrap();
    assert_eq!(check().0, Some(1), "the checker sees a fault");
}

/// The rules that the page breaks, at a width.
pub(crate) fn violations(
    browser: &Path,
    axe: &str,
    page: &Path,
    html: &str,
    width: u32,
) -> Vec<String> {
    // The page itself allows no script at all.
    let (head, rest) = html.split_once("<meta http-equiv=").unwrap();
    let rest = rest.split_once('\n').unwrap().1;
    let probed = format!(
        "{head}{}",
        rest.replace("</body>", &format!("<script>{axe}</script>{PROBE}</body>"))
    );
    std::fs::write(page, probed).unwrap();
    let profile = tempfile::tempdir().unwrap();
    let mut command = Command::new(browser);
    command
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .args(["--virtual-time-budget=20000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("--window-size={width},1600"))
        .arg(format!("file://{}", page.display()));
    let output = command.output().unwrap();
    let dom = String::from_utf8_lossy(&output.stdout).into_owned();
    let found = dom.rsplit_once("<pre id=\"found\">").map(|(_, rest)| rest.split("</pre>").next());
    let found = found
        .flatten()
        .unwrap_or_else(|| panic!("no result: {}", String::from_utf8_lossy(&output.stderr)));
    let found: Value = serde_json::from_str(found).unwrap();
    assert!(found["passes"].as_u64().unwrap() > 10, "{found}");
    let rules = found["violations"].as_array().unwrap();
    rules.iter().map(|rule| rule.as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_page_breaks_no_rule_of_accessibility_at_any_width_and_in_the_dark() {
    let Some(axe) = reader("axe-core", "html/node_modules/axe-core/axe.min.js") else { return };
    let Some(browser) = chromium() else { return };
    let axe = std::fs::read_to_string(axe).unwrap();
    let clinic = Clinic::planned();
    let page = clinic.file("html", "page.html");
    let html = std::fs::read_to_string(&page).unwrap();
    let check = |html: &str, width: u32| violations(&browser, &axe, &page, html, width);
    assert_eq!(check(&html, 1280), [""; 0]);
    assert_eq!(check(&html, 500), [""; 0]);
    let dark = html.replace("(prefers-color-scheme: dark)", "all");
    assert_ne!(dark, html);
    assert_eq!(check(&dark, 1280), [""; 0]);
    let faulty = html.replace(" lang=\"en\"", "").replace("--soft: #57606a", "--soft: #ccc");
    assert_eq!(
        check(&faulty, 1280),
        ["color-contrast", "html-has-lang"],
        "the checker sees faults"
    );
}
