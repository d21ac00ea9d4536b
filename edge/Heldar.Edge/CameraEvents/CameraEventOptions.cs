namespace Heldar.Edge.CameraEvents;

/// <summary>How the box speaks with cameras about events. Code knows the values, tests other ones; nothing of it belongs into a settings file.</summary>
internal sealed record CameraEventOptions
{
    public static CameraEventOptions Default { get; } = new();

    /// <summary>How often the box looks which cameras have events to follow.</summary>
    public TimeSpan ReviewPeriod { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a camera may hold a pull back while nothing happens. Longer costs fewer requests; a camera that is switched off is noticed later.</summary>
    public TimeSpan PullTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long any answer may take, beyond <see cref="PullTimeout"/> for a pull.</summary>
    public TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Messages of one pull, at most.</summary>
    public int MessageLimit { get; init; } = 64;

    /// <summary>Pause after a pull that brought nothing before its time: some cameras never hold one back.</summary>
    public TimeSpan EmptyPause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Pause after a pull that brought something, so that a chatty camera costs at most ten requests a second.</summary>
    public TimeSpan FullPause { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How long a subscription lives unless it is renewed, which happens at half of what the camera grants. What a killed box leaves behind takes one of the camera's few places for so long.</summary>
    public TimeSpan Lifetime { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Wait after the first failure; it doubles up to <see cref="LongestWait"/>.</summary>
    public TimeSpan FirstWait { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>A subscription that lasted so long was a good one: the waits begin anew after it.</summary>
    public TimeSpan GoodSession { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>A subscription that the camera does not renew is made anew at once, unless it lasted shorter.</summary>
    public TimeSpan ShortestSession { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Longest wait after failures.</summary>
    public TimeSpan LongestWait { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>First wait after a refused password, up to five times as long later: cameras lock accounts that are tried too often.</summary>
    public TimeSpan RefusedWait { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long giving a subscription back may take. The box has 9 s to end.</summary>
    public TimeSpan UnsubscribeTimeout { get; init; } = TimeSpan.FromSeconds(2);
}
