using System.Text.Json;
using System.Text.Json.Serialization;

namespace Heldar.Benchmarks;

/// <summary>One result: a JSON line on standard output with --json, a readable line otherwise.</summary>
/// <param name="Bench">Name of the bench.</param>
/// <param name="Metric">Name of the metric.</param>
/// <param name="Value">Ours, median of the rounds.</param>
/// <param name="Unit">Unit of both values.</param>
/// <param name="Baseline">What it stands beside.</param>
/// <param name="BaselineValue">The baseline's median in the same run.</param>
/// <param name="Ratio">Value / baseline.</param>
/// <param name="N">Number of measurements behind the value.</param>
internal sealed record BenchLine(
    string Bench, string Metric, double Value, string Unit, string? Baseline = null,
    [property: JsonPropertyName("baseline_value")] double? BaselineValue = null, double? Ratio = null, int N = 1)
{
    /// <summary>The bar, and whether this line holds it; null when the line only reports.</summary>
    [JsonIgnore]
    public (string Text, bool Held)? Bar { get; init; }

    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    public string ToJson() => JsonSerializer.Serialize(
        this with { Value = Round(Value), BaselineValue = BaselineValue is { } b ? Round(b) : null, Ratio = Ratio is { } r ? Math.Round(r, 3) : null }, Json);

    public string ToText()
    {
        var beside = Baseline is null ? "" : $", {Baseline} {Round(BaselineValue ?? 0)} {Unit}, ratio {Ratio:0.00}";
        var bar = Bar is { } known ? $"  [{known.Text}: {(known.Held ? "held" : "MISSED")}]" : "";
        return $"{Bench} {Metric}: {Round(Value)} {Unit}{beside} (n={N}){bar}";
    }

    private static double Round(double value) => Math.Abs(value) >= 1000 ? Math.Round(value) : Math.Round(value, 3);
}

/// <summary>Order statistics.</summary>
internal static class Statistics
{
    public static double Median(IEnumerable<double> values) => Percentile(values, 0.5);

    /// <summary>Linear interpolation between closest ranks; throws for an empty sequence.</summary>
    public static double Percentile(IEnumerable<double> values, double p)
    {
        var sorted = values.Order().ToList();
        if (sorted.Count == 0) throw new InvalidOperationException("no measurements");
        var rank = p * (sorted.Count - 1);
        var low = (int)Math.Floor(rank);
        var high = Math.Min(low + 1, sorted.Count - 1);
        return sorted[low] + ((sorted[high] - sorted[low]) * (rank - low));
    }
}
