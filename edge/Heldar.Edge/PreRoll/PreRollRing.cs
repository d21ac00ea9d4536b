using Heldar.Media.Streams;
using NodaTime;

namespace Heldar.Edge.PreRoll;

/// <summary>
/// The last seconds of one stream: whole picture groups in the order in which they came, with the runs, formats and losses between them. Grows on the ingest thread
/// while nothing is recorded; once <see cref="StartAt"/> was called it only shrinks at its front and grows at its end, until the recorder has caught up. Thread-safe:
/// its own lock is held for copying in memory only, never for the disk.
/// </summary>
internal sealed partial class PreRollRing : IDisposable
{
    /// <summary>A picture group that ended this long before a moment has nothing to say of it.</summary>
    private const long Stale = NodaConstants.TicksPerSecond;

    /// <summary>Where the time between two pictures is not known.</summary>
    private const long UsualInterval = NodaConstants.TicksPerSecond / 25;

    private readonly Action<PreRollRing> _closed;
    private readonly PreRollMemory _memory;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly PreRollSpill _spill;
    private readonly ChunkLog _log;
    private readonly EntryQueue _entries = new();
    private readonly List<long> _keys = [];
    private long _preRoll;
    private StreamRun? _run;
    private StreamFormat? _format;
    private long _shift;
    private long _newest;
    private bool _joins;
    private bool _reading;
    private bool _untold;
    private bool _skips;
    private long _appendedAt;
    private long _shortUntil;
    private long _charged;
    private RingShare _share;

    public PreRollRing(string name, Duration preRoll, PreRollMemory memory, PreRollSpill spill, TimeProvider time, Action<PreRollRing> closed)
    {
        (Name, _memory, _spill, _time, _closed) = (name, memory, spill, time, closed);
        _log = new ChunkLog(memory, spill);
        Length = preRoll;
    }

    /// <summary>Whose it is, for messages.</summary>
    public string Name { get; }

    /// <summary>How much is kept.</summary>
    public Duration Length
    {
        get
        {
            lock (_gate) return Duration.FromTicks(_preRoll);
        }

        set
        {
            lock (_gate) _preRoll = (long)value.TotalTicks;
        }
    }

    /// <summary>What it holds, as a fresh snapshot.</summary>
    public PreRollProgress Progress
    {
        get
        {
            lock (_gate)
            {
                var reach = _keys.Count == 0 ? 0 : _newest - _entries[_keys[0]].Line;
                return new PreRollProgress(
                    Duration.FromTicks(_preRoll), Duration.FromTicks(reach), MemoryBytesLocked(), _spill.Bytes, _shortUntil > 0 && _time.GetTimestamp() < _shortUntil);
            }
        }
    }

    /// <summary>Every byte of memory that it holds.</summary>
    public long MemoryBytes
    {
        get
        {
            lock (_gate) return MemoryBytesLocked();
        }
    }

    /// <summary>It holds more memory than its stream's rate and the wanted seconds come to: its oldest chunks are to be spilled. Never while it is read.</summary>
    public bool IsAboveShare
    {
        get
        {
            lock (_gate)
            {
                if (_reading || _keys.Count == 0) return false;
                return MemoryBytesLocked() > _share.Bytes(_preRoll, _newest - _entries[_keys[0]].Line, _log.End - _log.Start);
            }
        }
    }

    /// <summary>Nothing is left to be read.</summary>
    public bool IsEmpty
    {
        get
        {
            lock (_gate) return _entries.Count == 0 && !_untold;
        }
    }

    /// <summary>Starts anew, empty, with what the stream is now.</summary>
    public void Begin(StreamRun? run, StreamFormat? format)
    {
        lock (_gate)
        {
            Reset();
            (_run, _format, _reading, _untold, _skips, _shift, _newest, _joins, _share) = (run, format, false, false, false, 0, long.MinValue, false, default);
        }
    }

    public void Append(StreamRun run)
    {
        lock (_gate)
        {
            _joins = _newest != long.MinValue && run.Reason != RunReason.Connected;
            AddEvent(run);
        }
    }

    public void Append(StreamFormat format) => Event(format);

    public void Append(RingDamage damage) => Event(damage);

    public void Append(RingLoss loss) => Event(loss);

    /// <summary>Keeps a unit. Where there is no room, the oldest picture group makes it; what is being read only loses the unit when the whole budget is used up.</summary>
    public void Append(in AccessUnit unit)
    {
        lock (_gate)
        {
            var key = unit.Track == TrackKind.Video && unit.IsKeyframe;
            if (!key && (_skips ? unit.Track == TrackKind.Video : _keys.Count == 0 && !_reading)) return;
            if (key) _skips = false;
            _appendedAt = _time.GetTimestamp();
            var time = unit.Time.ToUnixTimeTicks();
            if (unit.Track == TrackKind.Video) Align(time);
            while (!_log.Reserve(unit.Length, recorded: _reading))
            {
                _shortUntil = _appendedAt + (long)(Duration.FromTicks(Math.Max(_preRoll, NodaConstants.TicksPerSecond)).TotalSeconds * _time.TimestampFrequency);
                if (DropGroup()) continue;
                _skips = true;
                if (_reading) AddEvent(new RingDamage(0));
                else Reset();
                return;
            }

            if (key)
            {
                if (_keys.Count > 0) _share.Measure(_log.End - _log.Start, time + _shift - _entries[_keys[0]].Line);
                _keys.Add(_entries.End);
            }

            _share.Take(unit.Length, key);
            _log.Write(unit.Span);
            var kind = key ? RingKind.Keyframe : unit.Track == TrackKind.Video ? RingKind.Video : RingKind.Audio;
            _entries.Add(new RingEntry(kind, unit.Length, unit.Timestamp, time, time + _shift, null));
            if (unit.Track == TrackKind.Video)
            {
                _newest = Math.Max(_newest, time + _shift);
                DropOld();
            }

            Charge();
        }
    }

    /// <summary>About once a second: a stream that sends nothing any more needs no memory.</summary>
    public void Tick()
    {
        lock (_gate)
        {
            if (_reading || _entries.Count == 0) return;
            if (_time.GetElapsedTime(_appendedAt).Ticks > _preRoll + Stale) Reset();
        }
    }

    public void Dispose()
    {
        lock (_gate) Reset();
        _closed(this);
        _spill.Dispose();
    }

    private void Event(object what)
    {
        lock (_gate) AddEvent(what);
    }

    private void AddEvent(object what)
    {
        // Before the first picture group it only says what the stream is.
        if (_entries.Count == 0 && !_reading) Note(what);
        else _entries.Add(new RingEntry(RingKind.Event, 0, 0, 0, _newest, what));
    }

    /// <summary>Keeps the ring's line unbroken where a new run's times are not those of the clock before.</summary>
    private void Align(long time)
    {
        if (_newest != long.MinValue && (_joins || time + _shift < _newest - (10 * NodaConstants.TicksPerSecond))) _shift = _newest + UsualInterval - time;
        _joins = false;
    }

    /// <summary>Gives up the groups that are older than what is to be kept.</summary>
    private void DropOld()
    {
        if (_reading) return;
        while (_keys.Count > 1 && _entries[_keys[1]].Line <= _newest - _preRoll) DropTo(_keys[1]);
    }

    /// <summary>Gives up the oldest group when another follows.</summary>
    private bool DropGroup()
    {
        if (_reading || _keys.Count < 2) return false;
        DropTo(_keys[1]);
        return true;
    }

    private void DropTo(long number)
    {
        while (_entries.First < number) RemoveFirst();
    }

    private void RemoveFirst()
    {
        ref readonly var entry = ref _entries[_entries.First];
        if (entry.Event is { } what) Note(what);
        if (entry.Kind == RingKind.Keyframe) _keys.RemoveAt(0);
        if (entry.Length > 0) _log.DropBefore(_log.Start + entry.Length);
        _entries.RemoveFirst();
    }

    private void Note(object what)
    {
        if (what is StreamRun run) (_run, _format) = (run, null);
        else if (what is StreamFormat format) _format = format;
        else if (what is RingLoss) _run = null;
    }

    private void Reset()
    {
        while (_entries.Count > 0) RemoveFirst();
        _log.Clear();
        _entries.Release();
        _keys.Capacity = 0;
        Charge();
    }

    private void Charge()
    {
        var beside = BesideLocked();
        _memory.Charge(beside - _charged);
        _charged = beside;
    }

    private long MemoryBytesLocked() => ((_log.Chunks - _log.Spilled) * (long)PreRollMemory.ChunkBytes) + BesideLocked();

    private long BesideLocked() => _entries.Bytes + (_keys.Capacity * sizeof(long));
}

/// <summary>Packets were lost.</summary>
internal sealed record RingDamage(int PacketsLost);

/// <summary>The stream was lost.</summary>
internal sealed record RingLoss(StreamLoss Loss, string Cause);

/// <summary>What a ring holds.</summary>
/// <param name="Wanted">How much is to be kept.</param>
/// <param name="Reach">From its oldest keyframe to its newest picture.</param>
/// <param name="MemoryBytes">In memory.</param>
/// <param name="SpilledBytes">On disk.</param>
/// <param name="IsShort">There was no room for all of it within the last while.</param>
internal sealed record PreRollProgress(Duration Wanted, Duration Reach, long MemoryBytes, long SpilledBytes, bool IsShort);
