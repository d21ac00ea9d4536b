-- Time of the oldest event that a box has not brought into a queue yet, by the cloud's clock, as its last heartbeat said it; null when nothing waits.
alter table box add column outbox_oldest_at timestamptz null;
