-- Counts the changes of what people want of the box, so that a file beside the database follows them. database names this database: a file of another one is not its copy.
-- kept: a file of this database was written, or taken over.
CREATE TABLE desired_mark (id INTEGER PRIMARY KEY CHECK (id = 1), database TEXT NOT NULL, revision INTEGER NOT NULL, kept INTEGER NOT NULL);
INSERT INTO desired_mark (id, database, revision, kept) VALUES (1, lower(hex(randomblob(16))), 1, 0);
CREATE TRIGGER desired_camera_added AFTER INSERT ON camera BEGIN UPDATE desired_mark SET revision = revision + 1; END;
CREATE TRIGGER desired_camera_changed AFTER UPDATE ON camera BEGIN UPDATE desired_mark SET revision = revision + 1; END;
CREATE TRIGGER desired_camera_removed AFTER DELETE ON camera BEGIN UPDATE desired_mark SET revision = revision + 1; END;
CREATE TRIGGER desired_camera_schedule_added AFTER INSERT ON camera_schedule BEGIN UPDATE desired_mark SET revision = revision + 1; END;
CREATE TRIGGER desired_camera_schedule_changed AFTER UPDATE ON camera_schedule BEGIN UPDATE desired_mark SET revision = revision + 1; END;
CREATE TRIGGER desired_camera_schedule_removed AFTER DELETE ON camera_schedule BEGIN UPDATE desired_mark SET revision = revision + 1; END;
CREATE TRIGGER desired_schedule_exception_added AFTER INSERT ON schedule_exception BEGIN UPDATE desired_mark SET revision = revision + 1; END;
CREATE TRIGGER desired_schedule_exception_changed AFTER UPDATE ON schedule_exception BEGIN UPDATE desired_mark SET revision = revision + 1; END;
CREATE TRIGGER desired_schedule_exception_removed AFTER DELETE ON schedule_exception BEGIN UPDATE desired_mark SET revision = revision + 1; END;
CREATE TRIGGER desired_recording_job_added AFTER INSERT ON recording_job BEGIN UPDATE desired_mark SET revision = revision + 1; END;
CREATE TRIGGER desired_recording_job_changed AFTER UPDATE ON recording_job BEGIN UPDATE desired_mark SET revision = revision + 1; END;
CREATE TRIGGER desired_recording_job_removed AFTER DELETE ON recording_job BEGIN UPDATE desired_mark SET revision = revision + 1; END;
CREATE TRIGGER desired_recording_series_added AFTER INSERT ON recording_series BEGIN UPDATE desired_mark SET revision = revision + 1; END;
CREATE TRIGGER desired_recording_series_changed AFTER UPDATE ON recording_series BEGIN UPDATE desired_mark SET revision = revision + 1; END;
CREATE TRIGGER desired_recording_series_removed AFTER DELETE ON recording_series BEGIN UPDATE desired_mark SET revision = revision + 1; END;
CREATE TRIGGER desired_runtime_setting_added AFTER INSERT ON runtime_setting BEGIN UPDATE desired_mark SET revision = revision + 1; END;
CREATE TRIGGER desired_runtime_setting_changed AFTER UPDATE ON runtime_setting BEGIN UPDATE desired_mark SET revision = revision + 1; END;
CREATE TRIGGER desired_runtime_setting_removed AFTER DELETE ON runtime_setting BEGIN UPDATE desired_mark SET revision = revision + 1; END;
