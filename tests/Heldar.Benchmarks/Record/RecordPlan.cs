using System.Globalization;
using Heldar.Local.Cameras;

namespace Heldar.Benchmarks.Record;

/// <summary>What is recorded, how long, and which bars it must hold.</summary>
/// <param name="Name">Name of the bench in its lines.</param>
/// <param name="Cameras">Number of cameras.</param>
/// <param name="Height">Picture height; 16:9, 25 frames per second, H.264.</param>
/// <param name="Kilobits">Bit rate of each camera, kb/s.</param>
/// <param name="CpuBar">Most CPU, as a part of the baseline's.</param>
internal sealed record RecordPlan(string Name, int Cameras, int Height, int Kilobits, double CpuBar)
{
    /// <summary>Most private memory per added camera, as a part of one ffmpeg's.</summary>
    public const double MemoryBar = 0.2;

    /// <summary>Cold start to first fragment: 3 s and one GOP, in ms.</summary>
    public const double FirstFragmentBar = 3000 + (GopSeconds * 1000);

    private const int GopSeconds = 2;

    /// <summary>Rounds of ours and baseline.</summary>
    public int Rounds { get; init; } = 2;

    public TimeSpan WarmUp { get; init; } = TimeSpan.FromSeconds(30);

    public TimeSpan Measured { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>False measures CPU and frames only.</summary>
    public bool Memory { get; init; } = true;

    /// <summary>The cameras, all with digest authentication.</summary>
    public IReadOnlyList<CameraSpec> Specs =>
        [.. Enumerable.Range(0, Cameras).Select(n => new CameraSpec(string.Create(CultureInfo.InvariantCulture, $"cam{n:00}"), new FootageRecipe("h264", Height, 25, GopSeconds, Kilobits)))];

    public static IReadOnlyList<RecordPlan> All(bool quick) => quick
        ? [new("record", 8, 1080, 4000, 0.5) { Rounds = 1, WarmUp = TimeSpan.FromSeconds(5), Measured = TimeSpan.FromSeconds(8) }]
        : [new("record", 16, 1080, 4000, 0.5), new("record48", 48, 720, 2000, 0.4) { Memory = false }];
}
