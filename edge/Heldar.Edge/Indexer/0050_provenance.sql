-- Where footage comes from that the box did not receive live; null for live footage.
ALTER TABLE segment ADD COLUMN provenance INTEGER;
CREATE INDEX segment_foreign ON segment (camera, start_ns) WHERE provenance IS NOT NULL;
