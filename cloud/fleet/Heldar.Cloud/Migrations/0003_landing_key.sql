-- A segment is looked up in landing by this key alone. With the tenant in front, a new day's empty partition made the planner take one of the time indexes
-- (equal cost while nothing is analyzed) and read all of a camera's day for each segment that arrived.
alter table segment_landing drop constraint segment_landing_pkey;
alter table segment_landing add primary key (camera, segment, landed_on, tenant);
