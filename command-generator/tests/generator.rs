//! The generator against a real Kafka and registry, killed and restarted in the middle of its work.

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use command_generator::accounts::Accounts;
use command_generator::command::{command_of, first_salary};
use command_generator::draw::Seed;
use command_generator::{Error, Settings, build};
use service_kit::fixture::{Consumed, Fixture, eventually};
use service_kit::service::Kit;
use service_kit::settings::from_flags;
use tokio::task::JoinHandle;
use topology::{
    AccountCreationConfirmed, AccountType, CommandId, ConfirmMoneyTransfer, Heartbeat, Iban, Keyed as _, header,
};

const DEADLINE: Duration = Duration::from_mins(1);
const SEED: Seed = Seed(7);

/// A generator in a process of its own, which can be killed.
struct Process(Child);

impl Process {
    fn start(fixture: &Fixture, instance: &str) -> Self {
        let topics = fixture.topics();
        let child = Command::new(env!("CARGO_BIN_EXE_command-generator"))
            .args(["--seed", "7", "--commit-interval-ms", "50", "--session-timeout-ms", "6000"])
            .args(["--admin-port", "0", "--instance", instance, "--group", &fixture.group("generator")])
            .args(["--heartbeat-topic", &topics.heartbeat, "--acc-topic", &topics.acc])
            .args(["--cac-topic", &topics.cac, "--cmt-topic", &topics.cmt])
            .stdout(Stdio::null())
            .spawn()
            .expect("cargo built it");
        Self(child)
    }

    /// As a lost machine: nothing is finished, nothing is said.
    fn kill(mut self) {
        self.0.kill().expect("it runs");
        self.0.wait().expect("it ran");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // A test that failed must not leave it running; one that is gone already is fine.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A generator in this process.
struct Running {
    kit: Kit,
    ended: JoinHandle<Result<(), Error>>,
}

impl Running {
    fn start(fixture: &Fixture, instance: &str) -> Self {
        let group = fixture.group("generator");
        let flags = ["--seed", "7", "--commit-interval-ms", "50", "--instance", instance, "--group", &group];
        let mut settings: Settings = from_flags(&flags).expect("the flags are right");
        settings.topics = fixture.topics().clone();
        settings.session_timeout_ms = 6_000;
        let kit = Kit::detached();
        let service = build(settings, kit.clone()).expect("the settings make clients");
        Self { kit, ended: tokio::spawn(service.run()) }
    }

    async fn end(self) -> Result<(), Error> {
        tokio::time::timeout(DEADLINE, self.ended).await.expect("it ends").expect("no panic")
    }

    async fn stop(self) {
        self.kit.shutdown.cancel();
        self.end().await.expect("no error");
    }

    async fn role(&self, role: &str) {
        eventually(&format!("its role is {role}"), DEADLINE, async || {
            let readiness = self.kit.health.readiness();
            (readiness.ready && readiness.role.as_deref() == Some(role)).then_some(())
        })
        .await;
    }
}

fn account(number: u64, a_type: AccountType) -> AccountCreationConfirmed {
    let iban = Iban::from_number(number).expect("ten digits").text().to_string();
    AccountCreationConfirmed { id: id_of(number), iban, token: format!("{number:020}"), a_type }
}

fn id_of(number: u64) -> CommandId {
    CommandId::from_bytes((u128::from(number) << 64 | 0x8000_8000_0000_0000).to_be_bytes())
}

/// Tells of an account as the handler does, twice: once at first, once because the command was repeated.
async fn tell(fixture: &Fixture, event: u64, created: &AccountCreationConfirmed) {
    let key = created.key();
    let event = event.to_string();
    let first = [(header::EVENT, event.as_str()), (header::BOOKED_AT, "1795352587042000")];
    let again = [first[0], (header::BOOKED_AT, "1795352587042000"), (header::REPEAT, "1")];
    for headers in [&first[..], &again[..]] {
        fixture.produce(&fixture.topics().acc, key.as_ref(), created, headers).await;
    }
}

async fn beat(fixture: &Fixture, beats: std::ops::Range<i64>) {
    let records = beats.map(|beat| ("now".to_owned(), Heartbeat { beat }));
    fixture.produce_all(&fixture.topics().heartbeat, records).await;
}

/// Every command of both topics.
async fn commands(fixture: &Fixture) -> Vec<Consumed> {
    let mut commands = fixture.consume_all(&fixture.topics().cac).await;
    commands.extend(fixture.consume_all(&fixture.topics().cmt).await);
    commands
}

/// The values sent for each id.
fn by_id(commands: &[Consumed]) -> BTreeMap<String, BTreeSet<Vec<u8>>> {
    let mut values: BTreeMap<String, BTreeSet<Vec<u8>>> = BTreeMap::new();
    for command in commands {
        values.entry(command.key_text()).or_default().insert(command.value.clone().expect("a value"));
    }
    values
}

async fn until_sent(fixture: &Fixture, ids: usize) -> Vec<Consumed> {
    eventually(&format!("{ids} different commands"), DEADLINE, async || {
        let commands = commands(fixture).await;
        (by_id(&commands).len() >= ids).then_some(commands)
    })
    .await
}

fn expected_ids(beats: std::ops::Range<i64>, accounts: impl Iterator<Item = u64>) -> BTreeSet<String> {
    let none = Accounts::new(1);
    let of_beats = beats.map(|beat| command_of(SEED, beat, none.first(0), "").id());
    let of_accounts = accounts.map(|number| first_salary(id_of(number), "", "").id());
    of_beats.chain(of_accounts).map(|id| id.to_string()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn however_often_it_is_killed_no_beat_is_missed_and_no_command_differs() {
    let fixture = Fixture::without_databases("gen-kill");
    fixture.create_topics().await;
    let (mut accounts, mut beats) = (0, 0);
    for round in 0..6 {
        let generator = Process::start(&fixture, "one");
        let before = by_id(&commands(&fixture).await).len();
        for part in 0..10 {
            accounts += 1;
            tell(&fixture, accounts, &account(accounts, AccountType::Auto)).await;
            beat(&fixture, beats..beats + 200).await;
            beats += 200;
            if part == 5 {
                until_sent(&fixture, before + 50 * (round + 1)).await;
            }
        }
        generator.kill();
    }
    let _generator = Process::start(&fixture, "one");
    let expected = expected_ids(0..beats, 1..=accounts);
    let commands = until_sent(&fixture, expected.len()).await;
    let sent = by_id(&commands);
    assert_eq!(sent.keys().cloned().collect::<BTreeSet<_>>(), expected);
    let different: Vec<_> = sent.iter().filter(|(_, values)| values.len() > 1).collect();
    assert!(different.is_empty(), "{different:?}");
    assert!(commands.len() > sent.len(), "no command was repeated, so the test showed nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clean_restart_sends_nothing_twice_and_pays_no_salary_again() {
    let fixture = Fixture::without_databases("gen-clean");
    fixture.create_topics().await;
    tell(&fixture, 1, &account(1, AccountType::Auto)).await;
    tell(&fixture, 2, &account(2, AccountType::Manual)).await;
    tell(&fixture, 3, &account(3, AccountType::Auto)).await;
    for round in 0..3 {
        // They came while it was down, and are worked off.
        beat(&fixture, round * 500..(round + 1) * 500).await;
        let running = Running::start(&fixture, "one");
        until_sent(&fixture, usize::try_from(round + 1).unwrap() * 500 + 2).await;
        running.stop().await;
    }
    let commands = commands(&fixture).await;
    let expected = expected_ids(0..1_500, [1, 3].into_iter());
    assert_eq!((commands.len(), by_id(&commands).into_keys().collect::<BTreeSet<_>>()), (expected.len(), expected));
    let salary = first_salary(id_of(3), "", "").id().to_string();
    let salary = commands.iter().find(|command| command.key_text() == salary).expect("sent");
    let ConfirmMoneyTransfer { from, to, amount, description, .. } = salary.record();
    assert_eq!((from, to), (Iban::COMPANY.text().to_string(), account(3, AccountType::Auto).iban));
    assert!((220_000..270_000).contains(&amount));
    assert!(description.starts_with("salary 2026-11-2"), "{description}: when the account was booked");
    let manual = account(2, AccountType::Manual).iban;
    for transfer in fixture.consume_all(&fixture.topics().cmt).await {
        let transfer: ConfirmMoneyTransfer = transfer.record();
        assert!(transfer.from != manual && transfer.to != manual, "{transfer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_beat_or_was_one_before_makes_no_command() {
    let fixture = Fixture::without_databases("gen-skip");
    fixture.create_topics().await;
    let topic = &fixture.topics().heartbeat;
    fixture.produce_raw(topic, None, Some(b"no beat"), &[]).await;
    beat(&fixture, 0..30).await;
    fixture.produce_raw(topic, None, None, &[]).await;
    beat(&fixture, 10..40).await;
    fixture.produce_raw(&fixture.topics().acc, None, Some(b"no account"), &[]).await;
    let running = Running::start(&fixture, "one");
    until_sent(&fixture, 40).await;
    running.stop().await;
    // A restart knows which beats were used, also when the heartbeat repeats them only now.
    beat(&fixture, 35..41).await;
    let running = Running::start(&fixture, "one");
    until_sent(&fixture, 41).await;
    running.stop().await;
    let commands = commands(&fixture).await;
    assert_eq!(commands.len(), 41);
    assert_eq!(by_id(&commands).into_keys().collect::<BTreeSet<_>>(), expected_ids(0..41, 0..0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_standby_takes_over_and_makes_the_same_commands() {
    let fixture = Fixture::without_databases("gen-standby");
    fixture.create_topics().await;
    for number in 1..=3 {
        tell(&fixture, number, &account(number, AccountType::Auto)).await;
    }
    let first = Process::start(&fixture, "one");
    beat(&fixture, 0..1_000).await;
    until_sent(&fixture, 500).await;
    let second = Running::start(&fixture, "two");
    second.role("standby").await;
    tell(&fixture, 4, &account(4, AccountType::Auto)).await;
    beat(&fixture, 1_000..2_000).await;
    first.kill();
    beat(&fixture, 2_000..3_000).await;
    second.role("active").await;
    let expected = expected_ids(0..3_000, 1..=4);
    let sent = by_id(&until_sent(&fixture, expected.len()).await);
    second.stop().await;
    assert!(sent.values().all(|values| values.len() == 1));
    assert_eq!(sent.into_keys().collect::<BTreeSet<_>>(), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_with_one_name_the_older_ends_and_says_so() {
    let fixture = Fixture::without_databases("gen-name");
    fixture.create_topics().await;
    let older = Running::start(&fixture, "one");
    older.role("active").await;
    let newer = Running::start(&fixture, "one");
    let error = older.end().await.expect_err("it must end");
    assert!(matches!(error, Error::NameTaken { .. }), "{error}");
    newer.role("active").await;
    newer.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_behind_which_a_transactions_marker_stands_are_loaded() {
    let fixture = Fixture::without_databases("cg-markers");
    fixture.create_topics().await;
    tell(&fixture, 1, &account(1, AccountType::Auto)).await;
    fixture.leave_markers(&fixture.topics().acc).await;
    let generator = Running::start(&fixture, "one");
    generator.role("active").await;
    beat(&fixture, 20..21).await;
    // The salary of the account, and the beat's transfer.
    eventually("two transfers", DEADLINE, async || {
        (fixture.consume_all(&fixture.topics().cmt).await.len() == 2).then_some(())
    })
    .await;
    generator.stop().await;
}
