-- Recordings around events that were wanted lately: reason 3 event, 4 operator. Kept for a day, so that a restart goes on with them.
CREATE TABLE event_window (
  camera TEXT NOT NULL,
  reason INTEGER NOT NULL,
  start_ns INTEGER NOT NULL,
  until_ns INTEGER NOT NULL,
  source TEXT NOT NULL,
  PRIMARY KEY (camera, reason, start_ns)) WITHOUT ROWID;
CREATE INDEX event_window_until ON event_window (until_ns);
