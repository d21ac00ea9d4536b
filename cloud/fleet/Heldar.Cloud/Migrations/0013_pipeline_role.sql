-- Functions may have a role of their own, which sees nothing of other roles' sessions: whether somebody may still be reading what was there before a transaction, the owner
-- of this schema tells them.
create function heldar_snapshot_before(since xid) returns boolean language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select exists (
        select 1 from pg_stat_activity a
        where a.datname = current_database() and a.backend_type = 'client backend' and a.pid <> pg_backend_pid() and age(a.backend_xmin) >= age(since))
$$;
revoke execute on function heldar_snapshot_before from public;
