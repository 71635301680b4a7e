//! A process dies where it is told to, and does not start with a name that nobody knows.

use crate::child::program;
use std::os::unix::process::ExitStatusExt;
use std::process::Output;

fn with_environment(variable: &str, value: &str) -> Output {
    program("mortal").env(variable, value).output().expect("it starts")
}

#[test]
fn a_failpoint_kills_the_process_the_time_that_is_asked_for() {
    const SIGKILL: i32 = 9;
    let rows = [("mid-flush", "1"), ("mid-flush@3", "1 2 3")];
    for (failpoint, came_to) in rows {
        let output = with_environment("BANK_FAILPOINT", failpoint);
        let text = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.signal(), Some(SIGKILL), "{failpoint}: {output:?}");
        assert!(text.trim().ends_with(came_to), "{failpoint}: {text}");
    }
    let output = with_environment("BANK_FAILPOINT", "mid-flush@6");
    assert!(output.status.success() && String::from_utf8_lossy(&output.stdout).trim().ends_with("1 2 3 4 5 sound"));
}

#[test]
fn a_mutant_is_what_the_environment_names() {
    let output = with_environment("BANK_MUTANT", "no-dedupe");
    assert!(String::from_utf8_lossy(&output.stdout).trim().ends_with("1 2 3 4 5 broken"), "{output:?}");
}

#[test]
fn a_name_that_nobody_knows_ends_the_process_with_the_names_that_there_are() {
    for (variable, named) in [("BANK_FAILPOINT", "before-offsets"), ("BANK_MUTANT", "no-dedupe")] {
        let output = with_environment(variable, "no-such-name");
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(64), "{output:?}");
        assert!(text.contains(variable) && text.contains("no-such-name") && text.contains(named), "{text}");
    }
}
