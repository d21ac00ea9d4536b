-- Why wanted footage is missing. end_at is null while the gap is open; a higher revision replaces a lower one.
create table gap (
    tenant   text        not null,
    camera   uuid        not null,
    gap      uuid        not null,
    revision integer     not null,
    box      uuid        not null,
    start_at timestamptz not null,
    end_at   timestamptz null,
    cause    text        not null,
    detail   text        null,
    primary key (tenant, camera, gap)
);
create index gap_time on gap (tenant, camera, start_at);
