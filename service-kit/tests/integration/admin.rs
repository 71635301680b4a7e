//! The admin port: alive, ready, metrics.

use service_kit::admin::{Health, NotReady, ask, serve};
use service_kit::settings::AdminSettings;

async fn get(url: &str) -> (u16, String) {
    let answer = reqwest::get(url).await.expect("it answers");
    (answer.status().as_u16(), answer.text().await.expect("it has a body"))
}

#[tokio::test]
async fn ready_says_what_is_missing() {
    let health = Health::new();
    let kafka = health.part("kafka");
    let server = serve(&AdminSettings::any_free_port(), health.clone()).await.expect("a free port");
    let url = format!("http://{}", server.address());

    kafka.down("waiting for Kafka at localhost:1");
    let (status, body) = get(&format!("{url}/readyz")).await;
    let expected = r#"{"ready":false,"missing":[{"part":"kafka","reason":"waiting for Kafka at localhost:1"}]}"#;
    assert_eq!((status, body.as_str()), (503, expected));
    assert_eq!(get(&format!("{url}/healthz")).await.0, 200, "alive, though not ready");

    kafka.up();
    health.set_role("standby");
    let (status, body) = get(&format!("{url}/readyz")).await;
    assert_eq!((status, body.as_str()), (200, r#"{"ready":true,"role":"standby","missing":[]}"#));
}

#[tokio::test]
async fn a_service_is_asked_without_another_program() {
    let health = Health::new();
    let kafka = health.part("kafka");
    let everywhere = AdminSettings { admin_host: [0, 0, 0, 0].into(), ..AdminSettings::any_free_port() };
    let server = serve(&everywhere, health.clone()).await.expect("a free port");
    let settings = AdminSettings { admin_port: server.address().port(), ..everywhere };
    kafka.down("no broker");
    let answer = ask(&settings).await;
    assert!(matches!(&answer, Err(NotReady::Missing(why)) if why.contains("no broker")), "{answer:?}");
    kafka.up();
    assert!(ask(&settings).await.expect("ready").contains("true"));
    drop(server);
    service_kit::fixture::eventually("nobody answers", std::time::Duration::from_secs(10), async || {
        matches!(ask(&settings).await, Err(NotReady::Silent { .. })).then_some(())
    })
    .await;
}

#[tokio::test]
async fn metrics_of_services_in_one_process_share_a_recorder() {
    let first = serve(&AdminSettings::any_free_port(), Health::new()).await.expect("a free port");
    let second = serve(&AdminSettings::any_free_port(), Health::new()).await.expect("a free port");
    metrics::counter!("kit_test_commands_total").increment(3);
    metrics::histogram!("kit_test_commit_seconds").record(0.003);
    for server in [first, second] {
        let (status, body) = get(&format!("http://{}/metrics", server.address())).await;
        assert_eq!(status, 200);
        for line in [
            "kit_test_commands_total 3",
            "kit_test_commit_seconds_bucket{le=\"0.002\"} 0",
            "kit_test_commit_seconds_bucket{le=\"0.004\"} 1",
        ] {
            assert!(body.contains(line), "{line} is not in\n{body}");
        }
        if cfg!(target_os = "linux") {
            assert!(body.contains("\nprocess_resident_memory_bytes ") && body.contains("\nprocess_cpu_seconds_total "));
        }
    }
}

#[tokio::test]
async fn a_dropped_server_gives_its_port_back() {
    let server = serve(&AdminSettings::any_free_port(), Health::new()).await.expect("a free port");
    let address = server.address();
    let again = AdminSettings { admin_host: address.ip(), admin_port: address.port(), health: false };
    assert!(serve(&again, Health::new()).await.is_err(), "taken");
    drop(server);
    let deadline = std::time::Duration::from_secs(10);
    service_kit::fixture::eventually("the port is free", deadline, async || serve(&again, Health::new()).await.ok())
        .await;
}
