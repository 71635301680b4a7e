-- The event-sourced ledger. The events are the truth; balances are a snapshot that lags behind them,
-- exact up to and including flush.flushed_through. Read balances through current_account.

-- One row per decided command, numbered without a gap. A side's balance and sequence are those after the event and
-- are set exactly where that side is an account here; where the other side is outside, counter_account names what it is booked against.
-- Text columns hold U+0000 escaped (U+E000 followed by 0) and U+E000 itself as U+E000 followed by 1, since a text column can't hold U+0000.
create table event (
    event           bigint   primary key,
    kind            smallint not null,      -- 1 account creation, 2 money transfer
    id              uuid     not null,
    command_hash    bytea    not null,
    booked_at       bigint   not null,      -- microseconds since 1970 UTC
    refusal         text,                   -- null: confirmed
    from_account    text,
    to_account      text,
    amount          bigint,                 -- euro cents
    description     text,
    from_balance    bigint,
    from_seq        bigint,
    to_balance      bigint,
    to_seq          bigint,
    counter_account text,
    counter_balance numeric(39)             -- wider than an account's, so that the outside never runs full
);
-- What makes a repeated command find its first outcome, and a second writer fail.
create unique index event_by_command on event (id, kind);

create table account (
    number        bigint   primary key,     -- the ten digits of the IBAN
    token         text     not null,
    a_type        smallint not null,        -- 0 AUTO, 1 MANUAL
    balance_limit bigint   not null,        -- euro cents; a debit takes the balance no lower
    created_event bigint   not null,
    balance       bigint   not null,
    seq           bigint   not null
) with (fillfactor = 80);                   -- room for updates that touch no index

create table counter_account (
    name    text primary key,
    balance numeric(39) not null
);

create table flush (
    only_row        boolean primary key default true check (only_row),
    flushed_through bigint  not null
);

-- The last record of each output partition that Kafka acknowledged, written behind.
create table publication (
    topic         text    not null,
    log_partition integer not null,
    event         bigint  not null,
    leg           smallint not null,
    log_offset    bigint  not null,
    primary key (topic, log_partition)
);
-- Every event up to and including published_through is acknowledged by Kafka.
create table publication_progress (
    only_row          boolean primary key default true check (only_row),
    published_through bigint  not null,
    cluster_id        text
);

create table poison (
    topic         text    not null,
    log_partition integer not null,
    log_offset    bigint  not null,
    reason        text    not null,
    key           bytea,
    value         bytea,
    seen_at       timestamptz not null default now(),
    primary key (topic, log_partition, log_offset)
);

create table lease (
    only_row boolean primary key default true check (only_row),
    holder   text    not null,
    counter  bigint  not null
);

insert into account values (0, '00000000000000000000', 0, -50000, 0, 100000000000000000, 0);
insert into counter_account values
    ('capital', -100000000000000000), ('cash', 0), ('other-bank', 0), ('other-party', 0);
insert into flush (flushed_through) values (0);
insert into publication_progress (published_through) values (0);
insert into lease (holder, counter) values ('', 0);

create function iban(number bigint) returns text language sql immutable strict parallel safe as $$
    select 'NL' || lpad((98 - (('24251423' || lpad(number::text, 10, '0') || '232100')::numeric % 97))::text, 2, '0')
           || 'OPEN' || lpad(number::text, 10, '0')
$$;

-- The newest balance of each account that has events behind flushed_through.
create view unflushed_account as
select distinct on (number) number, balance, seq
from (
    select substr(from_account, 9)::bigint as number, from_balance as balance, from_seq as seq, event
    from event where event > (select flushed_through from flush) and from_seq is not null
    union all
    select substr(to_account, 9)::bigint, to_balance, to_seq, event
    from event where event > (select flushed_through from flush) and to_seq is not null
) leg
order by number, event desc;

create view unflushed_counter_account as
select distinct on (counter_account) counter_account as name, counter_balance as balance
from event where event > (select flushed_through from flush) and counter_account is not null
order by counter_account, event desc;

create view current_account as
select iban(a.number) as iban, a.a_type, a.balance_limit,
       coalesce(u.balance, a.balance) as balance, coalesce(u.seq, a.seq) as seq
from account a left join unflushed_account u using (number);

create view current_counter_account as
select c.name, coalesce(u.balance, c.balance) as balance
from counter_account c left join unflushed_counter_account u using (name);
