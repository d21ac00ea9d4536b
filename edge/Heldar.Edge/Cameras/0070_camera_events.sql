-- Which of the camera's own events trigger its recording: sealed text, null for none.
ALTER TABLE camera ADD COLUMN event_secrets TEXT;
