-- Whether an archive has ever confirmed a segment: a policy that waits for one that never answers is told of.
CREATE TABLE archive_mark (one INTEGER PRIMARY KEY CHECK (one = 1));
INSERT OR IGNORE INTO archive_mark (one) SELECT 1 FROM segment WHERE archived = 1 LIMIT 1;
CREATE TRIGGER archive_answered AFTER UPDATE OF archived ON segment WHEN new.archived = 1 AND old.archived = 0 BEGIN
  INSERT OR IGNORE INTO archive_mark (one) VALUES (1);
END;
