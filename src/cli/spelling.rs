//! Terraform's single-dash spellings of the shared flags: `-out=F`, `-auto-approve`.

use std::ffi::OsString;

/// The long flags that may be written with one dash.
const SINGLE_DASH: [&str; 11] = [
    "auto-approve",
    "chdir",
    "check",
    "detailed-exitcode",
    "diff",
    "exclude",
    "json",
    "no-color",
    "out",
    "target",
    "version",
];

/// The arguments with every single-dash spelling in its long form. What follows `--` is left alone.
pub(super) fn long_form(arguments: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut literal = false;
    arguments
        .into_iter()
        .map(|argument| {
            literal |= argument == "--";
            let flag =
                argument.to_str().filter(|_| !literal).and_then(|text| text.strip_prefix('-'));
            match flag {
                Some(flag) if SINGLE_DASH.contains(&flag.split('=').next().unwrap_or(flag)) => {
                    OsString::from(format!("--{flag}"))
                }
                Some(_) | None => argument,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_shared_flags_are_respelled() {
        let typed = ["accuroform", "plan", "-out=p", "-target", "x", "-h", "--json", "--", "-json"];
        let read = long_form(typed.map(OsString::from));
        let expected =
            ["accuroform", "plan", "--out=p", "--target", "x", "-h", "--json", "--", "-json"];
        assert_eq!(read, expected.map(OsString::from));
    }
}
