-- When a camera records (0 continuous, 1 scheduled, 2 event, 3 scheduled_event), and how much of the time around an event, in seconds.
ALTER TABLE camera ADD COLUMN mode INTEGER NOT NULL DEFAULT 0 CHECK (mode BETWEEN 0 AND 3);
ALTER TABLE camera ADD COLUMN pre_roll INTEGER NOT NULL DEFAULT 10 CHECK (pre_roll BETWEEN 0 AND 60);
ALTER TABLE camera ADD COLUMN post_roll INTEGER NOT NULL DEFAULT 30 CHECK (post_roll BETWEEN 0 AND 3600);
