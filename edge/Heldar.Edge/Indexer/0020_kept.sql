-- What may be deleted, and how much of it there is, kept with every change: retention reads counters and never scans.
ALTER TABLE segment ADD COLUMN held INTEGER NOT NULL DEFAULT 0;
CREATE INDEX segment_free ON segment (camera, start_ns, id) WHERE held = 0;
CREATE INDEX segment_volume_free ON segment (volume, camera, start_ns, id) WHERE held = 0;
DROP INDEX segment_volume;

CREATE TABLE camera_volume_total (
  camera TEXT NOT NULL,
  volume TEXT NOT NULL,
  segments INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  held_segments INTEGER NOT NULL,
  held_bytes INTEGER NOT NULL,
  PRIMARY KEY (camera, volume)) WITHOUT ROWID;
INSERT INTO camera_volume_total SELECT camera, volume, count(*), sum(bytes), 0, 0 FROM segment GROUP BY camera, volume;

-- Holds are a set: several may cover the same footage. A hold ends only by released_ns; its expiry is only a wish, since a clock never deletes.
CREATE TABLE hold (
  id TEXT PRIMARY KEY,
  camera TEXT NOT NULL,
  from_ns INTEGER NOT NULL,
  to_ns INTEGER NOT NULL,
  reason TEXT NOT NULL,
  owner TEXT NOT NULL,
  level INTEGER NOT NULL,
  created_ns INTEGER NOT NULL,
  expires_ns INTEGER,
  case_id TEXT,
  segment TEXT,
  released_ns INTEGER,
  released_by TEXT,
  sealed INTEGER NOT NULL DEFAULT 0);
CREATE INDEX hold_standing ON hold (camera, to_ns) WHERE released_ns IS NULL;
CREATE INDEX hold_case ON hold (case_id) WHERE case_id IS NOT NULL;
CREATE INDEX hold_segment ON hold (segment) WHERE segment IS NOT NULL;
CREATE INDEX hold_unsealed ON hold (id) WHERE sealed = 0;

CREATE TRIGGER segment_placed AFTER INSERT ON segment BEGIN
  INSERT INTO camera_volume_total (camera, volume, segments, bytes, held_segments, held_bytes)
  VALUES (new.camera, new.volume, 1, new.bytes, new.held, new.held * new.bytes)
  ON CONFLICT (camera, volume) DO UPDATE SET segments = segments + 1, bytes = bytes + new.bytes,
    held_segments = held_segments + new.held, held_bytes = held_bytes + new.held * new.bytes;
  UPDATE segment SET held = 1 WHERE id = new.id AND held = 0 AND EXISTS (
    SELECT 1 FROM hold h WHERE h.camera = new.camera AND h.released_ns IS NULL AND h.to_ns > new.start_ns AND h.from_ns < new.end_ns);
END;
CREATE TRIGGER segment_recounted AFTER UPDATE OF bytes, held, volume ON segment BEGIN
  UPDATE camera_volume_total SET segments = segments - 1, bytes = bytes - old.bytes, held_segments = held_segments - old.held,
    held_bytes = held_bytes - old.held * old.bytes WHERE camera = old.camera AND volume = old.volume;
  INSERT INTO camera_volume_total (camera, volume, segments, bytes, held_segments, held_bytes)
  VALUES (new.camera, new.volume, 1, new.bytes, new.held, new.held * new.bytes)
  ON CONFLICT (camera, volume) DO UPDATE SET segments = segments + 1, bytes = bytes + new.bytes,
    held_segments = held_segments + new.held, held_bytes = held_bytes + new.held * new.bytes;
END;
CREATE TRIGGER segment_moved AFTER UPDATE OF start_ns, end_ns ON segment BEGIN
  UPDATE segment SET held = 1 WHERE id = new.id AND held = 0 AND EXISTS (
    SELECT 1 FROM hold h WHERE h.camera = new.camera AND h.released_ns IS NULL AND h.to_ns > new.start_ns AND h.from_ns < new.end_ns);
END;
CREATE TRIGGER segment_left AFTER DELETE ON segment BEGIN
  UPDATE camera_volume_total SET segments = segments - 1, bytes = bytes - old.bytes, held_segments = held_segments - old.held,
    held_bytes = held_bytes - old.held * old.bytes WHERE camera = old.camera AND volume = old.volume;
END;
-- The last layer: whatever statement asks for it, held footage stays.
CREATE TRIGGER segment_stays BEFORE DELETE ON segment WHEN EXISTS (
  SELECT 1 FROM hold h WHERE h.camera = old.camera AND h.released_ns IS NULL AND h.to_ns > old.start_ns AND h.from_ns < old.end_ns)
BEGIN SELECT RAISE(IGNORE); END;

CREATE TRIGGER hold_placed AFTER INSERT ON hold WHEN new.released_ns IS NULL BEGIN
  UPDATE segment SET held = 1 WHERE camera = new.camera AND start_ns < new.to_ns AND end_ns > new.from_ns AND held = 0
    AND start_ns >= new.from_ns - (SELECT COALESCE(MAX(longest_ns), 0) FROM camera_total WHERE camera = new.camera);
END;
CREATE TRIGGER hold_ended AFTER UPDATE OF released_ns ON hold WHEN old.released_ns IS NULL AND new.released_ns IS NOT NULL BEGIN
  UPDATE segment SET held = 0 WHERE camera = new.camera AND start_ns < new.to_ns AND end_ns > new.from_ns AND held = 1
    AND start_ns >= new.from_ns - (SELECT COALESCE(MAX(longest_ns), 0) FROM camera_total WHERE camera = new.camera)
    AND NOT EXISTS (SELECT 1 FROM hold h WHERE h.camera = segment.camera AND h.released_ns IS NULL AND h.to_ns > segment.start_ns AND h.from_ns < segment.end_ns);
END;
-- A hold is evidence itself: its row and its range stay as they are.
CREATE TRIGGER hold_stays BEFORE DELETE ON hold BEGIN SELECT RAISE(ABORT, 'a hold is never deleted'); END;
CREATE TRIGGER hold_fixed BEFORE UPDATE OF camera, from_ns, to_ns, level, created_ns ON hold BEGIN SELECT RAISE(ABORT, 'a hold is never changed'); END;

-- Footage whose row is gone and whose file is about to be: finished after a crash, and never taken back into the index.
CREATE TABLE segment_leaving (
  id TEXT PRIMARY KEY,
  deletion TEXT NOT NULL,
  volume TEXT NOT NULL,
  path TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX segment_leaving_deletion ON segment_leaving (deletion);
CREATE TABLE deletion (
  id TEXT PRIMARY KEY,
  volume TEXT NOT NULL,
  camera TEXT NOT NULL,
  from_ns INTEGER NOT NULL,
  to_ns INTEGER NOT NULL,
  reason TEXT NOT NULL,
  segments INTEGER NOT NULL,
  bytes INTEGER NOT NULL);
