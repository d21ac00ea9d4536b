-- The newest moment that the clock was trusted at, and stretches of wall time that it ran through while it was not.
CREATE TABLE clock_mark (id INTEGER PRIMARY KEY CHECK (id = 1), wall_ns INTEGER NOT NULL, mono_ns INTEGER NOT NULL, boot TEXT NOT NULL);
CREATE TABLE clock_doubt (id INTEGER PRIMARY KEY, from_ns INTEGER NOT NULL, to_ns INTEGER NOT NULL, until_ns INTEGER);
