-- Who wants to hear of which events, and what became of each delivery.
create table webhook_endpoint (
    tenant          text        not null references tenant (tenant),
    endpoint        uuid        not null,
    name            text        not null,
    url             text        not null,
    secrets         jsonb       not null,                  -- [{secret, until?}]: all that are valid sign, so that a receiver can rotate
    ordered         boolean     not null default false,    -- one in flight, in the order of fan-out
    status          text        not null default 'enabled' check (status in ('enabled', 'disabled')),
    failures        integer     not null default 0,        -- in a row
    failing_since   timestamptz null,
    open_until      timestamptz null,                      -- circuit: nothing is sent before
    disabled_at     timestamptz null,
    disabled_reason text        null,
    created_at      timestamptz not null default now(),
    primary key (tenant, endpoint)
);

create table webhook_subscription (
    tenant       text        not null,
    subscription uuid        not null,
    endpoint     uuid        not null,
    filter       jsonb       not null,                     -- EventFilter
    enabled      boolean     not null default true,
    created_at   timestamptz not null default now(),
    primary key (tenant, subscription),
    foreign key (tenant, endpoint) references webhook_endpoint (tenant, endpoint) on delete cascade
);
create index webhook_subscription_endpoint on webhook_subscription (tenant, endpoint);

-- Events that somebody wanted, as they are sent: the exact bytes are signed anew for each attempt.
create table webhook_event (
    tenant     text        not null,
    event      bytea       not null check (octet_length(event) = 32),   -- SHA-256 of source and id
    type       text        not null,
    at         timestamptz not null,
    body       bytea       not null,
    created_at timestamptz not null,
    primary key (tenant, event)
);
create index webhook_event_created on webhook_event (created_at);
create index webhook_event_at on webhook_event (tenant, at);

create table webhook_delivery (
    tenant        text        not null,
    delivery      text        not null,                    -- the webhook-id: hash of event and subscription
    endpoint      uuid        not null,
    subscription  uuid        not null,
    event         bytea       not null,
    seq           bigint      generated always as identity,
    state         text        not null default 'pending' check (state in ('pending', 'delivered', 'failed')),
    attempts      integer     not null default 0,          -- ever; numbers webhook_attempt
    tries         integer     not null default 0,          -- since it was made or replayed: where it stands in the retry schedule
    due_at        timestamptz not null,
    expires_at    timestamptz not null,
    queued_until  timestamptz null,                        -- a queue message stands for it until then
    claimed_until timestamptz null,                        -- somebody is sending it until then
    created_at    timestamptz not null,
    finished_at   timestamptz null,
    primary key (tenant, delivery),
    unique (tenant, endpoint, event),
    foreign key (tenant, endpoint) references webhook_endpoint (tenant, endpoint) on delete cascade,
    foreign key (tenant, event) references webhook_event (tenant, event)
);
create index webhook_delivery_due on webhook_delivery (due_at) where state = 'pending';
create index webhook_delivery_order on webhook_delivery (tenant, endpoint, seq) where state = 'pending';
create index webhook_delivery_event on webhook_delivery (tenant, event);
create index webhook_delivery_finished on webhook_delivery (finished_at) where state <> 'pending';

create table webhook_attempt (
    tenant      text        not null,
    delivery    text        not null,
    attempt     integer     not null,
    at          timestamptz not null,
    duration_ms integer     not null,
    status      integer     null,                          -- HTTP status, where one came
    failure     text        null,                          -- OutgoingFailure, where none was good
    detail      text        null,                          -- for people
    primary key (tenant, delivery, attempt),
    foreign key (tenant, delivery) references webhook_delivery (tenant, delivery) on delete cascade
);
