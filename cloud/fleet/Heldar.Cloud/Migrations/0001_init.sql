-- What boxes report and what the index knows. Tenant is part of every key.

create table tenant (
    tenant     text        not null primary key,
    name       text        not null,
    created_at timestamptz not null default now()
);
insert into tenant (tenant, name) values ('main', 'Main');

create table site (
    tenant     text        not null references tenant (tenant),
    site       text        not null,
    name       text        not null,
    time_zone  text        not null,
    created_at timestamptz not null default now(),
    primary key (tenant, site)
);

create table box (
    tenant           text        not null,
    box              uuid        not null unique,      -- unique among all tenants: the key says which tenant calls
    site             text        not null,
    name             text        not null,
    version          text        not null,
    shard            text        not null,
    created_at       timestamptz not null default now(),
    last_seen_at     timestamptz null,
    outbox_backlog   bigint      not null default 0,
    disk_free_bytes  bigint      null,
    disk_total_bytes bigint      null,
    described_boot   bigint      not null default 0,    -- (boot, seq) of the newest box.described and box.status that were applied
    described_seq    bigint      not null default 0,
    status_boot      bigint      not null default 0,
    status_seq       bigint      not null default 0,
    primary key (tenant, box),
    foreign key (tenant, site) references site (tenant, site)
);

create table box_key (
    tenant     text        not null,
    box        uuid        not null,
    key_id     text        not null,
    public_key bytea       not null,                    -- SubjectPublicKeyInfo, P-256
    created_at timestamptz not null default now(),
    revoked_at timestamptz null,
    primary key (tenant, box, key_id),
    foreign key (tenant, box) references box (tenant, box)
);

create table camera (
    tenant     text        not null,
    camera     uuid        not null,
    box        uuid        not null,                    -- its recorder of the day
    site       text        not null,
    slug       text        not null,
    name       text        not null,
    enabled    boolean     not null,
    codec      text        null,
    width      integer     null,
    height     integer     null,
    created_at timestamptz not null default now(),
    primary key (tenant, camera),
    foreign key (tenant, box) references box (tenant, box)
);
create index camera_box on camera (tenant, box);

create table camera_state (
    tenant     text        not null,
    camera     uuid        not null,
    box        uuid        not null,
    boot_seq   bigint      not null,
    seq        bigint      not null,
    condition  text        not null,
    cause      text        null,
    since      timestamptz not null,
    primary key (tenant, camera)
);

create table camera_progress (
    tenant           text        not null,
    camera           uuid        not null,
    box              uuid        not null,
    boot_seq         bigint      not null,
    seq              bigint      not null,
    condition        text        not null,
    recorded_since   timestamptz null,
    recorded_through timestamptz null,
    open_segment     uuid        null,
    open_start       timestamptz null,
    reported_at      timestamptz not null,
    primary key (tenant, camera)
);

-- What IndexSegments inserts; day partitions by arrival, made ahead, dropped whole. FoldSpans moves rows on into spans.
create table segment_landing (
    tenant           text        not null,
    camera           uuid        not null,
    segment          uuid        not null,
    landed_on        date        not null,
    revision         integer     not null,
    box              uuid        not null,
    run              uuid        not null,
    start_at         timestamptz not null,
    end_at           timestamptz not null,
    bytes            bigint      not null,
    codec            text        not null,
    width            integer     null,
    height           integer     null,
    frames           integer     not null,
    sha256           bytea       not null check (octet_length(sha256) = 32),
    root             bytea       not null check (octet_length(root) = 32),
    hash_origin      smallint    not null,
    camera_offset_ms bigint      null,
    reason           text        not null,
    primary key (tenant, camera, segment, landed_on)
) partition by range (landed_on);
create index segment_landing_start on segment_landing (tenant, camera, start_at);
create index segment_landing_time on segment_landing (tenant, start_at, camera);

-- Same segment and revision with another hash: kept and alerted, never dropped.
create table segment_conflict (
    tenant      text        not null,
    camera      uuid        not null,
    segment     uuid        not null,
    revision    integer     not null,
    sha256      bytea       not null,
    known       bytea       not null,
    box         uuid        not null,
    body        jsonb       not null,
    detected_at timestamptz not null default now(),
    primary key (tenant, camera, segment, revision, sha256)
);

-- Deleted footage: hides every segment of the camera that starts in [from_at, to_at) and was opened before the deletion, early or late.
create table tombstone (
    tenant      text        not null,
    camera      uuid        not null,
    from_at     timestamptz not null,
    to_at       timestamptz not null,
    event_id    text        not null,
    older_than  uuid        not null,                   -- smallest UUIDv7 of the deletion's time
    reason      text        not null,
    segments    bigint      not null,
    bytes       bigint      not null,
    landed_at   timestamptz not null default clock_timestamp(),   -- hours that were folded before this fold again
    primary key (tenant, camera, from_at, event_id)
);
create index tombstone_landed on tombstone (landed_at);

-- One camera-hour of one box. Month partitions.
create table span (
    tenant    text        not null,
    camera    uuid        not null,
    hour      timestamptz not null,
    box       uuid        not null,
    segments  integer     not null,
    bytes     bigint      not null,
    first_at  timestamptz not null,
    last_at   timestamptz not null,
    root      bytea       not null,                     -- SHA-256 of the manifest
    manifest  text        not null,                     -- its blob
    folded_at timestamptz not null,
    primary key (tenant, camera, hour, box)
) partition by range (hour);
create index span_hour on span (tenant, hour, camera);

create table span_list (
    tenant text        not null,
    camera uuid        not null,
    hour   timestamptz not null,
    box    uuid        not null,
    packed bytea       not null,                        -- 8 bytes a segment: see PackedSpan
    primary key (tenant, camera, hour, box)
) partition by range (hour);

-- What the cloud has of each (box, class, epoch): the watermark is the end of the first range when that starts at 1.
create table box_batch (
    tenant     text           not null,
    box        uuid           not null,
    class      smallint       not null,
    epoch      text           not null,
    received   int8multirange not null,
    updated_at timestamptz    not null default now(),
    primary key (tenant, box, class, epoch)
);

-- What could not be applied, with its reason. Tenant '-' when the message proves none.
create table dead_letter (
    tenant     text        not null,
    letter     uuid        not null,
    queue      text        not null,
    reason     text        not null,
    detail     text        not null,
    box        uuid        null,
    event_id   text        null,
    event_type text        null,
    body       bytea       not null,                    -- the event or message as it came, cut at 64 KiB
    at         timestamptz not null default now(),
    status     text        not null default 'open' check (status in ('open', 'redriven', 'dropped')),
    primary key (tenant, letter)
);
create index dead_letter_at on dead_letter (tenant, at desc);
-- The same event refused twice is one letter.
create unique index dead_letter_once on dead_letter (tenant, queue, event_id, reason) where event_id is not null;

create table timer_run (
    timer    text        not null primary key,          -- the worker front's timers; holds no tenant data
    last_run timestamptz not null
);
