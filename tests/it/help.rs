//! The help of every command, and the manual pages made from it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::program::Program;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/help")
}

/// The help of a command and of all below it, by the words that are typed.
fn walk(program: &Program, words: &[String], found: &mut BTreeMap<String, String>) {
    let mut arguments: Vec<&str> = words.iter().map(String::as_str).collect();
    arguments.push("--help");
    let ended = program.run(&arguments);
    assert_eq!(ended.code, 0, "{words:?}: {}", ended.stderr);
    let listed = ended.stdout.split("\nCommands:\n").nth(1).unwrap_or_default();
    let listed = listed.split("\n\n").next().unwrap();
    let below: Vec<String> = listed
        .lines()
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .map(|line| line.split_whitespace().next().unwrap().to_owned())
        .filter(|command| command != "help")
        .collect();
    let name = if words.is_empty() { "accuroform".to_owned() } else { words.join("-") };
    found.insert(name, ended.stdout);
    for command in below {
        walk(program, &[words, &[command]].concat(), found);
    }
}

fn all() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    walk(&Program::with_manifest(""), &[], &mut found);
    found
}

#[test]
fn the_help_of_every_command_is_the_reviewed_one_and_has_examples() {
    let found = all();
    for command in ["plan", "plan-merge", "history-show", "fmt", "rollout-undo"] {
        assert!(found.contains_key(command), "{command} was not walked: {:?}", found.keys());
    }
    for (name, text) in &found {
        let has_commands = text.contains("\nCommands:\n") && !text.contains("\nArguments:\n");
        let is_group = has_commands && name != "accuroform";
        assert!(is_group || text.contains("Example"), "{name} --help has no example");
        assert!(text.lines().all(|line| line.chars().count() <= 110), "{name} --help is wide");
    }
    if std::env::var_os("SNAPSHOTS").is_some_and(|value| value == "overwrite") {
        drop(fs::remove_dir_all(folder()));
        fs::create_dir_all(folder()).unwrap();
        for (name, text) in &found {
            fs::write(folder().join(format!("{name}.txt")), text).unwrap();
        }
    }
    let mut kept = BTreeMap::new();
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        kept.insert(name, fs::read_to_string(&path).unwrap());
    }
    assert_eq!(kept.keys().collect::<Vec<_>>(), found.keys().collect::<Vec<_>>());
    for (name, text) in &found {
        assert_eq!(text, &kept[name], "{name} --help; if it is meant: SNAPSHOTS=overwrite");
    }
}

#[test]
fn every_command_has_a_manual_page() {
    let program = Program::with_manifest("");
    let ended = program.run(&["man", "pages"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let pages: Vec<String> = fs::read_dir(program.folder().join("pages"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    for command in all().into_keys() {
        let page = match command.as_str() {
            "accuroform" => "accuroform.1".to_owned(),
            command => format!("accuroform-{command}.1"),
        };
        assert!(pages.contains(&page), "{page} is missing: {pages:?}");
        let text = fs::read_to_string(program.folder().join("pages").join(&page)).unwrap();
        assert!(
            text.contains(".TH accuroform") && text.contains(".SH SYNOPSIS"),
            "{page}:\n{text}"
        );
    }
    assert_eq!(pages.len(), all().len(), "{pages:?}");
    let page = program.run(&["man"]);
    assert!(page.code == 0 && page.stdout.contains(".SH SUBCOMMANDS"), "{}", page.stdout);
}

#[test]
fn completions_name_every_command_in_every_shell_and_work_in_bash() {
    let program = Program::with_manifest("");
    let commands = all();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ended = program.run(&["completions", shell]);
        assert_eq!((ended.code, ended.stderr.as_str()), (0, ""), "{shell}");
        for command in commands.keys().flat_map(|name| name.split('-')) {
            assert!(ended.stdout.contains(command), "{shell} does not know {command}");
        }
    }
    let text = program.run(&["completions", "bash"]).stdout;
    let complete = |words: &str, count: usize| {
        let script = format!(
            "{text}\nCOMP_WORDS=({words}); COMP_CWORD={count}; \
             _accuroform accuroform \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD-1]}}\"; printf '%s\\n' \"${{COMPREPLY[@]}}\""
        );
        let output = std::process::Command::new("bash")
            .args(["--norc", "-c", &script])
            .env_clear()
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(complete("accuroform pla", 1), "plan\n");
    assert_eq!(complete("accuroform plan --against", 2), "--against-git\n");
    assert!(complete("accuroform plan --format ''", 3).contains("terraform-json\n"));
}
