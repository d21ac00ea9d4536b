using System.Text.Json;
using Heldar.Contracts.Events;
using Heldar.Local.FleetSim;

namespace Heldar.Local.Capacity;

/// <summary>One figure of the model beside the measured one.</summary>
internal sealed record CheckedFigure(string Name, double Predicted, double Measured)
{
    /// <summary>Measured ÷ predicted; 1 when both are nothing.</summary>
    public double Ratio => Predicted == 0 ? (Measured == 0 ? 1 : double.PositiveInfinity) : Math.Round(Measured / Predicted, 3);
}

/// <summary>What the comparison found.</summary>
internal sealed record CapacityCheckReport(int Boxes, bool Ok, IReadOnlyList<CheckedFigure> Figures, IReadOnlyList<string> Problems)
{
    private static readonly JsonSerializerOptions Line = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public string ToJson() => JsonSerializer.Serialize(this, Line);
}

/// <summary>
/// Compares the model with a measured run of the real pipeline: given how many events of each kind the simulated boxes told, and how long they held a batch open, does
/// the model say how many messages they became, and did one instance keep up where the model says that one does? Figures of time are shown, not judged: this machine
/// is not the platform, and boxes that share it with the cloud flush late.
/// </summary>
internal static class CapacityCheck
{
    /// <summary>How far a rate of messages may be from the model's, as a share of it.</summary>
    public const double Tolerance = 0.2;

    // Fewer messages than this in a run say nothing of a rate.
    private const int LeastMessages = 30;
    private const double CatchUpSeconds = 20;

    public static CapacityCheckReport Compare(FleetSimOptions options, FleetSimReport run, Prices prices)
    {
        List<string> problems = [.. run.Problems];
        List<CheckedFigure> figures = [];
        double total = 0;
        foreach (var queue in run.Types.GroupBy(t => EventTypes.Get(t.Key).Queue).OrderBy(q => q.Key, StringComparer.Ordinal))
        {
            double events = queue.Sum(t => t.Value) / (double)options.Boxes / options.Seconds;
            double predicted = options.Boxes * CapacityModel.Messages(events, 800, run.FlushSeconds.GetValueOrDefault(queue.Key, options.Flush.TotalSeconds));
            int messages = run.Queues.GetValueOrDefault(queue.Key);
            var figure = new CheckedFigure($"{queue.Key}_messages_per_second", Math.Round(predicted, 2), Math.Round(messages / (double)options.Seconds, 2));
            figures.Add(figure);
            total += predicted;
            if (messages >= LeastMessages && Math.Abs(figure.Ratio - 1) > Tolerance) problems.Add($"{figure.Name}: the model says {figure.Predicted}, measured is {figure.Measured}");
        }

        figures.Add(new CheckedFigure("messages_per_second", Math.Round(total, 2), run.MessagesPerSecond));
        if (Math.Abs(figures[^1].Ratio - 1) > Tolerance) problems.Add($"messages_per_second: the model says {figures[^1].Predicted}, measured is {figures[^1].Measured}");

        var input = new CapacityInput { Boxes = options.Boxes, Cameras = options.Cameras, FlushSeconds = options.Flush.TotalSeconds };
        CapacityResult model = CapacityModel.Of(input, prices);
        if (run.AppliedP50Ms is { } p50) figures.Add(new CheckedFigure("put_to_commit_p50_seconds", Math.Round(model.LatencyP50Seconds - input.FlushSeconds, 3), p50 / 1000));
        if (run.AppliedP95Ms is { } p95) figures.Add(new CheckedFigure("put_to_commit_p95_seconds", Math.Round(model.LatencyP95Seconds - input.FlushSeconds, 3), p95 / 1000));
        bool one = total <= input.MessagesPerInstance * Limits.Headroom;
        if (run.FlushSeconds.TryGetValue("segments", out double open)) figures.Add(new CheckedFigure("flush_seconds", options.Flush.TotalSeconds, open));
        figures.Add(new CheckedFigure("drain_seconds", options.Flush.TotalSeconds, run.DrainSeconds));
        if (one && run.DrainSeconds > CatchUpSeconds) problems.Add($"the model says that one instance takes {total:0} messages/s, but it took {run.DrainSeconds} s to catch up");
        return new CapacityCheckReport(options.Boxes, problems.Count == 0, figures, problems);
    }
}
