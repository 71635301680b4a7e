//! Topics of another program that decided commands before this one: their outcomes and changes carry no event numbers, so
//! they get some here, always the same ones.

use bytes::{BufMut, BytesMut};
use tokio_postgres::Row;
use uuid::Uuid;

use super::error::TakeOverError;
use super::numbering::{Numbered, Numbering};
use super::repo::Staging;
use crate::store::copy;

/// Transfers read from the database at a time.
const FETCH: usize = 5_000;

/// By its changes a transfer is known: equal ones are told apart by their order, which makes no difference.
const MATCH: &str = "
    CREATE TEMP TABLE unnumbered AS
        SELECT o.*, row_number() OVER (ORDER BY o.booked_at, o.log_partition, o.log_offset) AS rough
        FROM first_outcome o WHERE event IS NULL;
    CREATE TEMP TABLE first_command AS
        SELECT DISTINCT ON (c.kind, c.id) c.*, u.rough, u.refusal FROM topic_command c JOIN unnumbered u USING (kind, id)
        ORDER BY c.kind, c.id, c.log_partition, c.log_offset;
    CREATE TEMP TABLE here AS
        SELECT number FROM first_outcome WHERE number IS NOT NULL UNION ALL SELECT 0;
    CREATE UNIQUE INDEX ON here (number);
    CREATE TEMP TABLE expected_change AS
        SELECT id, leg, number, changed_by, from_to, description,
               row_number() OVER (PARTITION BY number, changed_by, from_to, description ORDER BY rough) AS place
        FROM (SELECT id, 1::smallint AS leg, from_number AS number, -amount AS changed_by, to_account AS from_to, description, rough
              FROM first_command WHERE kind = 2 AND refusal IS NULL
              UNION ALL
              SELECT id, 2, to_number, amount, from_account, description, rough
              FROM first_command WHERE kind = 2 AND refusal IS NULL) leg
        JOIN here USING (number);
    CREATE TEMP TABLE seen_change AS
        SELECT *, row_number() OVER (PARTITION BY number, changed_by, from_to, description ORDER BY log_offset) AS place,
               row_number() OVER (PARTITION BY number ORDER BY log_offset) AS account_seq
        FROM topic_change WHERE event IS NULL;
    ANALYZE unnumbered; ANALYZE first_command; ANALYZE here; ANALYZE expected_change; ANALYZE seen_change;
    CREATE TEMP TABLE matched_change AS
        SELECT e.id, e.leg, s.log_partition, s.log_offset, e.number AS expected, s.number AS seen, s.account_seq
        FROM expected_change e FULL JOIN seen_change s
             ON e.number = s.number AND e.changed_by = s.changed_by AND e.from_to = s.from_to
                AND e.description = s.description AND e.place = s.place;
    CREATE INDEX ON matched_change (id);
    ANALYZE matched_change;
    CREATE TEMP TABLE numbering (kind smallint, id uuid, event bigint)";

const WITHOUT_COUNTERPART: [&str; 3] = [
    "SELECT format('the outcome of %s has no command, and no event number', u.id)
     FROM unnumbered u LEFT JOIN first_command c USING (kind, id) WHERE c.id IS NULL LIMIT 1",
    "SELECT format('the transfer %s is confirmed, without a change of account %s', id, iban(expected))
     FROM matched_change WHERE seen IS NULL LIMIT 1",
    "SELECT format('the change in partition %s at offset %s is of no confirmed transfer', log_partition, log_offset)
     FROM matched_change WHERE expected IS NULL LIMIT 1",
];

/// The transfers with their changes, roughly in their order.
const TRANSFERS: &str = "
    DECLARE transfers NO SCROLL CURSOR WITH HOLD FOR
    SELECT u.id, array_remove(array_agg(m.seen), NULL), array_remove(array_agg(m.account_seq), NULL)
    FROM unnumbered u LEFT JOIN matched_change m ON m.id = u.id
    WHERE u.kind = 2 GROUP BY u.id, u.rough ORDER BY u.rough";

/// Accounts are opened before anything happens on them.
const NUMBER_CREATIONS: &str = "
    INSERT INTO numbering SELECT 1, id, row_number() OVER (ORDER BY rough) FROM unnumbered WHERE kind = 1";

const APPLY: &str = "
    CREATE UNIQUE INDEX ON numbering (kind, id);
    ANALYZE numbering;
    UPDATE topic_change c SET event = n.event, leg = m.leg, seq = m.account_seq
        FROM matched_change m JOIN numbering n ON n.kind = 2 AND n.id = m.id
        WHERE c.log_partition = m.log_partition AND c.log_offset = m.log_offset;
    UPDATE topic_outcome o SET event = n.event FROM numbering n WHERE n.kind = o.kind AND n.id = o.id AND o.event IS NULL;
    UPDATE first_outcome o SET event = n.event FROM numbering n WHERE n.kind = o.kind AND n.id = o.id;
    UPDATE first_outcome o SET legs = t.legs
        FROM (SELECT id, string_agg(iban(seen) || ':' || account_seq, ',' ORDER BY leg) AS legs
              FROM matched_change GROUP BY id) t
        WHERE o.kind = 2 AND o.id = t.id;
    DROP TABLE unnumbered, first_command, here, expected_change, seen_change, matched_change, numbering";

impl Staging<'_> {
    /// Gives numbers to what has none; how many events that are.
    ///
    /// # Errors
    /// When the database fails, or outcomes and changes of the other program don't fit together.
    pub async fn number_what_has_none(&self) -> Result<i64, TakeOverError> {
        let missing = "SELECT (SELECT count(*) FROM first_outcome WHERE event IS NULL),
                              (SELECT count(*) FROM topic_change WHERE event IS NULL),
                              (SELECT min(event) FROM first_outcome)";
        let row = self.0.query_one(missing, &[]).await?;
        let (outcomes, changes, first): (i64, i64, Option<i64>) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        if outcomes == 0 && changes == 0 {
            return Ok(0);
        }
        tracing::info!(outcomes, changes, "numbering what another program decided");
        if let Some(first) = first.filter(|first| *first <= outcomes) {
            return Err(TakeOverError::Contradictory(format!(
                "{outcomes} outcomes have no event number, and others have numbers from {first} on"
            )));
        }
        self.0.batch_execute(MATCH).await?;
        self.refuse_contradictions(&WITHOUT_COUNTERPART, None).await?;
        self.0.batch_execute(NUMBER_CREATIONS).await?;
        self.number_transfers().await?;
        self.0.batch_execute(APPLY).await?;
        Ok(outcomes)
    }

    async fn number_transfers(&self) -> Result<(), TakeOverError> {
        let mut last: i64 = self.0.query_one("SELECT count(*) FROM numbering", &[]).await?.try_get(0)?;
        let mut numbering = Numbering::new();
        self.0.batch_execute(TRANSFERS).await?;
        let no_order = |error| TakeOverError::Contradictory(format!("another program wrote them, and {error}"));
        loop {
            let rows = self.0.query(&format!("FETCH {FETCH} FROM transfers"), &[]).await?;
            if rows.is_empty() {
                break;
            }
            let mut ordered = Vec::with_capacity(FETCH);
            for row in &rows {
                numbering.take(transfer(row)?, &mut ordered).map_err(no_order)?;
            }
            let mut data = BytesMut::with_capacity(40 * ordered.len() + 64);
            copy::header(&mut data);
            for id in ordered {
                last += 1;
                data.put_i16(3);
                data.put_i32(2);
                data.put_i16(2);
                copy::put_bytes(id.as_bytes(), &mut data);
                copy::put_i64(last, &mut data);
            }
            self.copy("COPY numbering FROM STDIN (FORMAT binary)", data).await?;
        }
        numbering.finish().map_err(no_order)?;
        self.0.batch_execute("CLOSE transfers").await?;
        Ok(())
    }
}

fn transfer(row: &Row) -> Result<Numbered<Uuid>, TakeOverError> {
    let (numbers, places): (Vec<i64>, Vec<i64>) = (row.try_get(1)?, row.try_get(2)?);
    Ok(Numbered { transfer: row.try_get(0)?, changes: numbers.into_iter().zip(places).collect() })
}
