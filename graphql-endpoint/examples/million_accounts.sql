-- A million accounts with three transactions each, written straight into the projection of a bank that is otherwise idle: enough to
-- see how queries do at that size. Not for a bank that is to be used: no topic has these, and a rebuild removes them.
INSERT INTO projection.account (number, iban, a_type, created_at, has_transactions)
SELECT n, 'NL' || lpad((98 - (('24251423' || lpad(n::text,10,'0') || '232100')::numeric % 97))::text, 2, '0') || 'OPEN' || lpad(n::text,10,'0'), 0, 1700000000000000, true
FROM (SELECT 1000000 + i * 37 AS n FROM generate_series(1, 1000000) i) s ON CONFLICT DO NOTHING;
INSERT INTO projection.transaction (id, account, log_offset, new_balance, changed_by, account_seq, booked_at, log_partition, from_to, descr)
SELECT 100000000 + (r * 1000000 + i) * 2, 1000000 + i * 37, 10000000 + (r * 1000000 + i), 1000 * (r+1), 1000, r + 1, 1700000000000000 + i, i % 9, 'cash', 'deposit 2026-11-22'
FROM generate_series(0,2) r, generate_series(1,1000000) i;
ANALYZE projection.account; ANALYZE projection.transaction;
