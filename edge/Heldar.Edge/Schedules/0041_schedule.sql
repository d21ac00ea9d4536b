-- Windows of the week, in seconds of the day by the site's wall clock; an end that is not after its start lies on the next day. days: bit 0 is Monday.
CREATE TABLE camera_schedule (
  id TEXT PRIMARY KEY,
  camera TEXT NOT NULL,
  name TEXT,
  days INTEGER NOT NULL CHECK (days BETWEEN 1 AND 127),
  start_s INTEGER NOT NULL CHECK (start_s BETWEEN 0 AND 86399),
  end_s INTEGER NOT NULL CHECK (end_s BETWEEN 0 AND 86400 AND end_s <> start_s),
  enabled INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX camera_schedule_camera ON camera_schedule (camera);

-- Dates (both included) that have windows of their own instead of the week's; none means no recording. camera is null for all cameras.
CREATE TABLE schedule_exception (
  id TEXT PRIMARY KEY,
  camera TEXT,
  name TEXT,
  from_date TEXT NOT NULL,
  to_date TEXT NOT NULL,
  windows TEXT NOT NULL) WITHOUT ROWID;
