using Heldar.Media.Streams;
using NodaTime;

namespace Heldar.Media.Tests.Ingest;

/// <summary>Keeps what a stream says.</summary>
internal sealed class CollectingSubscriber : IStreamSubscriber
{
    private readonly Lock _gate = new();
    private readonly List<string> _calls = [];
    private readonly List<long> _timestamps = [];

    /// <summary>run, format, key, unit, audio, damage, lost, offset, fault.</summary>
    public IReadOnlyList<string> Calls
    {
        get
        {
            lock (_gate) return [.. _calls];
        }
    }

    public IReadOnlyList<long> Timestamps
    {
        get
        {
            lock (_gate) return [.. _timestamps];
        }
    }

    public Action<AccessUnit>? Act { get; set; }

    /// <summary>Keeps nothing, allocates nothing.</summary>
    public bool IsQuiet { get; init; }

    /// <summary>The newest time that it was told, and how often it was told one.</summary>
    public Duration Time { get; private set; }

    public int Ticks { get; private set; }

    public int Count(string call) => Calls.Count(c => c.StartsWith(call, StringComparison.Ordinal));

    public void OnFault(Exception error) => Add($"fault {error.Message}");

    public void OnRun(StreamRun run) => Add($"run {run.Reason}");

    public void OnFormat(StreamFormat format) => Add($"format {format.Video.Width}x{format.Video.Height} {format.Audio?.Codec}");

    public void OnAccessUnit(in AccessUnit unit)
    {
        if (IsQuiet) return;
        lock (_gate)
        {
            if (unit.Track == TrackKind.Video) _timestamps.Add(unit.Timestamp);
        }

        Add(unit.Track == TrackKind.Audio ? "audio" : unit.IsKeyframe ? "key" : "unit");
        Act?.Invoke(unit);
    }

    public void OnDamage(int packetsLost) => Add($"damage {packetsLost}");

    public void OnLost(StreamLoss loss, string cause) => Add($"lost {loss}: {cause}");

    public void OnCameraOffset(Duration offset) => Add("offset");

    public void OnTime(Duration monotonic) => (Time, Ticks) = (monotonic, Ticks + 1);

    private void Add(string call)
    {
        lock (_gate) _calls.Add(call);
    }
}
