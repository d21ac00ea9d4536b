using Heldar.Local.Capacity;

namespace Heldar.Local.Tests.Capacity;

public sealed class CapacityCheckTests
{
    public static TheoryData<string> Kept => [.. Directory.GetFiles(Folder, "check-*.json").Select(Path.GetFileName).OfType<string>()];

    private static string Folder => Repository.File("infra", "local", "Heldar.Local", "Capacity");

    [Theory]
    [MemberData(nameof(Kept))]
    public void KeptCheck_IsOfTheModelAsItIs(string file)
    {
        // A change of the model needs a new check: ./heldar capacity --check 200 --save FILE. The message says which figures moved.
        CapacityCheckReport kept = Read(file);
        var today = CheckPrediction.Of(kept.Plan);
        List<string> moved = [.. today.Where(p => kept.Figures.SingleOrDefault(f => f.Name == p.Key)?.Predicted != CapacityCheck.Rounded(p.Value))
            .Select(p => $"{p.Key}: {kept.Figures.SingleOrDefault(f => f.Name == p.Key)?.Predicted} was checked, the model says {CapacityCheck.Rounded(p.Value)}")];

        Assert.Empty(moved);
        Assert.Equal(today.Keys, kept.Figures.Select(f => f.Name));
    }

    [Theory]
    [MemberData(nameof(Kept))]
    public void KeptCheck_WasSound_AndSaysItsMissesAsTheyAre(string file)
    {
        CapacityCheckReport kept = Read(file);

        Assert.Empty(kept.Problems);
        Assert.All(kept.Figures, f => Assert.NotNull(f.Measured));
        Assert.All(kept.Figures, f => Assert.Equal(f.Ratio >= f.Low && f.Ratio <= f.High, f.Holds));
        Assert.True(DateOnly.TryParse(kept.Date, out _));
    }

    [Fact]
    public void OneCheckOf200Boxes_IsKept() => Assert.Contains(Kept, row => Read(row.Data).Plan.Load.Boxes == 200);

    [Fact]
    public void Figures_HoldWithinTheirBars_AndAreMissesOtherwise()
    {
        CheckPlan plan = CheckPlan.Of(10, 72, 1);
        var figures = CheckPrediction.Of(plan).ToDictionary(p => p.Key, p => p.Value);
        Assert.True(CapacityCheck.Compare(plan, new(figures, []), "2026-01-01", "").Ok);

        figures["messages_per_second"] *= 1.3;
        figures.Remove("row_bytes.gap");
        CapacityCheckReport report = CapacityCheck.Compare(plan, new(figures, []), "2026-01-01", "");

        Assert.False(report.Ok);
        Assert.Equal(["messages_per_second", "row_bytes.gap"], report.Figures.Where(f => !f.Holds).Select(f => f.Name));
        Assert.Equal(1.3, report.Figures.Single(f => f.Name == "messages_per_second").Ratio);
        Assert.Equal(report.ToJson(indented: true), CapacityCheckReport.Parse(report.ToJson(indented: false)).ToJson(indented: true));
        Assert.False(CapacityCheck.Compare(plan, new(CheckPrediction.Of(plan), ["the run was not sound"]), "2026-01-01", "").Ok);
    }

    [Fact]
    public void Prediction_KnowsThePlanAlone()
    {
        CheckPlan plan = CheckPlan.Of(200, 72, 10);
        Assert.Equal(CheckPrediction.Of(plan), CheckPrediction.Of(plan with { Seed = 99, Seconds = 132 }));

        // 200 boxes × 4 cameras ÷ 30 s, and one status message per 10 s.
        Assert.Equal(26.667, CheckPrediction.Of(plan)["rows_per_second.segment_landing"], 3);
        Assert.Equal(20, CheckPrediction.Of(plan)["messages_per_second.states"], 6);
    }

    private static CapacityCheckReport Read(string file) => CapacityCheckReport.Parse(File.ReadAllText(Path.Combine(Folder, file)));
}
