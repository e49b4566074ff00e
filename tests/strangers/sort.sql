-- Sorts more than its cache holds, in threads.
PRAGMA threads=4;
PRAGMA cache_size=-200;
CREATE TABLE numbers(number INTEGER, word TEXT);
WITH RECURSIVE counted(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM counted WHERE i < 100000)
INSERT INTO numbers
SELECT (i * 7919) % 100003, printf('row %d', (i * 104729) % 1000003) FROM counted;
CREATE INDEX by_word ON numbers(word, number);
SELECT count(*), sum(number) FROM numbers;
SELECT number, word FROM numbers ORDER BY word DESC, number LIMIT 5;
PRAGMA integrity_check;
