//! `accuroform fmt`, run as a program.

use std::fs;

use super::program::Program;

const UNTIDY: &str = "version:  1\nclinic: { id: lakeside }\n\n\n# end\n";
const TIDY: &str = "version: 1\nclinic: {id: lakeside}\n\n# end\n";

#[test]
fn check_lists_what_is_untidy_and_writes_nothing() {
    let program = Program::with_manifest(UNTIDY);
    fs::write(program.folder().join("tidy.yaml"), TIDY).unwrap();
    let ended = program.run(&["fmt", "--check", "clinic.yaml", "tidy.yaml"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (3, "clinic.yaml\n"), "{}", ended.stderr);
    assert_eq!(fs::read_to_string(program.folder().join("clinic.yaml")).unwrap(), UNTIDY);

    let ended = program.run(&["fmt", "-check", "-diff"]);
    assert_eq!(ended.code, 3);
    assert!(ended.stdout.contains("-version:  1\n"), "{}", ended.stdout);
    assert!(ended.stdout.contains("+version: 1\n"), "{}", ended.stdout);
    assert_eq!(fs::read_to_string(program.folder().join("clinic.yaml")).unwrap(), UNTIDY);
}

#[test]
fn fmt_rewrites_in_place_and_once() {
    let program = Program::with_manifest(UNTIDY);
    let path = program.folder().join("clinic.yaml");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    }
    let ended = program.run(&["fmt"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (0, "clinic.yaml\n"), "{}", ended.stderr);
    assert_eq!(fs::read_to_string(&path).unwrap(), TIDY);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    }
    let ended = program.run(&["fmt", "--check"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (0, ""), "{}", ended.stderr);
}

#[test]
fn a_file_that_is_no_yaml_stays_and_does_not_hide_the_others() {
    let program = Program::with_manifest("a: [\n");
    fs::write(program.folder().join("other.yaml"), UNTIDY).unwrap();
    let ended = program.run(&["fmt", "--check", "clinic.yaml", "other.yaml"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (1, "other.yaml\n"));
    assert!(ended.stderr.contains("error[M090]: cannot format clinic.yaml"), "{}", ended.stderr);
    assert_eq!(fs::read_to_string(program.folder().join("clinic.yaml")).unwrap(), "a: [\n");
}

#[test]
fn a_difference_shows_no_secret() {
    let text = include_str!("../manifests/invalid/literal_secret.yaml");
    let secret = text.lines().find_map(|line| line.trim().strip_prefix("client_secret: "));
    let secret = secret.unwrap().trim_matches('"').to_owned();
    let program = Program::with_manifest(text.replace("client_secret: ", "client_secret:   "));
    let ended = program.run(&["fmt", "--check", "--diff"]);
    assert_eq!(ended.code, 3, "{}", ended.stderr);
    assert!(ended.stdout.contains('+'), "{}", ended.stdout);
    assert!(!ended.everything().contains(&secret), "{}", ended.everything());
}
