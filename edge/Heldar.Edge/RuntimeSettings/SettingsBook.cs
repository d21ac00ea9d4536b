using System.Data.Common;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dapper;
using Heldar.Edge.Audit;
using Heldar.Edge.Store;

namespace Heldar.Edge.RuntimeSettings;

/// <summary>
/// The groups of all rooms. A change is checked as a whole, all mistakes at once; then it is kept and audited in one transaction, and only then put in
/// force: what does not reach the disk does not hold. Changes run one at a time. Thread-safe.
/// </summary>
internal sealed partial class SettingsBook(IEnumerable<ISettingsGroup> groups, IStoreWriter store, IStoreReader reader, IAuditLog audit, ILogger<SettingsBook> log) : IDisposable
{
    private readonly SemaphoreSlim _change = new(1, 1);
    private readonly IReadOnlyList<ISettingsGroup> _groups = [.. groups.OrderBy(g => g.Name, StringComparer.Ordinal)];

    public IReadOnlyList<ISettingsGroup> Groups => _groups;

    /// <summary>Puts in force what was kept. A value that this program refuses stays on disk and is named in the log; its group keeps what the file says.</summary>
    public async Task LoadAsync(CancellationToken cancellation)
    {
        List<(string Name, string Value)> kept;
        try
        {
            kept = await reader.ReadAsync(db => db.Query<(string, string)>("SELECT name, value FROM runtime_setting").AsList(), cancellation);
        }
        catch (DbException e)
        {
            // Recording does not wait for the database: the file's settings hold.
            LogUnread(e);
            return;
        }

        foreach (var (name, value) in kept)
        {
            var problems = new List<string>();
            if (_groups.FirstOrDefault(g => g.Name == name) is not { } group) problems.Add("there is no such group");
            else if (Parse(value) is not { } change) problems.Add("it is not readable");
            else group.Check(change, problems)?.Apply();
            if (problems.Count > 0) LogRefused(name, string.Join("; ", problems));
        }
    }

    /// <summary>Changes groups.</summary>
    /// <param name="wanted">Groups by name, each with the members to change.</param>
    /// <param name="actor">Who wants it, for the audit log.</param>
    /// <param name="cancellation">Gives up waiting for the change before it.</param>
    /// <returns>Every mistake, then nothing was changed; otherwise the changed settings that take effect at the next start.</returns>
    public async Task<(IReadOnlyList<string> Problems, IReadOnlyList<string> AtRestart)> ChangeAsync(JsonObject wanted, AuditActor actor, CancellationToken cancellation)
    {
        await _change.WaitAsync(cancellation);
        try
        {
            var problems = new List<string>();
            var changes = new List<(ISettingsGroup Group, SettingsChange Change)>();
            foreach (var (name, value) in wanted)
            {
                if (_groups.FirstOrDefault(g => g.Name == name) is not { } group)
                    problems.Add($"{(name.Length <= 60 ? name : name[..60])} is not a group; there are: {string.Join(", ", _groups.Select(g => g.Name))}");
                else if (value is not JsonObject members) problems.Add($"{name} must be an object");
                else if (group.Check(members, problems) is { } change) changes.Add((group, change));
            }

            if (problems.Count > 0) return (problems, []);
            await store.EnqueueAsync(db => changes.ForEach(c => Keep(db, c.Group, c.Change, actor)), cancellation);
            changes.ForEach(c => c.Change.Apply());
            return ([], [.. changes.SelectMany(c => c.Change.Members.Where(c.Group.NeedRestart.Contains).Select(m => $"{c.Group.Name}.{m}"))]);
        }
        finally
        {
            _change.Release();
        }
    }

    public void Dispose() => _change.Dispose();

    private void Keep(DbConnection db, ISettingsGroup group, SettingsChange change, AuditActor actor)
    {
        db.Execute(
            "INSERT INTO runtime_setting (name, value) VALUES (@name, @value) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            new { name = group.Name, value = change.Changed.ToJsonString() });
        if (change.Members.Count > 0) audit.Append(db, new AuditEntry(actor, "settings.changed", group.Name) { Detail = new { members = change.Members, changed = change.Changed } });
    }

    private static JsonObject? Parse(string text)
    {
        try
        {
            return JsonNode.Parse(text) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    [LoggerMessage(2902, LogLevel.Error, "settings that were changed at run time cannot be read; those of heldar.yaml hold")]
    private partial void LogUnread(Exception error);

    [LoggerMessage(2901, LogLevel.Warning, "settings '{Name}' that were changed at run time are not in force: {Problems}")]
    private partial void LogRefused(string name, string problems);
}
