-- How much of a camera's hour was wanted, is there, and is missing, and why. Closed hours only; counted again whenever something about them arrives late.
create table coverage (
    tenant     text        not null,
    camera     uuid        not null,
    day        date        not null,
    hour       timestamptz not null,
    wanted_ms  integer     not null check (wanted_ms = present_ms + missing_ms and wanted_ms <= 3600000),
    present_ms integer     not null check (present_ms >= 0),
    missing_ms integer     not null check (missing_ms >= 0),
    causes     jsonb       not null,                     -- {"stalled": 1200, …}: milliseconds that add up to missing_ms
    counted_at timestamptz not null,
    primary key (tenant, camera, day, hour)
) partition by range (day);
-- Hours that a box owes an explanation for.
create index coverage_silent on coverage (tenant, camera, hour) where causes ? 'not_reported';

-- Closed hours that [from_at, to_at) touches are to be counted. Rows are only added and taken, so that whoever writes what counts never waits for the count.
create table coverage_due (
    id      bigint      not null generated always as identity,
    tenant  text        not null,
    camera  uuid        not null,
    from_at timestamptz not null,
    to_at   timestamptz not null,
    primary key (id, tenant)
);

-- Up to where closed hours of enabled cameras were put on coverage_due.
create table coverage_clock (
    one     boolean     not null primary key default true check (one),
    through timestamptz not null
);

-- Versions of the index. A new one is built in span_next and span_list_next from the stored manifests, and takes the names of the old one in one transaction.
create table index_version (
    version     integer     not null primary key,
    state       text        not null check (state in ('building', 'current', 'retired', 'abandoned')),
    listing     text        null,                        -- where the listing of manifests goes on; null before the first page and after the last
    listed_at   timestamptz null,                        -- when every stored manifest had been listed
    hours       bigint      not null default 0,          -- camera-hours written so far, repeats included
    last_write  xid8        null,                        -- of the newest write: older snapshots must be gone before the switch
    compared    boolean     not null default false,      -- with the current one, when everything was written
    differences text        null,                        -- why it is not switched by itself
    accepted    boolean     not null default false,      -- a person wants it although it differs
    started_at  timestamptz not null default clock_timestamp(),
    ended_at    timestamptz null
);
create unique index index_version_building on index_version (state) where state in ('building', 'current');
insert into index_version (version, state) values (1, 'current');

-- Camera-hours of one box that the version under construction has to write (again).
create table index_due (
    id     bigint      not null generated always as identity,
    tenant text        not null,
    camera uuid        not null,
    hour   timestamptz not null,
    box    uuid        not null,
    primary key (id, tenant)
);

-- Searches without a camera read by time alone.
create index detection_at on detection (tenant, at);
create index zone_event_at on zone_event (tenant, at);
create index snapshot_at on snapshot (tenant, taken_at);
create index gap_at on gap (tenant, start_at);

-- What a fold saw when it looked at deletions and at ends of holds: one that was being written then is older by its time and was not seen, so the hour folds again.
alter table tombstone add column landed_in xid8 not null default pg_current_xact_id();
alter table hold add column end_landed_in xid8 null;
alter table span add column folded_in pg_snapshot null;
