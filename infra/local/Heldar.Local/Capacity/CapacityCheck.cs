using System.Text.Json;

namespace Heldar.Local.Capacity;

/// <summary>One figure of the model beside the measured one.</summary>
/// <param name="Name">What it is, with its unit.</param>
/// <param name="Predicted">What the model said of the plan alone.</param>
/// <param name="Measured">Null when nothing was measured.</param>
/// <param name="Ratio">Measured ÷ predicted.</param>
/// <param name="Low">Smallest ratio that holds.</param>
/// <param name="High">Largest ratio that holds.</param>
/// <param name="Holds">Whether the ratio lies within.</param>
internal sealed record CheckedFigure(string Name, double Predicted, double? Measured, double? Ratio, double Low, double High, bool Holds);

/// <summary>What the comparison found; the form in which it is kept.</summary>
internal sealed record CapacityCheckReport
{
    private static readonly JsonSerializerOptions Line = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };
    private static readonly JsonSerializerOptions Indented = new(Line) { WriteIndented = true };

    /// <summary>When it ran, such as 2026-11-22.</summary>
    public required string Date { get; init; }

    public required string Machine { get; init; }

    public required CheckPlan Plan { get; init; }

    /// <summary>Every bar holds, and the run was sound.</summary>
    public bool Ok => Problems.Count == 0 && Figures.All(f => f.Holds);

    public required IReadOnlyList<CheckedFigure> Figures { get; init; }

    /// <summary>What makes the run worthless, in words; empty when it was sound.</summary>
    public required IReadOnlyList<string> Problems { get; init; }

    public string ToJson(bool indented) => JsonSerializer.Serialize(this, indented ? Indented : Line);

    /// <summary>Reads a kept one. Throws <see cref="JsonException"/> for anything else.</summary>
    public static CapacityCheckReport Parse(string json) => JsonSerializer.Deserialize<CapacityCheckReport>(json, Line) ?? throw new JsonException("the file is empty");
}

/// <summary>Puts what the model said of a plan beside what its run came to. Pure.</summary>
internal static class CapacityCheck
{
    /// <summary>What is counted must lie within this of the model.</summary>
    public static readonly (double Low, double High) Counted = (0.8, 1.25);

    /// <summary>Times are this machine's, which the boxes share.</summary>
    public static readonly (double Low, double High) Timed = (0.67, 1.5);

    public static CapacityCheckReport Compare(CheckPlan plan, CheckMeasurement run, string date, string machine) => new()
    {
        Date = date,
        Machine = machine,
        Plan = plan,
        Figures = [.. CheckPrediction.Of(plan).Select(p => Figure(p.Key, p.Value, run.Figures.TryGetValue(p.Key, out double measured) && double.IsFinite(measured) ? measured : null))],
        Problems = run.Problems,
    };

    /// <summary>Four digits say what a figure is worth, and stay the same on every machine.</summary>
    public static double Rounded(double value) => value == 0 || !double.IsFinite(value) ? 0 : double.Parse(value.ToString("G4", System.Globalization.CultureInfo.InvariantCulture), System.Globalization.CultureInfo.InvariantCulture);

    private static CheckedFigure Figure(string name, double predicted, double? measured)
    {
        var (low, high) = name.StartsWith("latency_", StringComparison.Ordinal) || name.StartsWith("functions_cpu_", StringComparison.Ordinal) ? Timed : Counted;
        double? ratio = measured is { } m && predicted > 0 ? Math.Round(m / predicted, 3) : null;
        return new(name, Rounded(predicted), measured is { } value ? Rounded(value) : null, ratio, low, high, ratio >= low && ratio <= high);
    }
}
