-- Notes. The type of a column says how it syncs (shared/platform/SPEC.md, E rules);
-- the loader makes every replicated primary key (scope_id, id).
--
-- A note is one Markdown text. Its title and excerpt are columns of their own, written by the
-- editor a moment after the text changes, so that no list ever has to read a body.

CREATE TABLE notes (
  id          TEXT PRIMARY KEY,
  scope_id    TEXT,
  title       LWW_TEXT,
  excerpt     LWW_TEXT,
  body        REALTIME_TEXT,
  folder_id   LWW_TEXT,            -- a folder of the same scope; NULL: in no folder
  created_at  WRITE_ONCE_INTEGER,  -- ms since 1970, as the writer's clock had it; for display only
  edited_at   LWW_INTEGER,
  pinned_at   LWW_INTEGER,
  deleted_at  LWW_INTEGER          -- in the trash since; the row itself goes when the trash is emptied
);
SELECT crsql_as_crr('notes');
SELECT crsql_policy('notes', 'OWNER:RW, EDITOR:RW, VIEWER:R');

CREATE INDEX notes_list ON notes (deleted_at, pinned_at, edited_at);
CREATE INDEX notes_folder ON notes (folder_id);

CREATE TABLE folders (
  id          TEXT PRIMARY KEY,
  scope_id    TEXT,
  name        LWW_TEXT,
  parent_id   LWW_TEXT,            -- may form a cycle after a merge; domain/folders.ts breaks it
  created_at  WRITE_ONCE_INTEGER,
  deleted_at  LWW_INTEGER
);
SELECT crsql_as_crr('folders');
SELECT crsql_policy('folders', 'OWNER:RW, EDITOR:RW, VIEWER:R');

-- Where a note or folder went when it moved to another scope: `id` is its old id, `scope_id` the scope it
-- left. Rows cannot change scope, so sharing a folder copies it, leaves this behind and deletes the original.
CREATE TABLE moves (
  id          TEXT PRIMARY KEY,
  scope_id    TEXT,
  to_scope    LWW_TEXT,            -- the id of the scope, which is the same on every device; never its local name
  to_id       LWW_TEXT
);
SELECT crsql_as_crr('moves');
SELECT crsql_policy('moves', 'OWNER:RW, EDITOR:RW, VIEWER:R');

-- Full-text index of this device; never replicated. Contentless with contentless_delete: an entry is dropped by
-- its rowid alone. A merge brings a row cell by cell, and the older kinds of table must be handed the exact old
-- text to forget it; one mismatch corrupts them. The price is that snippet() has nothing to read, so
-- domain/snippet.ts cuts snippets from the bodies of the few rows that are shown.
CREATE VIRTUAL TABLE notes_search USING fts5 (
  title,
  body,
  content = '',
  contentless_delete = 1,
  tokenize = 'unicode61 remove_diacritics 2',
  prefix = '2 3'
);

-- Plain AFTER triggers, without a condition on the sync bit: they must also fire for what a merge or the
-- materialisation of a text column writes.
CREATE TRIGGER notes_search_insert AFTER INSERT ON notes BEGIN
  INSERT INTO notes_search (rowid, title, body) VALUES (new.rowid, new.title, new.body);
END;
CREATE TRIGGER notes_search_update AFTER UPDATE OF title, body ON notes BEGIN
  DELETE FROM notes_search WHERE rowid = old.rowid;
  INSERT INTO notes_search (rowid, title, body) VALUES (new.rowid, new.title, new.body);
END;
CREATE TRIGGER notes_search_delete AFTER DELETE ON notes BEGIN
  DELETE FROM notes_search WHERE rowid = old.rowid;
END;
