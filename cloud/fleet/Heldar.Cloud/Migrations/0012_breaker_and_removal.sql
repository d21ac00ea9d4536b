-- Circuit breakers that are open: one row for each instance of the functions that puts messages back unasked, touched while it does. No tenant data.
create table breaker (
    instance uuid        not null primary key,
    shard    text        not null,
    since    timestamptz not null,
    seen_at  timestamptz not null,
    cause    text        not null
);

-- A box that a person removed: its keys are revoked, its footage stays known, its cameras may be another box's.
alter table box
    add column removed_at timestamptz null,
    add column removed_by text        null;

-- Conflicts of the last days are counted each minute.
create index segment_conflict_detected on segment_conflict (detected_at);
