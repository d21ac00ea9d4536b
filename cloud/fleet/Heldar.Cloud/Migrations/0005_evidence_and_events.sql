-- Evidence locks as the boxes tell them: a set of ids per camera and range, never a flag. from_at to placed_at are null while only the end has arrived.
-- A hold is never changed: it is placed, and it ends.
create table hold (
    tenant        text        not null,
    camera        uuid        not null,
    hold          uuid        not null,
    box           uuid        not null,
    from_at       timestamptz null,
    to_at         timestamptz null,
    reason        text        null,
    owner         text        null,
    case_id       text        null,
    expires_at    timestamptz null,                      -- the box ends it then, while it trusts its clock
    placed_at     timestamptz null,                      -- by the box's clock, as are deletions: they are compared
    released_at   timestamptz null,
    released_by   text        null,
    ended_by      text        null check (ended_by in ('released', 'expired')),
    landed_at     timestamptz not null default clock_timestamp(),
    end_landed_at timestamptz null,                      -- hours that were folded before this look at their deletions again
    primary key (tenant, camera, hold)
);
create index hold_range on hold (tenant, camera, to_at) where placed_at is not null;
create index hold_list on hold (tenant, placed_at desc, hold desc) where placed_at is not null;
create index hold_end_landed on hold (end_landed_at) where end_landed_at is not null;

-- When the box deleted, as older_than says it: a hold that stood then keeps what the deletion would hide.
alter table tombstone add column deleted_at timestamptz not null
    generated always as (to_timestamp((('x' || substr(replace(older_than::text, '-', ''), 1, 12))::bit(48)::bigint) / 1000.0)) stored;

-- Where footage comes from that its box did not receive live (FootageProvenance); null for live.
alter table segment_landing add column provenance smallint null;
-- The same for folded hours: starts (ms within the hour) of segments that the camera's own storage gave back; null for none, which is nearly all.
alter table span_list add column from_camera integer[] null;

-- What was seen, by the day it was seen on: partitions are made ahead and dropped whole. An id applies once.
create table detection (
    tenant     text        not null,
    camera     uuid        not null,
    day        date        not null,
    event_id   text        not null,
    box        uuid        not null,
    at         timestamptz not null,
    task_type  text        not null,
    frame_id   text        null,
    labels     text[]      not null,                     -- distinct, sorted
    detections jsonb       not null,
    primary key (tenant, camera, day, event_id)
) partition by range (day);
create index detection_time on detection (tenant, camera, at);

create table zone_event (
    tenant     text             not null,
    camera     uuid             not null,
    day        date             not null,
    event_id   text             not null,
    box        uuid             not null,
    at         timestamptz      not null,
    zone       text             not null,
    name       text             not null,
    event      text             not null,
    track_id   text             not null,
    label      text             not null,
    confidence double precision not null,
    severity   text             not null,
    dwell_ms   bigint           null,
    snapshot   uuid             null,
    primary key (tenant, camera, day, event_id)
) partition by range (day);
create index zone_event_time on zone_event (tenant, camera, at);

create table snapshot (
    tenant   text        not null,
    camera   uuid        not null,
    day      date        not null,
    snapshot uuid        not null,
    box      uuid        not null,
    taken_at timestamptz not null,
    bytes    integer     not null,
    width    integer     not null,
    height   integer     not null,
    sha256   bytea       not null check (octet_length(sha256) = 32),
    reason   text        not null,
    primary key (tenant, camera, day, snapshot)
) partition by range (day);
create index snapshot_time on snapshot (tenant, camera, taken_at);
