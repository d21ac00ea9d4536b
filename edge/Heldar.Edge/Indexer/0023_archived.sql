-- Whether the archive has a segment. A policy may want that before age or quota deletes it.
ALTER TABLE segment ADD COLUMN archived INTEGER NOT NULL DEFAULT 0;
CREATE INDEX segment_archived_free ON segment (camera, start_ns, id) WHERE held = 0 AND archived = 1;
CREATE INDEX segment_volume_archived_free ON segment (volume, camera, start_ns, id) WHERE held = 0 AND archived = 1;
