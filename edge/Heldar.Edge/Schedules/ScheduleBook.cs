using System.Collections.Immutable;
using System.Data.Common;
using Heldar.Edge.Audit;
using Heldar.Edge.Cameras;
using Heldar.Edge.Settings;
using Heldar.Edge.Store;
using NodaTime;

namespace Heldar.Edge.Schedules;

/// <summary>
/// All schedules and exceptions, in the database and in memory; a change is on disk before it counts. Loaded before the cameras start. Whoever changes something lets the
/// cameras look at it, and hands over the audit entry, which is written in the same transaction. Thread-safe.
/// </summary>
internal sealed class ScheduleBook(BoxSettings settings, IStoreWriter store, IAuditLog audit) : IWishSource, IDisposable
{
    /// <summary>Most schedules of one camera.</summary>
    public const int MaxPerCamera = 100;

    /// <summary>Most exceptions of the box.</summary>
    public const int MaxExceptions = 2000;
    private readonly SemaphoreSlim _change = new(1, 1);
    private volatile State _state = new([], [], ImmutableDictionary<Guid, Timetable>.Empty);

    public IReadOnlyList<Schedule> Schedules => _state.Schedules;

    public IReadOnlyList<ScheduleException> Exceptions => _state.Exceptions;

    public async Task LoadAsync(CancellationToken cancellation)
    {
        IReadOnlyList<Schedule> schedules = [];
        IReadOnlyList<ScheduleException> exceptions = [];
        await store.EnqueueAsync(db => (schedules, exceptions) = (ScheduleRows.Schedules(db), ScheduleRows.Exceptions(db)), cancellation);
        Keep([.. schedules], [.. exceptions]);
    }

    /// <summary>Adds a schedule or changes the one with its id; false when the camera has too many.</summary>
    public async Task<bool> PutAsync(Schedule schedule, AuditEntry note, CancellationToken cancellation)
    {
        await _change.WaitAsync(cancellation);
        try
        {
            var others = _state.Schedules.RemoveAll(s => s.Id == schedule.Id);
            if (others.Count(s => s.Camera == schedule.Camera) >= MaxPerCamera) return false;
            await WriteAsync(db => ScheduleRows.Put(db, schedule), note, cancellation);
            Keep(others.Add(schedule), _state.Exceptions);
            return true;
        }
        finally
        {
            _change.Release();
        }
    }

    /// <summary>Adds an exception; false when there are too many.</summary>
    public async Task<bool> AddAsync(ScheduleException exception, AuditEntry note, CancellationToken cancellation)
    {
        await _change.WaitAsync(cancellation);
        try
        {
            if (_state.Exceptions.Length >= MaxExceptions) return false;
            await WriteAsync(db => ScheduleRows.Put(db, exception), note, cancellation);
            Keep(_state.Schedules, _state.Exceptions.Add(exception));
            return true;
        }
        finally
        {
            _change.Release();
        }
    }

    /// <summary>Removes a schedule; null when there is none.</summary>
    public async Task<Schedule?> RemoveScheduleAsync(Guid id, AuditEntry note, CancellationToken cancellation)
    {
        await _change.WaitAsync(cancellation);
        try
        {
            if (_state.Schedules.FirstOrDefault(s => s.Id == id) is not { } there) return null;
            await WriteAsync(db => ScheduleRows.RemoveSchedule(db, id), note, cancellation);
            Keep(_state.Schedules.Remove(there), _state.Exceptions);
            return there;
        }
        finally
        {
            _change.Release();
        }
    }

    /// <summary>Removes an exception; null when there is none.</summary>
    public async Task<ScheduleException?> RemoveExceptionAsync(Guid id, AuditEntry note, CancellationToken cancellation)
    {
        await _change.WaitAsync(cancellation);
        try
        {
            if (_state.Exceptions.FirstOrDefault(e => e.Id == id) is not { } there) return null;
            await WriteAsync(db => ScheduleRows.RemoveException(db, id), note, cancellation);
            Keep(_state.Schedules, _state.Exceptions.Remove(there));
            return there;
        }
        finally
        {
            _change.Release();
        }
    }

    public IEnumerable<Wish> Between(Guid camera, Instant from, Instant to) =>
        _state.Timetables.TryGetValue(camera, out var timetable) ? timetable.Between(from, to).Select(s => new Wish(s.Start, s.End, WishReason.Schedule)) : [];

    public void Dispose() => _change.Dispose();

    private Task WriteAsync(Action<DbConnection> change, AuditEntry note, CancellationToken cancellation) => store.EnqueueAsync(
        db =>
        {
            change(db);
            audit.Append(db, note);
        },
        cancellation);

    private void Keep(ImmutableArray<Schedule> schedules, ImmutableArray<ScheduleException> exceptions)
    {
        // An exception of all cameras is for those that have a schedule.
        var cameras = schedules.Where(s => s.Enabled).Select(s => s.Camera).Concat(exceptions.Where(e => e.Camera is not null).Select(e => e.Camera!.Value)).Distinct();
        var timetables = cameras.ToImmutableDictionary(
            c => c,
            c => new Timetable(settings.TimeZone, [.. schedules.Where(s => s.Camera == c && s.Enabled)], [.. exceptions.Where(e => e.Camera is null || e.Camera == c)]));
        _state = new State(schedules, exceptions, timetables);
    }

    private sealed record State(ImmutableArray<Schedule> Schedules, ImmutableArray<ScheduleException> Exceptions, ImmutableDictionary<Guid, Timetable> Timetables);
}
