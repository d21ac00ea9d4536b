-- Times without wanted footage. The highest revision stands; end_ns is null while it lasts.
CREATE TABLE gap (
  id TEXT PRIMARY KEY,
  camera TEXT NOT NULL,
  revision INTEGER NOT NULL,
  start_ns INTEGER NOT NULL,
  end_ns INTEGER,
  cause INTEGER NOT NULL,
  detail TEXT
) WITHOUT ROWID;
CREATE INDEX gap_by_time ON gap (camera, start_ns);
CREATE INDEX gap_open ON gap (camera) WHERE end_ns IS NULL;

-- When footage of a camera was wanted; end_ns is null while it is.
CREATE TABLE wanted (
  camera TEXT NOT NULL,
  start_ns INTEGER NOT NULL,
  end_ns INTEGER,
  PRIMARY KEY (camera, start_ns)
) WITHOUT ROWID;

-- How far a camera was recorded, and when the box last looked.
CREATE TABLE recorded_mark (
  camera TEXT PRIMARY KEY,
  through_ns INTEGER,
  seen_ns INTEGER NOT NULL
) WITHOUT ROWID;
