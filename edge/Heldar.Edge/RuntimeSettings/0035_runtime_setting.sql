-- What people changed while the box ran, one JSON object per group; it goes before heldar.yaml.
CREATE TABLE runtime_setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
