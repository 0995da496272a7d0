-- The account database: what the devices of one person tell each other. One scope, `account:<identity>`, whose only
-- member is the person. It holds no keys and no names of the vault.
--
-- Ids are public keys and hashes, so that two devices which write the same thing write the same row. That is also why
-- nothing is WRITE_ONCE: such columns belong to the id's maker, and here every device is.

-- The person's devices. id: hex of the device's public key. The card (identity/card.ts) says who belongs; this says
-- what to call them.
CREATE TABLE devices (
  id        TEXT PRIMARY KEY,
  scope_id  TEXT,
  name      LWW_TEXT,
  runs_on   LWW_TEXT,
  place     LWW_TEXT,     -- hex: which machine it is on
  card      LWW_BLOB,            -- the card as this device last knew it: the others take its records in
  added_at  LWW_INTEGER   -- milliseconds since 1970
);

-- People this person has met. id: hex of the identity.
CREATE TABLE contacts (
  id           TEXT PRIMARY KEY,
  scope_id     TEXT,
  name         LWW_TEXT,          -- what they call themselves
  card         LWW_BLOB,          -- their newest card
  verified_at  LWW_INTEGER,       -- when emojis were compared; null when they were not
  met_at       LWW_INTEGER
);

-- Directory: every scope of every app (but the vault's) that this person's devices should hold. id: hex of the scope.
CREATE TABLE scopes (
  id        TEXT PRIMARY KEY,
  scope_id  TEXT,
  app       LWW_TEXT,
  kind      LWW_TEXT,
  name      LWW_TEXT,
  epoch     LWW_INTEGER,
  epoch_key LWW_BLOB,            -- 32 bytes
  added_at  LWW_INTEGER
);

-- Invitations given out. id: hex of the one-time public key.
CREATE TABLE invitations (
  id          TEXT PRIMARY KEY,
  scope_id    TEXT,
  app         LWW_TEXT,
  scope       LWW_TEXT,    -- hex of the scope it leads to
  role        LWW_TEXT,
  secret      LWW_BLOB,    -- seed of the one-time key
  created_at  LWW_INTEGER,
  expires_at  LWW_INTEGER,
  state       LWW_TEXT,           -- open · used · withdrawn
  used_by     LWW_TEXT            -- hex of the identity it was confirmed for
);

-- Settings of the person, for all devices. id: the name of the setting.
CREATE TABLE settings (
  id        TEXT PRIMARY KEY,
  scope_id  TEXT,
  value     LWW_TEXT
);

-- Ways into the person's vaults (identity/vault-entry.ts): signed, and sealed under more than this account has.
-- id: app, vault and type.
CREATE TABLE wraps (
  id        TEXT PRIMARY KEY,
  scope_id  TEXT,
  app       LWW_TEXT,
  entry     LWW_BLOB
);

SELECT crsql_as_crr('devices');
SELECT crsql_as_crr('contacts');
SELECT crsql_as_crr('scopes');
SELECT crsql_as_crr('invitations');
SELECT crsql_as_crr('settings');
SELECT crsql_as_crr('wraps');
SELECT crsql_policy('devices', 'OWNER:RW');
SELECT crsql_policy('contacts', 'OWNER:RW');
SELECT crsql_policy('scopes', 'OWNER:RW');
SELECT crsql_policy('invitations', 'OWNER:RW');
SELECT crsql_policy('settings', 'OWNER:RW');
SELECT crsql_policy('wraps', 'OWNER:RW');
