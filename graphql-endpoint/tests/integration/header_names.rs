//! Headers whose names are no UTF-8, which any producer may write, and which clients' own producers here cannot.

use crate::bank::{Bank, credit, iban};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use topology::{BalanceChanged, wire};

/// Kafka's record batch, version 2, with one record; see the protocol's "Record Batch".
fn batch(key: &[u8], value: &[u8], header: (&[u8], &[u8])) -> Vec<u8> {
    let mut record = vec![0, 0, 0]; // attributes, and the differences of timestamp and offset
    for field in [key, value] {
        varint(&mut record, field.len());
        record.extend_from_slice(field);
    }
    varint(&mut record, 1);
    for field in [header.0, header.1] {
        varint(&mut record, field.len());
        record.extend_from_slice(field);
    }
    let mut body = Vec::new();
    body.extend(0_i16.to_be_bytes()); // attributes
    body.extend(0_i32.to_be_bytes()); // difference of the last offset
    for timestamp in [1_700_000_000_000_i64; 2] {
        body.extend(timestamp.to_be_bytes());
    }
    body.extend((-1_i64).to_be_bytes()); // no producer id
    body.extend((-1_i16).to_be_bytes());
    body.extend((-1_i32).to_be_bytes());
    body.extend(1_i32.to_be_bytes());
    varint(&mut body, record.len());
    body.extend(record);
    let mut batch = Vec::new();
    batch.extend(0_i64.to_be_bytes());
    batch.extend(i32::try_from(body.len() + 9).expect("short").to_be_bytes());
    batch.extend((-1_i32).to_be_bytes()); // leader epoch
    batch.push(2);
    batch.extend(crc32c(&body).to_be_bytes());
    batch.extend(body);
    batch
}

/// Zigzag, seven bits per byte.
fn varint(out: &mut Vec<u8>, number: usize) {
    let mut rest = number << 1;
    while rest >= 0x80 {
        out.push(rest.to_le_bytes()[0] | 0x80);
        rest >>= 7;
    }
    out.push(rest.to_le_bytes()[0]);
}

fn crc32c(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0x82F6_3B78 & (crc & 1).wrapping_neg()))
    };
    !bytes.iter().fold(!0, step)
}

/// Sends one Produce request, version 3, to the broker; the topic's partitions are all led by the only one.
async fn produce(brokers: &str, topic: &str, partition: i32, batch: &[u8]) {
    let mut request = Vec::new();
    request.extend(0_i16.to_be_bytes());
    request.extend(3_i16.to_be_bytes());
    request.extend(1_i32.to_be_bytes());
    request.extend((-1_i16).to_be_bytes()); // no client id
    request.extend((-1_i16).to_be_bytes()); // no transaction
    request.extend((-1_i16).to_be_bytes()); // acknowledged by all
    request.extend(10_000_i32.to_be_bytes());
    request.extend(1_i32.to_be_bytes());
    request.extend(i16::try_from(topic.len()).expect("short").to_be_bytes());
    request.extend(topic.as_bytes());
    request.extend(1_i32.to_be_bytes());
    request.extend(partition.to_be_bytes());
    request.extend(i32::try_from(batch.len()).expect("short").to_be_bytes());
    request.extend(batch);
    let broker = brokers.split(',').next().expect("a broker");
    let mut socket = TcpStream::connect(broker).await.expect("Kafka is there");
    socket.write_i32(i32::try_from(request.len()).expect("short")).await.expect("is sent");
    socket.write_all(&request).await.expect("is sent");
    let mut answer = vec![0; usize::try_from(socket.read_i32().await.expect("is answered")).expect("a length")];
    socket.read_exact(&mut answer).await.expect("is answered");
    // Correlation, topics, the topic's name, partitions, the partition, and then its error.
    let error = &answer[4 + 4 + 2 + topic.len() + 4 + 4..][..2];
    assert_eq!(error, [0, 0], "Kafka refuses: {answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_no_utf_8_ends_neither_the_projection_nor_a_reader() {
    let bank = Bank::new("gql-names").await;
    let database = bank.database().await;
    let endpoint = bank.start(&[]).await;
    bank.publish(credit(1, 1, iban(1), 100, 100)).await;
    let all = bank.fixture.consume_all(&bank.fixture.topics().bc).await;
    let (id, _) = wire::split(all[0].value.as_deref().expect("a value")).expect("as the registry wants it");
    let account = iban(2).to_string();
    let record = BalanceChanged {
        iban: account.clone(),
        new_balance: 5,
        changed_by: 5,
        from_to: "cash".into(),
        description: "odd".into(),
    };
    let mut value = Vec::new();
    wire::frame(id, &record, &mut value);
    let partition = topology::partition::murmur2_partition(account.as_bytes(), 9);
    let odd = batch(account.as_bytes(), &value, (&[0xFF, 0xFE], b"x"));
    produce(&bank.fixture.kafka().brokers, &bank.fixture.topics().bc, partition, &odd).await;
    endpoint.projected(&database, 2).await;
    let mut socket = endpoint.web_socket().await;
    let fields = "records { key value headers { name value } }";
    socket
        .subscribe(&format!(
            "subscription {{ topic_records(topic: \"balance_changed\", max_items: 5) {{ {fields} }} }}"
        ))
        .await;
    let told = socket.next_data("topic_records").await;
    let odd = told["records"].as_array().expect("a list").iter().find(|record| record["key"] == account);
    assert_eq!(odd.expect("is shown")["headers"], json!([{ "name": "(a name that is not UTF-8)", "value": null }]));
    endpoint.stop().await;
}
