using System.Data.Common;
using Dapper;
using Heldar.Contracts;
using Heldar.Edge.Settings;

namespace Heldar.Edge.Cameras;

/// <summary>
/// The table of cameras. A removed camera keeps its row, so that its uid is the same when it returns and its footage stays addressable.
/// Each method is called within a transaction of the store's writer, or on a reader's connection.
/// </summary>
internal static class CameraStore
{
    /// <summary>All rows, removed ones too.</summary>
    public static IReadOnlyList<(CameraConfig Config, bool Removed)> All(DbConnection db) =>
        [.. db.Query<Row>("SELECT uid, slug, name, url, username, password, audio, camera_clock AS CameraClock, enabled, segment_seconds AS SegmentSeconds, owner, created_at AS CreatedAt, certificate, anr, replay_url AS ReplayUrl, event_secrets AS Events, mode, pre_roll AS PreRoll, post_roll AS PostRoll, retention_hours AS RetentionHours, quota_bytes AS QuotaBytes, mirror, removed FROM camera")
            .Select(r => (r.ToConfig(), r.Removed != 0))];

    public static void Put(DbConnection db, CameraConfig c) => db.Execute(
        """
        INSERT INTO camera (uid, slug, name, url, username, password, audio, camera_clock, enabled, segment_seconds, owner, created_at, certificate, anr, replay_url, event_secrets, mode, pre_roll, post_roll, retention_hours, quota_bytes, mirror, removed)
        VALUES (@uid, @slug, @name, @url, @username, @password, @audio, @clock, @enabled, @seconds, @owner, @created, @certificate, @anr, @replayUrl, @events, @mode, @pre, @post, @hours, @quota, @mirror, 0)
        ON CONFLICT (uid) DO UPDATE SET name = excluded.name, url = excluded.url, username = excluded.username, password = excluded.password,
          audio = excluded.audio, camera_clock = excluded.camera_clock, enabled = excluded.enabled, segment_seconds = excluded.segment_seconds,
          owner = excluded.owner, certificate = excluded.certificate, anr = excluded.anr, replay_url = excluded.replay_url, event_secrets = excluded.event_secrets,
          mode = excluded.mode, pre_roll = excluded.pre_roll, post_roll = excluded.post_roll,
          retention_hours = excluded.retention_hours, quota_bytes = excluded.quota_bytes, mirror = excluded.mirror, removed = 0
        """,
        new
        {
            uid = c.Uid.ToString("D"),
            slug = c.Slug,
            name = c.Name,
            url = c.Url,
            username = c.Username,
            password = c.SealedPassword,
            audio = c.Audio ? 1 : 0,
            clock = c.CameraClock ? 1 : 0,
            enabled = c.Enabled ? 1 : 0,
            seconds = c.SegmentSeconds,
            owner = (int)c.Owner,
            created = InstantText.Format(c.CreatedAt),
            certificate = c.Certificate,
            anr = c.Anr ? 1 : 0,
            replayUrl = c.SealedReplayUrl,
            events = c.SealedEvents,
            mode = (int)c.Mode,
            pre = c.PreRollSeconds,
            post = c.PostRollSeconds,
            hours = c.RetentionHours,
            quota = c.QuotaBytes,
            mirror = c.Mirror is { } mirror ? (mirror ? 1 : 0) : (int?)null,
        });

    public static void Remove(DbConnection db, Guid uid) =>
        db.Execute("UPDATE camera SET removed = 1, password = NULL, username = NULL, replay_url = NULL, event_secrets = NULL WHERE uid = @uid", new { uid = uid.ToString("D") });

    private sealed class Row
    {
        public string Uid { get; init; } = "";

        public string Slug { get; init; } = "";

        public string Name { get; init; } = "";

        public string Url { get; init; } = "";

        public string? Username { get; init; }

        public string? Password { get; init; }

        public long Audio { get; init; }

        public long CameraClock { get; init; }

        public long Enabled { get; init; }

        public long? SegmentSeconds { get; init; }

        public long Owner { get; init; }

        public string CreatedAt { get; init; } = "";

        public string? Certificate { get; init; }

        public long Anr { get; init; }

        public string? ReplayUrl { get; init; }

        public string? Events { get; init; }

        public long Mode { get; init; }

        public long PreRoll { get; init; }

        public long PostRoll { get; init; }

        public long? RetentionHours { get; init; }

        public long? QuotaBytes { get; init; }

        public long? Mirror { get; init; }

        public long Removed { get; init; }

        public CameraConfig ToConfig() => new(
            Guid.ParseExact(Uid, "D"), Slug, Name, Url, Username, Password, Audio != 0, CameraClock != 0, Enabled != 0, (int?)SegmentSeconds,
            (CameraOwner)Owner, InstantText.Parse(CreatedAt))
        {
            Certificate = Certificate,
            Anr = Anr != 0,
            SealedReplayUrl = ReplayUrl,
            SealedEvents = Events,
            Mode = (RecordMode)Mode,
            PreRollSeconds = (int)PreRoll,
            PostRollSeconds = (int)PostRoll,
            RetentionHours = (int?)RetentionHours,
            QuotaBytes = QuotaBytes,
            Mirror = Mirror is { } mirror ? mirror != 0 : null,
        };
    }
}
