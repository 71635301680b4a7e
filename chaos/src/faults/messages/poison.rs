//! Commands that cannot be read.

use std::time::Duration;

use uuid::Uuid;

use super::super::Scene;
use super::sender::{PARTITIONS, Sender};
use crate::bank::wait_for;
use crate::error::ChaosError;

/// Above what the topics of commands take.
const TOO_LARGE_BYTES: usize = 2_000_000;

pub async fn poison(scene: &Scene<'_>) -> Result<String, ChaosError> {
    let sender = Sender::new(scene).await?;
    let count = "select count(*) from poison";
    let before = scene.bank.questions.number(count).await?;
    let whole = sender.encode(&Sender::deposit(1_000));
    let values: Vec<Option<Vec<u8>>> = vec![
        None,
        Some(Vec::new()),
        Some(b"no magic byte".to_vec()),
        Some([&[0, 0x7f, 0xff, 0xff, 0xfe], &whole[5..]].concat()),
        Some(whole[..whole.len() - 3].to_vec()),
        // After the id, the token's length as Avro writes it: the largest that nine bytes hold.
        Some([&whole[..21], [0xff; 8].as_slice(), &[0x7f]].concat()),
        Some([whole.as_slice(), b"more"].concat()),
    ];
    let sent = i64::try_from(values.len()).unwrap_or(i64::MAX);
    for (value, partition) in values.iter().zip((0..PARTITIONS).cycle().skip(scene.plan.one_of(9))) {
        sender.send_bytes(&Uuid::new_v4().to_string(), value.as_deref(), partition).await?;
    }
    let too_large = vec![0; TOO_LARGE_BYTES];
    let refused = sender.send_bytes("too large", Some(&too_large), 0).await;
    let Err(ChaosError::Delivery(refused)) = refused else {
        return Err(ChaosError::Broken("Kafka took a command above the topic's bound".to_owned()));
    };
    let all_kept = async || scene.bank.questions.number(count).await.is_ok_and(|now| now == before + sent);
    wait_for("the poison to be kept", Duration::from_secs(30), all_kept).await?;
    scene.served(Duration::from_secs(20)).await?;
    Ok(format!("{sent} kept as poison; {TOO_LARGE_BYTES} bytes were refused: {refused}"))
}
