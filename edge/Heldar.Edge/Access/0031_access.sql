-- Times are unix milliseconds.
CREATE TABLE user_account (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  name_key TEXT NOT NULL UNIQUE,
  role TEXT NOT NULL,
  cameras TEXT,
  password_hash TEXT NOT NULL,
  disabled INTEGER NOT NULL DEFAULT 0,
  created_ms INTEGER NOT NULL,
  signed_in_ms INTEGER,
  failures INTEGER NOT NULL DEFAULT 0,
  locked_until_ms INTEGER NOT NULL DEFAULT 0,
  totp_secret TEXT,
  totp_on INTEGER NOT NULL DEFAULT 0,
  totp_step INTEGER NOT NULL DEFAULT 0);
CREATE TABLE user_recovery_code (
  user_id TEXT NOT NULL REFERENCES user_account (id) ON DELETE CASCADE,
  hash TEXT NOT NULL,
  PRIMARY KEY (user_id, hash)) WITHOUT ROWID;
CREATE TABLE user_session (
  token_hash TEXT PRIMARY KEY,
  id TEXT NOT NULL,
  user_id TEXT NOT NULL REFERENCES user_account (id) ON DELETE CASCADE,
  created_ms INTEGER NOT NULL,
  seen_ms INTEGER NOT NULL,
  expires_ms INTEGER NOT NULL,
  address TEXT) WITHOUT ROWID;
CREATE INDEX user_session_by_user ON user_session (user_id, created_ms);
CREATE TABLE api_key_use (
  id TEXT PRIMARY KEY,
  used_ms INTEGER NOT NULL) WITHOUT ROWID;
