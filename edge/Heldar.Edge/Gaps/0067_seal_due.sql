-- Gaps and wishes whose newest state no seal log is known to have. kind: 1 gap, 2 wish (id is its camera).
CREATE TABLE seal_due (
  kind INTEGER NOT NULL,
  id TEXT NOT NULL,
  start_ns INTEGER NOT NULL,
  PRIMARY KEY (kind, id, start_ns)
) WITHOUT ROWID;
