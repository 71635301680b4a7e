//! The command itself: exit codes.

use crate::corner::Corner;
use std::process::Command;

fn run(corner: &Corner, flags: &[&str]) -> (Option<i32>, String) {
    let topics = corner.fixture.topics();
    let output = Command::new(env!("CARGO_BIN_EXE_synchronizer"))
        .args(flags)
        .env("KAFKA_HEARTBEAT_TOPIC", &topics.heartbeat)
        .env("KAFKA_CAC_TOPIC", &topics.cac)
        .env("KAFKA_ACC_TOPIC", &topics.acc)
        .env("KAFKA_ACF_TOPIC", &topics.acf)
        .env("KAFKA_CMT_TOPIC", &topics.cmt)
        .env("KAFKA_MTC_TOPIC", &topics.mtc)
        .env("KAFKA_MTF_TOPIC", &topics.mtf)
        .env("KAFKA_BC_TOPIC", &topics.bc)
        .output()
        .expect("it starts");
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output.status.code(), text)
}

#[tokio::test]
async fn exit_codes_tell_how_it_ended() {
    let corner = Corner::new("exit");
    let rows: [(&[&str], i32, &str); 5] = [
        (&["--dry-run"], 2, "+ topic "),
        (&[], 0, "8 topics as they should be, 24 actions"),
        (&["--dry-run"], 0, "8 topics as they should be, 0 actions"),
        (
            &["--kafka-brokers", "localhost:1", "--kafka-request-timeout-ms", "100", "--wait-ms", "200"],
            1,
            "not synchronized",
        ),
        (&["--wait-ms", "1"], 64, "--wait-ms"),
    ];
    for (flags, code, part) in rows {
        let (found, text) = run(&corner, flags);
        assert_eq!(found, Some(code), "{flags:?}: {text}");
        assert!(text.contains(part), "{flags:?}: {text}");
    }
    let renamed = Corner::new("exit-many");
    renamed.make_topic(&renamed.fixture.topics().heartbeat, 2).await;
    let (code, text) = run(&renamed, &[]);
    assert_eq!(code, Some(1), "{text}");
}
