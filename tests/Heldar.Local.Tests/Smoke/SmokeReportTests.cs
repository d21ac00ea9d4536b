using System.Text.Json;
using Heldar.Local.Smoke;

namespace Heldar.Local.Tests.Smoke;

public sealed class SmokeReportTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Names_AreThoseThatProgramsRead(bool indented)
    {
        using var json = JsonDocument.Parse(new SmokeReport { Ok = true, SearchableP95Ms = 7 }.ToJson(indented));

        Assert.Equal(
            ["ok", "up_seconds", "searchable_p95_ms", "segments", "frames_lost", "max_lost_ms", "down_ms", "duplicates", "problems"],
            json.RootElement.EnumerateObject().Select(p => p.Name));
        Assert.Equal(7, json.RootElement.GetProperty("searchable_p95_ms").GetInt64());
    }

    [Fact]
    public void SearchableP95_IsNull_WhenNothingWasTimed()
    {
        using var json = JsonDocument.Parse(new SmokeReport().ToJson(indented: false));

        Assert.Equal(JsonValueKind.Null, json.RootElement.GetProperty("searchable_p95_ms").ValueKind);
    }

    [Fact]
    public void Fault_IsNamed_WhenOneWasPutIn() => Assert.StartsWith("{\"fault\":\"duplicate\",\"ok\":false", new SmokeReport { Fault = "duplicate" }.ToJson(indented: false), StringComparison.Ordinal);
}
