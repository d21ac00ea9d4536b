using System.Collections.Concurrent;
using System.Data.Common;
using System.Diagnostics;
using System.Threading.Channels;

namespace Heldar.Edge.Store;

/// <summary>
/// The box's SQLite database: one loop writes with group commit, a few connections read. Thread-safe. Recording never waits for it: rooms that must
/// not wait keep their own journal and enqueue from there.
/// </summary>
internal sealed partial class BoxStore : IStoreWriter, IStoreReader, IAsyncDisposable
{
    private readonly StoreOptions _options;
    private readonly ILogger<BoxStore> _log;
    private readonly SqliteConnection _writer;
    private readonly Channel<Work> _queue;
    private readonly ConcurrentBag<SqliteConnection> _readers = [];
    private readonly SemaphoreSlim _readerPlaces;
    private readonly Task _loop;
    private int _disposed;

    private BoxStore(StoreOptions options, SqliteConnection writer, ILogger<BoxStore> log)
    {
        (_options, _writer, _log) = (options, writer, log);
        _readerPlaces = new SemaphoreSlim(options.Readers, options.Readers);
        _queue = Channel.CreateBounded<Work>(new BoundedChannelOptions(options.QueueLength) { SingleReader = true });
        _loop = Task.Run(WriteLoopAsync);
    }

    /// <summary>Opens the database, brings its schema up to date and starts the writer.</summary>
    /// <exception cref="ArgumentException">The options are wrong; the message names every mistake.</exception>
    /// <exception cref="SqliteException">The file cannot be used; nothing was changed.</exception>
    /// <exception cref="InvalidOperationException">The schema is that of a newer program.</exception>
    public static BoxStore Open(StoreOptions options, IEnumerable<StoreMigration> migrations, ILogger<BoxStore> log)
    {
        var errors = options.Validate();
        if (errors.Count > 0) throw new ArgumentException(string.Join(' ', errors), nameof(options));
        DapperTypes.Register();
        Directory.CreateDirectory(Path.GetDirectoryName(options.File)!);
        var writer = new SqliteConnection(options.File);
        try
        {
            writer.Open();
            foreach (var name in StoreSchema.Apply(writer, migrations)) LogMigrated(log, name);
            return new BoxStore(options, writer, log);
        }
        catch
        {
            writer.Dispose();
            throw;
        }
    }

    /// <summary>Works that wait for the writer.</summary>
    public int Waiting => _queue.Reader.Count;

    public async Task EnqueueAsync(Action<DbConnection> work, CancellationToken cancellation = default)
    {
        var item = new Work(work);
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
        try
        {
            if (!_readers.TryTake(out var connection)) connection = OpenReader();
            var answer = query(connection);
            _readers.Add(connection);
            return answer;
        }
        finally
        {
            _readerPlaces.Release();
        }
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
    }

    private SqliteConnection OpenReader()
    {
        var connection = new SqliteConnection(_options.File);
        connection.Open();
        connection.Execute("PRAGMA query_only = ON");
        return connection;
    }

    private async Task WriteLoopAsync()
    {
        var group = new List<Work>(_options.GroupSize);
        while (await _queue.Reader.WaitToReadAsync())
        {
            group.Clear();
            while (group.Count < _options.GroupSize && _queue.Reader.TryRead(out var work)) group.Add(work);
            RunGroup(group);
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
            LogGroupFailed(_log, e, group.Count);
            foreach (var work in group) work.Done.TrySetException(e);
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

        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Exception? Failure { get; set; }

        public void Finish()
        {
            if (Failure is null) Done.TrySetResult();
            else Done.TrySetException(Failure);
        }
    }
}
