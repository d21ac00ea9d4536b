ALTER TABLE camera ADD COLUMN certificate TEXT;
