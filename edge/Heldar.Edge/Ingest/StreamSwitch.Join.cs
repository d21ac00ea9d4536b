using Heldar.Media.Streams;
using NodaTime;

namespace Heldar.Edge.Ingest;

/// <summary>Finds the picture at which one session ends and the other begins; everything here runs under the lock.</summary>
internal sealed partial class StreamSwitch
{
    /// <summary>A unit of the session that passes, while another one comes; true when it does not pass now.</summary>
    private bool Hold(in AccessUnit unit)
    {
        var (mine, other) = (_current!.Format, _coming!.Format);
        if (other is null || mine is null) return false;
        _byTime |= _tries > MaxTries || !mine.Video.Equals(other.Video);
        var key = unit.Track == TrackKind.Video && unit.IsKeyframe;
        if (_byTime)
        {
            if (_ahead.Count == 0 && unit.Track == TrackKind.Audio) return false;
            if (_ahead.Add(unit) && unit.Time - _ahead[0].Time < PatienceByTime) return true;
            Flush(Instant.MaxValue);
            return true;
        }

        if (key)
        {
            Flush(Instant.MaxValue);
            if (_next.Count > 0 && Same(unit, _next[0]))
            {
                Switch();
                return true;
            }

            _tries++;
            return _ahead.Add(unit);
        }

        if (_ahead.Count == 0) return false;
        if (_ahead.Add(unit) && unit.Time - _ahead[0].Time < Patience) return true;
        Flush(Instant.MaxValue);
        return true;
    }

    /// <summary>A unit of the session that comes: kept from its newest keyframe on.</summary>
    private void Come(in AccessUnit unit)
    {
        if (unit.Track == TrackKind.Video && unit.IsKeyframe)
        {
            _next.Clear();
            _next.Add(unit);
            if (_byTime) JoinByTime(unit.Time);
            else if (_ahead.Count > 0 && Same(_ahead[0], unit)) Switch();
        }
        else if (_next.Count > 0 && !_next.Add(unit))
        {
            _next.Clear();
        }
    }

    /// <summary>Pictures of the first session that were taken before the keyframe pass, the others are its own.</summary>
    private void JoinByTime(Instant key)
    {
        var from = key - (_interval / 2);
        if (_ahead.Count == 0 || _passed >= from) return;
        Flush(from);
        Switch();
    }

    private static bool Same(in AccessUnit one, in AccessUnit other) => one.Length == other.Length && one.Span.SequenceEqual(other.Span);

    private void Pass(in AccessUnit unit)
    {
        if (unit.Track == TrackKind.Video)
        {
            if (unit.IsKeyframe)
            {
                if (_passed != Instant.MinValue && _keyAt < unit.Time) _group = unit.Time - _keyAt;
                (_keyAt, _keyCame) = (unit.Time, time.GetTimestamp());
            }

            if (_passed != Instant.MinValue && unit.Time > _passed) _interval = unit.Time - _passed;
            _passed = Instant.Max(_passed, unit.Time);
        }

        sink.OnAccessUnit(unit);
    }

    /// <summary>Lets what was held pass, up to a time; the rest is dropped.</summary>
    private void Flush(Instant before)
    {
        for (var i = 0; i < _ahead.Count; i++)
            if (_ahead[i].Time < before) Pass(_ahead[i]);
        _ahead.Clear();
    }

    private void Switch()
    {
        var coming = _coming!;
        _ahead.Clear();
        sink.OnRun(coming.Run!);
        sink.OnFormat(coming.Format!);
        (_passed, _interval) = (Instant.MinValue, Duration.Zero);
        for (var i = 0; i < _next.Count; i++) Pass(_next[i]);
        Become(coming);
    }

    private void Become(Input coming)
    {
        _current = coming;
        Forget();
        _switched.TrySetResult();
    }

    private void Forget()
    {
        _coming = null;
        _ahead.Clear();
        _next.Clear();
    }

    /// <summary>Access units that wait, each with its block. Under the switch's lock.</summary>
    private sealed class HeldUnits
    {
        private const long MaxBytes = 32 << 20;
        private readonly List<AccessUnit> _units = [];
        private long _bytes;

        public int Count => _units.Count;

        public AccessUnit this[int index] => _units[index];

        /// <summary>Keeps a unit; false when it is the last that may be kept.</summary>
        public bool Add(in AccessUnit unit)
        {
            unit.Block.Retain();
            _units.Add(unit);
            _bytes += unit.Length;
            return _bytes < MaxBytes;
        }

        public void Clear()
        {
            foreach (var unit in _units) unit.Block.Release();
            _units.Clear();
            _bytes = 0;
        }
    }
}
