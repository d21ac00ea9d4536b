using System.Text;
using System.Text.Json;
using Heldar.Cloud.Webhooks;
using Heldar.Contracts;
using NodaTime;

namespace Heldar.Cloud.Tests.Webhooks;

public sealed class WebhookSignatureTests
{
    private const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    private static readonly Instant Now = Instant.FromUnixTimeSeconds(1614265330);
    private static readonly byte[] Body = Encoding.UTF8.GetBytes("{\"test\": 2432232314}");

    [Fact]
    public void Signature_IsTheSpecificationsExample() =>
        Assert.Equal("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", WebhookSignature.Sign([new(Secret)], "msg_p5jXN8AQM9LWM0D4loKWxJek", Now, Body));

    // The portal's tests verify the same file with the standardwebhooks library of npm.
    [Fact]
    public void Signatures_AreThoseThatTheStandardsLibraryVerifies()
    {
        var samples = JsonSerializer.Deserialize<List<Sample>>(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Webhooks/signatures.json")), HeldarJson.Options)!;

        Assert.Equal(3, samples.Count);
        Assert.All(samples, s => Assert.Equal(s.Signature, WebhookSignature.Sign([.. s.Secrets.Select(k => new WebhookSecret(k))], s.Id, Instant.FromUnixTimeSeconds(s.Timestamp), Encoding.UTF8.GetBytes(s.Body))));
    }

    [Fact]
    public void Rotation_SignsWithBoth_UntilTheOldOneEnds()
    {
        var fresh = WebhookSignature.NewSecret();
        var both = WebhookSignature.Rotate([new(Secret)], fresh, Now, Duration.FromHours(24));
        string At(Instant time) => WebhookSignature.Sign(both, "msg_1", time, Body);
        string One(string secret, Instant time) => WebhookSignature.Sign([new(secret)], "msg_1", time, Body);

        Assert.Equal(One(fresh, Now) + " " + One(Secret, Now), At(Now));
        var later = Now + Duration.FromHours(24);
        Assert.Equal(One(fresh, later), At(later));
        Assert.Equal([fresh], WebhookSignature.Rotate(both, fresh, later, Duration.Zero).Take(1).Select(s => s.Secret));
    }

    [Fact]
    public void Rotation_DoesNotLengthenALeavingSecret()
    {
        var once = WebhookSignature.Rotate([new(Secret)], WebhookSignature.NewSecret(), Now, Duration.FromHours(1));
        var twice = WebhookSignature.Rotate(once, WebhookSignature.NewSecret(), Now, Duration.FromHours(9));

        Assert.Equal([null, Now + Duration.FromHours(9), Now + Duration.FromHours(1)], twice.Select(s => s.Until));
    }

    [Theory]
    [InlineData(Secret, true)]
    [InlineData("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", false)]
    [InlineData("whsec_", false)]
    [InlineData("whsec_c2hvcnQ=", false)]
    [InlineData("whsec_not base64 at all, and long enough", false)]
    [InlineData(null, false)]
    public void Secrets_AreTold(string? text, bool good) => Assert.Equal(good, WebhookSignature.IsSecret(text));

    private sealed record Sample(IReadOnlyList<string> Secrets, string Id, long Timestamp, string Body, string Signature);
}
