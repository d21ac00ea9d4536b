using System.Text;
using System.Text.Json;
using Heldar.Contracts.Events;

namespace Heldar.Contracts.Tests.Events;

public sealed class HostileInputTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("\"batchSeq\":42", "\"batchSeq\":0")]
    [InlineData("\"batchSeq\":42", "\"batchSeq\":\"42\"")]
    [InlineData("\"batchSeq\":42", "\"batchSeq\":9223372036854775808")]
    [InlineData("\"batchSeq\":42", "\"batchSeq\":42,\"batchSeq\":43")]
    [InlineData("\"class\":\"segment\"", "\"class\":3")]
    [InlineData("\"class\":\"segment\"", "\"class\":\"unheard\"")]
    [InlineData("\"tenant\":\"main\"", "\"tenant\":\"../main\"")]
    [InlineData("\"tenant\":\"main\"", "\"tenant\":null")]
    [InlineData("\"epoch\":\"0123", "\"epoch\":\"012")]
    [InlineData("\"epoch\":\"0123456789a", "\"epoch\":\"0123456789A")]
    [InlineData("\"bodyUrl\":", "\"body\":\"{}\",\"bodyUrl\":")]
    [InlineData("\"bodySha256\":", "\"other\":")]
    [InlineData("\"sig\":", "\"unsigned\":")]
    public void Envelope_RefusesWhatIsNoEnvelope(string from, string to)
    {
        var text = from.Length == 0 ? "null" : GoldenFile.Read("envelope.staged").Replace(from, to, StringComparison.Ordinal);
        Assert.Throws<JsonException>(() => Envelope.Parse(Encoding.UTF8.GetBytes(text)));
    }

    [Fact]
    public void Envelope_RefusesOversizeBeforeReadingIt() =>
        Assert.Throws<JsonException>(() => Envelope.Parse(new byte[(Envelope.MaxBytes * 2) + 1]));

    [Theory]
    [InlineData(0)]
    [InlineData(BatchBody.MaxEvents + 1)]
    public void Batch_RefusesACountOutOfRange(int count)
    {
        var golden = GoldenFile.Read("batch");
        var from = golden.IndexOf('[', StringComparison.Ordinal);
        var events = string.Join(',', Enumerable.Repeat(GoldenFile.Read(EventTypes.SegmentClosed), count));
        Assert.Throws<JsonException>(() => BatchBody.Parse(Encoding.UTF8.GetBytes($"{golden[..from]}[{events}]}}")));
    }

    [Fact]
    public void Batch_RefusesANullEvent()
    {
        var golden = GoldenFile.Read("batch");
        Assert.Throws<JsonException>(() => BatchBody.Parse(Encoding.UTF8.GetBytes(golden[..golden.IndexOf('[', StringComparison.Ordinal)] + "[null]}")));
    }

    [Fact]
    public void Json_RefusesDeepNesting()
    {
        var deep = GoldenFile.Read(EventTypes.SegmentClosed);
        deep = deep[..deep.IndexOf("\"data\":", StringComparison.Ordinal)] + "\"data\":" + new string('[', 64) + new string(']', 64) + "}";
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<CloudEvent>(deep, HeldarJson.Options));
    }

    [Fact]
    public void EveryCut_IsRefusedWithAJsonException()
    {
        var golden = Encoding.UTF8.GetBytes(GoldenFile.Read("envelope"));
        for (var length = 0; length < golden.Length; length++)
            Assert.ThrowsAny<JsonException>(() => Envelope.Parse(golden.AsSpan(0, length)));
    }

    [Fact]
    public void AnyChangedByte_IsReadOrRefusedWithAJsonException()
    {
        var golden = Encoding.UTF8.GetBytes(GoldenFile.Read("envelope"));
        var random = new Random(7);
        for (var round = 0; round < 5000; round++)
        {
            var bytes = golden.ToArray();
            for (var i = random.Next(1, 4); i > 0; i--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            var failure = Record.Exception(() => Envelope.Parse(bytes));
            Assert.True(failure is null or JsonException, $"round {round}: {failure}");
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("AAAA")]
    [InlineData("not base64")]
    public void Signature_MalformedIsFalse(string signature)
    {
        using var key = BoxKeys.Create();
        Assert.False(BoxKeys.Verify(key.ExportSubjectPublicKeyInfo(), [1, 2, 3], signature));
    }

    [Fact]
    public void Signature_CoversEveryByteAndOnlyItsKey()
    {
        using var key = BoxKeys.Create();
        using var other = BoxKeys.Create();
        var signature = BoxKeys.Sign(key, [1, 2, 3]);
        Assert.True(BoxKeys.Verify(key.ExportSubjectPublicKeyInfo(), [1, 2, 3], signature));
        Assert.False(BoxKeys.Verify(key.ExportSubjectPublicKeyInfo(), [1, 2, 4], signature));
        Assert.False(BoxKeys.Verify(other.ExportSubjectPublicKeyInfo(), [1, 2, 3], signature));
        Assert.False(BoxKeys.Verify([0x30, 0x00], [1, 2, 3], signature));
    }
}
