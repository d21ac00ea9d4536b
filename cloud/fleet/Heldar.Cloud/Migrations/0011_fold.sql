-- Deletions are looked up by how long they are: of the short ones, which nearly all are, only those can touch a moment that begin shortly before it.
alter table tombstone
    add column reach smallint not null
        generated always as (case when to_at - from_at <= interval '1 hour' then 0 when to_at - from_at <= interval '48 hours' then 1 else 2 end) stored,
    add column settled boolean not null default false;   -- was merged with its neighbours, or cannot be
-- No key but this one has times in it: through another one, all that began before would be read.
alter table tombstone drop constraint tombstone_pkey;
alter table tombstone add primary key (tenant, camera, event_id, from_at);
create index tombstone_reach on tombstone (tenant, camera, reach, from_at);
-- Only those that may still be merged are looked for by the time of their landing.
drop index tombstone_landed;
create index tombstone_landed on tombstone (landed_at) where not settled;
drop index hold_end_landed;

-- What changed of footage that may be folded already: a deletion, or the end of a hold (released_at). Rows are only added and taken, in the transaction that changes.
create table fold_change (
    id          bigint      not null generated always as identity,
    tenant      text        not null,
    camera      uuid        not null,
    from_at     timestamptz not null,
    to_at       timestamptz not null,
    released_at timestamptz null,
    landed_at   timestamptz not null default clock_timestamp(),
    landed_in   xid8        not null default pg_current_xact_id(),
    primary key (id, tenant)
);
create index fold_change_camera on fold_change (tenant, camera, from_at);

-- Folded hours that do not show yet what changed of them. A search looks at deletions only where such an hour is, however long that lasts.
create table fold_due (
    tenant text        not null,
    camera uuid        not null,
    hour   timestamptz not null,
    box    uuid        not null,
    since  timestamptz not null,
    due_at timestamptz not null,
    primary key (tenant, camera, hour, box)
);
create index fold_due_at on fold_due (due_at);
create index fold_due_hour on fold_due (tenant, hour);

-- Hours that could not be folded; they are tried again ever more rarely, behind all others.
create table fold_failure (
    tenant   text        not null,
    camera   uuid        not null,
    hour     timestamptz not null,
    box      uuid        not null,
    failures integer     not null,
    cause    text        not null,
    since    timestamptz not null,
    due_at   timestamptz not null,
    primary key (tenant, camera, hour, box)
);

-- What the last run of the fold left; holds no tenant data.
create table fold_state (
    one          boolean     not null primary key default true check (one),
    at           timestamptz not null,
    waiting      bigint      not null,                   -- camera-hours in landing
    changed      bigint      not null,                   -- camera-hours of fold_due whose time has come
    failing      bigint      not null,
    behind_since timestamptz null                        -- since when runs end with work left
);

-- Manifests that no span names any more, for as long as somebody may still be reading them.
create table manifest_replaced (
    id          bigint      not null generated always as identity,
    tenant      text        not null,
    camera      uuid        not null,
    hour        timestamptz not null,
    box         uuid        not null,
    manifest    text        not null,
    replaced_at timestamptz not null,
    primary key (id, tenant)
);

-- What no fold has seen yet, however old it is.
insert into fold_change (tenant, camera, from_at, to_at, landed_at, landed_in)
select t.tenant, t.camera, t.from_at, t.to_at, t.landed_at, t.landed_in from tombstone t
where exists (
    select 1 from span s where s.tenant = t.tenant and s.camera = t.camera and s.hour > t.from_at - interval '1 hour' and s.hour < t.to_at
        and (t.landed_at >= s.folded_at or not pg_visible_in_snapshot(t.landed_in, s.folded_in)));
insert into fold_change (tenant, camera, from_at, to_at, released_at, landed_at)
select h.tenant, h.camera, h.from_at, h.to_at, h.released_at, h.end_landed_at from hold h
where h.placed_at is not null and h.end_landed_at is not null and exists (
    select 1 from span s where s.tenant = h.tenant and s.camera = h.camera and s.hour > h.from_at - interval '2 hours' and s.hour < h.to_at
        and (h.end_landed_at >= s.folded_at or not pg_visible_in_snapshot(h.end_landed_in, s.folded_in)));
