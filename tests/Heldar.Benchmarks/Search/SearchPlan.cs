using System.Globalization;
using NodaTime;

namespace Heldar.Benchmarks.Search;

/// <summary>Sizes and bars of the search bench.</summary>
internal sealed record SearchPlan
{
    public const double P95Bar = 200;
    public const double RatioBar = 1.3;
    public const double SlackMs = 5;
    public const double BuildBar = 600;

    /// <summary>Cameras of a site; those of the first site have full lists.</summary>
    public const int CamerasOfASite = 20;

    public const int PageSize = 200;
    public const int Seed = 20261121;

    /// <summary>End of the year: the next hour's footage is still in landing.</summary>
    public static readonly Instant End = Instant.FromUtc(2026, 11, 1, 0, 0);

    public int Cameras { get; init; } = 1000;

    public int Days { get; init; } = 365;

    public int Detections { get; init; } = 10_000_000;

    /// <summary>Distinct queries of each of the eight shapes.</summary>
    public int QueriesOfAShape { get; init; } = 26;

    /// <summary>Changes whenever what is built changes.</summary>
    public string Key => string.Create(CultureInfo.InvariantCulture, $"v3-{Cameras}-{Days}-{Detections}");

    public static SearchPlan Of(bool quick) => quick ? new() { Cameras = 60, Days = 31, Detections = 200_000 } : new();

    public static Guid Camera(int number) => new(0x0190c0de, 0, 0x7000, 0x80, 0, 0, 0, 0, 0, (byte)(number >> 8), (byte)number);

    public static string Site(int camera) => string.Create(CultureInfo.InvariantCulture, $"site{camera / CamerasOfASite:000}");

    /// <summary>One box a site.</summary>
    public static Guid Box(int camera) => new(0x0190b0b0, 0, 0x7000, 0x80, 0, 0, 0, 0, 0, 0, (byte)(camera / CamerasOfASite));
}
