using Heldar.Local.Testing;

namespace Heldar.Local.Tests.Testing;

public sealed class TestOutputTests
{
    [Fact]
    public void Xunit_ReadsTheLastSummary() =>
        Assert.Equal(
            new TestTotals(9, 2, 1),
            TestOutput.OfXunit("=== TEST EXECUTION SUMMARY ===\n   A  Total: 12, Errors: 0, Failed: 2, Skipped: 1, Not Run: 0, Time: 1.2s\n"));

    [Fact]
    public void Xunit_CountsErrorsAsFailures() => Assert.Equal(1, TestOutput.OfXunit("   A  Total: 3, Errors: 1, Failed: 0, Skipped: 0, Not Run: 0, Time: 0s")!.Value.Failed);

    [Fact]
    public void Xunit_IsNull_WhenTheRunnerCrashed() => Assert.Null(TestOutput.OfXunit("Unhandled exception. Total: unknown"));

    [Fact]
    public void Vitest_ReadsTotals_WithColours() =>
        Assert.Equal(new TestTotals(41, 1, 2), TestOutput.OfVitest(" Test Files  1 failed | 6 passed (7)\n\u001b[2m      Tests \u001b[22m 1 failed | 41 passed | 2 skipped (44)\n"));

    [Fact]
    public void Totals_PrintAsTheLineThatCiReads() => Assert.Equal("3 passed, 0 failed, 1 skipped", new TestTotals(3, 0, 1).ToString());
}
