-- Cameras that are mirrored. Empty without a mirror, so that the triggers below do nothing.
CREATE TABLE mirror_camera (camera TEXT PRIMARY KEY) WITHOUT ROWID;

-- Copies. state: 0 wanted, 1 the copy has the digest that the index has, 2 the footage is deleted and the copy must follow. sha256 is the copy's, as it was sealed.
CREATE TABLE mirror_segment (
  id TEXT PRIMARY KEY,
  camera TEXT NOT NULL,
  start_ns INTEGER NOT NULL,
  end_ns INTEGER NOT NULL,
  path TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  sha256 TEXT,
  state INTEGER NOT NULL,
  try_ns INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX mirror_wanted ON mirror_segment (start_ns DESC) WHERE state = 0;
CREATE INDEX mirror_leaving ON mirror_segment (id) WHERE state = 2;

-- Counters are kept, never summed by scan.
CREATE TABLE mirror_total (state INTEGER PRIMARY KEY, segments INTEGER NOT NULL, bytes INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO mirror_total VALUES (0, 0, 0), (1, 0, 0), (2, 0, 0);
CREATE TRIGGER mirror_added AFTER INSERT ON mirror_segment BEGIN
  UPDATE mirror_total SET segments = segments + 1, bytes = bytes + new.bytes WHERE state = new.state;
END;
CREATE TRIGGER mirror_changed AFTER UPDATE OF state, bytes ON mirror_segment BEGIN
  UPDATE mirror_total SET segments = segments - 1, bytes = bytes - old.bytes WHERE state = old.state;
  UPDATE mirror_total SET segments = segments + 1, bytes = bytes + new.bytes WHERE state = new.state;
END;
CREATE TRIGGER mirror_removed AFTER DELETE ON mirror_segment BEGIN
  UPDATE mirror_total SET segments = segments - 1, bytes = bytes - old.bytes WHERE state = old.state;
END;

CREATE TRIGGER segment_to_mirror AFTER INSERT ON segment WHEN EXISTS (SELECT 1 FROM mirror_camera WHERE camera = new.camera) BEGIN
  INSERT INTO mirror_segment (id, camera, start_ns, end_ns, path, bytes, state) VALUES (new.id, new.camera, new.start_ns, new.end_ns, new.path, new.bytes, 0)
  ON CONFLICT (id) DO UPDATE SET start_ns = new.start_ns, end_ns = new.end_ns, path = new.path, bytes = new.bytes, state = mirror_segment.sha256 IS new.sha256;
END;
CREATE TRIGGER segment_revised_mirror AFTER UPDATE OF sha256, path ON segment WHEN EXISTS (SELECT 1 FROM mirror_segment WHERE id = new.id) BEGIN
  UPDATE mirror_segment SET start_ns = new.start_ns, end_ns = new.end_ns, path = new.path, bytes = new.bytes, state = sha256 IS new.sha256, try_ns = 0 WHERE id = new.id;
END;
CREATE TRIGGER segment_left_mirror AFTER DELETE ON segment WHEN EXISTS (SELECT 1 FROM mirror_segment WHERE id = old.id) BEGIN
  UPDATE mirror_segment SET state = 2 WHERE id = old.id;
END;

-- The mirror volume whose seal log is in this database as a whole. What a rebuilt database lacks comes from a log that is not here yet.
CREATE TABLE mirror_volume (id TEXT PRIMARY KEY) WITHOUT ROWID;

-- Holds, gaps and wishes that the mirror's seal log must get, so that it alone brings them back. kind: 0 hold, 1 gap, 2 wish (id is its camera).
CREATE TABLE mirror_due (
  kind INTEGER NOT NULL,
  id TEXT NOT NULL,
  start_ns INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (kind, id, start_ns)
) WITHOUT ROWID;
CREATE TRIGGER hold_to_mirror AFTER INSERT ON hold WHEN EXISTS (SELECT 1 FROM mirror_volume) BEGIN INSERT OR IGNORE INTO mirror_due (kind, id) VALUES (0, new.id); END;
CREATE TRIGGER hold_end_to_mirror AFTER UPDATE OF released_ns ON hold WHEN EXISTS (SELECT 1 FROM mirror_volume) BEGIN INSERT OR IGNORE INTO mirror_due (kind, id) VALUES (0, new.id); END;
CREATE TRIGGER gap_to_mirror AFTER INSERT ON gap WHEN EXISTS (SELECT 1 FROM mirror_volume) BEGIN INSERT OR IGNORE INTO mirror_due (kind, id) VALUES (1, new.id); END;
CREATE TRIGGER gap_revised_mirror AFTER UPDATE OF revision ON gap WHEN EXISTS (SELECT 1 FROM mirror_volume) BEGIN INSERT OR IGNORE INTO mirror_due (kind, id) VALUES (1, new.id); END;
CREATE TRIGGER wanted_to_mirror AFTER INSERT ON wanted WHEN EXISTS (SELECT 1 FROM mirror_volume) BEGIN
  INSERT OR IGNORE INTO mirror_due (kind, id, start_ns) VALUES (2, new.camera, new.start_ns);
END;
CREATE TRIGGER wanted_end_to_mirror AFTER UPDATE OF end_ns ON wanted WHEN EXISTS (SELECT 1 FROM mirror_volume) BEGIN
  INSERT OR IGNORE INTO mirror_due (kind, id, start_ns) VALUES (2, new.camera, new.start_ns);
END;

-- Where the scrub is, and what it found. side: primary or mirror.
CREATE TABLE scrub_mark (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  position TEXT NOT NULL,
  rounds INTEGER NOT NULL,
  round_started_ns INTEGER,
  segments INTEGER NOT NULL,
  bytes INTEGER NOT NULL
);
INSERT INTO scrub_mark VALUES (1, '', 0, NULL, 0, 0);
CREATE TABLE damage (
  segment TEXT NOT NULL,
  side TEXT NOT NULL,
  camera TEXT NOT NULL,
  what TEXT NOT NULL,
  found_ns INTEGER NOT NULL,
  repaired_ns INTEGER,
  PRIMARY KEY (segment, side)
) WITHOUT ROWID;
CREATE INDEX damage_open ON damage (found_ns) WHERE repaired_ns IS NULL;
