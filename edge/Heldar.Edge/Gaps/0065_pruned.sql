-- How far the ledger of a camera was pruned: gaps, wishes and deletions that ended before are not kept any more.
CREATE TABLE pruned (camera TEXT PRIMARY KEY, before_ns INTEGER NOT NULL) WITHOUT ROWID;
