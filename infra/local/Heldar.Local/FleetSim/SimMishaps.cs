using NodaTime;

namespace Heldar.Local.FleetSim;

/// <summary>What goes wrong at one box, and when: set by seed and number, so that it can be repeated. Not thread-safe.</summary>
internal sealed class SimMishaps
{
    private readonly IReadOnlyList<(double From, double To)> _offline;
    private readonly Random? _answers;
    private double? _diskAt;
    private double? _hardwareAt;
    private double? _cameraAt;

    private SimMishaps(Duration skew, IReadOnlyList<(double From, double To)> offline, Random? answers, double? diskAt, double? hardwareAt, double? cameraAt, bool describesLate) =>
        (Skew, _offline, _answers, _diskAt, _hardwareAt, _cameraAt, DescribesLate) = (skew, offline, answers, diskAt, hardwareAt, cameraAt, describesLate);

    /// <summary>The box's first description gets to the cloud after the one that no longer names the camera that moved: the third box's.</summary>
    public bool DescribesLate { get; }

    /// <summary>Box time minus true time. Every third box is 8 minutes ahead, which is more than the fleet accepts of a signature; every other third 20 s behind.</summary>
    public Duration Skew { get; }

    /// <summary>Those of one box.</summary>
    public static SimMishaps Of(int box, FleetSimOptions options)
    {
        if (!options.Outages) return new(Duration.Zero, [], null, null, null, null, false);
        var random = new Random(unchecked((options.Seed * 7919) + box));
        Duration skew = (box % 3) switch { 1 => Duration.FromMinutes(8), 2 => Duration.FromSeconds(-20), _ => Duration.Zero };
        double length = options.Seconds;
        double first = length * (0.1 + (random.NextDouble() * 0.3));
        double second = length * (0.5 + (random.NextDouble() * 0.3));
        return new(
            skew, [(first, first + (length * 0.1)), (second, second + (length * 0.1))], random,
            diskAt: options.Replace && box % 4 == 1 ? length * 0.45 : null, hardwareAt: options.Replace && box % 4 == 3 ? length * 0.4 : null, cameraAt: box % 4 == 2 ? length * 0.6 : null,
            describesLate: box == 2);
    }

    /// <summary>The line is down.</summary>
    public bool IsOffline(TimeSpan passed) => _offline.Any(o => passed.TotalSeconds >= o.From && passed.TotalSeconds < o.To);

    /// <summary>The answer to a put got lost, so that it is put again: 3 of 100.</summary>
    public bool LosesAnswer() => _answers is not null && _answers.Next(100) < 3;

    /// <summary>True once, when the box's disk is replaced.</summary>
    public bool LosesDisk(TimeSpan passed) => Once(ref _diskAt, passed);

    /// <summary>True once, when the whole box dies and another one takes its place.</summary>
    public bool LosesHardware(TimeSpan passed) => Once(ref _hardwareAt, passed);

    /// <summary>True once, when a camera is carried to another box.</summary>
    public bool LosesCamera(TimeSpan passed) => Once(ref _cameraAt, passed);

    private static bool Once(ref double? at, TimeSpan passed)
    {
        if (at is null || passed.TotalSeconds < at) return false;
        at = null;
        return true;
    }
}
