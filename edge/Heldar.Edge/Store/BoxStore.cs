using System.Collections.Concurrent;
using System.Data.Common;
using System.Diagnostics;
using System.Threading.Channels;
using Dapper;

namespace Heldar.Edge.Store;

/// <summary>
/// The box's SQLite database: one loop writes with group commit, a few connections read. Thread-safe. Recording never waits for it: rooms that must
/// not wait keep their own journal and enqueue from there.
/// </summary>
internal sealed partial class BoxStore : IStoreWriter, IStoreReader, IAsyncDisposable
{
    private readonly StoreOptions _options;
    private readonly string _file;
    private readonly SubstituteFolder? _substitute;
    private readonly ILogger<BoxStore> _log;
    private readonly SqliteConnection _writer;
    private readonly Channel<Work> _queue;
    private readonly ConcurrentBag<SqliteConnection> _readers = [];
    private readonly SemaphoreSlim _readerPlaces;
    private readonly Task _loop;
    private volatile string? _damage;
    private int _disposed;

    private BoxStore(StoreOptions options, SubstituteFolder? substitute, SqliteConnection writer, ILogger<BoxStore> log)
    {
        (_options, _substitute, _writer, _log) = (options, substitute, writer, log);
        _file = substitute?.File ?? options.File;
        _readerPlaces = new SemaphoreSlim(options.Readers, options.Readers);
        _queue = Channel.CreateBounded<Work>(new BoundedChannelOptions(options.QueueLength) { SingleReader = true });
        _loop = Task.Run(WriteLoopAsync);
    }

    /// <summary>What the box knew was lost or cannot be read when this program started, and a new database took the place of the old one.</summary>
    public bool BeganAnew { get; private set; }

    /// <summary>Why the box's own database cannot be used; null when it is used.</summary>
    public string? Unusable { get; private set; }

    /// <inheritdoc/>
    public bool IsSubstitute => _substitute is not null;

    /// <summary>A start failed by the box's own database after it had been opened.</summary>
    public bool IsLate => _options.Unusable is not null;

    /// <summary>The box does not remember what it had: its disks, for one.</summary>
    public bool Forgot => IsSubstitute || DamagedDatabase.Kept(_options.File).Count > 0;

    /// <summary>What SQLite says is damaged since this program runs; null while nothing is.</summary>
    public string? Damage => _damage;

    /// <summary>Where the box's own database is, be it in use or not.</summary>
    public string FilePath => _options.File;

    /// <summary>Bytes of the database's file, without its write-ahead log.</summary>
    public long FileBytes => Length("");

    /// <summary>Bytes of its write-ahead log.</summary>
    public long LogBytes => Length("-wal");

    /// <summary>What people must know of the database: damage now, and databases that were set aside and are still there.</summary>
    public IReadOnlyList<string> Warnings()
    {
        List<string> warnings = [];
        if (_substitute is { } substitute)
        {
            // Its folder may be what fails.
            return [$"the database {_options.File} cannot be used ({Unusable}): cameras of the settings file are recorded, with a substitute in {substitute.Path}; accounts, schedules, settings and cameras that are not in the settings file are not there, and nothing is deleted, so that the disks may fill. Make room on its disk, mount it writable, or give the box's user the right to read and write it; the box looks every minute and starts anew with it"];
        }

        if (_damage is { } damage) warnings.Add($"the database is damaged ({damage}): recording goes on into the seal logs; the box starts anew and sets it aside");
        foreach (var (file, cause) in DamagedDatabase.Kept(_options.File))
            warnings.Add(
                $"the database was damaged ({cause}) and is kept as {file}: segments, holds and gaps were rebuilt from the seal logs; accounts, schedules, settings and cameras that are not in the settings file come back from a backup. Check the disk; move the file away when it is not needed");
        return warnings;
    }

    /// <summary>Works that wait for the writer.</summary>
    public int Waiting => _queue.Reader.Count;

    public Task EnqueueAsync(Action<DbConnection> work, CancellationToken cancellation = default) => EnqueueAsync(new Work(work), cancellation);

    /// <summary>Runs what no transaction takes, such as a VACUUM, on the writer's connection; works that come meanwhile wait in the queue.</summary>
    public Task RunAloneAsync(Action<DbConnection> work, CancellationToken cancellation = default) => EnqueueAsync(new Work(work) { Alone = true }, cancellation);

    private async Task EnqueueAsync(Work item, CancellationToken cancellation)
    {
        try
        {
            await _queue.Writer.WriteAsync(item, cancellation);
        }
        catch (ChannelClosedException e)
        {
            throw new ObjectDisposedException("the store is closed", e);
        }

        await item.Done.Task;
    }

    public async Task<T> ReadAsync<T>(Func<DbConnection, T> query, CancellationToken cancellation = default)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        await _readerPlaces.WaitAsync(cancellation);
        SqliteConnection? connection = null;
        try
        {
            if (!_readers.TryTake(out connection)) connection = OpenReader();
            var answer = query(connection);
            _readers.Add(connection);
            connection = null;
            return answer;
        }
        catch (SqliteException e) when (e.IsDamage)
        {
            See(e);
            throw;
        }
        finally
        {
            // One whose query failed may be within a statement: it is not used again.
            if (connection is not null) await connection.DisposeAsync();
            _readerPlaces.Release();
        }
    }

    /// <summary>Looks at the database with a connection of its own, which reads from the disk; what it finds is <see cref="Damage"/>. Blocks.</summary>
    /// <param name="whole">Every page, otherwise the first page of each table and index.</param>
    /// <param name="cancellation">Ends it early.</param>
    /// <returns>False when it is damaged, or was and now is not whole.</returns>
    public bool Check(bool whole, CancellationToken cancellation)
    {
        try
        {
            using var connection = OpenReader();
            if (whole) _damage = DamagedDatabase.Find(connection, cancellation);
            else
                foreach (var table in connection.Query<string>("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").AsList())
                    _ = connection.ExecuteScalar($"SELECT 1 FROM \"{table}\" LIMIT 1");
        }
        catch (SqliteException e) when (e.IsDamage)
        {
            See(e);
        }

        return _damage is null;
    }

    /// <summary>Takes the write-ahead log into the database and cuts it to nothing, unless a reader holds it for longer than a quarter of a second. Blocks.</summary>
    /// <returns>Whether it was cut.</returns>
    public bool CutLog()
    {
        using var connection = new SqliteConnection(_file);
        connection.Open();
        connection.Execute("PRAGMA busy_timeout = 250");
        return connection.ExecuteScalar<long>("PRAGMA wal_checkpoint(TRUNCATE)") == 0;
    }

    /// <summary>Runs what is in the queue, then closes the database.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        _queue.Writer.TryComplete();
        await _loop;
        while (_readers.TryTake(out var reader)) await reader.DisposeAsync();
        await _writer.DisposeAsync();
        _readerPlaces.Dispose();
        _substitute?.Dispose();
    }

    private void See(SqliteException damage)
    {
        if (Interlocked.CompareExchange(ref _damage, damage.Message, null) is null) LogDamaged(_log, damage);
    }

    private long Length(string part)
    {
        var file = new FileInfo(_file + part);
        return file.Exists ? file.Length : 0;
    }

    private SqliteConnection OpenReader()
    {
        var connection = new SqliteConnection(_file);
        try
        {
            connection.Open();
            connection.Execute("PRAGMA query_only = ON");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private async Task WriteLoopAsync()
    {
        var group = new List<Work>(_options.GroupSize);
        while (await _queue.Reader.WaitToReadAsync())
        {
            group.Clear();
            while (group.Count < _options.GroupSize && _queue.Reader.TryPeek(out var next) && !(next.Alone && group.Count > 0) && _queue.Reader.TryRead(out var work))
            {
                group.Add(work);
                if (work.Alone) break;
            }

            if (group is [{ Alone: true } alone]) RunAlone(alone);
            else RunGroup(group);
        }
    }

    private void RunGroup(List<Work> group)
    {
        var started = Stopwatch.GetTimestamp();
        try
        {
            using var transaction = _writer.BeginTransaction();
            foreach (var work in group) RunOne(work);
            transaction.Commit();
            StoreMetrics.Commit.Record(Stopwatch.GetElapsedTime(started).TotalSeconds);
            StoreMetrics.Works.Add(group.Count);
            foreach (var work in group) work.Finish();
        }
        catch (Exception e)
        {
            StoreMetrics.Failures.Add(1);
            if (e is SqliteException { IsDamage: true } damage) See(damage);
            LogGroupFailed(_log, e, group.Count);
            foreach (var work in group) work.Done.TrySetException(e);
        }
    }

    private void RunAlone(Work work)
    {
        try
        {
            work.Action(_writer);
            work.Done.TrySetResult();
        }
        catch (Exception e)
        {
            StoreMetrics.Failures.Add(1);
            if (e is SqliteException { IsDamage: true } damage) See(damage);
            LogGroupFailed(_log, e, 1);
            work.Done.TrySetException(e);
        }
    }

    private void RunOne(Work work)
    {
        _writer.Execute("SAVEPOINT work");
        try
        {
            work.Action(_writer);
            _writer.Execute("RELEASE work");
        }
        catch (Exception e) when (e is not SqliteException { IsDamage: true })
        {
            _writer.Execute("ROLLBACK TO work; RELEASE work");
            work.Failure = e;
            StoreMetrics.Failures.Add(1);
        }
    }

    private sealed class Work(Action<DbConnection> action)
    {
        public Action<DbConnection> Action => action;

        public bool Alone { get; init; }

        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Exception? Failure { get; set; }

        public void Finish()
        {
            if (Failure is null) Done.TrySetResult();
            else Done.TrySetException(Failure);
        }
    }
}
