-- Finance. The type of a column says how it syncs (shared/platform/SPEC.md, E rules); the loader makes every replicated
-- primary key (scope_id, id). Rules in words: apps/finance/SPEC.md (FN rules).
--
-- Each scope is a ledger of its own, with its own accounts, categories, payees, tags and people: whoever shares one holds
-- no row, name or id of another. What people write stands in the replicated tables. Everything that is computed from it
-- (numbers, sums, search) is local to the device, made by triggers, and can be made anew at any time (data/rebuild.ts).

-- What a ledger is called and counts in, once somebody chose: at most one row, with the id `s:ledger`.
CREATE TABLE ledgers (
  id          TEXT PRIMARY KEY,
  scope_id    TEXT,
  name        LWW_TEXT,
  currency    LWW_TEXT             -- ISO 4217: of the budget, and what a new account begins with
);
SELECT crsql_as_crr('ledgers');
SELECT crsql_policy('ledgers', 'OWNER:RW, EDITOR:RW, VIEWER:R');

CREATE TABLE accounts (
  id          TEXT PRIMARY KEY,
  scope_id    TEXT,
  name        LWW_TEXT,
  kind        LWW_TEXT,            -- current, savings, card, cash, loan
  currency    WRITE_ONCE_TEXT,     -- its postings are in it; another currency is another account
  on_budget   LWW_INTEGER,         -- 1: its money is what envelopes divide
  closed_at   LWW_INTEGER,
  deleted_at  LWW_INTEGER,         -- made by mistake; its transactions stay
  sort        LWW_TEXT             -- crsql_fract_key_between
);
SELECT crsql_as_crr('accounts');
SELECT crsql_policy('accounts', 'OWNER:RW, EDITOR:RW, VIEWER:R');

CREATE TABLE category_groups (
  id          TEXT PRIMARY KEY,
  scope_id    TEXT,
  name        LWW_TEXT,
  sort        LWW_TEXT,
  deleted_at  LWW_INTEGER
);
SELECT crsql_as_crr('category_groups');
SELECT crsql_policy('category_groups', 'OWNER:RW, EDITOR:RW, VIEWER:R');

-- Income and expense accounts. No WRITE_ONCE column: each device may make the starter set by itself, under `s:` ids.
CREATE TABLE categories (
  id          TEXT PRIMARY KEY,
  scope_id    TEXT,
  name        LWW_TEXT,
  kind        LWW_TEXT,            -- income, expense
  group_id    LWW_TEXT,
  sort        LWW_TEXT,
  archived_at LWW_INTEGER,
  deleted_at  LWW_INTEGER
);
SELECT crsql_as_crr('categories');
SELECT crsql_policy('categories', 'OWNER:RW, EDITOR:RW, VIEWER:R');

-- The id follows from the name it was made with, so that two devices that import the same name make one payee.
CREATE TABLE payees (
  id          TEXT PRIMARY KEY,
  scope_id    TEXT,
  name        LWW_TEXT,
  alias_of    LWW_TEXT             -- merged into that payee: shown and found under its name
);
SELECT crsql_as_crr('payees');
SELECT crsql_policy('payees', 'OWNER:RW, EDITOR:RW, VIEWER:R');

CREATE TABLE tags (
  id          TEXT PRIMARY KEY,
  scope_id    TEXT,
  name        LWW_TEXT
);
SELECT crsql_as_crr('tags');
SELECT crsql_policy('tags', 'OWNER:RW, EDITOR:RW, VIEWER:R');

-- Who pays and owes in a ledger. A line names a person as the account `person:` and the id.
CREATE TABLE people (
  id          TEXT PRIMARY KEY,
  scope_id    TEXT,
  name        LWW_TEXT,
  identity    LWW_TEXT,            -- of a member; NULL for somebody without the app
  deleted_at  LWW_INTEGER
);
SELECT crsql_as_crr('people');
SELECT crsql_policy('people', 'OWNER:RW, EDITOR:RW, VIEWER:R');

-- Transactions. A row is one whole version of one (domain/revision.ts has the format), written once and never changed
-- or removed; which versions count follows from the set (domain/thread.ts). One cell, because a row arrives cell by cell.
CREATE TABLE revisions (
  id          TEXT PRIMARY KEY,
  scope_id    TEXT,
  body        WRITE_ONCE_TEXT
);
SELECT crsql_as_crr('revisions');
SELECT crsql_policy('revisions', 'OWNER:RI, EDITOR:RI, VIEWER:R');

-- By transaction. The id of one is position 7 of the body, or that of the revision that founds it.
CREATE INDEX revisions_of ON revisions (
  scope_id, (CASE WHEN json_valid(body) THEN coalesce(body ->> '$[7]', id) END)
);

-- Ticked off against a statement: the id is transaction `@` account. Beside the revisions, so that ticking off and
-- editing never contradict each other. Without a row the line itself says how it came from the bank.
CREATE TABLE marks (
  id          TEXT PRIMARY KEY,
  scope_id    TEXT,
  cleared     LWW_INTEGER          -- 0 open, 1 cleared, 2 reconciled
);
SELECT crsql_as_crr('marks');
SELECT crsql_policy('marks', 'OWNER:RW, EDITOR:RW, VIEWER:R');

-- What a person set an envelope to. The id is category `@` month `@` currency. Its money is this and the moves below.
CREATE TABLE budgets (
  id          TEXT PRIMARY KEY,
  scope_id    TEXT,
  category_id LWW_TEXT,
  month       LWW_INTEGER,         -- yyyymm
  currency    LWW_TEXT,
  minor       LWW_INTEGER
);
SELECT crsql_as_crr('budgets');
SELECT crsql_policy('budgets', 'OWNER:RW, EDITOR:RW, VIEWER:R');

-- Money moved from envelope to envelope: appended, never changed, so two moves at once both happen, and none makes money.
CREATE TABLE budget_moves (
  id          TEXT PRIMARY KEY,
  scope_id    TEXT,
  month       WRITE_ONCE_INTEGER,
  currency    WRITE_ONCE_TEXT,
  from_id     WRITE_ONCE_TEXT,
  to_id       WRITE_ONCE_TEXT,
  minor       WRITE_ONCE_INTEGER
);
SELECT crsql_as_crr('budget_moves');
SELECT crsql_policy('budget_moves', 'OWNER:RI, EDITOR:RI, VIEWER:R');

-- ---------------------------------------------------------------------------------------------------------------------
-- Local from here on. What others wrote passes through these triggers too, so none of them may ever fail: whatever a
-- body holds, it is judged first, and what is no revision is as if it were not there.

-- Small numbers for long ids: of accounts, categories, payees, tags, people (as `owes:` and the id) and, with the id '',
-- of scopes. A number outlives the row it stands for, and may come before it.
CREATE TABLE refs (
  n           INTEGER PRIMARY KEY,
  scope_id    TEXT NOT NULL,
  id          TEXT NOT NULL,
  UNIQUE (scope_id, id)
);

-- The shown revision of each transaction. `n` is its place in time: date * 2^21 + order, the upper half of a day for
-- those whose place was taken. So every list by date is a walk along a key.
CREATE TABLE entries (
  n           INTEGER PRIMARY KEY,
  r           INTEGER NOT NULL UNIQUE,  -- rowid of the revision
  scope       INTEGER NOT NULL,         -- a number of refs
  payee       INTEGER,                  -- a number of refs
  link        TEXT,
  versions    INTEGER NOT NULL,         -- that differ; above 1 is a conflict
  deleted     INTEGER NOT NULL
);
CREATE INDEX entries_payee ON entries (payee, n) WHERE payee IS NOT NULL;
CREATE INDEX entries_link ON entries (link) WHERE link IS NOT NULL;
CREATE INDEX entries_conflict ON entries (n) WHERE versions > 1;
CREATE INDEX entries_deleted ON entries (n) WHERE deleted = 1;

-- The lines of live entries. From line 1000 on: what a shared expense changed for a person (place `owes:`).
CREATE TABLE postings (
  n           INTEGER NOT NULL,
  line        INTEGER NOT NULL,
  place       INTEGER NOT NULL,         -- a number of refs
  currency    TEXT NOT NULL,
  minor       INTEGER NOT NULL,
  cleared     INTEGER NOT NULL,
  PRIMARY KEY (n, line)
) WITHOUT ROWID;
CREATE INDEX postings_place ON postings (place, n, line, currency, minor, cleared);

-- Sums of the postings of a place by month; of a scope (currency '') the number of its live entries.
CREATE TABLE months (
  place       INTEGER NOT NULL,
  currency    TEXT NOT NULL,
  month       INTEGER NOT NULL,
  count       INTEGER NOT NULL,
  minor       INTEGER NOT NULL,
  cleared     INTEGER NOT NULL,
  PRIMARY KEY (place, currency, month)
) WITHOUT ROWID;

CREATE TABLE entry_tags (
  n           INTEGER NOT NULL,
  tag         INTEGER NOT NULL,         -- a number of refs
  PRIMARY KEY (n, tag)
) WITHOUT ROWID;
CREATE INDEX entry_tags_tag ON entry_tags (tag, n);

-- Rows of bank statements that a transaction is known by, beside the one in its own id: account `.` key.
CREATE TABLE statement_keys (
  scope       INTEGER NOT NULL,
  key         TEXT NOT NULL,
  r           INTEGER NOT NULL,
  PRIMARY KEY (scope, key, r)
) WITHOUT ROWID;

-- Words of live entries, names included, and each amount as U+E000 and its minor units: no keyboard has that letter.
-- By rowid, which is the place in time, so the newest matches come first without sorting.
CREATE VIRTUAL TABLE entries_search USING fts5 (
  words,
  content = '',
  contentless_delete = 1,
  detail = 'none',
  prefix = '2 3 4 5',
  tokenize = "unicode61 remove_diacritics 2 categories 'L* N* Co'"
);

-- Accounts on their way to another ledger (data/moving.ts). Local, because two devices that finish the same move would
-- write everything twice.
CREATE TABLE moving (
  scope_id    TEXT NOT NULL,
  account_id  TEXT NOT NULL,
  to_scope    TEXT NOT NULL,
  to_account  TEXT NOT NULL,
  PRIMARY KEY (scope_id, account_id)
);

-- The version of the triggers below that filled these tables (data/rebuild.ts).
CREATE TABLE built (
  version     INTEGER PRIMARY KEY
);

-- Scratch of `settle`: the valid revisions of one transaction, then the leaves, then the one that is shown.
CREATE TABLE work (
  r           INTEGER PRIMARY KEY,
  id          TEXT NOT NULL,
  body        TEXT NOT NULL,
  depth       INTEGER NOT NULL,
  root        INTEGER NOT NULL,         -- made by an import that knew of no other
  deleted     INTEGER NOT NULL,
  replaced    INTEGER NOT NULL DEFAULT 0,
  versions    INTEGER NOT NULL DEFAULT 1,
  n           INTEGER
);

CREATE TRIGGER postings_insert AFTER INSERT ON postings BEGIN
  INSERT INTO months (place, currency, month, count, minor, cleared)
    VALUES (new.place, new.currency, new.n / 209715200, 1, new.minor, iif(new.cleared > 0, new.minor, 0))
    ON CONFLICT (place, currency, month) DO UPDATE SET
      count = count + 1, minor = minor + excluded.minor, cleared = cleared + excluded.cleared;
END;
CREATE TRIGGER postings_delete AFTER DELETE ON postings BEGIN
  UPDATE months SET count = count - 1, minor = minor - old.minor, cleared = cleared - iif(old.cleared > 0, old.minor, 0)
    WHERE place = old.place AND currency = old.currency AND month = old.n / 209715200;
  DELETE FROM months
    WHERE place = old.place AND currency = old.currency AND month = old.n / 209715200 AND count = 0;
END;
CREATE TRIGGER postings_clear AFTER UPDATE OF cleared ON postings BEGIN
  UPDATE months SET cleared = cleared + iif(new.cleared > 0, new.minor, 0) - iif(old.cleared > 0, old.minor, 0)
    WHERE place = old.place AND currency = old.currency AND month = old.n / 209715200;
END;

CREATE TRIGGER entries_insert AFTER INSERT ON entries WHEN new.deleted = 0 BEGIN
  INSERT INTO months (place, currency, month, count, minor, cleared)
    VALUES (new.scope, '', new.n / 209715200, 1, 0, 0)
    ON CONFLICT (place, currency, month) DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER entries_delete AFTER DELETE ON entries BEGIN
  UPDATE months SET count = count - 1
    WHERE old.deleted = 0 AND place = old.scope AND currency = '' AND month = old.n / 209715200;
  DELETE FROM months WHERE place = old.scope AND currency = '' AND month = old.n / 209715200 AND count = 0;
  DELETE FROM entry_tags WHERE n = old.n;
  DELETE FROM postings WHERE n = old.n;
  DELETE FROM entries_search WHERE rowid = old.n;
END;

-- What an entry is found by: note, payee, tags, and of each line memo, amount and category, account or person.
CREATE VIEW entry_words AS
  SELECT e.n, concat_ws(' ',
    v.body ->> '$[5]',
    (SELECT coalesce(q.name, p.name) FROM payees p
      LEFT JOIN payees q ON q.scope_id = p.scope_id AND q.id = p.alias_of
      WHERE p.scope_id = v.scope_id AND p.id = v.body ->> '$[4]'),
    (SELECT group_concat(t.name, ' ') FROM json_each(v.body, '$[6]') g
      CROSS JOIN tags t ON t.scope_id = v.scope_id AND t.id = g.value),
    (SELECT group_concat(concat_ws(' ', l.value ->> '$[4]', char(57344) || abs(l.value ->> '$[1]'), coalesce(
        (SELECT name FROM categories WHERE scope_id = v.scope_id AND id = l.value ->> '$[0]'),
        (SELECT name FROM accounts WHERE scope_id = v.scope_id AND id = l.value ->> '$[0]'),
        (SELECT name FROM people WHERE scope_id = v.scope_id AND 'person:' || id = l.value ->> '$[0]'))), ' ')
      FROM json_each(v.body, '$[3]') l)
  ) AS words
  FROM entries e CROSS JOIN revisions v ON v.rowid = e.r
  WHERE e.deleted = 0;

-- INSERT INTO reindex (n): finds the entry by the words it has now.
CREATE VIEW reindex AS SELECT NULL AS n WHERE FALSE;
CREATE TRIGGER reindex_now INSTEAD OF INSERT ON reindex BEGIN
  DELETE FROM entries_search WHERE rowid = new.n;
  INSERT INTO entries_search (rowid, words) SELECT n, words FROM entry_words WHERE n = new.n;
END;

-- INSERT INTO settle (scope_id, id, gone): works out anew what is shown of one transaction, from its revisions here.
-- `gone`: rowid of a revision that was removed. The same in words and in TypeScript: domain/thread.ts, domain/revision.ts.
CREATE VIEW settle AS SELECT NULL AS scope_id, NULL AS id, NULL AS gone WHERE FALSE;
CREATE TRIGGER settle_now INSTEAD OF INSERT ON settle BEGIN
  DELETE FROM entries WHERE r = new.gone;
  DELETE FROM entries WHERE r IN (
    SELECT v.rowid FROM revisions v
    WHERE v.scope_id = new.scope_id AND (CASE WHEN json_valid(v.body) THEN coalesce(v.body ->> '$[7]', v.id) END) = new.id
  );
  DELETE FROM work;

  -- The revisions that are well formed and balanced. CASE, because it alone keeps what follows from being looked at
  -- where it would fail: JSON functions stop at what is no JSON.
  INSERT INTO work (r, id, body, depth, root, deleted)
    SELECT v.rowid, v.id, v.body,
      coalesce(json_array_length(v.body, '$[8]'), 0),
      instr(new.id, '.') > 0 AND coalesce(json_array_length(v.body, '$[8]'), 0) = 0,
      coalesce(v.body -> '$[11]', 'null') = '1'
    FROM revisions v
    WHERE v.scope_id = new.scope_id AND (CASE WHEN json_valid(v.body) THEN coalesce(v.body ->> '$[7]', v.id) END) = new.id
      AND CASE WHEN
        octet_length(v.body) <= 65536 AND instr(v.body, '\u0000') = 0 AND instr(v.body, char(0)) = 0 AND json_type(v.body) = 'array'
        AND json_type(v.body, '$[0]') = 'integer' AND v.body ->> '$[0]' BETWEEN 10000101 AND 99991231
        AND strftime('%Y%m%d', printf('%04d-%02d-%02d',
          v.body ->> '$[0]' / 10000, v.body ->> '$[0]' / 100 % 100, v.body ->> '$[0]' % 100)) = CAST(v.body ->> '$[0]' AS TEXT)
        AND json_type(v.body, '$[1]') = 'integer' AND v.body ->> '$[1]' BETWEEN 0 AND 1048575
        AND json_type(v.body, '$[2]') = 'text' AND v.body ->> '$[2]' GLOB '[A-Z][A-Z][A-Z]'
        AND coalesce(json_type(v.body, '$[4]'), 'null') IN ('null', 'text')
        AND coalesce(json_type(v.body, '$[5]'), 'null') IN ('null', 'text')
        AND coalesce(json_type(v.body, '$[7]'), 'null') IN ('null', 'text')
        AND coalesce(v.body ->> '$[7]', v.id) <> '' AND instr(coalesce(v.body ->> '$[7]', ''), '@') = 0
        AND coalesce(json_type(v.body, '$[10]'), 'null') IN ('null', 'text')
        AND coalesce(v.body -> '$[11]', 'null') IN ('null', '1')
        AND CASE coalesce(json_type(v.body, '$[6]'), 'null') WHEN 'null' THEN TRUE
          WHEN 'array' THEN NOT EXISTS (SELECT 1 FROM json_each(v.body, '$[6]') WHERE type <> 'text') ELSE FALSE END
        AND CASE coalesce(json_type(v.body, '$[8]'), 'null') WHEN 'null' THEN TRUE
          WHEN 'array' THEN NOT EXISTS (SELECT 1 FROM json_each(v.body, '$[8]') WHERE type <> 'text') ELSE FALSE END
        AND CASE coalesce(json_type(v.body, '$[9]'), 'null') WHEN 'null' THEN TRUE
          WHEN 'array' THEN NOT EXISTS (SELECT 1 FROM json_each(v.body, '$[9]') k WHERE CASE WHEN k.type = 'array'
            THEN json_array_length(k.value) = 0 OR EXISTS (SELECT 1 FROM json_each(k.value) WHERE type <> 'text')
            ELSE TRUE END)
          ELSE FALSE END
        AND json_type(v.body, '$[3]') = 'array' AND json_array_length(v.body, '$[3]') BETWEEN 2 AND 200
        AND NOT EXISTS (SELECT 1 FROM json_each(v.body, '$[3]') l WHERE NOT coalesce(CASE WHEN l.type = 'array' THEN
          json_type(l.value, '$[0]') = 'text' AND l.value ->> '$[0]' <> '' AND l.value ->> '$[0]' NOT GLOB 'owes:*'
          AND json_type(l.value, '$[1]') = 'integer'
          AND l.value ->> '$[1]' BETWEEN -1000000000000000 AND 1000000000000000
          AND CASE coalesce(json_type(l.value, '$[2]'), 'null')
            WHEN 'null' THEN coalesce(json_type(l.value, '$[3]'), 'null') = 'null'
            WHEN 'text' THEN l.value ->> '$[2]' GLOB '[A-Z][A-Z][A-Z]' AND l.value ->> '$[2]' <> v.body ->> '$[2]'
              AND json_type(l.value, '$[3]') = 'integer'
              AND l.value ->> '$[3]' BETWEEN -1000000000000000 AND 1000000000000000
            ELSE FALSE END
          AND coalesce(json_type(l.value, '$[4]'), 'null') IN ('null', 'text')
          AND coalesce(l.value -> '$[5]', 'null') IN ('null', '0', '1')
          AND CASE coalesce(json_type(l.value, '$[6]'), 'null')
            WHEN 'null' THEN TRUE
            WHEN 'array' THEN CASE WHEN EXISTS (
                SELECT 1 FROM json_each(l.value, '$[6]') s WHERE NOT coalesce(CASE WHEN s.type = 'array' THEN
                  json_type(s.value, '$[0]') = 'text' AND s.value ->> '$[0]' <> ''
                  AND json_type(s.value, '$[1]') = 'integer'
                  AND s.value ->> '$[1]' BETWEEN -1000000000000000 AND 1000000000000000
                  AND json_type(s.value, '$[2]') = 'integer'
                  AND s.value ->> '$[2]' BETWEEN -1000000000000000 AND 1000000000000000
                END, FALSE))
              THEN FALSE
              ELSE (SELECT coalesce(sum(s.value ->> '$[1]'), 0) FROM json_each(l.value, '$[6]') s) = l.value ->> '$[1]' END
            ELSE FALSE END
        END, FALSE))
      THEN (SELECT sum(coalesce(l.value ->> '$[3]', l.value ->> '$[1]')) FROM json_each(v.body, '$[3]') l) = 0
      ELSE FALSE END;

  -- Keys of all of them count, also of what was replaced or deleted: a row of a statement is imported once.
  INSERT INTO refs (scope_id, id)
    SELECT new.scope_id, '' WHERE NOT EXISTS (SELECT 1 FROM refs WHERE scope_id = new.scope_id AND id = '');
  INSERT INTO statement_keys (scope, key, r)
    SELECT (SELECT n FROM refs WHERE scope_id = new.scope_id AND id = ''), (k.value ->> '$[0]') || '.' || i.value, w.r
    FROM work w, json_each(w.body, '$[9]') k, json_each(k.value) i
    WHERE k.type = 'array' AND i.key > 0
    ON CONFLICT DO NOTHING;

  -- Leaves: what no other names; no root of an import where somebody edited. In a circle, all of it.
  UPDATE work SET replaced = 1
    WHERE (SELECT count(*) FROM work) > 1 AND (
      (root AND EXISTS (SELECT 1 FROM work w WHERE NOT w.root))
      OR EXISTS (SELECT 1 FROM work w, json_each(w.body, '$[8]') o WHERE o.value = work.id AND w.r <> work.r)
    );
  UPDATE work SET replaced = 0
    WHERE NOT EXISTS (SELECT 1 FROM work w WHERE NOT w.replaced)
      AND (NOT root OR NOT EXISTS (SELECT 1 FROM work w WHERE NOT w.root));
  DELETE FROM work WHERE replaced;
  UPDATE work SET versions = (
      SELECT count(DISTINCT CASE WHEN v.root
        THEN json_array(v.body ->> '$[0]', v.body ->> '$[2]', v.body ->> '$[3]', v.deleted)
        ELSE json_array(v.body ->> '$[0]', v.body ->> '$[1]', v.body ->> '$[2]', v.body ->> '$[3]', v.body ->> '$[4]',
          v.body ->> '$[5]', v.body ->> '$[6]', v.body ->> '$[9]', v.body ->> '$[10]', v.deleted)
        END) FROM work v)
    WHERE (SELECT count(*) FROM work) > 1;
  DELETE FROM work WHERE r <> (SELECT r FROM work ORDER BY deleted, depth DESC, id DESC LIMIT 1);
  UPDATE work SET n = (body ->> '$[0]') * 2097152 + (body ->> '$[1]');
  UPDATE work
    SET n = 1 + coalesce(
      (SELECT max(n) FROM entries WHERE n >= work.n / 2097152 * 2097152 + 1048576 AND n < (work.n / 2097152 + 1) * 2097152),
      work.n / 2097152 * 2097152 + 1048575)
    WHERE EXISTS (SELECT 1 FROM entries WHERE n = work.n);

  INSERT INTO refs (scope_id, id)
    SELECT new.scope_id, used.id FROM (
      SELECT l.value ->> '$[0]' AS id FROM work w, json_each(w.body, '$[3]') l
      UNION SELECT 'owes:' || substr(l.value ->> '$[0]', 8) FROM work w, json_each(w.body, '$[3]') l
        WHERE l.value ->> '$[0]' GLOB 'person:*'
      UNION SELECT 'owes:' || (s.value ->> '$[0]')
        FROM work w, json_each(w.body, '$[3]') l, json_each(l.value, '$[6]') s WHERE s.type = 'array'
      UNION SELECT g.value FROM work w, json_each(w.body, '$[6]') g WHERE g.type = 'text'
      UNION SELECT w.body ->> '$[4]' FROM work w WHERE w.body ->> '$[4]' IS NOT NULL
    ) used
    WHERE NOT EXISTS (SELECT 1 FROM refs WHERE scope_id = new.scope_id AND refs.id = used.id);

  INSERT INTO entries (n, r, scope, payee, link, versions, deleted)
    SELECT w.n, w.r,
      (SELECT n FROM refs WHERE scope_id = new.scope_id AND id = ''),
      (SELECT n FROM refs WHERE scope_id = new.scope_id AND id = w.body ->> '$[4]'),
      w.body ->> '$[10]', w.versions, w.deleted
    FROM work w;
  DELETE FROM work WHERE deleted;

  INSERT INTO postings (n, line, place, currency, minor, cleared)
    SELECT w.n, l.key, (SELECT n FROM refs WHERE scope_id = new.scope_id AND id = l.value ->> '$[0]'),
      coalesce(l.value ->> '$[2]', w.body ->> '$[2]'), l.value ->> '$[1]',
      coalesce((SELECT cleared FROM marks WHERE scope_id = new.scope_id AND id = new.id || '@' || (l.value ->> '$[0]')),
        l.value ->> '$[5]', 0)
    FROM work w, json_each(w.body, '$[3]') l;

  -- Who put in what, less what they owe of it. It counts where it sums to zero; else the rest is between the pot and
  -- a person, and no matter of one owing another.
  INSERT INTO postings (n, line, place, currency, minor, cleared)
    SELECT n, 999 + row_number() OVER (), (SELECT n FROM refs WHERE scope_id = new.scope_id AND id = 'owes:' || person),
      currency, minor, 0
    FROM (
      SELECT n, person, currency, sum(minor) AS minor, sum(sum(minor)) OVER (PARTITION BY currency) AS rest
      FROM (
        SELECT w.n, substr(l.value ->> '$[0]', 8) AS person, coalesce(l.value ->> '$[2]', w.body ->> '$[2]') AS currency,
          -(l.value ->> '$[1]') AS minor
        FROM work w, json_each(w.body, '$[3]') l WHERE l.value ->> '$[0]' GLOB 'person:*'
        UNION ALL
        SELECT w.n, s.value ->> '$[0]', coalesce(l.value ->> '$[2]', w.body ->> '$[2]'), -(s.value ->> '$[1]')
        FROM work w, json_each(w.body, '$[3]') l, json_each(l.value, '$[6]') s WHERE s.type = 'array'
      ) GROUP BY person, currency
    )
    WHERE rest = 0 AND minor <> 0;

  INSERT INTO entry_tags (n, tag)
    SELECT DISTINCT w.n, (SELECT n FROM refs WHERE scope_id = new.scope_id AND id = g.value)
    FROM work w, json_each(w.body, '$[6]') g WHERE g.type = 'text';
  INSERT INTO entries_search (rowid, words) SELECT e.n, e.words FROM entry_words e WHERE e.n = (SELECT n FROM work);
END;

-- Plain AFTER triggers, without a condition on the sync bit: they must also fire for what a merge writes.
CREATE TRIGGER revisions_insert AFTER INSERT ON revisions BEGIN
  INSERT INTO settle (scope_id, id, gone)
    SELECT new.scope_id, coalesce(new.body ->> '$[7]', new.id), NULL WHERE json_valid(new.body);
END;
CREATE TRIGGER revisions_update AFTER UPDATE OF body ON revisions BEGIN
  INSERT INTO settle (scope_id, id, gone)
    SELECT old.scope_id, coalesce(old.body ->> '$[7]', old.id), old.rowid WHERE json_valid(old.body);
  INSERT INTO settle (scope_id, id, gone)
    SELECT new.scope_id, coalesce(new.body ->> '$[7]', new.id), NULL WHERE json_valid(new.body);
END;
CREATE TRIGGER revisions_delete AFTER DELETE ON revisions BEGIN
  DELETE FROM statement_keys WHERE r = old.rowid;
  INSERT INTO settle (scope_id, id, gone)
    SELECT old.scope_id, coalesce(old.body ->> '$[7]', old.id), old.rowid WHERE json_valid(old.body);
END;

-- INSERT INTO remark (scope_id, id): looks again how a transaction and account, as in the id of a mark, are ticked off.
CREATE VIEW remark AS SELECT NULL AS scope_id, NULL AS id WHERE FALSE;
CREATE TRIGGER remark_now INSTEAD OF INSERT ON remark BEGIN
  UPDATE postings
    SET cleared = coalesce(
      (SELECT m.cleared FROM marks m WHERE m.scope_id = new.scope_id AND m.id = new.id),
      (SELECT v.body ->> ('$[3][' || postings.line || '][5]') FROM entries e JOIN revisions v ON v.rowid = e.r
        WHERE e.n = postings.n),
      0)
    WHERE n IN (
      SELECT e.n FROM revisions v JOIN entries e ON e.r = v.rowid
      WHERE v.scope_id = new.scope_id AND (CASE WHEN json_valid(v.body) THEN coalesce(v.body ->> '$[7]', v.id) END)
        = substr(new.id, 1, instr(new.id, '@') - 1)
    ) AND line < 1000 AND place = (SELECT n FROM refs WHERE scope_id = new.scope_id AND id = substr(new.id, instr(new.id, '@') + 1));
END;
CREATE TRIGGER marks_insert AFTER INSERT ON marks BEGIN
  INSERT INTO remark (scope_id, id) VALUES (new.scope_id, new.id);
END;
CREATE TRIGGER marks_update AFTER UPDATE OF cleared ON marks BEGIN
  INSERT INTO remark (scope_id, id) VALUES (new.scope_id, new.id);
END;
CREATE TRIGGER marks_delete AFTER DELETE ON marks BEGIN
  INSERT INTO remark (scope_id, id) VALUES (old.scope_id, old.id);
END;

-- INSERT INTO renamed (scope_id, id): something that entries are found by has another name now.
CREATE VIEW renamed AS SELECT NULL AS scope_id, NULL AS id WHERE FALSE;
CREATE TRIGGER renamed_now INSTEAD OF INSERT ON renamed BEGIN
  INSERT INTO reindex (n)
    SELECT e.n FROM refs x JOIN entries e ON e.payee = x.n WHERE x.scope_id = new.scope_id AND x.id = new.id
    UNION SELECT p.n FROM refs x JOIN postings p ON p.place = x.n WHERE x.scope_id = new.scope_id AND x.id = new.id
    UNION SELECT t.n FROM refs x JOIN entry_tags t ON t.tag = x.n WHERE x.scope_id = new.scope_id AND x.id = new.id;
END;

-- A name may come after the transactions that use it.
CREATE TRIGGER accounts_named AFTER INSERT ON accounts BEGIN
  INSERT INTO renamed (scope_id, id) VALUES (new.scope_id, new.id);
END;
CREATE TRIGGER accounts_renamed AFTER UPDATE OF name ON accounts BEGIN
  INSERT INTO renamed (scope_id, id) VALUES (new.scope_id, new.id);
END;
CREATE TRIGGER categories_named AFTER INSERT ON categories BEGIN
  INSERT INTO renamed (scope_id, id) VALUES (new.scope_id, new.id);
END;
CREATE TRIGGER categories_renamed AFTER UPDATE OF name ON categories BEGIN
  INSERT INTO renamed (scope_id, id) VALUES (new.scope_id, new.id);
END;
CREATE TRIGGER tags_named AFTER INSERT ON tags BEGIN
  INSERT INTO renamed (scope_id, id) VALUES (new.scope_id, new.id);
END;
CREATE TRIGGER tags_renamed AFTER UPDATE OF name ON tags BEGIN
  INSERT INTO renamed (scope_id, id) VALUES (new.scope_id, new.id);
END;
CREATE TRIGGER people_named AFTER INSERT ON people BEGIN
  INSERT INTO renamed (scope_id, id) VALUES (new.scope_id, 'person:' || new.id);
END;
CREATE TRIGGER people_renamed AFTER UPDATE OF name ON people BEGIN
  INSERT INTO renamed (scope_id, id) VALUES (new.scope_id, 'person:' || new.id);
END;
CREATE TRIGGER payees_named AFTER INSERT ON payees BEGIN
  INSERT INTO renamed (scope_id, id) VALUES (new.scope_id, new.id);
  INSERT INTO renamed (scope_id, id) SELECT p.scope_id, p.id FROM payees p WHERE p.scope_id = new.scope_id AND p.alias_of = new.id;
END;
CREATE TRIGGER payees_renamed AFTER UPDATE OF name, alias_of ON payees BEGIN
  INSERT INTO renamed (scope_id, id) VALUES (new.scope_id, new.id);
  INSERT INTO renamed (scope_id, id) SELECT p.scope_id, p.id FROM payees p WHERE p.scope_id = new.scope_id AND p.alias_of = new.id;
END;
