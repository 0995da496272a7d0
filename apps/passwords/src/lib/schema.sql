-- Passwords. The type of a column says how it syncs (shared/platform/SPEC.md, E rules); the loader makes every
-- replicated primary key (scope_id, id). A scope is a vault: the person's own, or one that is shared (kind `vault`).
--
-- The whole database lies under the vault's own key. Within it the value of every field is sealed once more
-- (`seal_value`), bound to its row and column: lists, search, live queries and the log hold what stands beside it, and
-- a value is opened alone, for the screen that shows it. What lists need stands open in `items`.

CREATE TABLE items (
  id           TEXT PRIMARY KEY,
  scope_id     TEXT,
  type         LWW_TEXT,            -- login, note, card, identity, custom (domain/item.ts)
  title        LWW_TEXT,
  subtitle     LWW_TEXT,            -- what a list shows below: a user name, the brand of a card; never a secret
  folder_id    LWW_TEXT,            -- a folder of the same scope
  favourite_at LWW_INTEGER,
  created_at   WRITE_ONCE_INTEGER,  -- ms since 1970, as the writer's clock had it; for display only
  edited_at    LWW_INTEGER,
  deleted_at   LWW_INTEGER          -- in the trash since; the rows themselves go when it is deleted for good
);
SELECT crsql_as_crr('items');
SELECT crsql_policy('items', 'OWNER:RW, EDITOR:RW, VIEWER:R');

-- One row for each field, so that two devices that change two fields of an item both win. The id is
-- `<item>.<slot>`: the two never part, and neither does the seal.
CREATE TABLE fields (
  id           TEXT PRIMARY KEY,
  scope_id     TEXT,
  about        LWW_TEXT,            -- JSON {kind, label, section, pos} of a field that a person added; NULL: the template has it
  value        LWW_BLOB             -- sealed, whatever the kind
);
SELECT crsql_as_crr('fields');
SELECT crsql_policy('fields', 'OWNER:RW, EDITOR:RW, VIEWER:R');
SELECT crsql_history('fields');

-- What a field was in the program that it was imported from. What changes here is in the platform's own history.
CREATE TABLE former_values (
  id           TEXT PRIMARY KEY,    -- `<item>.<n>`
  scope_id     TEXT,
  about        LWW_TEXT,            -- JSON {slot, kind, label, until}
  value        LWW_BLOB             -- sealed
);
SELECT crsql_as_crr('former_values');
SELECT crsql_policy('former_values', 'OWNER:RW, EDITOR:RW, VIEWER:R');

CREATE TABLE addresses (
  id           TEXT PRIMARY KEY,    -- `<item>.<own id>`, in the order of those ids
  scope_id     TEXT,
  url          LWW_TEXT,
  match        LWW_TEXT             -- for which pages it holds (domain/address.ts); NULL: `domain`
);
SELECT crsql_as_crr('addresses');
SELECT crsql_policy('addresses', 'OWNER:RW, EDITOR:RW, VIEWER:R');

CREATE TABLE tags (
  id           TEXT PRIMARY KEY,    -- `<item>.<name, encoded>`: the same tag given twice is one
  scope_id     TEXT,
  name         LWW_TEXT
);
SELECT crsql_as_crr('tags');
SELECT crsql_policy('tags', 'OWNER:RW, EDITOR:RW, VIEWER:R');

CREATE TABLE attachments (
  id           TEXT PRIMARY KEY,    -- `<item>.<own id>`
  scope_id     TEXT,
  name         LWW_TEXT,
  size         LWW_INTEGER,         -- bytes
  value        LWW_BLOB             -- sealed
);
SELECT crsql_as_crr('attachments');
SELECT crsql_policy('attachments', 'OWNER:RW, EDITOR:RW, VIEWER:R');

CREATE TABLE folders (
  id           TEXT PRIMARY KEY,
  scope_id     TEXT,
  name         LWW_TEXT,
  parent_id    LWW_TEXT,            -- may form a cycle after a merge; folderTree of @slf/suite/domain breaks it
  deleted_at   LWW_INTEGER
);
SELECT crsql_as_crr('folders');
SELECT crsql_policy('folders', 'OWNER:RW, EDITOR:RW, VIEWER:R');

-- Where an item went when it moved to another vault: copied there, this left behind, the original put away.
CREATE TABLE moves (
  id           TEXT PRIMARY KEY,    -- the item's old id, in the scope it left
  scope_id     TEXT,
  to_scope     LWW_TEXT,            -- the true id of the scope, the same on every device
  to_id        LWW_TEXT
);
SELECT crsql_as_crr('moves');
SELECT crsql_policy('moves', 'OWNER:RW, EDITOR:RW, VIEWER:R');

-- What was typed and not saved when the vault was locked: of this device only, and sealed like a field.
CREATE TABLE drafts (
  scope_id     TEXT NOT NULL,
  item_id      TEXT NOT NULL,
  kept_at      INTEGER NOT NULL,
  value        BLOB NOT NULL,
  PRIMARY KEY (scope_id, item_id)
);
