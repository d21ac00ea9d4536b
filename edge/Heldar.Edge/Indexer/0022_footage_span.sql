-- What is recorded of each camera, merged over holes of up to 1 s and kept with every change: a year's timeline reads a few rows, not a million segments.
CREATE TABLE footage_span (
  camera TEXT NOT NULL,
  start_ns INTEGER NOT NULL,
  end_ns INTEGER NOT NULL,
  PRIMARY KEY (camera, start_ns)) WITHOUT ROWID;

INSERT INTO footage_span (camera, start_ns, end_ns)
SELECT camera, min(start_ns), max(end_ns) FROM (
  SELECT camera, start_ns, end_ns, sum(begins) OVER (PARTITION BY camera ORDER BY start_ns, id) AS island FROM (
    SELECT camera, id, start_ns, end_ns,
      start_ns > coalesce(max(end_ns) OVER (PARTITION BY camera ORDER BY start_ns, id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), -9223372036854775807) + 1000000000 AS begins
    FROM segment))
GROUP BY camera, island;
