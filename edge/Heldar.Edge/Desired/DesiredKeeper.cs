using System.Data.Common;
using Heldar.Edge.Secrets;
using Heldar.Edge.Store;
using NodaTime;

namespace Heldar.Edge.Desired;

/// <summary>
/// Keeps what people want of the box in a file beside the database, within about a second of each change and whole once more at the end; when the database is lost, the new one
/// begins with it. Only a database that nobody wants anything of takes the file over. What is not taken over is put aside under another name and never overwritten. Starts
/// before all rooms that read those tables; one loop.
/// </summary>
internal sealed partial class DesiredKeeper(
    string folder, IReadOnlyList<DesiredTable> tables, IStoreWriter store, IStoreReader reader, IClock clock, ILogger<DesiredKeeper> log) : BackgroundService
{
    /// <summary>What follows the name of a file that was not taken over.</summary>
    public const string Refused = ".refused";
    private const int MaxRefused = 100;
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);
    private readonly string _path = Path.Combine(folder, DesiredFile.Name);
    private long _written;
    private bool _mayWrite = true;
    private volatile string? _atStart;
    private volatile string? _failure;

    /// <summary>What people should know: what came back, what did not, and why nothing is kept now.</summary>
    public IEnumerable<string> Warnings => new[] { _atStart, _failure }.OfType<string>();

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await RestoreAsync(cancellationToken);
        }
        catch (DbException e)
        {
            // Recording does not wait for the database; the file stays as it is until the next start.
            Stop($"{DesiredFile.Name} was not looked at, since the database does not answer: {e.Message}");
        }

        await base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await TryKeepAsync(cancellationToken);
    }

    /// <summary>Takes the file over when the database is new.</summary>
    internal async Task RestoreAsync(CancellationToken cancellation)
    {
        if (!File.Exists(_path)) return;
        DesiredFile file;
        try
        {
            file = DesiredFile.Parse(KeyFile.Read(_path, DesiredFile.MaxBytes));
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            PutAside("cannot be read: " + e.Message);
            return;
        }

        var (mark, any) = await reader.ReadAsync(db => (DesiredRows.Mark(db), DesiredRows.Any(db, tables)), cancellation);
        if (file.Database == mark.Database && file.Revision <= mark.Revision) _written = file.Revision;
        else if (file.Database == mark.Database) PutAside("is newer than the database, which was brought back from an older copy");
        else if (mark.IsKept || any) PutAside("belongs to another database than the one that is here");
        else await TakeOverAsync(file, cancellation);
    }

    /// <summary>Writes the file when something has changed.</summary>
    internal async Task KeepAsync(CancellationToken cancellation)
    {
        if (!_mayWrite) return;
        var mark = await reader.ReadAsync(DesiredRows.Mark, cancellation);
        if (mark.Revision == _written) return;
        if (await reader.ReadAsync(db => DesiredRows.Read(db, tables, clock.GetCurrentInstant()), cancellation) is not { } file) return;
        KeyFile.Write(_path, file.ToBytes());
        if (!mark.IsKept) await store.EnqueueAsync(DesiredRows.Kept, cancellation);
        (_written, _failure) = (file.Revision, null);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period);
        try
        {
            do await TryKeepAsync(stoppingToken);
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    private async Task TryKeepAsync(CancellationToken cancellation)
    {
        try
        {
            await KeepAsync(cancellation);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            var first = _failure is null;
            _failure = $"{DesiredFile.Name} cannot be written, so that schedules, jobs and settings would be lost with the database: {e.Message}";
            if (first) LogUnwritten(e.Message);
        }
    }

    private async Task TakeOverAsync(DesiredFile file, CancellationToken cancellation)
    {
        try
        {
            await store.EnqueueAsync(db => DesiredRows.Put(db, tables, file), cancellation);
        }
        catch (DbException e) when (e is not SqliteException { IsRefusal: true })
        {
            throw;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            PutAside("was not taken over: " + e.Message);
            return;
        }

        var what = string.Join(", ", tables.Select(t => $"{(file.Tables.TryGetValue(t.Name, out var rows) ? rows.Count : 0)} {t.Word}"));
        _atStart = $"the database was lost; as of {file.At} came back: {what}";
        LogTakenOver(file.At, what);
    }

    /// <summary>Keeps a file that is not taken over, under the first name that is free.</summary>
    private void PutAside(string why)
    {
        for (var number = 0; number < MaxRefused; number++)
        {
            var target = number == 0 ? _path + Refused : $"{_path}{Refused}-{number}";
            if (Path.Exists(target)) continue;
            try
            {
                File.Move(_path, target, overwrite: false);
                _atStart = $"{DesiredFile.Name} {why}; it is kept as {Path.GetFileName(target)}";
                LogRefused(why, target);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Stop($"{DesiredFile.Name} {why}; it cannot be moved away ({e.Message}), so nothing is kept in it");
            }

            return;
        }

        Stop($"{DesiredFile.Name} {why}; {MaxRefused} such files are there already, so nothing is kept in it: look at them and delete them");
    }

    private void Stop(string why)
    {
        (_mayWrite, _atStart) = (false, why);
        LogStopped(why);
    }

    [LoggerMessage(3601, LogLevel.Warning, "The database was lost; from desired.json of {At} came back: {What}")]
    private partial void LogTakenOver(Instant at, string what);

    [LoggerMessage(3602, LogLevel.Error, "desired.json {Why}; it is kept as {Target}")]
    private partial void LogRefused(string why, string target);

    [LoggerMessage(3603, LogLevel.Error, "{Why}")]
    private partial void LogStopped(string why);

    [LoggerMessage(3604, LogLevel.Error, "desired.json cannot be written: {Error}")]
    private partial void LogUnwritten(string error);
}
