using Heldar.Edge.Settings;
using NodaTime;

namespace Heldar.Edge.Storage;

/// <summary>One volume of the settings with the disk that is there now. Changed by its loop of the keeper only; disk, writer and status are read by anyone.</summary>
internal sealed class VolumeSlot(VolumeSettings wish)
{
    private static readonly Duration FirstPause = Duration.FromSeconds(1);
    private static readonly Duration LongestPause = Duration.FromSeconds(30);
    private Duration _pause = FirstPause;
    private volatile Volume? _volume;
    private volatile VolumeWriter? _writer;
    private volatile VolumeStatus _status = new(wish.Path, wish.Role, null, VolumeFault.Away, "it was not looked at yet", 0, 0, null);

    public VolumeSettings Wish => wish;

    /// <summary>The disk; null while it is refused, failed or away.</summary>
    public Volume? Volume
    {
        get => _volume;
        set => _volume = value;
    }

    /// <summary>Who writes it; null for one that only is looked at.</summary>
    public VolumeWriter? Writer
    {
        get => _writer;
        set => _writer = value;
    }

    /// <summary>A writer that was taken out of use and has not ended yet: until then nothing is opened anew.</summary>
    public Task? Leaving { get; set; }

    /// <summary>What people must know although it works.</summary>
    public string? Notice { get; set; }

    public WriteRate Rate { get; } = new();

    /// <summary>When to look again.</summary>
    public Instant NextLook { get; private set; } = Instant.MinValue;

    /// <summary>As its loop saw it last; that the disk does not answer is told at once, since the loop may be what waits for it.</summary>
    public VolumeStatus Status
    {
        get => _writer is { Fault: VolumeFault.Silent, Failure: { } cause } ? _status with { Fault = VolumeFault.Silent, Cause = cause } : _status;
        set => _status = value;
    }

    /// <summary>Looks after it; ends when the keeper stops, or when a disk that hangs answers.</summary>
    public Task Loop { get; set; } = Task.CompletedTask;

    /// <summary>It is as it must be.</summary>
    public void Calm() => (_pause, NextLook) = (FirstPause, Instant.MinValue);

    /// <summary>It is not: the next look comes later each time.</summary>
    public void BackOff(Instant now) => (NextLook, _pause) = (now + _pause, Duration.Min(_pause * 2, LongestPause));
}
