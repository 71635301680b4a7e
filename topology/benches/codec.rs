//! The hand-written codec beside the two libraries that the tests use as oracles. docs/decisions/0002-avro-codec.md has
//! the figures of one run.

#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark's panic is its failure, and nobody calls it")]

#[path = "../tests/oracle/mod.rs"]
mod oracle;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use oracle::{Oracle, apache, fast};
use serde::Serialize;
use serde::de::DeserializeOwned;
use topology::command_hash::{Hashed, command_hash};
use topology::{
    AccountCreationConfirmed, AccountCreationFailed, AccountType, BalanceChanged, CommandId, ConfirmAccountCreation,
    ConfirmMoneyTransfer, Heartbeat, Key, MoneyTransferConfirmed, MoneyTransferFailed, Record,
};

fn codecs<R: Record>(c: &mut Criterion, record: R)
where
    Oracle<R>: Serialize + DeserializeOwned,
{
    let mut bytes = Vec::new();
    record.encode(&mut bytes);
    let oracle = Oracle(record);
    let schema = fast::schema::<R>();
    let (writer, reader) = (apache::writer::<R>(), apache::reader::<R>());

    let mut group = c.benchmark_group(format!("encode {}", R::NAME));
    let mut out = Vec::with_capacity(bytes.len());
    group.bench_function("hand-written", |b| {
        b.iter(|| {
            out.clear();
            black_box(&oracle.0).encode(black_box(&mut out));
        });
    });
    group.bench_function("serde_avro_fast", |b| {
        let mut config = serde_avro_fast::ser::SerializerConfig::new(&schema);
        b.iter(|| {
            out.clear();
            fast::encode(black_box(&oracle), &mut config, black_box(&mut out));
        });
    });
    group.bench_function("apache-avro", |b| {
        b.iter(|| {
            out.clear();
            apache::encode(black_box(&oracle), &writer, black_box(&mut out));
        });
    });
    group.finish();

    let mut group = c.benchmark_group(format!("decode {}", R::NAME));
    group.bench_function("hand-written", |b| b.iter(|| R::decode(black_box(&bytes)).unwrap()));
    group.bench_function("serde_avro_fast", |b| b.iter(|| fast::decode::<R>(black_box(&bytes), &schema)));
    group.bench_function("apache-avro", |b| b.iter(|| apache::decode::<R>(black_box(&bytes), &reader)));
    group.bench_function("resolved", |b| {
        b.iter(|| R::decode_resolved(black_box(&bytes), topology::parsed_schema::<R>()).unwrap());
    });
    group.finish();
}

fn hashes<R: Hashed>(c: &mut Criterion, command: &R) {
    c.bench_function(&format!("hash {}", R::NAME), |b| b.iter(|| command_hash(black_box(command))));
}

fn all(c: &mut Criterion) {
    let id: CommandId = "0189abcd-ef01-7234-8567-89abcdef0123".parse().unwrap();
    let iban = "NL66OPEN0000000000".to_owned();
    let token = "01234567890123456789".to_owned();
    let description = "transfer 2026-11-22T12:34:56.789".to_owned();
    let creation = ConfirmAccountCreation { id, a_type: AccountType::Auto };
    let transfer = ConfirmMoneyTransfer {
        id,
        token: token.clone(),
        amount: 10_999,
        from: iban.clone(),
        to: "NL38OPEN0938224674".to_owned(),
        description: description.clone(),
    };
    hashes(c, &creation);
    hashes(c, &transfer);
    c.bench_function("key of an id", |b| b.iter(|| Key::from(black_box(id))));
    codecs(c, transfer);
    codecs(
        c,
        BalanceChanged {
            iban: iban.clone(),
            new_balance: 12_345_678,
            changed_by: -10_999,
            from_to: "NL38OPEN0938224674".to_owned(),
            description,
        },
    );
    codecs(c, MoneyTransferConfirmed { id });
    codecs(c, MoneyTransferFailed { id, reason: "insufficient funds".to_owned() });
    codecs(c, Heartbeat { beat: 1_234_567 });
    codecs(c, creation);
    codecs(c, AccountCreationConfirmed { id, iban, token, a_type: AccountType::Auto });
    codecs(c, AccountCreationFailed { id, reason: "generated iban already exists, try again".to_owned() });
}

criterion_group!(benches, all);
criterion_main!(benches);
