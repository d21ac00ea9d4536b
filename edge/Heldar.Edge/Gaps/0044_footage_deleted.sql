-- What was recorded and deleted again, merged over holes of up to 1 s: it is not missing without a reason.
CREATE TABLE footage_deleted (
  camera TEXT NOT NULL,
  start_ns INTEGER NOT NULL,
  end_ns INTEGER NOT NULL,
  PRIMARY KEY (camera, start_ns)) WITHOUT ROWID;

CREATE TRIGGER footage_left AFTER DELETE ON segment BEGIN
  INSERT INTO footage_deleted (camera, start_ns, end_ns)
  SELECT old.camera,
    coalesce((SELECT d.start_ns FROM footage_deleted d WHERE d.camera = old.camera AND d.start_ns <= old.start_ns AND d.end_ns >= old.start_ns - 1000000000
      AND d.start_ns = (SELECT max(start_ns) FROM footage_deleted WHERE camera = old.camera AND start_ns <= old.start_ns)), old.start_ns),
    old.end_ns
  ON CONFLICT (camera, start_ns) DO UPDATE SET end_ns = max(end_ns, excluded.end_ns);
END;
