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
  folder_id   LWW_TEXT,            -- a folder of the same scope; NULL: in no folder, or at the top of a shared one
  created_at  WRITE_ONCE_INTEGER,  -- ms since 1970, as the writer's clock had it; for display only
  edited_at   LWW_INTEGER,
  pinned_at   LWW_INTEGER,
  deleted_at  LWW_INTEGER,         -- in the trash since; the row itself goes when it is deleted for good
  body        REALTIME_TEXT        -- last: what stands behind a long value costs a walk through its pages to read
);
SELECT crsql_as_crr('notes');
SELECT crsql_policy('notes', 'OWNER:RW, EDITOR:RW, VIEWER:R');

-- The lists are read backwards through these: pinned first, then newest first, without sorting.
CREATE INDEX notes_list ON notes (deleted_at, pinned_at, edited_at, id);
CREATE INDEX notes_folder ON notes (scope_id, folder_id, deleted_at, pinned_at, edited_at, id);

-- A shared folder is a scope of its own (kind `folder`) and has no row here, except one with the id `s:top`
-- once its name was changed; the rows of that scope are the folders within it.
CREATE TABLE folders (
  id          TEXT PRIMARY KEY,
  scope_id    TEXT,
  name        LWW_TEXT,
  parent_id   LWW_TEXT,            -- may form a cycle after a merge; folderTree of @slf/suite/domain breaks it
  deleted_at  LWW_INTEGER
);
SELECT crsql_as_crr('folders');
SELECT crsql_policy('folders', 'OWNER:RW, EDITOR:RW, VIEWER:R');

-- Where a note or folder went when it moved to another scope: `id` is its old id, `scope_id` the scope it left.
-- A row cannot change its scope, so it is copied, this is left behind, and the original goes (data/moving.ts).
CREATE TABLE moves (
  id          TEXT PRIMARY KEY,
  scope_id    TEXT,
  to_scope    LWW_TEXT,            -- the true id of the scope, the same on every device; never its local name
  to_id       LWW_TEXT,
  edited_at   LWW_INTEGER          -- of the original when it was copied: a later edit elsewhere shows by the difference
);
SELECT crsql_as_crr('moves');
SELECT crsql_policy('moves', 'OWNER:RW, EDITOR:RW, VIEWER:R');

-- Moves that this device has begun. Local, because two devices that finish the same move would make two copies.
CREATE TABLE moving (
  scope_id    TEXT NOT NULL,
  folder_id   TEXT NOT NULL,
  to_scope    TEXT NOT NULL,
  PRIMARY KEY (scope_id, folder_id)
);

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
