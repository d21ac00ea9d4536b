-- People and what the fleet service keeps for them. Tenant is part of every key.

create table person (
    tenant        text        not null,
    person        uuid        not null,
    name          text        not null,
    name_key      text        not null,             -- lower case: names are unique without regard to case
    role          text        not null check (role in ('admin', 'viewer')),
    password_hash text        not null,             -- ASP.NET Core Identity password hash, version 3
    failures      integer     not null default 0,   -- wrong passwords in a row
    locked_until  timestamptz null,
    created_at    timestamptz not null,
    primary key (tenant, person),
    unique (tenant, name_key)
);

create table session (
    tenant     text        not null,
    token_hash bytea       not null check (octet_length(token_hash) = 32),   -- SHA-256: the token itself is only in the cookie
    person     uuid        not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    primary key (tenant, token_hash),
    foreign key (tenant, person) references person (tenant, person) on delete cascade
);
create index session_expiry on session (expires_at);

create table setup_code (
    tenant     text        not null,
    code_hash  bytea       not null check (octet_length(code_hash) = 32),
    created_at timestamptz not null,
    expires_at timestamptz not null,
    used_at    timestamptz null,
    primary key (tenant, code_hash)
);

create table enrolment_token (
    tenant     text        not null,
    token_hash bytea       not null check (octet_length(token_hash) = 32),
    site       text        not null,
    created_by text        not null,                -- a person's name, or 'command line'
    created_at timestamptz not null,
    expires_at timestamptz not null,
    used_at    timestamptz null,
    used_key   text        null,                    -- key id that it enrolled: the same key may ask again, no other may
    box        uuid        null,
    primary key (tenant, token_hash)
);

create table audit (
    tenant  text        not null,
    seq     bigint      not null,
    at      timestamptz not null,
    actor   text        not null,
    action  text        not null,
    subject text        not null,
    detail  text        not null,
    prev    bytea       not null check (octet_length(prev) = 32),   -- hash of the row before, zeros for the first
    hash    bytea       not null check (octet_length(hash) = 32),   -- SHA-256 over prev and this row: see AuditTrail
    primary key (tenant, seq)
);

create table data_protection_key (
    name       text        not null primary key,     -- shared by all replicas and tenants: signs calls between replicas, holds no tenant data
    xml        text        not null,
    created_at timestamptz not null default now()
);

create table poster (
    tenant   text        not null,
    camera   uuid        not null,
    taken_at timestamptz not null,
    jpeg     bytea       not null check (octet_length(jpeg) between 1 and 262144),
    primary key (tenant, camera)
);

create table box_tunnel (
    tenant      text        not null,
    box         uuid        not null,
    connection  uuid        not null,               -- newest wins: a holder that no longer finds its own id closes its tunnel
    replica_url text        not null,
    since       timestamptz not null,
    seen_at     timestamptz not null,
    primary key (tenant, box)
);
