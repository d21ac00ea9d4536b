-- A camera's own limits instead of the box's, and whether it is mirrored; null for what the box does.
ALTER TABLE camera ADD COLUMN retention_hours INTEGER;
ALTER TABLE camera ADD COLUMN quota_bytes INTEGER;
ALTER TABLE camera ADD COLUMN mirror INTEGER;
