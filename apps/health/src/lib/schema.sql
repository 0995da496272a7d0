-- Health. The type of a column says how it syncs (shared/platform/SPEC.md, E rules); the loader makes every replicated
-- primary key (scope_id, id).
--
-- What is known of one body lies in up to four scopes, of the kinds `measurements`, `medication`, `cycle` and `mind`
-- (domain/profile.ts). Tables of the personal scope say whose they are; queries read them there and nowhere else, since
-- a member of a shared scope can put rows of any table into it.
--
-- Number and unit are one cell, so are a moment and its offset, and a plan: merges are cell by cell.

-- In the personal scope -------------------------------------------------------------------------------------------

-- `me` is the person themselves.
CREATE TABLE profiles (
  id          TEXT PRIMARY KEY,
  scope_id    TEXT,
  name        LWW_TEXT,
  relation    LWW_TEXT,            -- domain/profile.ts
  birth       LWW_TEXT,            -- 1990-02-02
  sex         LWW_TEXT,
  deleted_at  LWW_INTEGER
);
SELECT crsql_as_crr('profiles');
SELECT crsql_policy('profiles', 'OWNER:RW, EDITOR:RW, VIEWER:R');

-- Which scopes are about whom: the only place that ties scopes of one body together.
CREATE TABLE areas (
  id          TEXT PRIMARY KEY,
  scope_id    TEXT,
  profile_id  LWW_TEXT,
  area        LWW_TEXT             -- the true id of the scope, the same on every device; never its local name
);
SELECT crsql_as_crr('areas');
SELECT crsql_policy('areas', 'OWNER:RW, EDITOR:RW, VIEWER:R');

-- How this person likes to see things: `unit:weight` -> `[lb_av]`.
CREATE TABLE preferences (
  id          TEXT PRIMARY KEY,
  scope_id    TEXT,
  value       LWW_TEXT
);
SELECT crsql_as_crr('preferences');
SELECT crsql_policy('preferences', 'OWNER:RW, EDITOR:RW, VIEWER:R');

-- Files that were imported. An export holds everything about a body, whatever its sensitivity: so not even its name
-- stands in a scope that is shared. `id` is the hash of profile and content: the same file twice is one row.
CREATE TABLE imports (
  id          TEXT PRIMARY KEY,
  scope_id    TEXT,
  profile_id  LWW_TEXT,
  name        LWW_TEXT,
  format      LWW_TEXT,            -- apple, csv, fit, gpx
  size        LWW_INTEGER,         -- bytes of the file
  sha256      LWW_TEXT,            -- hex, of the file
  summary     LWW_TEXT,            -- JSON: what was read, and what was not (import/summary.ts)
  imported_at LWW_INTEGER,         -- ms since 1970
  pieces      LWW_INTEGER          -- in original_pieces; 0 where the file was too large to be kept
);
SELECT crsql_as_crr('imports');
SELECT crsql_policy('imports', 'OWNER:RW, EDITOR:RW, VIEWER:R');

CREATE TABLE original_pieces (
  id          TEXT PRIMARY KEY,    -- h: and the hash of what follows
  scope_id    TEXT,
  file        WRITE_ONCE_TEXT,     -- sha256 of the whole file
  place       WRITE_ONCE_INTEGER,
  body        WRITE_ONCE_BLOB      -- a piece of the file, deflated as a whole
);
SELECT crsql_as_crr('original_pieces');
SELECT crsql_policy('original_pieces', 'OWNER:RW, EDITOR:RW, VIEWER:R');
CREATE INDEX original_pieces_file ON original_pieces (scope_id, file, place);

-- In every scope ----------------------------------------------------------------------------------------------------

-- Whose body it is, in words for its members. One row, `s:top`.
CREATE TABLE labels (
  id          TEXT PRIMARY KEY,
  scope_id    TEXT,
  name        LWW_TEXT
);
SELECT crsql_as_crr('labels');
SELECT crsql_policy('labels', 'OWNER:RW, EDITOR:RW, VIEWER:R');

-- measurements ------------------------------------------------------------------------------------------------------

CREATE TABLE metrics (
  id          TEXT PRIMARY KEY,
  scope_id    TEXT,
  name        LWW_TEXT,
  unit        LWW_TEXT,
  telling     LWW_TEXT,            -- mean, total
  deleted_at  LWW_INTEGER
);
SELECT crsql_as_crr('metrics');
SELECT crsql_policy('metrics', 'OWNER:RW, EDITOR:RW, VIEWER:R');

-- What a person typed.
CREATE TABLE readings (
  id          TEXT PRIMARY KEY,
  scope_id    TEXT,
  metric      LWW_TEXT,
  value       LWW_TEXT,            -- 72.5 kg, 120/80 mm[Hg]
  at          LWW_TEXT,            -- 2026-03-01T07:30:00+01:00, or two of them with a slash
  note        LWW_TEXT,
  deleted_at  LWW_INTEGER
);
SELECT crsql_as_crr('readings');
SELECT crsql_policy('readings', 'OWNER:RW, EDITOR:RW, VIEWER:R');
CREATE INDEX readings_time ON readings (scope_id, metric, unixepoch(substr(at, 1, 25)));

-- Devices and programs that measured. `id` is the hash of the name (domain/source.ts).
CREATE TABLE sources (
  id          TEXT PRIMARY KEY,
  scope_id    TEXT,
  name        LWW_TEXT,
  kind        LWW_TEXT,
  rank        LWW_TEXT
);
SELECT crsql_as_crr('sources');
SELECT crsql_policy('sources', 'OWNER:RW, EDITOR:RW, VIEWER:R');

-- Samples of one metric, source and day (domain/sample-chunk.ts). Never changed and never removed: the union of what
-- two devices have is their merge, and the same file imported anywhere gives the same rows.
CREATE TABLE sample_chunks (
  id          TEXT PRIMARY KEY,    -- h: and the hash of what follows
  scope_id    TEXT,
  metric      WRITE_ONCE_TEXT,
  source      WRITE_ONCE_TEXT,
  day         WRITE_ONCE_INTEGER,  -- days since 1970, by the clock of the samples
  until       WRITE_ONCE_INTEGER,  -- seconds at which the last of them ends, by that clock
  body        WRITE_ONCE_BLOB
);
SELECT crsql_as_crr('sample_chunks');
SELECT crsql_policy('sample_chunks', 'OWNER:RW, EDITOR:RW, VIEWER:R');
CREATE INDEX sample_chunks_day ON sample_chunks (scope_id, metric, day, until, source);

-- Deleted samples. `id` is the chunk's, a bar, and the row in it, or `*` for all.
CREATE TABLE sample_masks (
  id          TEXT PRIMARY KEY,
  scope_id    TEXT,
  hidden      LWW_INTEGER
);
SELECT crsql_as_crr('sample_masks');
SELECT crsql_policy('sample_masks', 'OWNER:RW, EDITOR:RW, VIEWER:R');

CREATE TABLE workouts (
  id          TEXT PRIMARY KEY,    -- h: and the hash of the WRITE_ONCE columns
  scope_id    TEXT,
  sport       WRITE_ONCE_TEXT,
  at          WRITE_ONCE_TEXT,     -- beginning and end, with a slash
  source      WRITE_ONCE_TEXT,
  sums        WRITE_ONCE_TEXT,     -- JSON: metric id -> amount (domain/workout.ts)
  note        LWW_TEXT,
  deleted_at  LWW_INTEGER
);
SELECT crsql_as_crr('workouts');
SELECT crsql_policy('workouts', 'OWNER:RW, EDITOR:RW, VIEWER:R');
CREATE INDEX workouts_time ON workouts (scope_id, unixepoch(substr(at, 1, 25)));

-- Where a workout went and what was measured on the way: columns of a chunk.
CREATE TABLE tracks (
  id          TEXT PRIMARY KEY,    -- h: and the hash of what follows
  scope_id    TEXT,
  workout     WRITE_ONCE_TEXT,
  body        WRITE_ONCE_BLOB
);
SELECT crsql_as_crr('tracks');
SELECT crsql_policy('tracks', 'OWNER:RW, EDITOR:RW, VIEWER:R');
CREATE INDEX tracks_workout ON tracks (scope_id, workout);

CREATE TABLE goals (
  id          TEXT PRIMARY KEY,
  scope_id    TEXT,
  metric      LWW_TEXT,
  goal        LWW_TEXT,            -- at least 8000 {steps}
  deleted_at  LWW_INTEGER
);
SELECT crsql_as_crr('goals');
SELECT crsql_policy('goals', 'OWNER:RW, EDITOR:RW, VIEWER:R');

-- medication --------------------------------------------------------------------------------------------------------

CREATE TABLE medications (
  id          TEXT PRIMARY KEY,
  scope_id    TEXT,
  name        LWW_TEXT,
  strength    LWW_TEXT,            -- as typed: 5 mg
  note        LWW_TEXT,
  stopped_at  LWW_INTEGER,         -- no longer taken; its doses stay
  deleted_at  LWW_INTEGER
);
SELECT crsql_as_crr('medications');
SELECT crsql_policy('medications', 'OWNER:RW, EDITOR:RW, VIEWER:R');

CREATE TABLE schedules (
  id            TEXT PRIMARY KEY,
  scope_id      TEXT,
  medication_id LWW_TEXT,
  plan          LWW_TEXT,          -- domain/schedule.ts
  deleted_at    LWW_INTEGER
);
SELECT crsql_as_crr('schedules');
SELECT crsql_policy('schedules', 'OWNER:RW, EDITOR:RW, VIEWER:R');

-- One row for a planned dose, however many devices mark it (domain/dose.ts). `id` is the hash of schedule and time.
CREATE TABLE doses (
  id            TEXT PRIMARY KEY,
  scope_id      TEXT,
  medication_id LWW_TEXT,
  schedule_id   LWW_TEXT,
  planned       LWW_TEXT,          -- 2026-03-01T08:00, by the plan's clock; NULL: as needed
  taken         LWW_TEXT,          -- when: both set by devices that did not know of each other is a contradiction to show
  skipped       LWW_TEXT,
  amount        LWW_TEXT
);
SELECT crsql_as_crr('doses');
SELECT crsql_policy('doses', 'OWNER:RW, EDITOR:RW, VIEWER:R');
CREATE INDEX doses_time ON doses (scope_id, coalesce(planned, taken));

-- cycle -------------------------------------------------------------------------------------------------------------

-- `id` is the date, so that a day is one row on all devices.
CREATE TABLE cycle_days (
  id          TEXT PRIMARY KEY,
  scope_id    TEXT,
  bleeding    LWW_INTEGER,
  temperature LWW_TEXT,            -- 36.62 Cel
  mucus       LWW_TEXT,
  note        LWW_TEXT
);
SELECT crsql_as_crr('cycle_days');
SELECT crsql_policy('cycle_days', 'OWNER:RW, EDITOR:RW, VIEWER:R');

-- mind --------------------------------------------------------------------------------------------------------------

CREATE TABLE journal (
  id          TEXT PRIMARY KEY,
  scope_id    TEXT,
  kind        LWW_TEXT,            -- mood, symptom, note
  name        LWW_TEXT,
  level       LWW_INTEGER,
  at          LWW_TEXT,
  note        LWW_TEXT,
  deleted_at  LWW_INTEGER
);
SELECT crsql_as_crr('journal');
SELECT crsql_policy('journal', 'OWNER:RW, EDITOR:RW, VIEWER:R');
CREATE INDEX journal_time ON journal (scope_id, unixepoch(substr(at, 1, 25)));

-- Of this device ----------------------------------------------------------------------------------------------------

-- What charts read: one row for a day of a metric of a body (domain/totals.ts). Computed from readings and chunks by
-- data/aggregates.ts, here and on every device for itself.
CREATE TABLE day_totals (
  body        TEXT NOT NULL,
  metric      TEXT NOT NULL,
  day         INTEGER NOT NULL,
  n           INTEGER NOT NULL,
  min         REAL NOT NULL,
  max         REAL NOT NULL,
  sum         REAL NOT NULL,
  last        REAL NOT NULL,
  last_at     INTEGER NOT NULL,
  PRIMARY KEY (body, metric, day)
);
-- Its hours, apart from it so that a year of days is read from few pages.
CREATE TABLE hour_totals (
  body        TEXT NOT NULL,
  metric      TEXT NOT NULL,
  day         INTEGER NOT NULL,
  hours       BLOB NOT NULL,
  PRIMARY KEY (body, metric, day)
);
-- Days that have to be computed anew. A day that is marked again while it is computed gets another number.
-- Marking is DELETE and INSERT: in a trigger the conflict clause of the outer statement would win over OR REPLACE.
CREATE TABLE stale_days (
  n           INTEGER PRIMARY KEY AUTOINCREMENT,
  scope_id    TEXT NOT NULL,
  metric      TEXT NOT NULL,
  day         INTEGER NOT NULL,
  UNIQUE (scope_id, metric, day)
);
-- Whose body each scope is, as of the last computation, and by which version of it.
CREATE TABLE computed_scopes (
  scope_id    TEXT PRIMARY KEY,
  body        TEXT NOT NULL,
  version     INTEGER NOT NULL
);
-- Scopes that this device is about to make, so that one which was made in the moment before a crash is found again.
CREATE TABLE making (
  profile_id  TEXT NOT NULL,
  kind        TEXT NOT NULL,
  PRIMARY KEY (profile_id, kind)
);
-- Imports under way: where a file was read up to (import/run.ts).
CREATE TABLE import_runs (
  id          TEXT PRIMARY KEY,    -- fingerprint of the file
  profile_id  TEXT NOT NULL,
  name        TEXT NOT NULL,
  size        INTEGER NOT NULL,
  state       TEXT NOT NULL,       -- JSON
  at          INTEGER NOT NULL     -- ms since 1970
);

-- The days that a chunk touches: that of its samples, and the next one where a sample runs into it.
CREATE VIEW chunk_days AS
  SELECT scope_id, id, metric, source, day + later AS day FROM sample_chunks, (SELECT 0 AS later UNION ALL SELECT 1)
  WHERE metric IS NOT NULL AND day IS NOT NULL
    AND (later = 0 OR until > (day + 1) * 86400 - iif(metric = 'sleep', 21600, 0));

-- Plain triggers, without a condition on the sync bit: they must also fire for what a merge writes. A merge brings a
-- row cell by cell, so a row counts when all that says which day it is about is there.
CREATE TRIGGER chunks_stale_insert AFTER INSERT ON sample_chunks BEGIN
  DELETE FROM stale_days WHERE (scope_id, metric, day) IN (SELECT scope_id, metric, day FROM chunk_days WHERE scope_id = new.scope_id AND id = new.id);
  INSERT INTO stale_days (scope_id, metric, day) SELECT scope_id, metric, day FROM chunk_days WHERE scope_id = new.scope_id AND id = new.id;
END;
CREATE TRIGGER chunks_stale_update AFTER UPDATE ON sample_chunks BEGIN
  DELETE FROM stale_days WHERE (scope_id, metric, day) IN (SELECT scope_id, metric, day FROM chunk_days WHERE scope_id = new.scope_id AND id = new.id);
  INSERT INTO stale_days (scope_id, metric, day) SELECT scope_id, metric, day FROM chunk_days WHERE scope_id = new.scope_id AND id = new.id;
END;
CREATE TRIGGER chunks_stale_delete BEFORE DELETE ON sample_chunks BEGIN
  DELETE FROM stale_days WHERE (scope_id, metric, day) IN (SELECT scope_id, metric, day FROM chunk_days WHERE scope_id = old.scope_id AND id = old.id);
  INSERT INTO stale_days (scope_id, metric, day) SELECT scope_id, metric, day FROM chunk_days WHERE scope_id = old.scope_id AND id = old.id;
END;
CREATE TRIGGER masks_stale_insert AFTER INSERT ON sample_masks BEGIN
  DELETE FROM stale_days WHERE (scope_id, metric, day) IN (SELECT scope_id, metric, day FROM chunk_days WHERE scope_id = new.scope_id AND id = substr(new.id, 1, instr(new.id, '|') - 1));
  INSERT INTO stale_days (scope_id, metric, day) SELECT scope_id, metric, day FROM chunk_days WHERE scope_id = new.scope_id AND id = substr(new.id, 1, instr(new.id, '|') - 1);
END;
CREATE TRIGGER masks_stale_update AFTER UPDATE ON sample_masks BEGIN
  DELETE FROM stale_days WHERE (scope_id, metric, day) IN (SELECT scope_id, metric, day FROM chunk_days WHERE scope_id = new.scope_id AND id = substr(new.id, 1, instr(new.id, '|') - 1));
  INSERT INTO stale_days (scope_id, metric, day) SELECT scope_id, metric, day FROM chunk_days WHERE scope_id = new.scope_id AND id = substr(new.id, 1, instr(new.id, '|') - 1);
END;
-- A reading with an end, and a night, may count for the day after the one it began on.
CREATE VIEW reading_days AS
  SELECT scope_id, id, metric, unixepoch(substr(at, 1, 10)) / 86400 + later AS day
  FROM readings, (SELECT 0 AS later UNION ALL SELECT 1)
  WHERE metric IS NOT NULL AND unixepoch(substr(at, 1, 10)) IS NOT NULL;
CREATE TRIGGER readings_stale_insert AFTER INSERT ON readings BEGIN
  DELETE FROM stale_days WHERE (scope_id, metric, day) IN (SELECT scope_id, metric, day FROM reading_days WHERE scope_id = new.scope_id AND id = new.id);
  INSERT INTO stale_days (scope_id, metric, day) SELECT scope_id, metric, day FROM reading_days WHERE scope_id = new.scope_id AND id = new.id;
END;
CREATE TRIGGER readings_stale_before BEFORE UPDATE ON readings BEGIN
  DELETE FROM stale_days WHERE (scope_id, metric, day) IN (SELECT scope_id, metric, day FROM reading_days WHERE scope_id = old.scope_id AND id = old.id);
  INSERT INTO stale_days (scope_id, metric, day) SELECT scope_id, metric, day FROM reading_days WHERE scope_id = old.scope_id AND id = old.id;
END;
CREATE TRIGGER readings_stale_after AFTER UPDATE ON readings BEGIN
  DELETE FROM stale_days WHERE (scope_id, metric, day) IN (SELECT scope_id, metric, day FROM reading_days WHERE scope_id = new.scope_id AND id = new.id);
  INSERT INTO stale_days (scope_id, metric, day) SELECT scope_id, metric, day FROM reading_days WHERE scope_id = new.scope_id AND id = new.id;
END;
CREATE TRIGGER readings_stale_delete BEFORE DELETE ON readings BEGIN
  DELETE FROM stale_days WHERE (scope_id, metric, day) IN (SELECT scope_id, metric, day FROM reading_days WHERE scope_id = old.scope_id AND id = old.id);
  INSERT INTO stale_days (scope_id, metric, day) SELECT scope_id, metric, day FROM reading_days WHERE scope_id = old.scope_id AND id = old.id;
END;
-- Another place in the order of sources is another total, on every day that the source measured.
CREATE TRIGGER sources_stale_insert AFTER INSERT ON sources BEGIN
  DELETE FROM stale_days WHERE (scope_id, metric, day) IN (SELECT DISTINCT scope_id, metric, day FROM chunk_days WHERE scope_id = new.scope_id AND source = new.id);
  INSERT INTO stale_days (scope_id, metric, day) SELECT DISTINCT scope_id, metric, day FROM chunk_days WHERE scope_id = new.scope_id AND source = new.id;
END;
CREATE TRIGGER sources_stale_update AFTER UPDATE ON sources BEGIN
  DELETE FROM stale_days WHERE (scope_id, metric, day) IN (SELECT DISTINCT scope_id, metric, day FROM chunk_days WHERE scope_id = new.scope_id AND source = new.id);
  INSERT INTO stale_days (scope_id, metric, day) SELECT DISTINCT scope_id, metric, day FROM chunk_days WHERE scope_id = new.scope_id AND source = new.id;
END;
-- What a person's own metric is may arrive after what was measured of it.
CREATE VIEW metric_days AS
  SELECT scope_id, metric, day FROM reading_days UNION SELECT scope_id, metric, day FROM chunk_days;
CREATE TRIGGER metrics_stale_insert AFTER INSERT ON metrics BEGIN
  DELETE FROM stale_days WHERE (scope_id, metric, day) IN (SELECT scope_id, metric, day FROM metric_days WHERE metric = new.id);
  INSERT INTO stale_days (scope_id, metric, day) SELECT scope_id, metric, day FROM metric_days WHERE metric = new.id;
END;
CREATE TRIGGER metrics_stale_update AFTER UPDATE ON metrics BEGIN
  DELETE FROM stale_days WHERE (scope_id, metric, day) IN (SELECT scope_id, metric, day FROM metric_days WHERE metric = new.id);
  INSERT INTO stale_days (scope_id, metric, day) SELECT scope_id, metric, day FROM metric_days WHERE metric = new.id;
END;
