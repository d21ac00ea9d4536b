using System.Data.Common;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dapper;
using Heldar.Edge.Cameras;
using Heldar.Edge.Settings;
using Heldar.Edge.Storage;
using Heldar.Edge.Store;
using NodaTime;

namespace Heldar.Edge.Retention;

/// <summary>What one rule would delete of one camera.</summary>
/// <param name="Reason">age, quota, cap (the camera furthest over its fair share pays), floor, or never_archived.</param>
/// <param name="Segments">How many.</param>
/// <param name="Bytes">Their size.</param>
/// <param name="From">Start of the oldest.</param>
/// <param name="To">End of the newest.</param>
internal sealed record PlannedRule(string Reason, long Segments, long Bytes, Instant From, Instant To);

/// <summary>One camera in a plan.</summary>
/// <param name="Id">Slug; its uid when the database does not know one.</param>
/// <param name="Segments">All that there is.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="HeldSegments">How many of them are held: no rule deletes those.</param>
/// <param name="HeldBytes">Their size.</param>
/// <param name="Deletes">What would go, rule by rule.</param>
internal sealed record PlannedCamera(string Id, long Segments, long Bytes, long HeldSegments, long HeldBytes, IReadOnlyList<PlannedRule> Deletes);

/// <summary>What a sweep would do now.</summary>
/// <param name="At">When it was asked.</param>
/// <param name="Cameras">Every camera with footage, by slug.</param>
/// <param name="Alerts">What the rules ask for and cannot have.</param>
/// <param name="ClockDoubt">Why nothing would be deleted by age; absent while the clock is trusted.</param>
/// <param name="Notes">What was left out, for people.</param>
internal sealed record PlanReport(Instant At, IReadOnlyList<PlannedCamera> Cameras, IReadOnlyList<RetentionAlert> Alerts, string? ClockDoubt, IReadOnlyList<string> Notes)
{
    public long Segments => Cameras.Sum(c => c.Deletes.Sum(d => d.Segments));

    public long Bytes => Cameras.Sum(c => c.Deletes.Sum(d => d.Bytes));
}

/// <summary>The dry run of a box from outside of it, running or not: reads its database and disks, and changes nothing.</summary>
internal sealed class RetentionPlan(BoxSettings settings, IMachineTime machine, SpaceProbe space, IClock clock)
{
    /// <exception cref="InvalidDataException">There is no database, or one of another version.</exception>
    public async Task<PlanReport> MakeAsync(CancellationToken cancellation)
    {
        var file = StoreOptions.FileIn(settings.DataFolder);
        var state = StoreSchema.Compare(file, StoreSchema.Embedded());
        if (state == SchemaState.None) throw new InvalidDataException($"{file} is not there: this box has never run, or its next start rebuilds it from the recordings");
        if (state != SchemaState.Same) throw new InvalidDataException($"{file} is of {(state == SchemaState.Older ? "an older version: start the box once with this one" : "a newer version: use that one's program")}");
        await using var connection = new SqliteConnection(file);
        connection.Open();
        connection.Execute("PRAGMA query_only = ON");
        return await MakeAsync(new OneReader(connection), cancellation);
    }

    private async Task<PlanReport> MakeAsync(OneReader reader, CancellationToken cancellation)
    {
        var (now, notes) = (clock.GetCurrentInstant(), new List<string>());
        var volumes = new VolumeSet(Volumes(now, notes));
        var cameras = await reader.ReadAsync(CameraStore.All, cancellation);
        var limits = await reader.ReadAsync(db => Limits(db, volumes, notes), cancellation);
        var policy = RetentionPolicies.Of(settings.Retention, () => limits, () => cameras.Where(c => !c.Removed).Select(c => AsTheFileSays(c.Config))).Current;
        // Looks at the clock as the box does, and leaves no mark.
        using var guard = new ClockGuard(new NoWriter(), reader, machine, clock);
        var trusted = await guard.LookAsync(cancellation);
        var kept = (await reader.ReadAsync(RetentionRows.Totals, cancellation)).GroupBy(k => k.Camera).ToList();
        var plan = new DryRun();
        var sweep = new Sweep(reader, volumes, space, policy, plan, now, dry: true);
        await sweep.RunAsync(trusted, cancellation);
        var slugs = cameras.ToDictionary(c => c.Config.Uid, c => c.Config.Slug);
        var all = kept.Select(g => new PlannedCamera(
            slugs.GetValueOrDefault(g.Key, g.Key.ToString("D")), g.Sum(k => k.Segments), g.Sum(k => k.Bytes), g.Sum(k => k.HeldSegments), g.Sum(k => k.HeldBytes), plan.Of(g.Key)));
        return new PlanReport(now, [.. all.OrderBy(c => c.Id, StringComparer.Ordinal)], [.. sweep.Alerts.Select(a => a with { Subject = Name(a.Subject, slugs) })], guard.Cause, notes);
    }

    /// <summary>The box takes the file's limits for what the file owns when it starts or reads it again.</summary>
    private CameraConfig AsTheFileSays(CameraConfig camera) => settings.Cameras.FirstOrDefault(c => c.Id == camera.Slug) is { } file
        ? camera with { Owner = CameraOwner.Yaml, RetentionHours = file.RetentionHours, QuotaBytes = file.QuotaBytes }
        : camera;

    private static string Name(string subject, Dictionary<Guid, string> slugs) => Guid.TryParseExact(subject, "D", out var uid) ? slugs.GetValueOrDefault(uid, subject) : subject;

    /// <summary>Those that are there; a disk that is away is not made anew.</summary>
    private List<Volume> Volumes(Instant now, List<string> notes)
    {
        var there = new List<Volume>();
        foreach (var root in settings.Recording.Volumes)
        {
            if (Volume.ReadIdentity(root) is not null) there.Add(Volume.Open(root, now));
            else notes.Add($"{root} is not there: its floor is not looked at");
        }

        return there;
    }

    /// <summary>What people changed at run time lies in front of the file, as in the box.</summary>
    private RetentionLimits Limits(DbConnection db, VolumeSet volumes, List<string> notes)
    {
        var group = RetentionLimits.Group(settings.Retention, () => volumes.All.Count == 0 ? null : volumes.All.Min(v => space(v).Total));
        if (db.QueryFirstOrDefault<string>("SELECT value FROM runtime_setting WHERE name = @name", new { name = group.Name }) is not { } text) return group.Current;
        var problems = new List<string>();
        try
        {
            if (JsonNode.Parse(text) is JsonObject changed) group.Check(changed, problems)?.Apply();
            else problems.Add("it is no object");
        }
        catch (JsonException e)
        {
            problems.Add(e.Message);
        }

        if (problems.Count > 0) notes.Add($"limits that were changed at run time are not in force: {string.Join("; ", problems)}");
        return group.Current;
    }

    private sealed class OneReader(SqliteConnection connection) : IStoreReader
    {
        public Task<T> ReadAsync<T>(Func<DbConnection, T> query, CancellationToken cancellation = default)
        {
            cancellation.ThrowIfCancellationRequested();
            return Task.FromResult(query(connection));
        }
    }

    private sealed class NoWriter : IStoreWriter
    {
        public Task EnqueueAsync(Action<DbConnection> work, CancellationToken cancellation = default) => Task.CompletedTask;
    }
}
