-- Volumes that this box has used, and how far their seal logs surely reached: an older or another disk in their place is noticed.
CREATE TABLE volume (
  id TEXT PRIMARY KEY,
  path TEXT NOT NULL,
  role TEXT NOT NULL,
  seen_ns INTEGER NOT NULL,
  head_seq INTEGER NOT NULL DEFAULT 0,
  head_hour TEXT,
  head_hash TEXT
) WITHOUT ROWID;
