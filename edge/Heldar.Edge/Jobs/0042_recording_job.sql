-- Recordings for a time. state: 0 pending, 1 starting, 2 recording, 3 stopping, 4 completed, 5 failed, 6 cancelled, 7 missed; since_ns is when it was entered.
CREATE TABLE recording_job (
  id TEXT PRIMARY KEY,
  camera TEXT NOT NULL,
  name TEXT,
  series TEXT,
  from_ns INTEGER NOT NULL,
  to_ns INTEGER NOT NULL CHECK (to_ns > from_ns),
  state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 7),
  since_ns INTEGER NOT NULL,
  detail TEXT) WITHOUT ROWID;
CREATE INDEX recording_job_camera ON recording_job (camera, from_ns);
CREATE INDEX recording_job_live ON recording_job (to_ns) WHERE state < 4;
-- An occurrence of a series is made once.
CREATE UNIQUE INDEX recording_job_occurrence ON recording_job (series, from_ns) WHERE series IS NOT NULL;

-- Recurring jobs, by the site's wall clock; planned_ns is up to where occurrences were made.
CREATE TABLE recording_series (
  id TEXT PRIMARY KEY,
  camera TEXT NOT NULL,
  name TEXT,
  days INTEGER NOT NULL CHECK (days BETWEEN 1 AND 127),
  start_s INTEGER NOT NULL,
  end_s INTEGER NOT NULL,
  first_date TEXT,
  last_date TEXT,
  planned_ns INTEGER NOT NULL) WITHOUT ROWID;
