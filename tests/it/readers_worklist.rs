//! The printable worklist of a clinic of 4 offices × 25 providers, on paper: its pages are counted by a
//! reader of PDF that somebody else wrote, and it is judged by checkers of HTML and accessibility.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use accuroform::report::{self, WorklistForm};
use accuroform::worklist::worklist;
use serde_yaml::Value;

use super::readers::{chromium, own, read, reader};
use super::readers_page::violations;
use super::worklist::listed;
use super::world::World;

const QUICKSTART: &str = include_str!("../../examples/quickstart/world.yaml");
const RULE: &str = "users: [{profile: ocean, all_offices: true}]\n";

/// The offices and people of the quickstart clinic, everybody in every office and 25 of them.
fn clinic() -> World {
    let quickstart: Value = serde_yaml::from_str(QUICKSTART).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let person = |one: &Value| {
        (one["id"].as_u64().unwrap(), format!("{}, {}", text(&one["last"]), text(&one["first"])))
    };
    let mut people: Vec<(u64, String)> =
        quickstart["providers"].as_sequence().unwrap().iter().map(person).collect();
    for more in 1.. {
        if people.len() >= 25 {
            break;
        }
        people.push((9000 + more, format!("Van der Featherstonehaugh, Maximiliana {more}")));
    }
    people.truncate(25);
    let people: Vec<(u64, &str)> = people.iter().map(|(id, name)| (*id, name.as_str())).collect();
    let offices = quickstart["offices"].as_sequence().unwrap();
    assert_eq!(offices.len(), 4);
    offices.iter().fold(World::new(), |world, office| {
        world.office(office["id"].as_u64().unwrap(), &text(&office["name"]), &people)
    })
}

fn page(world: &World, rule: &str) -> String {
    listed(&world.plan(rule), |approved| {
        report::worklist(&[worklist(approved)], WorklistForm::Html)
    })
}

/// Prints a page to PDF.
fn print(browser: &Path, page: &Path) -> PathBuf {
    let pdf = page.with_extension("pdf");
    let profile = tempfile::tempdir().unwrap();
    let output = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .args(["--no-pdf-header-footer", &format!("--print-to-pdf={}", pdf.display())])
        .arg(format!("file://{}", page.display()))
        .output()
        .unwrap();
    assert!(pdf.exists(), "{}", String::from_utf8_lossy(&output.stderr));
    pdf
}

/// The text of each page.
const PAGES: &str = "import json, sys, pypdf
print(json.dumps([page.extract_text() for page in pypdf.PdfReader(sys.argv[1]).pages]))";

fn pages(python: &Path, pdf: &Path) -> Vec<String> {
    let (code, text) = read(Command::new(python).args(["-c", PAGES]).arg(pdf));
    assert_eq!(code, Some(0), "{text}");
    serde_json::from_str(text.lines().next().unwrap()).unwrap()
}

#[test]
fn a_hundred_rows_fit_two_printed_pages_and_each_says_whose_they_are() {
    let Some(python) = reader("pypdf", "pypdf/bin/python") else { return };
    let Some(browser) = chromium() else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("worklist.html");
    let html = page(&clinic(), RULE);
    fs::write(&file, &html).unwrap();
    let printed = pages(&python, &print(&browser, &file));
    if let Some(kept) = std::env::var_os("ACCUROFORM_KEEP") {
        fs::copy(&file, Path::new(&kept).join("worklist.html")).unwrap();
        fs::copy(file.with_extension("pdf"), Path::new(&kept).join("worklist.pdf")).unwrap();
    }
    assert_eq!(printed.len(), 2, "{printed:#?}");
    for page in &printed {
        for words in ["lakeside", "OceanAPILAKESIDE", "Provider", "Patient", "Visible"] {
            assert!(page.contains(words), "{words}: {page}");
        }
    }
    let whole = printed.concat();
    for office in ["Main Street (1)", "Walk-in (2)", "North Campus (3)", "Online Booking (4)"] {
        assert!(whole.contains(office), "{office}");
    }
    assert_eq!(whole.matches("Singh, Anita (1042)").count(), 4, "in each office");
    for words in ["Press Save", "Clicked by", "Signature"] {
        assert!(whole.contains(words), "{words}");
    }
}

#[test]
fn the_worklist_is_valid_html_and_breaks_no_rule_of_accessibility() {
    let world = clinic()
        .office(
            5,
            "Annex",
            &[(1, "Lee \"K\" <b>, Kim"), (2, "Long-Name-Without-Any-Space-At-All, X")],
        )
        .row(5, 1, "patient=read-only inbox / 2027-01-31");
    let rule = "users: [{profile: ocean, management: exact, all_offices: true}]\n";
    let html = page(&world, rule);
    assert!(html.contains("Access Until") && html.contains("clear"), "every kind of cell is there");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("worklist.html");
    fs::write(&file, &html).unwrap();
    if let Some(program) = reader("html-validate", "html/node_modules/.bin/html-validate") {
        let mut command = Command::new(program);
        command.arg("--config").arg(own("htmlvalidate.json")).arg("--formatter").arg("text");
        let (code, text) = read(command.arg(&file));
        assert_eq!(code, Some(0), "{text}");
    }
    let Some(axe) = reader("axe-core", "html/node_modules/axe-core/axe.min.js") else { return };
    let Some(browser) = chromium() else { return };
    let axe = fs::read_to_string(axe).unwrap();
    for width in [1280, 500] {
        assert_eq!(violations(&browser, &axe, &file, &html, width), [""; 0], "{width}");
    }
}
