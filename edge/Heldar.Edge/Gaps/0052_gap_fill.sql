-- What became of refilling a gap from the camera's own storage. start_ns and end_ns are the gap as it was; the row of the gap itself shrinks with what comes back.
CREATE TABLE gap_fill (
  gap TEXT PRIMARY KEY,
  camera TEXT NOT NULL,
  start_ns INTEGER NOT NULL,
  end_ns INTEGER NOT NULL,
  state INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  next_ns INTEGER,
  taken TEXT NOT NULL,
  error TEXT
) WITHOUT ROWID;
CREATE INDEX gap_fill_by_time ON gap_fill (camera, start_ns);
CREATE INDEX gap_ended ON gap (end_ns) WHERE end_ns > start_ns;
