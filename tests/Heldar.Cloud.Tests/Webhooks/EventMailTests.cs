using System.Text.Json;
using Heldar.Cloud.Webhooks;
using Heldar.Contracts;
using Heldar.Contracts.Events;
using NodaTime;

namespace Heldar.Cloud.Tests.Webhooks;

public sealed class EventMailTests
{
    private static readonly Instant Now = Instant.FromUtc(2026, 11, 21, 4, 0);

    [Fact]
    public void Mail_SaysWhatHappenedWhereAndWhen()
    {
        var mail = EventMail.Of(Claim("""{"zone":"z1","name":"Gate","label":"person","severity":"warning","box":[0.5,1]}"""), Now);

        Assert.Equal(("duty@example.com", "msg_1", "Zone: Gate, person, warning (depot)"), (mail.To, mail.Id, mail.Subject));
        Assert.Contains("Time: 2026-11-21T03:59:00Z\n", mail.Text, StringComparison.Ordinal);
        Assert.Contains("box[1]: 1\n", mail.Text, StringComparison.Ordinal);
        Assert.Contains("Delivery msg_1", mail.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Mail_KeepsWhatOthersWroteOnItsLine_AndItsSizeBounded()
    {
        var many = string.Join(',', Enumerable.Range(0, 5000).Select(n => $"\"f{n}\":\"{new string('x', 300)}\""));

        var mail = EventMail.Of(Claim($$"""{"name":"Gate\r\nBcc: all@example.com","label":"{{new string('y', 5000)}}",{{many}}}"""), Now);

        Assert.DoesNotContain(mail.Subject, c => char.IsControl(c));
        Assert.DoesNotContain("\nBcc:", mail.Text, StringComparison.Ordinal);
        Assert.InRange(mail.Subject.Length, 1, 200);
        Assert.InRange(mail.Text.Length, 1, 20_000);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\"text\"")]
    public void Mail_IsMadeOfAnyData(string data) => Assert.Equal("Zone (depot)", EventMail.Of(Claim(data), Now).Subject);

    private static DeliveryClaim Claim(string data)
    {
        using var json = JsonDocument.Parse(data);
        var one = new CloudEvent
        {
            Specversion = CloudEvent.Version,
            Id = "1",
            Source = EventSource.OfCamera("main", "depot", Guid.CreateVersion7()).ToString(),
            Type = EventTypes.Zone,
            Time = Now - Duration.FromMinutes(1),
            Data = json.RootElement.Clone(),
        };
        return new("main", "msg_1", Guid.CreateVersion7(), "Duty", "mailto:duty@example.com", "", null, false, 0, null, 0, Now, JsonSerializer.SerializeToUtf8Bytes(one, HeldarJson.Options));
    }
}
