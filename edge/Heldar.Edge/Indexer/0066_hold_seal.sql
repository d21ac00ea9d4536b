-- Which seal logs have a hold, and whether they know of its end: a volume that comes, or comes back, gets what it lacks. hold.sealed says that at least one log has it as it is.
CREATE TABLE hold_seal (
  hold TEXT NOT NULL,
  volume TEXT NOT NULL,
  released INTEGER NOT NULL,
  PRIMARY KEY (hold, volume)) WITHOUT ROWID;
CREATE INDEX hold_seal_standing ON hold_seal (volume) WHERE released = 0;
