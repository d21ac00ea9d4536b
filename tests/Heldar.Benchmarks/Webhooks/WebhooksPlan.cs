namespace Heldar.Benchmarks.Webhooks;

/// <summary>Sizes, times and bars of the webhooks bench.</summary>
internal sealed record WebhooksPlan
{
    public const double DeliveryBar = 1500;
    public const double IsolationBar = 1.2;

    public const int Boxes = 10;
    public const int CamerasOfABox = 5;

    /// <summary>One endpoint for each camera.</summary>
    public const int Endpoints = Boxes * CamerasOfABox;

    /// <summary>Of them: two refuse, two accept and never answer, one answers 500.</summary>
    public const int Dead = 5;

    /// <summary>Deliveries offered each second.</summary>
    public const int PerSecond = 100;

    public TimeSpan WarmUp { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Of each half of a round. The dead endpoints die as the second half begins, so that it has what they cost until they are left in peace.</summary>
    public TimeSpan Measured { get; init; } = TimeSpan.FromSeconds(60);

    public int Rounds { get; init; } = 2;

    public static WebhooksPlan Of(bool quick) => quick ? new() { WarmUp = TimeSpan.FromSeconds(3), Measured = TimeSpan.FromSeconds(6), Rounds = 1 } : new();
}
