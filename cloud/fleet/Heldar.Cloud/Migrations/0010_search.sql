-- A label that is seen rarely is found without reading whole days.
create index detection_labels on detection using gin (labels);

-- A search looks whether a landed segment has a newer revision: nearly none has, and this index holds those alone.
create index segment_landing_revised on segment_landing (tenant, camera, segment, revision) where revision > 1;

-- Searches of a site ask for its cameras.
create index camera_site on camera (tenant, site);
