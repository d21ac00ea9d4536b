CREATE TABLE camera (
  uid TEXT PRIMARY KEY,
  slug TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  url TEXT NOT NULL,
  username TEXT,
  password TEXT,
  audio INTEGER NOT NULL,
  camera_clock INTEGER NOT NULL,
  enabled INTEGER NOT NULL,
  segment_seconds INTEGER,
  owner INTEGER NOT NULL,
  created_at TEXT NOT NULL,
  removed INTEGER NOT NULL DEFAULT 0);
