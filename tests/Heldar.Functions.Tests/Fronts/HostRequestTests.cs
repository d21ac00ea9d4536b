using System.Text;
using System.Text.Json;
using Heldar.Functions.Fronts;

namespace Heldar.Functions.Tests.Fronts;

public sealed class HostRequestTests
{
    [Theory]
    [InlineData("""{"Data":{"message":"aGVsbG8="},"Metadata":{"DequeueCount":"3","Id":"\"m1\""}}""")]
    [InlineData("""{"Data":{"message":"aGVsbG8="},"Metadata":{"DequeueCount":3,"Id":"m1"}}""")]
    [InlineData("""{"Data":{"message":"\"hello\""},"Metadata":{"DequeueCount":"3","Id":"\"m1\""}}""")]
    public void Parse_ReadsBothEncodings(string request)
    {
        var parsed = HostRequest.Parse(Encoding.UTF8.GetBytes(request), "message");

        Assert.Equal(("hello", "m1", 3L), (Encoding.UTF8.GetString(parsed.Body), parsed.Id, parsed.DequeueCount));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"Data":[]}""")]
    [InlineData("""{"Data":{"other":"x"}}""")]
    public void Parse_RefusesWhatIsNoRequest(string request) => Assert.ThrowsAny<JsonException>(() => HostRequest.Parse(Encoding.UTF8.GetBytes(request), "message"));

    [Theory]
    [InlineData("\"2026-11-21T02:40:03+00:00\"")]
    [InlineData("\"\\\"2026-11-21T03:40:03+01:00\\\"\"")]
    public void Parse_ReadsWhenTheMessageWasPut(string time) =>
        Assert.Equal(NodaTime.Instant.FromUtc(2026, 11, 21, 2, 40, 3), HostRequest.Parse(Encoding.UTF8.GetBytes("""{"Data":{"message":"aGVsbG8="},"Metadata":{"InsertionTime":""" + time + "}}"), "message").Inserted);

    [Fact]
    public void Parse_NeverFails_ForOddMetadata() =>
        Assert.Equal(1, HostRequest.Parse("""{"Data":{"message":{"a":1}},"Metadata":{"DequeueCount":"many","Id":[1]}}"""u8.ToArray(), "message").DequeueCount);
}
