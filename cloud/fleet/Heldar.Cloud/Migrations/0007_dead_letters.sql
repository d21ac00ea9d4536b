-- A dead letter can be mended and sent again. redriven: on its way; applied: it arrived; a letter that is refused again is open again.
alter table dead_letter
    drop constraint dead_letter_status_check,
    add constraint dead_letter_status_check check (status in ('open', 'redriven', 'applied', 'dropped')),
    add column mended     bytea       null,              -- what a person made of the event; null while it is as it came
    add column mended_by  text        null,
    add column mended_at  timestamptz null,
    add column round      bigint      not null default 0,  -- how often it was sent again; a message of an older round applies nothing
    add column changed_by text        null,              -- who sent it again or dropped it last
    add column changed_at timestamptz null;
create index dead_letter_list on dead_letter (tenant, status, at desc, letter desc);

-- The cloud's own signing keys. Only the fleet can open the private half (data protection keys); functions read the public one.
create table cloud_key (
    key_id      text        not null primary key,
    public_key  bytea       not null,                    -- SubjectPublicKeyInfo, P-256
    private_key bytea       not null,                    -- PKCS#8, sealed
    created_at  timestamptz not null default now(),
    retired_at  timestamptz null
);

-- Who runs a timer now; the database's clock decides when a lease is over.
alter table timer_run
    add column holder      uuid        null,
    add column lease_until timestamptz null;
