CREATE TABLE segment (
  id TEXT PRIMARY KEY,
  camera TEXT NOT NULL,
  revision INTEGER NOT NULL,
  run TEXT NOT NULL,
  start_ns INTEGER NOT NULL,
  end_ns INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  codec TEXT NOT NULL,
  width INTEGER,
  height INTEGER,
  frames INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  root TEXT NOT NULL,
  hash_origin INTEGER NOT NULL,
  camera_offset_ms INTEGER,
  reason TEXT NOT NULL,
  volume TEXT NOT NULL,
  path TEXT NOT NULL
);
CREATE INDEX segment_camera_start ON segment (camera, start_ns, id);
CREATE INDEX segment_volume ON segment (volume, start_ns);

-- Counters are kept, never summed by scan. longest_ns only grows: it bounds how far back a search for overlaps must look.
CREATE TABLE camera_total (
  camera TEXT PRIMARY KEY,
  segments INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  frames INTEGER NOT NULL,
  longest_ns INTEGER NOT NULL
);
CREATE TRIGGER segment_added AFTER INSERT ON segment BEGIN
  INSERT INTO camera_total (camera, segments, bytes, frames, longest_ns) VALUES (new.camera, 1, new.bytes, new.frames, new.end_ns - new.start_ns)
  ON CONFLICT (camera) DO UPDATE SET segments = segments + 1, bytes = bytes + new.bytes, frames = frames + new.frames,
    longest_ns = max(longest_ns, new.end_ns - new.start_ns);
END;
CREATE TRIGGER segment_changed AFTER UPDATE ON segment BEGIN
  UPDATE camera_total SET bytes = bytes + new.bytes - old.bytes, frames = frames + new.frames - old.frames,
    longest_ns = max(longest_ns, new.end_ns - new.start_ns) WHERE camera = new.camera;
END;
CREATE TRIGGER segment_removed AFTER DELETE ON segment BEGIN
  UPDATE camera_total SET segments = segments - 1, bytes = bytes - old.bytes, frames = frames - old.frames WHERE camera = old.camera;
END;

-- Everything that the seal log of the volume says before this hour is in the index.
CREATE TABLE volume_mark (volume TEXT PRIMARY KEY, hour TEXT NOT NULL);
