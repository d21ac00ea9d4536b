-- The outbox. The epoch is minted by the statement that creates the table, so that an outbox which is created anew (a lost database) never reuses
-- batch numbers. Counters are kept by triggers, never summed by scan.
CREATE TABLE outbox_meta (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  epoch TEXT NOT NULL,
  events INTEGER NOT NULL DEFAULT 0,
  unsent INTEGER NOT NULL DEFAULT 0);
INSERT INTO outbox_meta (id, epoch) VALUES (1, lower(hex(randomblob(16))));
CREATE TABLE outbox_sequence (class INTEGER PRIMARY KEY, next INTEGER NOT NULL);
CREATE TABLE outbox_event (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  class INTEGER NOT NULL,
  queue TEXT NOT NULL,
  type TEXT NOT NULL,
  event_id TEXT NOT NULL,
  camera TEXT,
  time TEXT NOT NULL,
  data TEXT NOT NULL);
CREATE INDEX outbox_event_order ON outbox_event (class, queue, id);
CREATE INDEX outbox_event_state ON outbox_event (type, camera) WHERE class = 2;
CREATE TABLE outbox_batch (
  class INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  queue TEXT NOT NULL,
  envelope BLOB NOT NULL,
  staged BLOB,
  sent_at INTEGER,
  sends INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (class, seq));
CREATE INDEX outbox_batch_unsent ON outbox_batch (class, seq) WHERE sent_at IS NULL;
CREATE TRIGGER outbox_event_added AFTER INSERT ON outbox_event BEGIN UPDATE outbox_meta SET events = events + 1; END;
CREATE TRIGGER outbox_event_left AFTER DELETE ON outbox_event BEGIN UPDATE outbox_meta SET events = events - 1; END;
CREATE TRIGGER outbox_batch_added AFTER INSERT ON outbox_batch WHEN new.sent_at IS NULL BEGIN UPDATE outbox_meta SET unsent = unsent + 1; END;
CREATE TRIGGER outbox_batch_left AFTER DELETE ON outbox_batch WHEN old.sent_at IS NULL BEGIN UPDATE outbox_meta SET unsent = unsent - 1; END;
CREATE TRIGGER outbox_batch_sent AFTER UPDATE OF sent_at ON outbox_batch WHEN (old.sent_at IS NULL) <> (new.sent_at IS NULL)
  BEGIN UPDATE outbox_meta SET unsent = unsent + (new.sent_at IS NULL) - (old.sent_at IS NULL); END;
