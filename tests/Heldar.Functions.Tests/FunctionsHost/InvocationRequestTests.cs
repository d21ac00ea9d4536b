using System.Text;
using System.Text.Json;
using Heldar.Local.FunctionsHost;
using NodaTime;

namespace Heldar.Functions.Tests.FunctionsHost;

/// <summary>Golden transcripts: the exact bytes that the real host's libraries post, as observed.</summary>
public sealed class InvocationRequestTests
{
    private static readonly Instant At = Instant.FromUtc(2026, 11, 21, 2, 40, 3);
    private static readonly Guid Random = Guid.Parse("11111111-2222-3333-4444-555555555555");

    private static readonly FunctionFile Text = Function("""{"type":"queueTrigger","direction":"in","name":"msg","queueName":"jobs"}""");
    private static readonly FunctionFile Binary = Function("""{"type":"queueTrigger","direction":"in","name":"msg","queueName":"jobs","dataType":"binary"}""");
    private static readonly FunctionFile Timer = Function("""{"type":"timerTrigger","direction":"in","name":"timer","schedule":"0 * * * * *"}""");

    [Fact]
    public void Text_IsEncodedTwice() => Assert.Equal(
        """
        {"Data":{"msg":"\"{\\\"id\\\":\\\"a1\\\",\\\"n\\\":2}\""},"Metadata":{"DequeueCount":"1","id":"\"a1\"","PopReceipt":"\"r\"","InsertionTime":"2026-11-21T02:40:03+00:00","ExpirationTime":"2026-11-21T02:40:03+00:00","NextVisibleTime":"2026-11-21T02:40:03+00:00","n":"2","sys":{"MethodName":"F","UtcNow":"2026-11-21T02:40:03.0000000Z","RandGuid":"11111111-2222-3333-4444-555555555555"}}}
        """,
        Post(Text, """{"id":"a1","n":2}"""));

    [Fact]
    public void Binary_IsBase64Once_AndCopiesNothingIntoMetadata() => Assert.Equal(
        """
        {"Data":{"msg":"eyJpZCI6ImExIn0="},"Metadata":{"DequeueCount":"1","Id":"\"800ae4b3\"","PopReceipt":"\"r\"","InsertionTime":"2026-11-21T02:40:03+00:00","ExpirationTime":"2026-11-21T02:40:03+00:00","NextVisibleTime":"2026-11-21T02:40:03+00:00","sys":{"MethodName":"F","UtcNow":"2026-11-21T02:40:03.0000000Z","RandGuid":"11111111-2222-3333-4444-555555555555"}}}
        """,
        Post(Binary, """{"id":"a1"}"""));

    [Fact]
    public void Timer_IsAnObject() => Assert.Equal(
        """
        {"Data":{"timer":{"Schedule":{"AdjustForDST":true},"ScheduleStatus":{"Last":"2026-11-21T02:40:03+00:00","Next":"2026-11-21T02:41:03+00:00","LastUpdated":"2026-11-21T02:40:03+00:00"},"IsPastDue":true}},"Metadata":{"sys":{"MethodName":"F","UtcNow":"2026-11-21T02:40:03.0000000Z","RandGuid":"11111111-2222-3333-4444-555555555555"}}}
        """,
        Encoding.UTF8.GetString(InvocationRequest.ForTimer(Timer, new TimerStatus(At, At + Duration.FromMinutes(1), At), pastDue: true, At, Random)));

    [Fact]
    public void Properties_OfATextMessage_HideBuiltInMetadata_WhateverTheirCase()
    {
        using var json = JsonDocument.Parse(Post(Text, """{"ID":"mine","dequeuecount":77,"list":[1],"deep":{"a":1}}"""));
        var metadata = json.RootElement.GetProperty("Metadata");

        Assert.Equal("\"mine\"", metadata.GetProperty("ID").GetString());
        Assert.Equal("77", metadata.GetProperty("dequeuecount").GetString());
        Assert.False(metadata.TryGetProperty("DequeueCount", out _));
        Assert.False(metadata.TryGetProperty("list", out _));
        Assert.Equal(1, metadata.GetProperty("deep").GetProperty("a").GetInt32());
    }

    private static string Post(FunctionFile function, string body) =>
        Encoding.UTF8.GetString(InvocationRequest.ForQueue(function, new TriggerMessage("800ae4b3", "r", 1, At, At, At, Encoding.UTF8.GetBytes(body)), At, Random));

    private static FunctionFile Function(string binding)
    {
        using var json = JsonDocument.Parse($$"""{"bindings":[{{binding}}]}""");
        return FunctionFile.Parse("F", json.RootElement, _ => null);
    }
}
