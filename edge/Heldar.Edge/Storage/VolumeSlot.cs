using Heldar.Edge.Settings;
using NodaTime;

namespace Heldar.Edge.Storage;

/// <summary>One volume of the settings with the disk that is there now. Changed by the keeper's loop only; <see cref="Status"/> is read by anyone.</summary>
internal sealed class VolumeSlot(VolumeSettings wish)
{
    private static readonly Duration FirstPause = Duration.FromSeconds(1);
    private static readonly Duration LongestPause = Duration.FromSeconds(30);
    private Duration _pause = FirstPause;
    private volatile VolumeStatus _status = new(wish.Path, wish.Role, null, VolumeFault.Away, "it was not looked at yet", 0, 0, null);

    public VolumeSettings Wish => wish;

    /// <summary>The disk; null while it is refused, failed or away.</summary>
    public Volume? Volume { get; set; }

    /// <summary>Who writes it; null for one that only is looked at.</summary>
    public VolumeWriter? Writer { get; set; }

    /// <summary>A writer that was taken out of use and has not ended yet: until then nothing is opened anew.</summary>
    public Task? Leaving { get; set; }

    /// <summary>What people must know although it works.</summary>
    public string? Notice { get; set; }

    public WriteRate Rate { get; } = new();

    /// <summary>When to look again.</summary>
    public Instant NextLook { get; private set; } = Instant.MinValue;

    public VolumeStatus Status
    {
        get => _status;
        set => _status = value;
    }

    /// <summary>It is as it must be.</summary>
    public void Calm() => (_pause, NextLook) = (FirstPause, Instant.MinValue);

    /// <summary>It is not: the next look comes later each time.</summary>
    public void BackOff(Instant now) => (NextLook, _pause) = (now + _pause, Duration.Min(_pause * 2, LongestPause));
}
