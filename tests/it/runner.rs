//! What CI systems make of what the program gives them, by their documentation and by the source of
//! GitHub's runner: nothing here is taken from the program.

use std::collections::BTreeMap;

/// The outputs of a step in its `GITHUB_OUTPUT` file, as the runner reads them. A file that the runner
/// refuses, or a name that is given twice, is a failure.
pub(crate) fn outputs(text: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut lines = text.split('\n');
    while let Some(line) = lines.next() {
        if line.is_empty() {
            continue;
        }
        let (equals, heredoc) = (line.find('='), line.find("<<"));
        let (key, value) = match (equals, heredoc) {
            (equals, Some(at)) if equals.is_none_or(|equals| at < equals) => {
                let (key, end) = line.split_once("<<").unwrap();
                assert!(!key.is_empty() && !end.is_empty(), "invalid format {line:?}");
                let mut value = Vec::new();
                loop {
                    let line = lines.next().unwrap_or_else(|| panic!("no line is {end:?}"));
                    if line == end {
                        break;
                    }
                    value.push(line);
                }
                (key.to_owned(), value.join("\n"))
            }
            (Some(_), _) => {
                let (key, value) = line.split_once('=').unwrap();
                (key.to_owned(), value.to_owned())
            }
            (None, _) => panic!("invalid format {line:?}"),
        };
        assert!(!key.is_empty(), "{line:?}");
        assert_eq!(found.insert(key.clone(), value), None, "{key} is given twice");
    }
    found
}

/// A command that the runner takes out of what a step prints.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Command {
    pub(crate) name: String,
    pub(crate) properties: BTreeMap<String, String>,
    pub(crate) message: String,
}

/// All of them, in both of the forms that the runner knows.
pub(crate) fn commands(printed: &str) -> Vec<Command> {
    printed
        .split(['\n', '\r'])
        .filter_map(|line| new_form(line).or_else(|| old_form(line)))
        .collect()
}

fn new_form(line: &str) -> Option<Command> {
    let (info, data) = line.trim_start().strip_prefix("::")?.split_once("::")?;
    Some(command(info, data, ','))
}

fn old_form(line: &str) -> Option<Command> {
    let (info, data) = line.split_once("##[")?.1.split_once(']')?;
    Some(command(info, data, ';'))
}

fn command(info: &str, data: &str, between: char) -> Command {
    let (name, properties) = info.split_once(' ').unwrap_or((info, ""));
    let decode = |text: &str, also: &[(&str, &str)]| {
        let mut text = text.to_owned();
        for (code, is) in [("%0D", "\r"), ("%0A", "\n")].iter().chain(also) {
            text = text.replace(code, is);
        }
        text.replace("%25", "%")
    };
    let property = |text: &str| {
        let (key, value) = text.split_once('=')?;
        Some((key.trim().to_owned(), decode(value, &[("%3A", ":"), ("%2C", ",")])))
    };
    Command {
        name: name.to_owned(),
        properties: properties.split(between).filter_map(property).collect(),
        message: decode(data, &[]),
    }
}

/// The variables of a dotenv report, by GitLab's rules and its default limits.
pub(crate) fn dotenv(text: &str) -> BTreeMap<String, String> {
    assert!(text.len() <= 5 * 1024, "{} bytes", text.len());
    let mut found = BTreeMap::new();
    for line in text.lines() {
        let Some((key, value)) = line.split_once('=') else { panic!("{line:?}") };
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        assert!(!key.is_empty() && key.chars().all(is_plain), "{line:?}");
        assert_eq!(value, value.trim(), "GitLab strips spaces");
        assert_eq!(found.insert(key.to_owned(), value.to_owned()), None, "{key} twice");
    }
    assert!(found.len() <= 20, "{} variables", found.len());
    found
}
